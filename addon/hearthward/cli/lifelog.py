"""`hearthward lifelog …`: prove that nothing was altered, and forget."""

import argparse
from datetime import datetime
from pathlib import Path
import sys

from .common import REFUSED, WRONG, Commands, add_settings, ask, fail, settings


def register(commands: Commands) -> None:
    """Add the commands."""
    lifelog = commands.add_parser("lifelog", help="verify the lifelog, or forget")
    actions = lifelog.add_subparsers(required=True, metavar="ACTION")
    _add_verify(actions)
    _add_checkpoints(actions)
    _add_key(actions)
    _add_forget(actions)


def _add_verify(actions: Commands) -> None:
    verify = actions.add_parser("verify", help="check that nothing was altered")
    add_settings(verify)
    verify.add_argument(
        "file", nargs="?", type=Path, help="a copy or backup (default: the hub's own)"
    )
    verify.add_argument("--json", action="store_true", help="print a JSON object")
    verify.add_argument(
        "--public-key",
        action="append",
        default=[],
        type=_public_key,
        metavar="HEX",
        help="trust this key alone; may be repeated (see `lifelog key`)",
    )
    verify.set_defaults(run=_run_verify)


def _run_verify(arguments: argparse.Namespace) -> None:
    """Verify the file itself: that needs no hub, and harms none that runs."""
    import msgspec

    from hearthward.lifelog.errors import LifelogError
    from hearthward.lifelog.sqlite import reading
    from hearthward.lifelog.verify import verify

    chosen = settings(arguments)
    file = arguments.file or chosen.data_dir / "lifelog.db"
    try:
        with reading(file) as connection:
            found = verify(connection, chosen.home, arguments.public_key)
    except LifelogError as error:
        fail(error, REFUSED)
    if arguments.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(
            f"Checked {found.entries} entries in {found.batches} batches, "
            f"{found.checkpoints} checkpoints and {found.erasures} erasures, "
            f"by which {found.erased} entries are gone."
        )
    if found.unfinished and not arguments.json:
        print(f"{found.unfinished} erasures have not ended yet.")
    if found.problem:
        fail(f"The lifelog was altered: {found.problem}.", REFUSED)
    if not arguments.json:
        print(f"Nothing was altered up to entry {found.last}.")


def _add_checkpoints(actions: Commands) -> None:
    checkpoints = actions.add_parser(
        "checkpoints", help="print the newest signature and the public key"
    )
    add_settings(checkpoints)
    checkpoints.set_defaults(run=_run_checkpoints)


def _run_checkpoints(arguments: argparse.Namespace) -> None:
    from hearthward.model.proof import Checkpoint

    path = "/api/v1/lifelog/checkpoints"
    found = ask(arguments, "GET", path, list[Checkpoint])
    if not found:
        fail("Nothing is signed yet: a checkpoint is made when the hub stops.", REFUSED)
    newest = found[0]
    print(f"public key  {newest.key}")
    print(f"entry       {newest.seq}")
    print(f"signed      {datetime.fromtimestamp(newest.ts).astimezone():%c %z}")
    print(f"hash        {newest.hash}")
    print(f"signature   {newest.signature}")


def _add_key(actions: Commands) -> None:
    key = actions.add_parser("key", help="print the public key of the checkpoints")
    add_settings(key)
    key.set_defaults(run=_run_key)


def _run_key(arguments: argparse.Namespace) -> None:
    from hearthward.lifelog.checkpoints import load_key

    key = load_key(settings(arguments).data_dir)
    print(key.public_key().public_bytes_raw().hex())


def _add_forget(actions: Commands) -> None:
    forget = actions.add_parser("forget", help="erase entries for good")
    add_settings(forget)
    forget.add_argument("--person", help="who owns the devices or is named")
    forget.add_argument("--device", help="id of a device")
    forget.add_argument("--point", help="one point of the device")
    forget.add_argument(
        "--since", type=_moment, metavar="TIME", help="for example 2026-11-21T08:00"
    )
    forget.add_argument("--until", type=_moment, metavar="TIME", help="until before")
    forget.add_argument("--reason", help="kept with the record of the erasure")
    forget.add_argument("--dry-run", action="store_true", help="only count")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    forget.set_defaults(run=_run_forget)


def _run_forget(arguments: argparse.Namespace) -> None:
    from hearthward.model.erasure import Erasure, ForgetRequest

    def send(*, dry_run: bool) -> Erasure:
        request = ForgetRequest(
            person=arguments.person,
            device=arguments.device,
            point=arguments.point,
            since=arguments.since,
            until=arguments.until,
            reason=arguments.reason,
            dry_run=dry_run,
        )
        return ask(arguments, "POST", "/api/v1/forget", Erasure, request)

    found = send(dry_run=True)
    what = f"{found.entries} entries and {found.media} media"
    if arguments.dry_run:
        print(f"{what} would be erased.")
        return
    if not arguments.yes and input(f"Erase {what} for good? [y/N] ").lower() != "y":
        sys.exit(WRONG)
    done = send(dry_run=False)
    print(
        f"{done.entries} entries and {done.media} media are erased; entry {done.seq} "
        "records it."
    )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _public_key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise argparse.ArgumentTypeError("a public key has 64 hexadecimal digits")
    return key
