"""Turn the states of an ESPHome node's entities into observations and events."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import math
from typing import Any, NamedTuple

from aioesphomeapi import (
    AlarmControlPanelEntityState,
    BinarySensorState,
    ClimateInfo,
    ClimateMode,
    ClimatePreset,
    ClimateState,
    CoverState,
    DateState,
    DateTimeState,
    EntityState,
    FanInfo,
    FanState,
    LightInfo,
    LightState,
    LockEntityState,
    LockInfo,
    LockState,
    MediaPlayerEntityState,
    NumberState,
    SelectState,
    SensorState,
    SirenState,
    SwitchState,
    TextInfo,
    TextMode,
    TextSensorState,
    TextState,
    TimeState,
    UpdateState,
    ValveState,
    WaterHeaterFeature,
    WaterHeaterInfo,
    WaterHeaterMode,
    WaterHeaterState,
    WaterHeaterStateFlag,
)
from aioesphomeapi.model_conversions import STATE_TYPE_TO_INFO_TYPE
from aioesphomeapi.util import fix_float_single_double_conversion

from hearthward.model.message import Observation

from .entities import Entity, EntityKey, dims, is_two_point, to_celsius


class Reading(NamedTuple):
    """A point's value, words and details; nothing at all is an unknown state."""

    value: float | None = None
    text: str | None = None
    body: dict[str, object] | None = None


UNKNOWN = Reading()


def state_key(state: EntityState) -> EntityKey | None:
    """Return the key of the entity that a state belongs to, or None for a foreign kind."""
    info_type = STATE_TYPE_TO_INFO_TYPE.get(type(state))
    return None if info_type is None else (info_type, state.device_id, state.key)


def observe(entity: Entity, state: EntityState) -> Observation | None:
    """Return what a state says of an entity's point, or None for a kind without states."""
    read = _READ.get(type(state))
    if read is None:
        return None
    if getattr(state, "missing_state", False):
        reading = UNKNOWN
    else:
        reading = read(entity.info, state)
    return Observation(
        point=entity.point.id,
        value=reading.value,
        text=reading.text,
        body=reading.body,
    )


def number(value: float) -> float | None:
    """Return a node's single-precision float as a readable double; NaN and ∞ are unknown."""
    if not math.isfinite(value):
        return None
    return float(fix_float_single_double_conversion(value))


def _read_switch(
    _: Any, state: BinarySensorState | SwitchState | SirenState
) -> Reading:
    return Reading(1.0 if state.state else 0.0)


def _read_number(_: Any, state: SensorState | NumberState) -> Reading:
    return Reading(number(state.state))


def _read_words(_: Any, state: TextSensorState | SelectState) -> Reading:
    return Reading(text=state.state)


def _read_text(info: TextInfo, state: TextState) -> Reading:
    # A password must not reach the log; that there is one may.
    return UNKNOWN if info.mode is TextMode.PASSWORD else Reading(text=state.state)


def _read_date(_: Any, state: DateState) -> Reading:
    return Reading(text=f"{state.year:04d}-{state.month:02d}-{state.day:02d}")


def _read_time(_: Any, state: TimeState) -> Reading:
    return Reading(text=f"{state.hour:02d}:{state.minute:02d}:{state.second:02d}")


def _read_datetime(_: Any, state: DateTimeState) -> Reading:
    moment = datetime.fromtimestamp(state.epoch_seconds, UTC)
    return Reading(text=moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _read_climate(info: ClimateInfo, state: ClimateState) -> Reading:
    unit = info.temperature_unit

    def celsius(value: float) -> float | None:
        known = number(value)
        return None if known is None else to_celsius(known, unit)

    current = celsius(state.current_temperature)
    body: dict[str, object] = {
        "mode": _word(state.mode),
        "action": _word(state.action) if info.supports_action else None,
        "preset": state.custom_preset or _word(state.preset),
        "current_temperature": current,
        "target_temperature": celsius(state.target_temperature),
    }
    if is_two_point(info):
        low = celsius(state.target_temperature_low)
        high = celsius(state.target_temperature_high)
        body["target_temperature"] = high if state.mode is ClimateMode.COOL else low
        body["target_temperature_low"] = low
        body["target_temperature_high"] = high
    if body["preset"] == "none" and ClimatePreset.NONE not in info.supported_presets:
        body["preset"] = None
    if info.supported_fan_modes or info.supported_custom_fan_modes:
        body["fan_mode"] = state.custom_fan_mode or _word(state.fan_mode)
    if info.supported_swing_modes:
        body["swing_mode"] = _word(state.swing_mode)
    return Reading(current, body=body)


def _read_water_heater(info: WaterHeaterInfo, state: WaterHeaterState) -> Reading:
    def celsius(value: float) -> float | None:
        known = number(value)
        return None if known is None else to_celsius(known, info.temperature_unit)

    off = state.mode is WaterHeaterMode.OFF or bool(
        info.supported_features & WaterHeaterFeature.SUPPORTS_ON_OFF
        and not state.state & WaterHeaterStateFlag.ON
    )
    current = celsius(state.current_temperature)
    return Reading(
        current,
        body={
            "mode": "off" if off else "heat",
            "action": None,
            "preset": None if off else _word(state.mode),
            "current_temperature": current,
            "target_temperature": celsius(state.target_temperature),
        },
    )


def _read_cover(_: Any, state: CoverState) -> Reading:
    return Reading(
        _percent(state.position),
        body={"operation": _word(state.current_operation), "tilt": number(state.tilt)},
    )


def _read_valve(_: Any, state: ValveState) -> Reading:
    return Reading(
        _percent(state.position), body={"operation": _word(state.current_operation)}
    )


def _read_fan(info: FanInfo, state: FanState) -> Reading:
    value = 1.0 if state.state else 0.0
    if info.supports_speed:
        value *= round(
            100.0 * state.speed_level / max(info.supported_speed_count, 1), 1
        )
    body: dict[str, object] = {}
    if info.supports_oscillation:
        body["oscillating"] = state.oscillating
    if info.supports_direction:
        body["direction"] = _word(state.direction)
    if info.supported_preset_modes:
        body["preset"] = state.preset_mode or None
    return Reading(value, body=body or None)


def _read_light(info: LightInfo, state: LightState) -> Reading:
    value = 1.0 if state.state else 0.0
    if not dims(info):
        return Reading(value)
    body: dict[str, object] = {
        name: getattr(state, name)
        for name in ("red", "green", "blue", "white", "color_temperature")
    }
    body["effect"] = state.effect or None
    return Reading((_percent(state.brightness) or 0.0) * value, body=body)


def _read_lock(info: LockInfo, state: LockEntityState) -> Reading:
    if info.requires_code:
        return Reading(text=_word(state.state))
    if state.state in (LockState.LOCKED, LockState.LOCKING):
        return Reading(1.0)
    if state.state in (None, LockState.NONE, LockState.JAMMED):
        return UNKNOWN
    return Reading(0.0)


def _read_media_player(_: Any, state: MediaPlayerEntityState) -> Reading:
    return Reading(
        text=_word(state.state),
        body={"volume": number(state.volume), "muted": state.muted},
    )


def _read_alarm_panel(_: Any, state: AlarmControlPanelEntityState) -> Reading:
    return Reading(text=_word(state.state))


def _read_update(_: Any, state: UpdateState) -> Reading:
    available = bool(
        state.latest_version and state.latest_version != state.current_version
    )
    return Reading(
        1.0 if available else 0.0,
        body={
            "current_version": state.current_version,
            "latest_version": state.latest_version,
            "in_progress": state.in_progress,
            "progress": number(state.progress) if state.has_progress else None,
        },
    )


def _word(member: Any) -> str | None:
    """Return an enumeration member's name as the vocabulary writes it."""
    return None if member is None else member.name.lower()


def _percent(share: float) -> float | None:
    known = number(share)
    return None if known is None else round(100.0 * known, 2)


_READ: Mapping[type[EntityState], Callable[[Any, Any], Reading]] = {
    AlarmControlPanelEntityState: _read_alarm_panel,
    BinarySensorState: _read_switch,
    ClimateState: _read_climate,
    CoverState: _read_cover,
    DateState: _read_date,
    DateTimeState: _read_datetime,
    FanState: _read_fan,
    LightState: _read_light,
    LockEntityState: _read_lock,
    MediaPlayerEntityState: _read_media_player,
    NumberState: _read_number,
    SelectState: _read_words,
    SensorState: _read_number,
    SirenState: _read_switch,
    SwitchState: _read_switch,
    TextSensorState: _read_words,
    TextState: _read_text,
    TimeState: _read_time,
    UpdateState: _read_update,
    ValveState: _read_valve,
    WaterHeaterState: _read_water_heater,
}
