"""Units agree with Home Assistant's own conversions."""

from collections.abc import Iterator
import inspect

from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS, SensorDeviceClass
from homeassistant.util import unit_conversion
from homeassistant.util.unit_conversion import BaseUnitConverter
from hypothesis import given, strategies as st
import pytest

from hearthward.edge.checks import LIMITS
from hearthward.edge.units import scale, spelling

# What depends on the substance, has no linear scale, or measures no thing in a home.
OTHERS = {
    "blood_glucose_concentration",
    "carbon_monoxide",
    "energy_distance",
    "nitrogen_dioxide",
    "nitrogen_monoxide",
    "ozone",
    "sulphur_dioxide",
    "temperature_delta",
}


def pairs() -> Iterator[tuple[type[BaseUnitConverter], str, str]]:
    """Yield the units that both know, with Home Assistant's converter."""
    for _, converter in inspect.getmembers(unit_conversion, inspect.isclass):
        if not issubclass(converter, BaseUnitConverter):
            continue
        name = getattr(converter, "UNIT_CLASS", None)
        if name is None or name in OTHERS:
            continue
        names = sorted(str(unit) for unit in converter.VALID_UNITS if unit)
        for one in names:
            for other in names:
                if scale(one, one) and scale(one, other) is not None:
                    yield converter, one, other


PAIRS = list(pairs())


def test_there_is_something_to_compare() -> None:
    """The units of a home are among them."""
    known = {(one, other) for _, one, other in PAIRS}
    assert len(known) > 400
    assert {("°F", "°C"), ("psi", "hPa"), ("mV", "V"), ("Wh", "kWh")} <= known


@given(st.sampled_from(PAIRS), st.floats(-1e6, 1e6))
def test_like_home_assistant(
    pair: tuple[type[BaseUnitConverter], str, str], value: float
) -> None:
    """A value comes out as Home Assistant would show it."""
    converter, one, other = pair
    change = scale(one, other)
    assert change is not None
    expected = converter.convert(value, one, other)
    assert change(value) == pytest.approx(expected, rel=2e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("C", "°C"),
        ("℃", "°C"),
        (" degF ", "°F"),
        ("µg/m³", "μg/m³"),
        ("ug/m3", "μg/m³"),
        ("KPA", "kPa"),
        ("percent", "%"),
        ("m3", "m³"),
        ("MW", "MW"),
        ("mW", "mW"),
        ("EUR/kWh", "EUR/kWh"),
    ],
)
def test_spelling(said: str, known: str) -> None:
    """Units are written as Home Assistant writes them; strange ones stay."""
    assert spelling(said) == known


@pytest.mark.parametrize(("one", "other"), [("V", "A"), ("°C", "%"), ("EUR", "USD")])
def test_what_does_not_become_the_other(one: str, other: str) -> None:
    """Nothing is made of what measures something else."""
    assert scale(one, other) is None


def test_limits_are_in_units_of_their_class() -> None:
    """Every limit can be brought into at least one unit of its class."""
    for name, limit in LIMITS.items():
        units = {
            str(unit or "") for unit in DEVICE_CLASS_UNITS[SensorDeviceClass(name)]
        }
        assert any(scale(limit.unit, unit) is not None for unit in units), name
        assert limit.low < limit.high
