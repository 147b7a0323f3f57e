"""`hearthward deadletter`: look at what the hub rejected, try it again, throw it away."""

import argparse
from base64 import b64decode
from datetime import datetime
import sys
from urllib.parse import urlencode

from .common import WRONG, Commands, add_settings, ask, fail

_PATH = "/api/v1/dead-letters"

# So many are dealt with in one request.
_PAGE = 500


def register(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("deadletter", help="deal with rejected messages")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list rejected messages, newest first")
    listing.add_argument(
        "--limit", type=int, default=50, help="how many at most (default: 50)"
    )
    listing.set_defaults(run=_run_list)
    show = actions.add_parser("show", help="print a rejected message and its reason")
    show.add_argument("id", type=int, help="the id that `deadletter list` prints")
    show.set_defaults(run=_run_show)
    replay = actions.add_parser("replay", help="try rejected messages again")
    replay.set_defaults(run=_run_replay)
    delete = actions.add_parser("delete", help="throw rejected messages away")
    delete.set_defaults(run=_run_delete)
    for action in (listing, replay, delete):
        action.add_argument("--reason", help="only those with this reason")
        action.add_argument("--device", help="only those of this device")
        action.add_argument("--adapter", help="only those that came this way")
    for action in (replay, delete):
        action.add_argument("id", type=int, nargs="*", help="ids, or give a filter")
        action.add_argument("--all", action="store_true", help="all that there are")
    for action in (listing, show, replay, delete):
        add_settings(action)


def _run_list(arguments: argparse.Namespace) -> None:
    from hearthward.model.deadletter import DeadLetterPage

    path = _query(arguments, limit=arguments.limit)
    page = ask(arguments, "GET", path, DeadLetterPage)
    for letter in page.letters:
        when = datetime.fromtimestamp(letter.received).astimezone()
        print(
            f"{letter.id:>6}  {when:%Y-%m-%d %H:%M:%S}  {letter.reason:<16}  "
            f"{_plain(letter.device or letter.address)}  {_plain(letter.detail)}"
        )
    print(f"{len(page.letters)} of {page.total}", file=sys.stderr)


def _plain(text: str) -> str:
    """Return what strangers wrote without what a terminal would obey."""
    return "".join(
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text
    )


def _run_show(arguments: argparse.Namespace) -> None:
    from hearthward.model.deadletter import DeadLetter

    letter = ask(arguments, "GET", f"{_PATH}/{arguments.id}", DeadLetter)
    when = datetime.fromtimestamp(letter.received).astimezone()
    print(
        f"{letter.reason}: {_plain(letter.detail)}\n"
        f"{when:%Y-%m-%d %H:%M:%S}, {letter.adapter}, {_plain(letter.address)}, "
        f"{letter.size} bytes, tried again {letter.attempts} times",
        file=sys.stderr,
    )
    payload = (
        (letter.payload or "").encode()
        if letter.base64 is None
        else b64decode(letter.base64)
    )
    sys.stdout.buffer.write(payload)
    sys.stdout.buffer.flush()
    print(file=sys.stderr)


def _run_replay(arguments: argparse.Namespace) -> None:
    from hearthward.model.deadletter import DeadLetterPage, Replayed

    _require_choice(arguments)
    stored = rejected = 0
    if arguments.id:
        for letter in arguments.id:
            tried = ask(arguments, "POST", f"{_PATH}/{letter}/replay", Replayed)
            stored, rejected = stored + tried.accepted, rejected + tried.rejected
    else:
        before: int | None = None
        more = True
        while more:
            path = _query(arguments, before=before, limit=_PAGE)
            page = ask(arguments, "GET", path, DeadLetterPage)
            path = _query(arguments, before=before, limit=_PAGE, action="/replay")
            tried = ask(arguments, "POST", path, Replayed)
            stored, rejected = stored + tried.accepted, rejected + tried.rejected
            before, more = page.next, page.next is not None
    print(f"{stored} stored, {rejected} rejected again")


def _run_delete(arguments: argparse.Namespace) -> None:
    from hearthward.model.deadletter import Deleted

    _require_choice(arguments)
    if arguments.id:
        for letter in arguments.id:
            ask(arguments, "DELETE", f"{_PATH}/{letter}", Deleted)
        print(f"{len(arguments.id)} deleted")
        return
    deleted = 0
    path = _query(arguments, limit=_PAGE)
    while found := ask(arguments, "DELETE", path, Deleted).deleted:
        deleted += found
    print(f"{deleted} deleted")


def _require_choice(arguments: argparse.Namespace) -> None:
    """End the command unless it says which letters are meant."""
    filters = (arguments.reason, arguments.device, arguments.adapter)
    if not arguments.id and not any(filters) and not arguments.all:
        fail("Give ids, a filter such as --device, or --all", WRONG)


def _query(
    arguments: argparse.Namespace,
    *,
    limit: int,
    before: int | None = None,
    action: str = "",
) -> str:
    given = {
        "reason": arguments.reason,
        "device": arguments.device,
        "adapter": arguments.adapter,
        "before": before,
        "limit": limit,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return f"{_PATH}{action}?{urlencode(chosen)}"
