"""Commands reach real firmware once, and the answer is true."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hearthward.home.commands import Commands, KeyReusedError, UnknownPointError
from hearthward.home.errors import UnknownDeviceError
from hearthward.model.command import Command, CommandBody, CommandStatus
from hearthward.model.entry import EntryKind
from hearthward.model.message import AckBody

from .home import Home, NodeProcess


@pytest.mark.parametrize(
    ("point", "body", "said"),
    [
        ("alarm_clock", {"value": "07:15"}, {"text": "07:15:00"}),
        ("appointment", {"value": "2026-03-04T05:06:07+00:00"}, {}),
        ("blind", {"value": 40}, {"value": 40.0}),
        ("boiler", {"preset": "gas"}, {"mode": "heat", "preset": "gas"}),
        ("boiler", {"mode": "heat"}, {"mode": "heat", "preset": "eco"}),
        ("boiler", {"target_temperature": 60}, {"target_temperature": 60.0}),
        ("day", {"value": "2026-12-24"}, {"text": "2026-12-24"}),
        ("extractor", {"value": 60}, {"value": 75.0}),
        ("hot_water.setpoint", {"value": 60}, {"value": 60.0}),
        ("hot_water.zone", {"mode": "heat"}, {"mode": "heat"}),
        ("hot_water.zone", {"preset": "eco"}, {"preset": "eco"}),
        ("hot_water.zone", {"target_temperature": 24}, {"target_temperature": 24.0}),
        ("inlet", {"value": 0}, {"value": 0.0}),
        ("lamp", {"value": 50}, {"value": 50.0}),
        ("latch", {"value": True}, {"value": 1.0}),
        ("level", {"value": 21.5}, {"value": 21.5}),
        ("note", {"value": "Grüße"}, {"text": "Grüße"}),
        ("relay_switch", {"value": True}, {"value": 1.0}),
        ("speed", {"value": "fast"}, {"text": "fast"}),
    ],
)
async def test_every_kind(
    home: Home,
    node: NodeProcess,
    point: str,
    body: dict[str, Any],
    said: dict[str, object],
) -> None:
    """Each kind of point takes its command, acknowledges and shows it."""
    await home.add(node.port)
    result = await home.command("all-kinds", point, **body)
    assert result.status is CommandStatus.ACKNOWLEDGED
    await home.says("all-kinds", point, **said)
    [command] = await home.entries(EntryKind.COMMAND, "all-kinds")
    [ack] = await home.entries(EntryKind.ACK, "all-kinds")
    assert command.seq == result.seq
    assert (command.point, ack.point, ack.text) == (point, point, "acknowledged")


async def test_off_again(home: Home, node: NodeProcess) -> None:
    """What is a number here and a thing with a switch there can be turned off."""
    await home.add(node.port)
    for point in ("lamp", "extractor"):
        await home.command("all-kinds", point, value=100)
        await home.says("all-kinds", point, value=100.0)
        await home.command("all-kinds", point, value=0)
        await home.says("all-kinds", point, value=0.0)
    await home.command("all-kinds", "boiler", mode="heat")
    await home.says("all-kinds", "boiler", mode="heat")
    await home.command("all-kinds", "boiler", mode="off")
    await home.says("all-kinds", "boiler", mode="off", preset=None)
    await home.command("all-kinds", "latch", value=True)
    await home.says("all-kinds", "latch", value=1.0)
    await home.command("all-kinds", "latch", value=False)
    await home.says("all-kinds", "latch", value=0.0)


@pytest.mark.parametrize(
    ("point", "body", "sentence"),
    [
        ("level", {"value": 31}, "Level takes 0 to 30 °C, not 31"),
        ("level", {"value": "warm"}, "Level takes a number in °C"),
        ("level", {"value": True}, "Level takes a number in °C"),
        ("level", {"value": float("nan")}, "Level takes a finite number"),
        ("level", {"value": 1, "mode": "heat"}, "Level is a number: give `value` only"),
        ("speed", {"value": "warp"}, "Speed takes one of slow, fast"),
        ("note", {"value": "x" * 21}, "Note takes at most 20 characters"),
        ("note", {}, "Note takes a text"),
        ("relay_switch", {"value": "on"}, "Relay takes true (on) or false (off)"),
        ("press", {"value": 1}, "Press is a button: give no value"),
        ("temperature", {"value": 1}, "Temperature only reports, it takes no commands"),
        ("bell", {}, "Bell only reports, it takes no commands"),
        ("alarm", {"value": "disarmed"}, "Alarm only reports, it takes no commands"),
        ("alarm_clock", {"value": "25:00"}, 'Alarm clock takes a time such as "06:30"'),
        ("day", {"value": "24.12.2026"}, "Day takes a text that matches"),
        ("day", {"value": "2026-13-01"}, "month must be in 1..12"),
        ("hot_water.zone", {}, "Zone needs a `mode`, a `preset` or a"),
        ("hot_water.zone", {"value": 21}, "Zone is a climate: give `mode`"),
        ("hot_water.zone", {"mode": "cool"}, "Zone has the modes off, heat"),
        ("hot_water.zone", {"preset": "away"}, "Zone has the presets eco, normal"),
        ("hot_water.zone", {"target_temperature": 99}, "takes 5 to 30 °C, not 99"),
    ],
)
async def test_rejected(
    home: Home, node: NodeProcess, point: str, body: dict[str, Any], sentence: str
) -> None:
    """What a point does not take is refused with a sentence, and recorded."""
    await home.add(node.port)
    result = await home.command("all-kinds", point, **body)
    assert result.status is CommandStatus.REJECTED
    assert result.detail is not None
    assert sentence in result.detail
    [ack] = await home.entries(EntryKind.ACK, "all-kinds")
    assert ack.text == "rejected"


async def test_refused_by_the_node(home: Home, node: NodeProcess) -> None:
    """What a node does not take, although it fits, is a refusal that says what it kept."""
    await home.add(node.port)
    result = await home.command("all-kinds", "picky", value="good")
    assert result.status is CommandStatus.ACKNOWLEDGED
    result = await home.command("all-kinds", "picky", value="bad")
    assert result.status is CommandStatus.REJECTED
    assert result.detail == "Picky does not take “bad”: the device kept “good”"
    # A value that was brought into the node's own form was taken.
    result = await home.command("all-kinds", "clamped", value=60)
    assert result.status is CommandStatus.ACKNOWLEDGED
    result = await home.command("all-kinds", "clamped", value=70)
    assert result.status is CommandStatus.REJECTED
    assert result.detail == "Clamped does not take “70”: the device kept “50”"


async def test_events(home: Home, node: NodeProcess) -> None:
    """A button's press comes back as an event, each one."""
    await home.add(node.port)
    for _ in range(3):
        await home.command("all-kinds", "press")
    await home.says("all-kinds", "presses", value=3.0)
    events = await home.entries(EntryKind.EVENT, "all-kinds", "bell")
    assert [event.text for event in events] == ["pressed"] * 3


async def test_unknown_value(home: Home, node: NodeProcess) -> None:
    """A reading that is no number is unknown, and comes back."""
    await home.add(node.port)
    await home.command("all-kinds", "level", value=30)
    await home.says("all-kinds", "temperature", value=None)
    await home.command("all-kinds", "level", value=21)
    await home.says("all-kinds", "temperature", value=21.0)


async def test_password_stays_secret(home: Home, node: NodeProcess) -> None:
    """Neither the state nor a command of a password point is written down."""
    await home.add(node.port)
    result = await home.command("all-kinds", "secret", value="correct horse", key="k")
    assert result.status is CommandStatus.ACKNOWLEDGED
    repeated = await home.command("all-kinds", "secret", value="correct horse", key="k")
    assert repeated == result
    [command] = await home.entries(EntryKind.COMMAND, "all-kinds")
    assert "correct horse" not in str(command.body)
    for state in await home.entries(EntryKind.STATE, "all-kinds", "secret"):
        assert (state.value, state.text, state.body) == (None, None, None)


async def test_nobody_there(home: Home, node: NodeProcess) -> None:
    """What is not there cannot be commanded."""
    await home.add(node.port)
    with pytest.raises(UnknownDeviceError):
        await home.command("nobody", "level", value=1)
    with pytest.raises(UnknownPointError, match="All kinds has no point nothing"):
        await home.command("all-kinds", "nothing", value=1)


async def test_once(home: Home, node: NodeProcess) -> None:
    """The same key runs once: repeated, at the same time, and by a restarted hub."""
    await home.add(node.port)
    first = await home.command("all-kinds", "press", key="a")
    assert await home.command("all-kinds", "press", key="a") == first
    both = await asyncio.gather(
        home.command("all-kinds", "press", key="b"),
        home.command("all-kinds", "press", key="b"),
    )
    assert both[0] == both[1]
    await home.restart()
    await home.online("all-kinds")
    assert await home.command("all-kinds", "press", key="a") == first
    await home.command("all-kinds", "press", key="c")
    await home.says("all-kinds", "presses", value=3.0)
    with pytest.raises(KeyReusedError, match="use a new one for each"):
        await home.command("all-kinds", "stall", key="a")


async def test_conflict_under_way(home: Home, node: NodeProcess) -> None:
    """A key that is under way does not serve another command."""
    await home.add(node.port)
    under_way = asyncio.create_task(home.command("all-kinds", "stall", key="a"))
    await asyncio.sleep(0)
    with pytest.raises(KeyReusedError):
        await home.command("all-kinds", "press", key="a")
    assert (await under_way).status is CommandStatus.ACKNOWLEDGED


async def test_late_answer(home: Home, node: NodeProcess) -> None:
    """An answer that comes too late is not taken for that to the next command."""
    device = await home.add(node.port)
    hasty = Commands(home.parts.lifelog, home.parts.registry, ack_timeout=0.5)
    hasty.connect("esphome", home.parts.esphome)

    async def command(point: str) -> CommandStatus:
        result = await hasty.execute(device.id, point, CommandBody(), issued_by="test")
        return result.status

    assert await command("stall") is CommandStatus.TIMEOUT
    # The node still stalls: neither is this one acknowledged, nor sent behind our back.
    assert await command("press") is CommandStatus.TIMEOUT
    result = await home.command("all-kinds", "press")
    assert result.status is CommandStatus.ACKNOWLEDGED
    await home.says("all-kinds", "presses", value=1.0)


class _Silent:
    """A link whose device never answers."""

    async def send(self, command: Command) -> AckBody:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError(command)


async def test_hub_dies_under_way(tmp_path: Path, node: NodeProcess) -> None:
    """A command whose answer the hub did not live to hear is never sent again."""
    async with Home(tmp_path / "hub") as home:
        await home.add(node.port)
        home.parts.commands.connect("esphome", _Silent())
        under_way = asyncio.create_task(home.command("all-kinds", "press", key="a"))
        while not await home.entries(EntryKind.COMMAND, "all-kinds"):
            await asyncio.sleep(0.01)
        await home.restart()
        [ack] = await home.entries(EntryKind.ACK, "all-kinds")
        assert ack.text == "timeout"
        await home.online("all-kinds")
        result = await home.command("all-kinds", "press", key="a")
        assert result.status is CommandStatus.TIMEOUT
        assert result.detail is not None
        assert "The hub stopped before the device answered" in result.detail
        await home.command("all-kinds", "press", key="b")
        await home.says("all-kinds", "presses", value=1.0)
        under_way.cancel()
