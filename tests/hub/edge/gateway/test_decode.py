"""Native messages: what is understood, and what is said of the rest."""

from contextlib import suppress

from hypothesis import given, strategies as st
import msgspec
import pytest

from hearthward.edge.decode import (
    OBSERVATION_LIMIT,
    PAYLOAD_LIMIT,
    POINT_LIMIT,
    decode,
    split,
)
from hearthward.edge.parcel import DecodeError, Parcel
from hearthward.model.deadletter import Reason
from hearthward.model.message import (
    Ack,
    AckBody,
    Event,
    EventBody,
    Hello,
    HelloBody,
    Observation,
    State,
    StateBody,
    Status,
    StatusBody,
    UpMessage,
)

PARCEL = Parcel(adapter="http", address="/", payload=b"", received=1.8e9)

MESSAGES: tuple[UpMessage, ...] = (
    Hello(device="a", ts=1.0, body=HelloBody(name="A")),
    State(
        device="a",
        ts=1.0,
        id="x",
        body=StateBody(
            observations=(Observation(point="p", value=1.5, unit="V"),),
        ),
    ),
    Event(device="ä b", ts=1.0, seq=3, body=EventBody(point="p", event="e")),
    Status(device="a", ts=1.0, body=StatusBody(online=False)),
    Ack(device="a", ts=1.0, body=AckBody(command="c", status="acknowledged")),  # type: ignore[arg-type]  # as it is sent
)


DEEP = msgspec.json.decode(b'{"a":' * 40 + b"1" + b"}" * 40)


def read(payload: bytes) -> list[UpMessage]:
    """Return the messages of a payload."""
    return [decode(part, PARCEL) for part in split(payload)]


def reason(payload: bytes) -> tuple[Reason, str]:
    """Return why a payload is refused."""
    with pytest.raises(DecodeError) as caught:
        read(payload)
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize("message", MESSAGES)
def test_what_is_sent_is_what_is_read(message: UpMessage) -> None:
    """Every type survives the way."""
    payload = msgspec.json.encode(message)
    read = decode(payload, PARCEL)
    assert isinstance(read, type(message))
    assert msgspec.json.encode(read) == payload


def test_one_a_list_or_one_a_line() -> None:
    """However messages are put together, each comes out as it was sent."""
    parts = [msgspec.json.encode(message) for message in MESSAGES]
    assert split(parts[0]) == parts[:1]
    assert split(b" [" + b" , ".join(parts) + b"]\n") == parts
    assert split(b"\n".join(parts) + b"\r\n\n") == parts
    spread = b'{"type": "status",\n "device": "a"}'
    assert split(spread) == [spread]


@given(st.binary())
def test_bytes(payload: bytes) -> None:
    """Whatever arrives is a message or refused with a reason."""
    with suppress(DecodeError):
        read(payload)


@given(st.sampled_from(MESSAGES), st.data())
def test_torn_messages(message: UpMessage, data: st.DataObject) -> None:
    """A message that was cut or altered on its way does no harm."""
    payload = bytearray(msgspec.json.encode(message))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place : place + data.draw(st.integers(0, 5))] = data.draw(
        st.binary(max_size=5)
    )
    with suppress(DecodeError):
        read(bytes(payload))


@pytest.mark.parametrize(
    ("payload", "why", "hint"),
    [
        (b"", Reason.INVALID_JSON, "JSON"),
        (b"{", Reason.INVALID_JSON, "JSON"),
        (b'"\xff"', Reason.INVALID_JSON, "UTF-8"),
        (b"[" * 100_000, Reason.INVALID_JSON, ""),
        (b"{} {}", Reason.INVALID_JSON, "JSON"),
        (b"[]", Reason.INVALID_MESSAGE, "at least one"),
        (b"7", Reason.INVALID_MESSAGE, "object"),
        (b"{}", Reason.INVALID_MESSAGE, "type"),
        (b'{"type":"dance","device":"a"}', Reason.INVALID_MESSAGE, "dance"),
        (b" " * (PAYLOAD_LIMIT + 1), Reason.TOO_LARGE, "16 MiB"),
        (b'{"a":"' + b" " * 300_000 + b'"}', Reason.TOO_LARGE, "256 KiB"),
    ],
)
def test_what_to_correct(payload: bytes, why: Reason, hint: str) -> None:
    """The sender is told what is wrong."""
    found, detail = reason(payload)
    assert found is why
    assert hint in detail


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"v": 2}, "version 1"),
        ({"seq": 2**63}, "64 bits"),
        ({"device": ""}, "device"),
        ({"device": "x" * 256}, "device"),
        ({"id": ""}, "`id`"),
        ({"id": "x" * 256}, "`id`"),
        ({"ts": "noon"}, "ts"),
        ({"ts": None}, "ts"),
        ({"body": {"observations": [{"value": 1}]}}, "point"),
        ({"body": {"observations": [{"point": "p", "value": "1"}]}}, "value"),
        (
            {"body": {"observations": [{"point": "p"}] * (OBSERVATION_LIMIT + 1)}},
            "1000 observations",
        ),
        ({"body": {"observations": [{"point": "p", "body": DEEP}]}}, "less deeply"),
        ({"type": "event", "body": {"point": "p", "event": "e", "data": DEEP}}, "Nest"),
        ({"type": "hello", "device": "a/b", "body": {"name": "A"}}, "slash"),
        ({"type": "hello", "device": "a\n", "body": {"name": "A"}}, "printable"),
        (
            {
                "type": "hello",
                "body": {
                    "name": "A",
                    "points": [
                        {"id": "p", "kind": "sensor", "name": "P", "object_id": "p"}
                    ]
                    * 2,
                },
            },
            f"{POINT_LIMIT} points",
        ),
    ],
)
def test_messages_that_are_none(fields: dict[str, object], hint: str) -> None:
    """What the types let pass is checked all the same."""
    message = {
        "type": "state",
        "device": "a",
        "ts": 1.0,
        "body": {"observations": [{"point": "p", "value": 1}]},
    }
    found, detail = reason(msgspec.json.encode(message | fields))
    assert found is Reason.INVALID_MESSAGE
    assert hint in detail
