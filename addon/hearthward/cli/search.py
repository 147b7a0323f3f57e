"""`hearthward search` and `note`: find what happened, and write something down."""

import argparse
from datetime import datetime
import os
from typing import TYPE_CHECKING

from .common import Commands, add_settings, ask

if TYPE_CHECKING:
    from hearthward.model.search import SearchPage


def register(commands: Commands) -> None:
    """Add the commands."""
    search = commands.add_parser("search", help="find what happened")
    add_settings(search)
    search.add_argument("query", nargs="*", help='such as "fall yesterday evening"')
    search.add_argument("--person", help="only what concerns this person")
    search.add_argument("--room", help="only what was in this room")
    search.add_argument("--device", help="only what this device said")
    search.add_argument("--kind", help="only entries of this kind, such as note")
    search.add_argument(
        "--language",
        default=os.environ.get("LANG", "en").partition(".")[0],
        help="of time phrases (default: %(default)s)",
    )
    search.add_argument("--limit", type=int, default=20, help="how many (up to 100)")
    search.add_argument("--cursor", help="go on where a page has ended")
    search.add_argument("--json", action="store_true", help="print a JSON object")
    search.add_argument(
        "--rebuild", action="store_true", help="build the index anew, and end"
    )
    search.set_defaults(run=_run_search)
    note = commands.add_parser("note", help="write something down")
    add_settings(note)
    note.add_argument("text", nargs="+", help="what is to be remembered")
    note.add_argument("--person", help="whom it concerns")
    note.add_argument("--room", help="where it was")
    note.set_defaults(run=_run_note)


def _run_search(arguments: argparse.Namespace) -> None:
    from urllib.parse import urlencode

    import msgspec

    from hearthward.model.search import SearchPage

    if arguments.rebuild:
        ask(arguments, "POST", "/api/v1/search/rebuild", type(None))
        print("The index is built anew while the hub runs")
        return
    names = ("person", "room", "device", "kind", "language", "limit", "cursor")
    chosen = {name: getattr(arguments, name) for name in names}
    query = {"q": " ".join(arguments.query)} | {
        name: value for name, value in chosen.items() if value is not None
    }
    page = ask(arguments, "GET", f"/api/v1/search?{urlencode(query)}", SearchPage)
    if arguments.json:
        print(msgspec.json.encode(page).decode())
        return
    _show(page)


def _show(page: SearchPage) -> None:
    if page.time is not None:
        since, until = _local(page.time.since), _local(page.time.until)
        print(f"“{page.time.phrase}”: {since:%x %H:%M} to {until:%x %H:%M}")
    for hit in page.hits:
        where = " · ".join(filter(None, (hit.room, hit.person)))
        when = f"{_local(hit.entry.ts):%x %H:%M}"
        print(f"{when}  {hit.summary}{f'  ({where})' if where else ''}")
    if not page.hits:
        print("Nothing was found")
    if page.next:
        print(f"There is more: --cursor {page.next}")
    if not page.complete:
        print("The index is behind the lifelog: there may be more")


def _local(ts: float) -> datetime:
    return datetime.fromtimestamp(ts).astimezone()


def _run_note(arguments: argparse.Namespace) -> None:
    from hearthward.model.entry import Entry
    from hearthward.model.search import NoteRequest

    request = NoteRequest(
        text=" ".join(arguments.text), person=arguments.person, room=arguments.room
    )
    entry = ask(arguments, "POST", "/api/v1/notes", Entry, request)
    print(f"Noted as entry {entry.seq}")
