"""`hearthward schema`: print what is published of the messages and of profile files."""

import argparse

from .common import Commands


def register(commands: Commands) -> None:
    """Add the command."""
    schema = commands.add_parser(
        "schema", help="print the schema of messages or profiles"
    )
    schema.add_argument(
        "document",
        choices=["messages", "asyncapi", "profile"],
        help="JSON Schema of the messages or of profile files, or AsyncAPI 3 of all that is "
        "exchanged",
    )
    schema.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    import msgspec

    if arguments.document == "profile":
        from hearthward.edge import profiles

        document = profiles.schema()
    else:
        from hearthward.api import asyncapi

        document = getattr(asyncapi, arguments.document)()
    print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
