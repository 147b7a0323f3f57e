"""Commands with which the cards on a dashboard read and write the lifelog.

Any user who is signed in may read it, as the actions allow as well; the hub's token stays here.
"""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import wraps
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.helpers.typing import VolDictType
import probatio

from .calls import errors_of, room_name
from .const import DOMAIN
from .coordinator import READABLE, HearthwardConfigEntry, HearthwardCoordinator
from .identity import device_identifier
from .importance import importance
from .lifelog_models import SearchHit
from .lifelog_services import KINDS
from .models import Entry
from .views import media_url, thumbnail_url

# A dashboard may stay open for long.
LINK_LIFETIME: Final = timedelta(hours=24)

# Whoever is told that something is new asks for it, so that is not told too often.
DEBOUNCE: Final = 1.0

ENTRY_ID: Final[VolDictType] = {probatio.Optional("entry_id"): str}

type Handler = Callable[
    [HearthwardCoordinator, ActiveConnection, dict[str, Any]],
    Coroutine[Any, Any, Any],
]


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands."""
    websocket_api.async_register_command(hass, websocket_timeline)
    websocket_api.async_register_command(hass, websocket_add_note)
    websocket_api.async_register_command(hass, websocket_subscribe)


def _answered(
    handler: Handler,
) -> Callable[[HomeAssistant, ActiveConnection, dict[str, Any]], None]:
    """Find the hub that is meant, and send what the handler returns."""

    @websocket_api.async_response
    @wraps(handler)
    async def answer(
        hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
    ) -> None:
        try:
            coordinator = _hub(hass, msg)
            with errors_of(coordinator):
                found = await handler(coordinator, connection, msg)
        except HomeAssistantError as error:
            # A hub that is away is no mistake of Home Assistant, whose log would fill with it.
            connection.send_error(
                msg["id"],
                websocket_api.ERR_HOME_ASSISTANT_ERROR,
                str(error),
                error.translation_key,
                error.translation_domain,
                error.translation_placeholders,
            )
        else:
            connection.send_result(msg["id"], found)

    return answer


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/timeline",
        **ENTRY_ID,
        probatio.Optional("start"): probatio.Coerce(float),
        probatio.Optional("end"): probatio.Coerce(float),
        probatio.Optional("query", default=""): probatio.All(
            str, probatio.Length(max=500)
        ),
        probatio.Optional("language"): str,
        probatio.Optional("person"): str,
        probatio.Optional("room"): str,
        probatio.Optional("kind"): probatio.In(KINDS),
        probatio.Optional("limit", default=50): probatio.All(
            int, probatio.Range(min=1, max=100)
        ),
        probatio.Optional("cursor"): str,
    }
)
@_answered
async def websocket_timeline(
    coordinator: HearthwardCoordinator,
    connection: ActiveConnection,
    msg: dict[str, Any],
) -> dict[str, Any]:
    """Return what happened, and by what it can be narrowed down."""
    page = await coordinator.lifelog.search(
        q=msg["query"],
        language=msg.get("language", coordinator.hass.config.language),
        since=msg.get("start"),
        until=msg.get("end"),
        person=msg.get("person"),
        room=room_name(coordinator.hass, msg.get("room")),
        kind=msg.get("kind"),
        limit=msg["limit"],
        cursor=msg.get("cursor"),
    )
    devices = coordinator.data.devices.values()
    zones = [zone for device in devices for zone in device.zones]
    return {
        "items": [_item(coordinator, hit) for hit in page.hits],
        "next": page.next,
        "complete": page.complete,
        "time": page.time
        and {
            "phrase": page.time.phrase,
            "since": page.time.since,
            "until": page.time.until,
        },
        "persons": sorted(
            {device.owner for device in devices if device.owner}
            | {hit.person for hit in page.hits if hit.person}
        ),
        "rooms": sorted(
            {device.area for device in devices if device.area}
            | {zone.area or zone.name for zone in zones}
            | {hit.room for hit in page.hits if hit.room}
        ),
    }


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/note/add",
        **ENTRY_ID,
        probatio.Required("text"): probatio.All(str, probatio.Length(min=1, max=4000)),
        probatio.Optional("person"): str,
        probatio.Optional("room"): str,
        probatio.Optional("ts"): probatio.Coerce(float),
    }
)
@_answered
async def websocket_add_note(
    coordinator: HearthwardCoordinator,
    connection: ActiveConnection,
    msg: dict[str, Any],
) -> dict[str, Any]:
    """Write something down."""
    room = room_name(coordinator.hass, msg.get("room"))
    entry = await coordinator.lifelog.add_note(
        text=msg["text"],
        ts=msg.get("ts"),
        person=msg.get("person"),
        room=room,
        author=connection.user.name,
    )
    return _item(
        coordinator,
        SearchHit(
            entry=entry,
            summary=entry.text or "",
            score=0,
            person=msg.get("person"),
            room=room,
        ),
    )


@websocket_api.websocket_command(
    {probatio.Required("type"): f"{DOMAIN}/timeline/subscribe", **ENTRY_ID}
)
@callback
def websocket_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Tell when there is something new to read, at most once a second."""
    coordinator = _hub(hass, msg)
    cancel_later: CALLBACK_TYPE | None = None

    @callback
    def tell(_: Any) -> None:
        nonlocal cancel_later
        cancel_later = None
        connection.send_event(msg["id"], {"changed": True})

    @callback
    def changed() -> None:
        nonlocal cancel_later
        if cancel_later is None:
            cancel_later = async_call_later(hass, DEBOUNCE, tell)

    remove_listener = coordinator.async_add_listener(changed, READABLE)

    @callback
    def unsubscribe() -> None:
        remove_listener()
        if cancel_later is not None:
            cancel_later()

    connection.subscriptions[msg["id"]] = unsubscribe
    connection.send_result(msg["id"])


@callback
def _hub(hass: HomeAssistant, msg: dict[str, Any]) -> HearthwardCoordinator:
    """Return the hub that is meant: the one that is named, or the only one."""
    entry: HearthwardConfigEntry = async_get_config_entry(
        hass, DOMAIN, msg.get("entry_id")
    )
    return entry.runtime_data.coordinator


@callback
def _item(coordinator: HearthwardCoordinator, hit: SearchHit) -> dict[str, Any]:
    """Return what happened as a card shows it."""
    entry, home = hit.entry, coordinator.data
    device = home.devices.get(entry.device or "")
    registered = device and dr.async_get(
        coordinator.hass
    ).async_get_device_by_identifier(
        device_identifier(home.hub.id, device.id), coordinator.config_entry.entry_id
    )
    return {
        "seq": entry.seq,
        "ts": entry.ts,
        "kind": entry.kind,
        "text": hit.summary,
        "highlights": [list(span) for span in hit.highlights],
        "device": entry.device,
        "device_id": registered.id if registered else None,
        "device_name": device.name if device else None,
        "room": hit.room,
        "person": hit.person,
        "level": importance(home, entry),
        "media": _media(coordinator, entry),
    }


@callback
def _media(coordinator: HearthwardCoordinator, entry: Entry) -> list[dict[str, Any]]:
    """Return the media of an entry, with links that only the user of this connection can have."""
    body = entry.body or {}
    entry_id = coordinator.config_entry.entry_id
    content_type: str | None = body.get("content_type")
    shown = content_type is None or content_type.startswith("image/")

    def sign(path: str) -> str:
        return async_sign_path(coordinator.hass, path, LINK_LIFETIME)

    return [
        {
            "id": media_id,
            "content_type": content_type,
            "url": sign(media_url(entry_id, media_id)),
            "thumbnail": sign(thumbnail_url(entry_id, media_id)) if shown else None,
        }
        for media_id in body.get("media", ())
    ]
