"""Dead letters: kept byte for byte, bounded, tried again, thrown away, forgotten."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
import sys
import time

import msgspec
import pytest

from hearthward.config import DeadLetterSettings, Settings
from hearthward.model.deadletter import DeadLetterQuery, Reason
from hearthward.model.entry import EntryKind
from hearthward.model.erasure import ForgetRequest
from hearthward.model.security import Role
from tests.hub.conftest import running

from .conftest import DEVICE, Gate, air, hello, state


@asynccontextmanager
async def replaying(gate: Gate) -> AsyncGenerator[None]:
    """Run what replays the letters of devices that are let in."""
    task = asyncio.create_task(gate.parts.replay.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def ask(
    gate: Gate, method: str, path: str, role: Role = Role.OPERATOR
) -> tuple[int, dict[str, object]]:
    """Make a request about dead letters."""
    status, body = await gate.hub.ask(method, f"/api/v1/dead-letters{path}", role)
    assert isinstance(body, dict)
    return status, body


async def test_byte_for_byte(gate: Gate) -> None:
    """What arrived can be had as it arrived, text or not."""
    torn = b'{"type": "state",  "dev'
    binary = b"\xff\x00\xfe{"
    late = msgspec.json.encode(air(20.0, device="stranger")).replace(b":", b" : ")
    await gate.tell(torn, binary, late)
    first, second, third = await gate.letters()
    assert (first.payload, first.reason) == (torn.decode(), Reason.INVALID_JSON)
    assert second.payload is None
    assert second.base64 == "/wD+ew=="
    assert third.payload == late.decode()
    assert (third.device, third.size) == ("stranger", len(late))


async def test_the_api(gate: Gate) -> None:
    """Letters are listed in pages, read, tried again and deleted."""
    await gate.tell(*(air(20.0, device=f"d{n}") for n in range(5)), b"junk")
    status, page = await ask(gate, "GET", "?limit=4")
    letters = page["letters"]
    assert isinstance(letters, list)
    assert (status, page["total"], len(letters)) == (200, 6, 4)
    assert "payload" not in letters[0]
    _, rest = await ask(gate, "GET", f"?limit=4&before={page['next']}")
    assert isinstance(rest["letters"], list)
    assert (len(rest["letters"]), rest.get("next")) == (2, None)
    oldest = rest["letters"][-1]["id"]
    status, letter = await ask(gate, "GET", f"/{oldest}")
    assert (status, letter["device"]) == (200, "d0")
    status, tried = await ask(gate, "POST", f"/{oldest}/replay")
    assert (status, tried) == (200, {"accepted": 0, "rejected": 1})
    _, letter = await ask(gate, "GET", f"/{oldest}")
    assert letter["attempts"] == 1
    assert await ask(gate, "DELETE", f"/{oldest}") == (200, {"deleted": 1})
    for method, path in (("GET", ""), ("POST", "/replay"), ("DELETE", "")):
        status, error = await ask(gate, method, f"/{oldest}{path}")
        assert (status, error["code"]) == (404, "unknown_letter")
    status, error = await ask(gate, "GET", "/x1")
    assert (status, error["code"]) == (404, "not_found")
    assert await ask(gate, "DELETE", "?reason=unknown_device") == (200, {"deleted": 4})
    status, _ = await ask(gate, "GET", "", Role.VIEWER)
    assert status == 403


async def test_a_replay_stores_once(gate: Gate) -> None:
    """However often and from however many sides a letter is tried, it is one entry."""
    event = {
        "type": "event",
        "device": "late",
        "ts": time.time(),
        "body": {"point": "cord", "event": "pulled"},
    }
    await gate.tell(event)
    [letter] = await gate.letters()
    await gate.join("late")
    tried = await asyncio.gather(
        *(gate.parts.replay.some(DeadLetterQuery()) for _ in range(5))
    )
    assert sum(each.accepted for each in tried) == 1
    assert sum(each.rejected for each in tried) == 0
    assert len(await gate.entries(EntryKind.EVENT)) == 1
    assert await gate.letters() == ()
    status, _ = await ask(gate, "POST", f"/{letter.id}/replay")
    assert status == 404


async def test_a_replay_of_what_is_stored(gate: Gate) -> None:
    """A letter whose message came through meanwhile adds nothing."""
    message = air(20.0, id="m1", device="late")
    await gate.tell(message)
    await gate.join("late")
    await gate.tell(message)
    tried = await gate.parts.replay.some(DeadLetterQuery())
    assert (tried.accepted, tried.rejected) == (1, 0)
    assert len(await gate.entries()) == 1
    assert await gate.letters() == ()


async def test_a_corrected_device(gate: Gate) -> None:
    """When a point is offered at last, what it said before is stored with its time."""
    now = time.time()
    await gate.tell(
        state({"point": "air", "value": 20.0}, {"point": "new", "value": 3.0}, ts=now)
    )
    points = [{"id": "new", "kind": "sensor", "name": "New", "object_id": "new"}]
    await gate.tell(hello(points=points))
    tried = await gate.parts.replay.some(DeadLetterQuery(reason=Reason.UNKNOWN_POINT))
    assert (tried.accepted, tried.rejected) == (1, 0)
    found = gate.parts.lifelog.state(DEVICE, "new")
    assert found is not None
    assert (found.value, found.ts) == (3.0, now)


async def test_a_replay_may_do_no_more(gate: Gate) -> None:
    """What a sender might not say is not said by trying it again."""
    await gate.tell(air(20.0), device="other")
    tried = await gate.parts.replay.some(DeadLetterQuery())
    assert (tried.accepted, tried.rejected) == (0, 1)
    [letter] = await gate.letters()
    assert (letter.reason, letter.attempts) == (Reason.NOT_PERMITTED, 1)


async def test_a_replay_marks_nothing_anew(gate: Gate) -> None:
    """A bad value that is tried again does not make its point unknown again."""
    await gate.tell(air(20.0), air(-127.0), air(21.0))
    await gate.parts.replay.some(DeadLetterQuery())
    assert [entry.value for entry in await gate.entries()] == [20.0, None, 21.0]
    assert len(await gate.letters()) == 1


async def test_what_is_outdated_changes_nothing(gate: Gate) -> None:
    """An old hello or status does not undo what the device said of itself since."""
    status = {
        "type": "status",
        "device": "late",
        "ts": time.time(),
        "body": {"online": True},
    }
    await gate.tell(status)
    await gate.tell(hello("late"))
    tried = await gate.parts.replay.some(DeadLetterQuery())
    assert (tried.accepted, tried.rejected) == (1, 0)
    assert not gate.parts.registry.require("late").online
    assert await gate.letters() == ()


async def test_what_was_said_before_the_approval(gate: Gate) -> None:
    """It waits, and is stored by itself when the device is let in."""
    now = time.time()
    await gate.tell(hello("late"))
    await gate.tell(*(air(20.0 + n, device="late", ts=now + n) for n in range(5)))
    assert len(await gate.letters(reason=Reason.DEVICE_PENDING)) == 5
    assert await gate.parts.dead_letters.count() == 0
    async with replaying(gate), asyncio.timeout(60):
        await gate.parts.registry.approve("late", "test")
        while (await gate.parts.dead_letters.page(DeadLetterQuery())).total:
            await asyncio.sleep(0.01)
    entries = await gate.entries()
    assert [entry.value for entry in entries] == [20.0, 21.0, 22.0, 23.0, 24.0]
    assert [entry.ts for entry in entries] == [now + n for n in range(5)]


async def test_an_approval_that_was_not_followed(gate: Gate) -> None:
    """A hub that ended between the approval and the replay does it at its next start."""
    await gate.tell(hello("late"))
    await gate.tell(air(20.0, device="late"))
    await gate.parts.registry.approve("late", "test")
    await gate.restart()
    async with replaying(gate), asyncio.timeout(60):
        while (await gate.parts.dead_letters.page(DeadLetterQuery())).total:
            await asyncio.sleep(0.01)
    assert len(await gate.entries()) == 1


async def test_bounds(settings: Settings) -> None:
    """The oldest letters go; one device does not push out what others said."""
    bounded = DeadLetterSettings(count=300, bytes=200_000, per_device=100)
    settings = msgspec.structs.replace(settings, dead_letters=bounded)
    async with running(settings) as hub:
        gate = Gate(hub, None)  # type: ignore[arg-type]  # it is not restarted
        for device in ("quiet", "loud"):
            await gate.tell(hello(device))
        await gate.tell(air(1.0, device="quiet"))
        for number in range(50):
            await gate.tell(
                *(air(1.0, device="loud", id=f"{number} {n}") for n in range(10))
            )
        loud = await gate.letters(device="loud", limit=1000)
        assert 100 <= len(loud) <= 150
        assert '"id":"49 9"' in (loud[-1].payload or "")
        assert len(await gate.letters(device="quiet")) == 1
        for _ in range(60):
            await gate.tell(b"x" * 10_000)
        total = sum(letter.size for letter in await gate.letters(limit=1000))
        assert total < 200_000 + 50 * 10_000


async def test_a_crowd_of_strangers(settings: Settings) -> None:
    """Whoever invents names does not push out what others said."""
    bounded = DeadLetterSettings(per_device=100)
    settings = msgspec.structs.replace(settings, dead_letters=bounded)
    async with running(settings) as hub:
        gate = Gate(hub, None)  # type: ignore[arg-type]  # it is not restarted
        for number in range(20):
            await gate.tell(*(air(1.0, device=f"{number} {n}") for n in range(20)))
        assert 100 <= len(await gate.letters(limit=1000)) <= 150


async def test_what_was_not_kept_whole(gate: Gate) -> None:
    """The beginning of what was too large is not taken for the whole."""
    line = msgspec.json.encode(air(20.0)) + b"\n"
    await gate.tell(line * (17 * 2**20 // len(line)))
    [letter] = await gate.letters()
    assert letter.reason is Reason.TOO_LARGE
    assert letter.size > 2**24
    tried = await gate.parts.replay.some(DeadLetterQuery())
    assert (tried.accepted, tried.rejected) == (0, 1)
    assert await gate.entries() == []


async def test_forgetting(gate: Gate) -> None:
    """Who is forgotten is not remembered by the dead letters either."""
    word = "a word that nobody may find"
    await gate.tell(
        state({"point": "mode", "text": word}, device="stranger"),
        state({"point": "none", "text": "kept"}),
        f"torn {word}".encode(),
    )
    await gate.parts.forgetting.forget(ForgetRequest(device="stranger"))
    [letter] = await gate.letters()
    assert letter.device == DEVICE
    for file in gate.parts.settings.data_dir.rglob("*"):
        if file.is_file():
            assert word.encode() not in file.read_bytes(), file


async def test_what_is_forgotten_can_be_said_again(gate: Gate) -> None:
    """The gateway does not take for known what was erased."""
    await gate.tell(air(20.0))
    await gate.parts.forgetting.forget(ForgetRequest(device=DEVICE))
    receipt = await gate.tell(air(20.0))
    assert receipt.stored == 1


async def cli(gate: Gate, *arguments: str) -> tuple[int, str]:
    """Run the command line beside the hub; return how it ended and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from hearthward.cli import main; main()",
        "deadletter",
        *arguments,
        "--data-dir",
        str(gate.parts.settings.data_dir),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_a_terminal_obeys_no_stranger(gate: Gate) -> None:
    """What a device calls itself is shown, not done."""
    await gate.tell(air(20.0, device="late\x1b[2J"))
    code, printed = await cli(gate, "list")
    assert code == 0
    assert "late\N{REPLACEMENT CHARACTER}[2J" in printed
    assert "\x1b" not in printed


async def test_the_command_line(gate: Gate) -> None:
    """A person sees what was rejected, has it tried again or throws it away."""
    await gate.tell(air(20.0, device="late", id="m1"), b"junk")
    code, printed = await cli(gate, "list")
    assert code == 0
    assert "unknown_device" in printed
    assert "late" in printed
    [late, junk] = await gate.letters()
    assert await cli(gate, "show", str(junk.id)) == (0, "junk")
    await gate.join("late")
    code, printed = await cli(gate, "replay", "--device", "late")
    assert (code, printed) == (0, "1 stored, 0 rejected again\n")
    assert len(await gate.entries()) == 1
    code, _ = await cli(gate, "replay", str(late.id))
    assert code == 1
    code, _ = await cli(gate, "delete")
    assert code == 2
    assert await cli(gate, "delete", "--all") == (0, "1 deleted\n")
    assert await gate.letters() == ()


@pytest.mark.parametrize("reason", list(Reason))
async def test_every_reason_can_be_asked_for(gate: Gate, reason: Reason) -> None:
    """The filter takes what the letters carry."""
    status, page = await ask(gate, "GET", f"?reason={reason}&adapter=http&since=0")
    assert (status, page["total"]) == (200, 0)
