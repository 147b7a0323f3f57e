"""Times as payloads write them."""

from datetime import UTC, datetime

from hearthward.edge.parcel import DecodeError
from hearthward.model.deadletter import Reason

from .layout import TimeFormat

_DIVISORS = {
    TimeFormat.SECONDS: 1.0,
    TimeFormat.MILLISECONDS: 1e3,
    TimeFormat.MICROSECONDS: 1e6,
}

# Seconds have ten digits until 2286, milliseconds thirteen, microseconds sixteen.
_MILLISECONDS = 1e11
_MICROSECONDS = 1e14


def moment(value: object, form: TimeFormat) -> float:
    """Return a time in seconds since the epoch (UTC).

    A time without an offset is UTC.

    Raises:
        DecodeError: It is no time of this format.

    """
    if isinstance(value, str):
        try:
            if form in (TimeFormat.AUTO, TimeFormat.ISO8601) and not _digits(value):
                return _calendar(value)
            value = float(value)
        except ValueError:
            raise _invalid(value, form) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(value, form)
    if form is TimeFormat.ISO8601:
        raise _invalid(value, form)
    if form is TimeFormat.AUTO:
        return value / _magnitude(abs(value))
    return value / _DIVISORS[form]


def _digits(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _calendar(text: str) -> float:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _magnitude(value: float) -> float:
    if value >= _MICROSECONDS:
        return 1e6
    return 1e3 if value >= _MILLISECONDS else 1.0


def _invalid(value: object, form: TimeFormat) -> DecodeError:
    return DecodeError(
        Reason.INVALID_TIME,
        f"{str(value)[:40]!r} is no time as {form.value}: correct the device's clock, or "
        "`time_format` in the profile",
    )
