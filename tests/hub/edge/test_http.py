"""Messages over HTTP, sent by curl to a hub that is a process of its own."""

import msgspec
import pytest

from .shed import Shed, state


async def test_a_message_a_list_or_one_a_line(shed: Shed) -> None:
    """However they are sent, messages are entries in their order."""
    one, two, three, four, five = (
        msgspec.json.encode(state(20.0 + n, 1_790_000_000.0 + 60 * n)) for n in range(5)
    )
    for data in (one, b"[%s,%s]" % (two, three), four + b"\n" + five + b"\n"):
        answer = await shed.curl(data=data)
        assert answer.status == 200
        assert answer.body["rejected"] == []
    assert [value for _, value in await shed.states()] == [20.0 + n for n in range(5)]


async def test_a_bad_message_holds_up_no_other(shed: Shed) -> None:
    """Rejected ones are named by their index and kept as dead letters."""
    receipt = await shed.post(
        state(20.0, 1_790_000_000.0),
        state(2000.0, 1_790_000_060.0),
        {"type": "nonsense"},
        state(21.0, 1_790_000_120.0),
    )
    assert receipt["accepted"] == 2
    found = sorted((each["index"], each["reason"]) for each in receipt["rejected"])
    assert found == [(1, "out_of_range"), (2, "invalid_message")]
    # What cannot be believed leaves the point unknown, until the next good value.
    assert [value for _, value in await shed.states()] == [20.0, None, 21.0]


async def test_what_is_no_json_is_kept_too(shed: Shed) -> None:
    """Nothing that arrived is lost, not even a torn message."""
    answer = await shed.curl(data=b'[{"type": "state", "dev')
    assert answer.status == 200
    assert [each["reason"] for each in answer.body["rejected"]] == ["invalid_json"]


async def test_a_repeated_batch_changes_nothing(shed: Shed) -> None:
    """With an idempotency key a client may send again what it got no answer to."""
    batch = [state(20.0 + n, 1_790_000_000.0 + 60 * n) for n in range(5)]
    first = await shed.post(*batch, key="batch-1")
    again = await shed.post(*batch, key="batch-1")
    assert (first["accepted"], first["duplicates"]) == (5, 0)
    assert (again["accepted"], again["duplicates"]) == (0, 5)
    await shed.hub.stop()
    await shed.hub.start()
    restarted = await shed.post(*batch, key="batch-1")
    assert restarted["accepted"] + restarted["duplicates"] == 5
    assert len(await shed.states()) == 5


async def test_a_key_speaks_for_its_device_only(shed: Shed) -> None:
    """A thief of one device's key cannot speak for another."""
    receipt = await shed.post(state(20.0, 1_790_000_000.0, device="heater"))
    assert [each["reason"] for each in receipt["rejected"]] == ["not_permitted"]


async def test_too_much_at_once(shed: Shed) -> None:
    """The answer says what fits; nothing of it was taken."""
    answer = await shed.curl(data=b"[" + b",".join([b"{}"] * 10_001) + b"]")
    assert (answer.status, answer.body["code"]) == (413, "content_too_large")
    assert "10000" in answer.body["error"]
    answer = await shed.curl(data=b" " * (16 * 1024 * 1024 + 1))
    assert answer.status == 413
    answer = await shed.curl(data=b" ")
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


async def test_a_batch_of_ten_thousand(shed: Shed) -> None:
    """The largest batch is taken in one go."""
    batch = [state(20.0 + n % 7, 1_790_000_000.0 + n) for n in range(10_000)]
    receipt = await shed.post(*batch)
    assert receipt["accepted"] == 10_000
    assert receipt["rejected"] == []


async def test_who_may_post(shed: Shed) -> None:
    """Devices and machines speak for devices; who only looks does not."""
    for role, status in (("viewer", 403), ("caregiver", 403), ("service", 200)):
        token = await shed.hub.run("key", "create", "--name", "x", "--role", role)
        data = msgspec.json.encode(state(20.0, 1_790_000_000.0))
        assert (await shed._replace(token=token).curl(data=data)).status == status


async def test_a_device_by_http_takes_no_commands(shed: Shed) -> None:
    """The answer says how it could be reached."""
    answer = await shed._replace(token=shed.admin).curl(
        data=b'{"value": true}', path="devices/shed/points/lamp/commands"
    )
    assert answer.status == 422
    assert "WebSocket or MQTT" in answer.body["error"]


async def test_only_a_device_key_can_be_bound(shed: Shed) -> None:
    """A bound key of another role would promise what it does not keep."""
    request = b'{"name": "x", "role": "viewer", "device": "shed"}'
    answer = await shed._replace(token=shed.admin).curl(data=request, path="keys")
    assert (answer.status, answer.body["code"]) == (409, "role_not_bound")


@pytest.fixture
def stingy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a device tell five things at once, then one in a hundred seconds."""
    quotas = '{"device_rate": 0.01, "device_burst": 5}'
    monkeypatch.setenv("HEARTHWARD_QUOTAS", quotas)


@pytest.mark.usefixtures("stingy")
async def test_who_tells_too_much_is_told_to_wait(shed: Shed) -> None:
    """Nothing of what is refused is taken, and the header says when to try again."""
    taken = 0
    while taken < 10:
        data = msgspec.json.encode(state(20.0 + taken, 1_790_000_000.0 + 60 * taken))
        answer = await shed.curl(data=data)
        if answer.status != 200:
            break
        taken += 1
    assert (answer.status, answer.body["code"]) == (429, "busy")
    assert 1 <= int(answer.headers["retry-after"]) <= 200
    assert 1 <= taken == len(await shed.states())
