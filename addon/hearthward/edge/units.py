"""Units: how Home Assistant writes them, and how one becomes another.

The factors are those of the SI brochure (9th edition) and NIST Special Publication 811,
appendix B; the spelling is Home Assistant's.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
import unicodedata


class Scale(NamedTuple):
    """A linear change of unit: what is said, times `factor`, plus `offset`."""

    factor: float
    offset: float = 0.0

    def __call__(self, value: float) -> float:
        """Return the value in the other unit, without the noise of binary fractions."""
        return float(f"{value * self.factor + self.offset:.12g}")


class _Unit(NamedTuple):
    """A unit by the base unit of what it measures."""

    dimension: str
    to_base: Scale


@lru_cache(maxsize=1024)
def scale(said: str, wanted: str) -> Scale | None:
    """Return how values in the unit `said` become those in `wanted`; None if they cannot."""
    said, wanted = spelling(said), spelling(wanted)
    if said == wanted:
        return Scale(1.0)
    for source in _UNITS.get(said, ()):
        for target in _UNITS.get(wanted, ()):
            if source.dimension == target.dimension:
                factor = source.to_base.factor / target.to_base.factor
                shift = source.to_base.offset - target.to_base.offset
                return Scale(factor, shift / target.to_base.factor)
    return None


@lru_cache(maxsize=1024)
def spelling(unit: str) -> str:
    """Return a unit as Home Assistant writes it; one that it does not know stays."""
    unit = unit.strip()
    # The sign for a millionth exists twice, ℃ and ℉ are single characters, and so on.
    plain = unicodedata.normalize("NFKC", unit)
    for form in (unit, unit.replace("µ", "μ"), plain):
        if form in _UNITS:
            return form
    return _ALIASES.get(plain.lower(), unit)


_TABLE: dict[str, dict[str, float | tuple[float, float]]] = {
    "apparent power": {"VA": 1, "mVA": 1e-3, "kVA": 1e3},
    "area": {"m²": 1, "cm²": 1e-4, "mm²": 1e-6, "km²": 1e6, "ft²": 0.09290304},
    "concentration": {"μg/m³": 1, "mg/m³": 1e3, "g/m³": 1e6},
    "conductivity": {"μS/cm": 1, "mS/cm": 1e3, "S/cm": 1e6},
    "current": {"A": 1, "mA": 1e-3, "μA": 1e-6},
    "data": {
        "bit": 0.125,
        "kbit": 125,
        "Mbit": 125e3,
        "Gbit": 125e6,
        "B": 1,
        "kB": 1e3,
        "MB": 1e6,
        "GB": 1e9,
        "TB": 1e12,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
        "TiB": 2**40,
    },
    "data rate": {
        "bit/s": 0.125,
        "kbit/s": 125,
        "Mbit/s": 125e3,
        "Gbit/s": 125e6,
        "B/s": 1,
        "kB/s": 1e3,
        "MB/s": 1e6,
        "GB/s": 1e9,
        "KiB/s": 2**10,
        "MiB/s": 2**20,
        "GiB/s": 2**30,
    },
    "energy": {
        "J": 1,
        "kJ": 1e3,
        "MJ": 1e6,
        "GJ": 1e9,
        "mWh": 3.6,
        "Wh": 3.6e3,
        "kWh": 3.6e6,
        "MWh": 3.6e9,
        "GWh": 3.6e12,
        "cal": 4.184,
        "kcal": 4.184e3,
        "Mcal": 4.184e6,
        "Gcal": 4.184e9,
        "thm": 105.480400e6,
    },
    "flow": {
        "m³/h": 1,
        "m³/min": 60,
        "m³/s": 3600,
        "L/h": 1e-3,
        "L/min": 0.06,
        "L/s": 3.6,
        "mL/s": 3.6e-3,
        "ft³/min": 1.69901082,
        "gal/h": 0.003785412,
        "gal/min": 0.227124707,
    },
    "frequency": {"Hz": 1, "mHz": 1e-3, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    "length": {
        "m": 1,
        "mm": 1e-3,
        "cm": 1e-2,
        "km": 1e3,
        "in": 0.0254,
        "ft": 0.3048,
        "yd": 0.9144,
        "mi": 1609.344,
        "nmi": 1852,
    },
    "mass": {
        "kg": 1,
        "g": 1e-3,
        "mg": 1e-6,
        "μg": 1e-9,
        "oz": 0.028349523125,
        "lb": 0.45359237,
        "st": 6.35029318,
    },
    "power": {
        "W": 1,
        "mW": 1e-3,
        "kW": 1e3,
        "MW": 1e6,
        "GW": 1e9,
        "BTU/h": 0.29307107,
    },
    "pressure": {
        "Pa": 1,
        "mPa": 1e-3,
        "hPa": 100,
        "kPa": 1e3,
        "bar": 1e5,
        "cbar": 1e3,
        "mbar": 100,
        "atm": 101325,
        "psi": 6894.757293168,
        "inHg": 3386.389,
        "mmHg": 133.322387415,
        "inH₂O": 249.0889,
    },
    "radiation": {"Bq/m³": 1, "pCi/L": 37},
    "ratio": {"": 1, "%": 1e-2, "‰": 1e-3, "ppm": 1e-6, "ppb": 1e-9},
    "reactive energy": {"varh": 1, "kvarh": 1e3},
    "reactive power": {"var": 1, "mvar": 1e-3, "kvar": 1e3},
    "speed": {
        "m/s": 1,
        "mm/s": 1e-3,
        "m/min": 1 / 60,
        "km/h": 1 / 3.6,
        "mm/h": 1e-3 / 3600,
        "mm/d": 1e-3 / 86400,
        "in/h": 0.0254 / 3600,
        "in/d": 0.0254 / 86400,
        "in/s": 0.0254,
        "ft/s": 0.3048,
        "mph": 0.44704,
        "kn": 1852 / 3600,
    },
    "temperature": {
        "°C": (1, 273.15),
        "°F": (5 / 9, 459.67 * 5 / 9),
        "K": (1, 0),
    },
    "time": {
        "s": 1,
        "ms": 1e-3,
        "μs": 1e-6,
        "min": 60,
        "h": 3600,
        "d": 86400,
        "w": 604800,
    },
    "voltage": {"V": 1, "mV": 1e-3, "μV": 1e-6, "kV": 1e3, "MV": 1e6},
    "volume": {
        "m³": 1,
        "L": 1e-3,
        "mL": 1e-6,
        "ft³": 0.028316846592,
        "gal": 0.003785411784,
        "CCF": 2.8316846592,
        "MCF": 28.316846592,
    },
}

# What devices are seen to write instead.
_ALIASES = {
    **dict.fromkeys(("c", "degc", "deg c", "celsius", "cel", "ºc"), "°C"),
    **dict.fromkeys(("f", "degf", "deg f", "fahrenheit", "ºf"), "°F"),
    **dict.fromkeys(("k", "kelvin"), "K"),
    **dict.fromkeys(("percent", "pct", "%rh", "% rh"), "%"),
    **dict.fromkeys(("lux",), "lx"),
    **dict.fromkeys(("v", "volt", "volts"), "V"),
    **dict.fromkeys(("a", "amp", "amps", "ampere"), "A"),
    **dict.fromkeys(("w", "watt", "watts"), "W"),
    **dict.fromkeys(("kw",), "kW"),
    **dict.fromkeys(("wh",), "Wh"),
    **dict.fromkeys(("kwh",), "kWh"),
    **dict.fromkeys(("hpa",), "hPa"),
    **dict.fromkeys(("kpa",), "kPa"),
    **dict.fromkeys(("pa",), "Pa"),
    **dict.fromkeys(("l", "liter", "liters", "litre", "litres"), "L"),
    **dict.fromkeys(("ml",), "mL"),
    **dict.fromkeys(("l/min", "lpm"), "L/min"),
    **dict.fromkeys(("m3",), "m³"),
    **dict.fromkeys(("m3/h", "m^3/h"), "m³/h"),
    **dict.fromkeys(("ug/m3", "μg/m3", "ug/m³"), "μg/m³"),
    **dict.fromkeys(("mg/m3",), "mg/m³"),
    **dict.fromkeys(("kmh", "kph", "km/hr"), "km/h"),
    **dict.fromkeys(("knots", "kt", "kts"), "kn"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("hz",), "Hz"),
    **dict.fromkeys(("dbm",), "dBm"),
    **dict.fromkeys(("db",), "dB"),
    **dict.fromkeys(("deg", "degree", "degrees"), "°"),
}


def _units() -> Iterator[tuple[str, list[_Unit]]]:
    found: dict[str, list[_Unit]] = {}
    for dimension, units in _TABLE.items():
        for name, size in units.items():
            to_base = Scale(*size) if isinstance(size, tuple) else Scale(float(size))
            found.setdefault(name, []).append(_Unit(dimension, to_base))
    yield from found.items()


_UNITS = dict(_units())
