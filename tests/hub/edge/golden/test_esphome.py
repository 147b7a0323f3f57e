"""The golden stories that an ESPHome node can tell, by real firmware over the native API.

The stories are told by the program in `firmware/storyteller.yaml`, which says what its actions are
given. The native API has no time, no id and no bytes of the sender's own, so these cannot be told:

- `out_of_order`, `late`, `clock_skew`: a state is what is so now, and a connection keeps the order.
  What is checked instead is that each entry has the time at which it was said.
- `oversized`, `bad_json`: messages are typed and their frames bounded; whoever breaks the protocol
  loses the connection, and nothing of it can be kept as a letter.
- `wrong_unit`, `unknown_fields`: what an entity is stands in its description, not in its states.

A `duplicate` has no id either. It is what a node says again of itself when it is met anew.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
import logging
import math
from pathlib import Path
import time

from aioesphomeapi import APIClient
from aioesphomeapi.model import UserService
import pytest

from hearthward.model.deadletter import DeadLetterQuery, Reason
from hearthward.model.entry import Entry, EntryKind
from hearthward_sim.build import Firmware, build_other
from tests.hub.edge.home import PATIENCE, Home, NodeProcess
from tests.hub.edge.relay import Disguise, Relay, relay

from . import cases
from .cases import Case, Saying

_LOGGER = logging.getLogger(__name__)

FIRMWARE = Path(__file__).parents[1] / "firmware" / "storyteller.yaml"

ACTIONS = ("temperature", "motion", "note", "button")

# How an entry stands in a story: where, what number, what words.
type Said = tuple[str, float | None, str | None]


@pytest.fixture(scope="module")
def storyteller() -> Firmware:
    """Return the program that tells stories; compiled when it changed."""
    return build_other("storyteller", FIRMWARE, _LOGGER.debug)


class Teller:
    """A node of the home, and the hand that makes it speak."""

    def __init__(self, home: Home, device: str, port: int, network: Relay) -> None:
        """Speak to the node at its own `port`; the hub comes over the `network`."""
        self.device = device
        self._home = home
        self._network = network
        self._hand = APIClient("127.0.0.1", port, None, client_info="Test")
        self._actions: dict[str, UserService] = {}

    async def connect(self) -> None:
        """Take the node in hand."""
        await self._hand.connect(login=True)
        _, actions = await self._hand.list_entities_services()
        self._actions = {action.name: action for action in actions}

    async def close(self) -> None:
        """Let the node go."""
        await self._hand.disconnect()

    async def tell(self, action: str, value: object) -> None:
        """Have the node say something of a point."""
        await self._hand.execute_service(self._actions[action], {"value": value})

    async def meet_anew(self) -> None:
        """Have the node tell all that it knows once more, to a hub that lost it."""
        await self._network.cut()
        await self._home.online(self.device, False)
        await self._network.mend()
        await self._home.online(self.device)

    async def entries(self) -> Sequence[Entry]:
        """Return what was said of the points in the story, in its order."""
        found = [
            entry
            for kind in (EntryKind.STATE, EntryKind.EVENT)
            for entry in await self._home.entries(kind, self.device)
        ]
        # That nothing is known yet is no part of a story.
        return sorted(
            (each for each in found if each.value is not None or each.text),
            key=lambda each: each.seq,
        )


@asynccontextmanager
async def telling(
    home: Home,
    firmware: Firmware,
    folder: Path,
    device: str,
    hidden: Sequence[str] = (),
) -> AsyncIterator[Teller]:
    """Run a node under the name of a device that the home has let in."""
    node = NodeProcess(firmware.programs["storyteller"], firmware.preload, folder)
    node.start()
    try:
        node.await_ready()
        disguise = Disguise(name=device, hidden=set(hidden))
        async with relay(node.port, disguise=disguise) as network:
            await home.add(network.port)
            teller = Teller(home, device, node.port, network)
            await teller.connect()
            yield teller
            await teller.close()
    finally:
        node.kill()


async def test_golden_stories_of_nodes(
    home: Home, storyteller: Firmware, tmp_path: Path
) -> None:
    """The same stories give the same entries, each at the time at which it was said."""
    for story in cases.load():
        if "esphome" in story.unless:
            continue
        device = story.case.replace("_", "-")
        async with telling(home, storyteller, tmp_path / device, device) as teller:
            moments = [await _say(teller, saying) for saying in _fresh(story)]
            if _repeats(story):
                await teller.meet_anew()
                # What comes after all that the node repeats shows that it was heard.
                await teller.tell("note", "the end")
                await home.says(device, "note", text="the end")
            told = [
                entry for entry in await teller.entries() if entry.text != "the end"
            ]
            assert [_said(entry) for entry in told] == _expected(story), story.case
            for entry in told:
                assert any(before <= entry.ts <= after for before, after in moments), (
                    story.case
                )
    assert await home.parts.dead_letters.count() == 0


async def test_nothing_measured(
    home: Home, storyteller: Firmware, tmp_path: Path
) -> None:
    """A state that is missing, or no number, is unknown and not the last good one."""
    async with telling(home, storyteller, tmp_path / "node", "shed") as teller:
        await home.says("shed", "temperature", value=None)
        await teller.tell("temperature", 20.5)
        await home.says("shed", "temperature", value=20.5)
        await teller.tell("temperature", math.nan)
        await home.says("shed", "temperature", value=None)
        entries = await home.entries(EntryKind.STATE, "shed", "temperature")
        assert [entry.value for entry in entries] == [None, 20.5, None]


async def test_a_step_must_be_confirmed(
    home: Home, storyteller: Firmware, tmp_path: Path
) -> None:
    """A spike is set aside and leaves the point unknown; what stays is believed."""
    async with telling(home, storyteller, tmp_path / "node", "shed") as teller:
        for value in (20.5, 85.0, 21.0, 60.0, 60.5):
            before = home.parts.lifelog.last
            await teller.tell("temperature", value)
            await home.until(lambda last=before: home.parts.lifelog.last > last)
        entries = await home.entries(EntryKind.STATE, "shed", "temperature")
        values = [entry.value for entry in entries]
        assert values == [None, 20.5, None, 21.0, None, 60.5]
        page = await home.parts.dead_letters.page(DeadLetterQuery())
        reasons = [letter.reason for letter in page.letters]
        assert reasons == [Reason.IMPLAUSIBLE_RATE] * 2
        # What is still so when the node is met anew is so.
        await teller.tell("temperature", 85.0)
        await home.says("shed", "temperature", value=None)
        await teller.meet_anew()
        await home.says("shed", "temperature", value=85.0)


async def test_unknown_entity(
    home: Home, storyteller: Firmware, tmp_path: Path
) -> None:
    """States of an entity that the node did not describe are nobody's; others are taken."""
    hidden = ["Temperature"]
    async with telling(home, storyteller, tmp_path / "node", "shed", hidden) as teller:
        await teller.tell("temperature", 20.5)
        await teller.tell("note", "after it")
        await home.says("shed", "note", text="after it")
    device = home.parts.registry.get("shed")
    assert device is not None
    assert "temperature" not in {point.id for point in device.points}
    assert await home.entries(EntryKind.STATE, "shed", "temperature") == ()
    assert await home.parts.dead_letters.count() == 0


async def _say(teller: Teller, saying: Saying) -> tuple[float, float]:
    """Say what a message has; return when that was, at the earliest and at the latest."""
    before = time.time()
    for action in ACTIONS:
        value = getattr(saying, action)
        if value is None:
            continue
        count = len(await teller.entries())
        await teller.tell(action, value)
        async with asyncio.timeout(PATIENCE):
            while len(await teller.entries()) == count:
                await asyncio.sleep(0.01)
    return before, time.time()


def _fresh(story: Case) -> list[Saying]:
    """Return what is said for the first time."""
    said: dict[str | None, Saying] = {}
    for saying in story.says:
        said.setdefault(saying.id, saying)
    return list(said.values())


def _repeats(story: Case) -> bool:
    return len(_fresh(story)) < len(story.says)


def _expected(story: Case) -> list[Said]:
    """Return what has to be there, in the order in which a node says it."""
    ordered = sorted(
        story.entries, key=lambda each: (each.at, ACTIONS.index(each.point))
    )
    return [(each.point, each.value, each.text) for each in ordered]


def _said(entry: Entry) -> Said:
    return entry.point or "", entry.value, entry.text
