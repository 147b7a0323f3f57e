"""Turn commands to points into calls of a node's native API.

The body was checked against the point before (see `home.commands`); here it is only translated.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
import math
from typing import Any

from aioesphomeapi import (
    ButtonInfo,
    ClimateInfo,
    ClimateMode,
    ClimatePreset,
    CoverInfo,
    DateInfo,
    DateTimeInfo,
    EntityInfo,
    FanInfo,
    LightInfo,
    LockCommand,
    LockInfo,
    NumberInfo,
    SelectInfo,
    SirenInfo,
    SwitchInfo,
    TextInfo,
    TimeInfo,
    ValveInfo,
    WaterHeaterFeature,
    WaterHeaterInfo,
    WaterHeaterMode,
)
from aioesphomeapi.client import APIClient

from hearthward.model.command import CommandBody

from .entities import Entity, dims, from_celsius, is_two_point


def act(client: APIClient, entity: Entity, body: CommandBody) -> None:
    """Send a command to an entity.

    Raise ValueError for a value that the entity cannot take and APIConnectionError when the
    node is not connected.
    """
    action = _ACT.get(type(entity.info))
    if action is None:
        msg = f"{entity.point.name} takes no commands"
        raise ValueError(msg)
    action(client, entity.info, body)


def _press(client: APIClient, info: ButtonInfo, _: CommandBody) -> None:
    client.button_command(info.key, device_id=info.device_id)


def _switch(client: APIClient, info: SwitchInfo, body: CommandBody) -> None:
    client.switch_command(info.key, device_id=info.device_id, state=_on(body))


def _siren(client: APIClient, info: SirenInfo, body: CommandBody) -> None:
    client.siren_command(info.key, device_id=info.device_id, state=_on(body))


def _lock(client: APIClient, info: LockInfo, body: CommandBody) -> None:
    if info.requires_code:
        msg = f"{info.name} asks for a code, which the hub does not keep"
        raise ValueError(msg)
    client.lock_command(
        info.key,
        device_id=info.device_id,
        command=LockCommand.LOCK if _on(body) else LockCommand.UNLOCK,
    )


def _number(client: APIClient, info: NumberInfo, body: CommandBody) -> None:
    client.number_command(info.key, device_id=info.device_id, state=_value(body))


def _select(client: APIClient, info: SelectInfo, body: CommandBody) -> None:
    client.select_command(info.key, device_id=info.device_id, state=str(body.value))


def _text(client: APIClient, info: TextInfo, body: CommandBody) -> None:
    client.text_command(info.key, device_id=info.device_id, state=str(body.value))


def _date(client: APIClient, info: DateInfo, body: CommandBody) -> None:
    day = date.fromisoformat(str(body.value))
    client.date_command(
        info.key, device_id=info.device_id, year=day.year, month=day.month, day=day.day
    )


def _time(client: APIClient, info: TimeInfo, body: CommandBody) -> None:
    moment = time.fromisoformat(str(body.value))
    client.time_command(
        info.key,
        device_id=info.device_id,
        hour=moment.hour,
        minute=moment.minute,
        second=moment.second,
    )


def _datetime(client: APIClient, info: DateTimeInfo, body: CommandBody) -> None:
    moment = datetime.fromisoformat(str(body.value))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    client.datetime_command(
        info.key, device_id=info.device_id, epoch_seconds=int(moment.timestamp())
    )


def _climate(client: APIClient, info: ClimateInfo, body: CommandBody) -> None:
    wanted: dict[str, Any] = {}
    if body.mode is not None:
        wanted["mode"] = ClimateMode[body.mode.upper()]
    if body.preset is not None:
        if body.preset in info.supported_custom_presets:
            wanted["custom_preset"] = body.preset
        else:
            wanted["preset"] = ClimatePreset[body.preset.upper()]
    if body.target_temperature is not None:
        target = from_celsius(body.target_temperature, info.temperature_unit)
        # Of two targets, the low one is that of heating.
        name = "target_temperature_low" if is_two_point(info) else "target_temperature"
        wanted[name] = target
    client.climate_command(info.key, device_id=info.device_id, **wanted)


def _water_heater(client: APIClient, info: WaterHeaterInfo, body: CommandBody) -> None:
    wanted: dict[str, Any] = {}
    if body.preset is not None:
        wanted["mode"] = WaterHeaterMode[body.preset.upper()]
    if body.mode is not None:
        if info.supported_features & WaterHeaterFeature.SUPPORTS_ON_OFF:
            wanted["on"] = body.mode != "off"
        elif body.mode == "off":
            wanted["mode"] = WaterHeaterMode.OFF
        elif "mode" not in wanted:
            wanted["mode"] = next(
                mode for mode in info.supported_modes if mode is not WaterHeaterMode.OFF
            )
    if body.target_temperature is not None:
        wanted["target_temperature"] = from_celsius(
            body.target_temperature, info.temperature_unit
        )
    client.water_heater_command(info.key, device_id=info.device_id, **wanted)


def _cover(client: APIClient, info: CoverInfo, body: CommandBody) -> None:
    client.cover_command(
        info.key, device_id=info.device_id, position=_value(body) / 100
    )


def _valve(client: APIClient, info: ValveInfo, body: CommandBody) -> None:
    client.valve_command(
        info.key, device_id=info.device_id, position=_value(body) / 100
    )


def _fan(client: APIClient, info: FanInfo, body: CommandBody) -> None:
    if not info.supports_speed:
        client.fan_command(info.key, device_id=info.device_id, state=_on(body))
        return
    level = math.ceil(_value(body) * info.supported_speed_count / 100)
    if level == 0:
        client.fan_command(info.key, device_id=info.device_id, state=False)
    else:
        client.fan_command(
            info.key, device_id=info.device_id, state=True, speed_level=level
        )


def _light(client: APIClient, info: LightInfo, body: CommandBody) -> None:
    if not dims(info):
        client.light_command(info.key, device_id=info.device_id, state=_on(body))
    elif _value(body) == 0:
        client.light_command(info.key, device_id=info.device_id, state=False)
    else:
        client.light_command(
            info.key,
            device_id=info.device_id,
            state=True,
            brightness=_value(body) / 100,
        )


def _on(body: CommandBody) -> bool:
    return bool(body.value)


def _value(body: CommandBody) -> float:
    return float(body.value or 0)


_ACT: Mapping[type[EntityInfo], Callable[[APIClient, Any, CommandBody], None]] = {
    ButtonInfo: _press,
    ClimateInfo: _climate,
    CoverInfo: _cover,
    DateInfo: _date,
    DateTimeInfo: _datetime,
    FanInfo: _fan,
    LightInfo: _light,
    LockInfo: _lock,
    NumberInfo: _number,
    SelectInfo: _select,
    SirenInfo: _siren,
    SwitchInfo: _switch,
    TextInfo: _text,
    TimeInfo: _time,
    ValveInfo: _valve,
    WaterHeaterInfo: _water_heater,
}
