"""What becomes of messages: entries, or dead letters, and never nothing."""

import asyncio
from base64 import b64decode
import json
import sqlite3
import time

from hypothesis import HealthCheck, given, settings as how, strategies as st
import pytest

from hearthward.edge.decode import MESSAGE_LIMIT
from hearthward.edge.parcel import Parcel
from hearthward.edge.quotas import Quotas
from hearthward.lifelog import LifelogUnavailableError
from hearthward.model.deadletter import Reason
from hearthward.model.device import DeviceStatus
from hearthward.model.entry import EntryKind
from hearthward.model.message import UpMessage
from hearthward.model.privacy import DataClass, PrivacySettings

from .conftest import DEVICE, Gate, air, hello, state


async def test_a_message_becomes_entries(gate: Gate) -> None:
    """Each observation is an entry, in order, with its own time."""
    now = time.time()
    receipt = await gate.tell(
        state(
            {"point": "air", "value": 20.5, "ts": now - 5},
            {"point": "mode", "text": "drying", "body": {"since": 3}},
            ts=now,
            id="m1",
        )
    )
    assert (receipt.accepted, receipt.stored, receipt.rejected) == (1, 2, ())
    air_entry, mode = await gate.entries()
    assert (air_entry.device, air_entry.point) == (DEVICE, "air")
    assert (air_entry.value, air_entry.ts) == (20.5, now - 5)
    assert (mode.text, mode.body, mode.ts) == ("drying", {"since": 3}, now)
    assert gate.parts.gateway.heard[DEVICE] == pytest.approx(time.time(), abs=60)
    device = gate.parts.registry.require(DEVICE)
    assert device.status is DeviceStatus.ACTIVE


async def test_what_says_nothing_new_is_accepted(gate: Gate) -> None:
    """A repeated state makes no entry, and late data is kept as what it is."""
    now = time.time()
    await gate.tell(air(20.0, ts=now))
    receipt = await gate.tell(air(20.0, ts=now + 1))
    assert (receipt.accepted, receipt.stored) == (1, 0)
    receipt = await gate.tell(air(20.0, ts=now - 50))
    assert (receipt.accepted, receipt.stored) == (1, 1)
    await gate.tell(air(19.0, ts=now - 60))
    found = gate.parts.lifelog.state(DEVICE, "air")
    assert found is not None
    assert (found.value, found.ts) == (20.0, now)


@pytest.mark.parametrize("fields", [{"id": "m1"}, {"seq": 7}])
async def test_duplicates(gate: Gate, fields: dict[str, object]) -> None:
    """A message that comes again is acknowledged and dropped, also after a restart."""
    now = time.time()
    message = state(
        {"point": "air", "value": 21.0},
        {"point": "level", "value": 40},
        ts=now,
        **fields,
    )
    receipt = await gate.tell(message, message)
    assert (receipt.accepted, receipt.duplicates, receipt.stored) == (1, 1, 2)
    receipt = await gate.tell(message)
    assert (receipt.accepted, receipt.duplicates) == (0, 1)
    await gate.tell(air(22.0, ts=now + 1))
    await gate.restart()
    receipt = await gate.tell(message)
    assert (receipt.accepted, receipt.duplicates, receipt.stored) == (0, 1, 0)
    assert len(await gate.entries()) == 3


async def test_a_device_that_starts_anew_counts_anew(gate: Gate) -> None:
    """The same number at another time is another message."""
    now = time.time()
    await gate.tell(air(20.0, ts=now - 9, seq=1), air(21.0, ts=now, seq=1))
    assert [entry.value for entry in await gate.entries()] == [20.0, 21.0]


async def test_the_key_of_a_batch_stands_for_an_id(gate: Gate) -> None:
    """A message without an id of its own is known by what its transport says."""
    event = {
        "type": "event",
        "device": DEVICE,
        "ts": time.time(),
        "body": {"point": "cord", "event": "pulled"},
    }
    await gate.tell(event, key="batch/0")
    receipt = await gate.tell(event, key="batch/0")
    assert receipt.duplicates == 1
    assert len(await gate.entries(EntryKind.EVENT)) == 1


async def test_at_once_from_two_sides(gate: Gate) -> None:
    """Whoever is told of a duplicate is told so when the first one is durable."""
    message = air(20.0, id="twice")
    receipts = await asyncio.gather(*(gate.tell(message) for _ in range(20)))
    assert sum(receipt.stored for receipt in receipts) == 1
    assert sum(receipt.accepted for receipt in receipts) == 1
    assert sum(receipt.duplicates for receipt in receipts) == 19


async def test_an_alarm_does_not_wait_until_crowds_are_read(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker's batch is stored long before the many crowds that came before it."""
    monkeypatch.setattr(Quotas, "check", lambda quotas, told: None)
    stored: list[str] = []

    async def receive(name: str, parcels: list[Parcel]) -> None:
        await gate.parts.intake.receive(parcels)
        stored.append(name)

    lines = [gate.parcel(air(20.0, id=f"m{number}")) for number in range(5_000)]
    call = {"point": "cord", "event": "pulled"}
    event = {"type": "event", "device": DEVICE, "ts": time.time(), "body": call}
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(receive("crowd", lines))
        await asyncio.sleep(0)
        group.create_task(receive("alarm", [*lines[:300], gate.parcel(event)]))
    assert stored[0] == "alarm"


async def test_one_bad_observation_loses_no_other(gate: Gate) -> None:
    """The bad ones become a letter of their own, which can be replayed."""
    receipt = await gate.tell(
        state(
            {"point": "air", "value": 20.0},
            {"point": "level", "value": 250.0},
            {"point": "nothing", "value": 1.0},
            {"point": "power", "value": 5.0},
            id="m1",
        )
    )
    assert (receipt.accepted, receipt.stored) == (1, 3)
    reasons = [rejection.reason for rejection in receipt.rejected]
    assert reasons == [Reason.OUT_OF_RANGE, Reason.UNKNOWN_POINT]
    values = {entry.point: entry.value for entry in await gate.entries()}
    assert values == {"air": 20.0, "level": None, "power": 5.0}
    letters = await gate.letters()
    assert [letter.reason for letter in letters] == reasons
    assert '"point":"level"' in (letters[0].payload or "")
    assert '"point":"air"' not in (letters[0].payload or "")


async def test_a_broken_sensor_does_not_hide(gate: Gate) -> None:
    """A value that cannot be makes the point unknown, once, until it is well again."""
    await gate.tell(air(20.0))
    for _ in range(3):
        await gate.tell(air(-127.0))
    await gate.tell(air(20.5))
    assert [entry.value for entry in await gate.entries()] == [20.0, None, 20.5]
    assert len(await gate.letters(reason=Reason.OUT_OF_RANGE)) == 3


async def test_a_step_must_be_confirmed(gate: Gate) -> None:
    """A spike is not believed; what stays is."""
    now = time.time()
    for after, value in enumerate((20.0, 85.0, 20.1, 70.0, 70.5, 70.2)):
        await gate.tell(air(value, ts=now + after))
    values = [entry.value for entry in await gate.entries()]
    assert values == [20.0, None, 20.1, None, 70.5, 70.2]
    letters = await gate.letters()
    assert [letter.reason for letter in letters] == [Reason.IMPLAUSIBLE_RATE] * 2


async def test_units(gate: Gate) -> None:
    """Values come into the unit of their point; a foreign unit is refused."""
    await gate.tell(
        state(
            {"point": "air", "value": 68, "unit": "°F"},
            {"point": "hall", "value": 20, "unit": "celsius"},
            {"point": "power", "value": 1.5, "unit": "kW"},
            {"point": "mode", "value": 3, "unit": "V"},
            {"point": "level", "value": 0.4, "unit": "bananas"},
        )
    )
    values = {entry.point: entry.value for entry in await gate.entries()}
    assert values == {
        "air": 20.0,
        "hall": 68.0,
        "power": 1500.0,
        "level": None,
        "mode": None,
    }
    [letter] = await gate.letters()
    assert letter.reason is Reason.WRONG_UNIT
    hall = gate.parts.registry.require(DEVICE).points[1]
    assert hall.unit == "°F"


async def test_unknown_fields_are_kept(gate: Gate) -> None:
    """What the hub does not know stands in `extra` of the entry."""
    await gate.tell(
        state({"point": "air", "value": 20.0, "raw": 712}, rssi=-70),
        {
            "type": "event",
            "device": DEVICE,
            "ts": time.time(),
            "body": {"point": "cord", "event": "pulled", "data": {"a": 1}, "hand": "l"},
        },
    )
    [entry] = await gate.entries()
    assert entry.body == {"extra": {"rssi": -70, "raw": 712}}
    [event] = await gate.entries(EntryKind.EVENT)
    assert event.body == {"a": 1, "extra": {"hand": "l"}}


async def test_what_the_transport_tells_need_not_be_said(gate: Gate) -> None:
    """A device without a clock, on a topic of its own, says its values alone."""
    receipt = await gate.tell(
        {"body": {"observations": [{"point": "air", "value": 20.0}]}},
        address=f"hearthward/home/{DEVICE}/state",
        device=DEVICE,
    )
    assert receipt.stored == 1


async def test_a_clock_that_was_never_set(gate: Gate) -> None:
    """What was said in one go is moved by one offset, which is noted."""
    before = time.time()
    await gate.tell(air(20.0, ts=100.0), air(21.0, ts=400.0))
    first, second = await gate.entries()
    assert second.ts == pytest.approx(before, abs=60)
    assert second.ts - first.ts == pytest.approx(300.0)
    assert first.body is not None
    assert first.body["clock"] == {
        "said": 100.0,
        "offset": pytest.approx(before - 400.0, abs=60),
    }
    receipt = await gate.tell(air(21.0, ts=402.0))
    assert receipt.stored == 0


async def test_a_clock_that_is_ahead(gate: Gate) -> None:
    """Nothing is stored as if it happened tomorrow; a small lead is let be."""
    now = time.time()
    await gate.tell(air(20.0, ts=now + 60))
    await gate.tell(state({"point": "level", "value": 40.0}, ts=now + 86400))
    lead, moved = await gate.entries()
    assert lead.ts == now + 60
    assert moved.ts == pytest.approx(now, abs=60)


async def test_times_that_are_none(gate: Gate) -> None:
    """Milliseconds are no seconds, and an observation cannot be from tomorrow."""
    now = time.time()
    receipt = await gate.tell(
        air(20.0, ts=now * 1000),
        state(
            {"point": "air", "value": 20.0, "ts": now + 86400},
            {"point": "level", "value": 40.0},
        ),
    )
    assert receipt.stored == 1
    reasons = [rejection.reason for rejection in receipt.rejected]
    assert reasons == [Reason.INVALID_TIME] * 2
    assert "milliseconds" in receipt.rejected[0].detail


async def test_an_alarm_is_one_whatever_its_clock_shows(gate: Gate) -> None:
    """Milliseconds, or an observation from tomorrow: it is stored as of its arrival, once."""
    now = time.time()
    smoke = state({"point": "smoke", "value": 1.0}, ts=now * 1000, id="a")
    cord = {
        "type": "event",
        "device": DEVICE,
        "ts": now * 1e6,
        "seq": 7,
        "body": {"point": "cord", "event": "pulled"},
    }
    clear = state({"point": "smoke", "value": 0.0, "ts": now + 86400}, id="b")
    receipt = await gate.tell(smoke, cord, clear)
    assert receipt.stored == 3
    assert not receipt.rejected
    entries = [*await gate.entries(), *await gate.entries(EntryKind.EVENT)]
    assert [entry.point for entry in entries] == ["smoke", "smoke", "cord"]
    for entry in entries:
        assert entry.ts == pytest.approx(now, abs=60)
    again = await gate.tell(smoke, cord, clear)
    assert (again.stored, again.duplicates) == (0, 3)


async def test_who_may_not_speak(gate: Gate) -> None:
    """Strangers and thieves of names end in the dead letters, with the reason."""
    await gate.tell(hello("other"))
    receipt = await gate.tell(air(20.0, device="stranger"), air(20.0, device="other"))
    reasons = [rejection.reason for rejection in receipt.rejected]
    assert reasons == [Reason.UNKNOWN_DEVICE, Reason.DEVICE_PENDING]
    receipt = await gate.tell(air(20.0), hello(), device="other")
    reasons = [rejection.reason for rejection in receipt.rejected]
    assert reasons == [Reason.NOT_PERMITTED] * 2
    await gate.parts.registry.revoke(DEVICE, "test")
    receipt = await gate.tell(air(20.0), hello())
    reasons = [rejection.reason for rejection in receipt.rejected]
    assert reasons == [Reason.DEVICE_REVOKED] * 2
    assert await gate.entries() == []


async def test_nobody_takes_over_the_heater(gate: Gate) -> None:
    """Devices that the hub itself speaks to are spoken for by nobody else."""
    await gate.tell(hello("heater"), adapter="esphome")
    await gate.parts.registry.approve("heater", "test")
    receipt = await gate.tell(
        hello("heater"), air(20.0, device="heater"), adapter="mqtt"
    )
    reasons = [rejection.reason for rejection in receipt.rejected]
    assert reasons == [Reason.NOT_PERMITTED] * 2
    assert gate.parts.registry.require("heater").adapter == "esphome"


async def test_a_hello_comes_through_its_adapter(gate: Gate) -> None:
    """What a device says of its adapter does not count."""
    await gate.tell(hello("other", adapter="esphome"), adapter="mqtt")
    assert gate.parts.registry.require("other").adapter == "mqtt"


async def test_a_crowd_at_the_door(gate: Gate) -> None:
    """So many devices wait for an approval, the others as dead letters."""
    most = gate.parts.settings.quotas.pending_devices
    receipt = await gate.tell(*(hello(f"d{n}") for n in range(most + 5)))
    assert receipt.accepted == most
    assert len(gate.parts.registry.devices(DeviceStatus.PENDING)) == most
    assert len(await gate.letters(reason=Reason.UNKNOWN_DEVICE)) == 5


async def test_coming_and_going(gate: Gate) -> None:
    """A status is noted; that of nobody is a dead letter."""
    online = {"type": "status", "ts": time.time(), "body": {"online": True}}
    receipt = await gate.tell(
        online | {"device": DEVICE}, online | {"device": "stranger"}
    )
    assert gate.parts.registry.require(DEVICE).online
    assert [each.reason for each in receipt.rejected] == [Reason.UNKNOWN_DEVICE]


async def test_too_large(gate: Gate) -> None:
    """A message beyond the limit is refused; its beginning is kept."""
    note = "x" * MESSAGE_LIMIT
    receipt = await gate.tell(state({"point": "mode", "text": note}))
    assert [each.reason for each in receipt.rejected] == [Reason.TOO_LARGE]
    [letter] = await gate.letters()
    assert letter.size > MESSAGE_LIMIT


async def test_nothing_is_acknowledged_that_is_not_stored(gate: Gate) -> None:
    """While the file cannot be written the sender hears of it, and says it again."""
    file = gate.parts.settings.data_dir / "lifelog.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    messages = (air(20.0), b"junk", state({"point": "smoke", "value": 1.0}))
    with pytest.raises(LifelogUnavailableError):
        await gate.tell(*messages)
    assert await gate.entries() == []
    holder.execute("ROLLBACK")
    holder.close()
    receipt = await gate.tell(*messages)
    assert (receipt.accepted, receipt.stored, len(receipt.rejected)) == (2, 2, 1)
    assert len(await gate.letters()) == 1


class Broken:
    """A profile that nobody tested."""

    def decode(self, parcel: Parcel) -> list[UpMessage]:
        """Fail at what is unforeseen."""
        nothing: list[UpMessage] = []
        return [nothing[len(parcel.payload)]]


async def test_profiles(gate: Gate) -> None:
    """What no profile, or a broken one, can read is a dead letter like any other."""
    gate.parts.intake.profiles = {"broken": Broken()}
    await gate.tell(b"7", profile="nobody's")
    receipt = await gate.tell(b"7", profile="broken")
    assert [each.reason for each in receipt.rejected] == [Reason.INVALID_MESSAGE]
    first, second = await gate.letters()
    assert (first.payload, first.profile) == ("7", "nobody's")
    assert "IndexError" in second.detail
    await gate.tell(air(20.0))
    assert len(await gate.entries()) == 1


async def test_privacy(gate: Gate) -> None:
    """What is not to be recorded is acknowledged and dropped, an alarm never is."""
    await gate.parts.privacy.configure(
        PrivacySettings(off=(DataClass.PRESENCE, DataClass.ENVIRONMENT)), "test"
    )
    receipt = await gate.tell(
        state({"point": "motion", "value": 1}, {"point": "smoke", "value": 1}),
        state({"point": "motion", "value": 7}),
        state({"point": "air", "value": 20}),
    )
    assert (receipt.accepted, receipt.rejected) == (3, ())
    assert [entry.point for entry in await gate.entries()] == ["smoke"]
    await gate.tell(hello("other"))
    await gate.tell(state({"point": "motion", "value": 1}, device="other"))
    assert await gate.letters() == ()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


@how(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=60,
)
@given(
    payload=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "device", "ts", "body", "observations", "point", "value"]
                )
                | st.text(max_size=3),
                inner | st.sampled_from(["state", DEVICE, "air", 1.0]),
                max_size=6,
            )
        ),
        max_leaves=12,
    ).map(_json)
)
async def test_nothing_is_lost(gate: Gate, payload: bytes) -> None:
    """Whatever bytes arrive, they are taken or end as a dead letter, byte for byte."""
    before = {letter.id for letter in await gate.letters(limit=1000)}
    receipt = await gate.tell(payload)
    assert receipt.accepted + receipt.duplicates + len(receipt.rejected) > 0
    letters = await gate.letters(limit=1000)
    new = [letter for letter in letters if letter.id not in before]
    assert len(new) == len(receipt.rejected)
    whole = b64decode(new[0].base64 or "") if new and new[0].base64 else None
    if len(new) == 1 and not receipt.accepted and not payload.strip().startswith(b"["):
        assert (whole or (new[0].payload or "").encode()) == payload
