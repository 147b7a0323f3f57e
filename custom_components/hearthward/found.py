"""Tell of what was found in the lifelog, in words that people and language models read."""

from datetime import datetime
from typing import Any

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .home import Home
from .lifelog_models import SearchHit, SearchPage
from .models import Entry


@callback
def found_page(home: Home, page: SearchPage) -> dict[str, Any]:
    """Return what a search found."""
    found: dict[str, Any] = {
        "hits": [found_hit(home, hit) for hit in page.hits],
        "complete": page.complete,
    }
    if page.time is not None:
        found["time"] = {
            "phrase": page.time.phrase,
            "since": iso(page.time.since),
            "until": iso(page.time.until),
        }
    if page.next is not None:
        found["next"] = page.next
    return found


@callback
def found_hit(home: Home, hit: SearchHit) -> dict[str, Any]:
    """Return a hit."""
    return _given(
        **found_entry(home, hit.entry) | {"text": hit.summary},
        person=hit.person,
        room=hit.room,
    )


@callback
def found_entry(home: Home, entry: Entry) -> dict[str, Any]:
    """Return an entry, with the name of its device or the entity that it came from."""
    device = home.devices.get(entry.device or "")
    mirrored = entry.device in home.mirrored
    return _given(
        seq=entry.seq,
        time=iso(entry.ts),
        kind=entry.kind,
        text=entry.text,
        value=entry.value,
        device=device.name if device else None,
        entity_id=entry.point if mirrored else None,
    )


def iso(timestamp: float) -> str:
    """Return a time in the home's time zone."""
    return local(timestamp).isoformat(timespec="seconds")


def local(timestamp: float) -> datetime:
    """Return a time in the home's time zone."""
    return dt_util.as_local(dt_util.utc_from_timestamp(timestamp))


def _given(**fields: Any) -> dict[str, Any]:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}
