"""Run benchmarks: `script/bench [--json] [NAME …]`."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
import importlib
import pkgutil
import sys

from . import cases
from .figure import Figure, table

type Measure = Callable[[], AsyncIterator[Figure]]


def main() -> None:
    """Run the chosen benchmarks and print what they find."""
    names = [module.name for module in pkgutil.iter_modules(cases.__path__)]
    parser = argparse.ArgumentParser(
        prog="script/bench", description="Measure Hearthward beside its peers."
    )
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help=f"of {', '.join(names)} (default: all)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object a line"
    )
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    figures = asyncio.run(_measure(options.names or names, as_json=options.json))
    if not options.json:
        print(table(figures))


async def _measure(names: list[str], *, as_json: bool) -> list[Figure]:
    figures = []
    for name in names:
        print(f"bench: {name} …", file=sys.stderr)
        measure: Measure = importlib.import_module(f"{cases.__name__}.{name}").measure
        async for figure in measure():
            figures.append(figure)
            if as_json:
                print(figure.as_json(), flush=True)
    return figures


if __name__ == "__main__":
    main()
