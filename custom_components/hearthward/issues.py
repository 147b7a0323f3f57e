"""Repair issues for devices that need a person."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .home import Home
from .models import STATUS_PENDING, Device, Statistics

ISSUE_PENDING: Final = "pending_device"
ISSUE_PROBLEM: Final = "device_problem"
ISSUE_DEAD_LETTERS: Final = "dead_letters"
ISSUE_BROKER: Final = "broker_dropped"
ISSUE_STORAGE: Final = "storage_problem"

# A few messages are rejected in any home, for example while a device starts.
DEAD_LETTER_THRESHOLD: Final = 20

# What an adapter may report; anything else is shown as it is.
PROBLEMS: Final = frozenset(
    {
        "encryption_key_invalid",
        "encryption_key_missing",
        "encryption_key_refused",
        "encryption_required",
    }
)

UNKNOWN: Final = "–"


@callback
def async_sync_issues(hass: HomeAssistant, entry_id: str, home: Home) -> None:
    """Raise an issue for each device that waits for approval or has a problem; drop the others."""
    current: set[str] = set()
    for device in home.devices.values():
        if device.status == STATUS_PENDING:
            current.add(_raise_pending(hass, entry_id, home, device))
        elif device.admitted and device.problem:
            current.add(_raise_problem(hass, entry_id, home, device))
    registry = ir.async_get(hass)
    for domain, issue_id in list(registry.issues):
        if domain == DOMAIN and f"/{entry_id}/" in issue_id and issue_id not in current:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def async_sync_storage_issues(
    hass: HomeAssistant, entry_id: str, hub: str, statistics: Statistics
) -> None:
    """Raise an issue for messages that are rejected or lost, and for storage that takes nothing."""
    _sync(
        hass,
        ISSUE_DEAD_LETTERS,
        entry_id,
        raised=statistics.dead_letters >= DEAD_LETTER_THRESHOLD,
        fixable=True,
        severity=ir.IssueSeverity.WARNING,
        placeholders={"hub": hub},
    )
    _sync(
        hass,
        ISSUE_BROKER,
        entry_id,
        raised=statistics.broker_dropped > 0,
        severity=ir.IssueSeverity.WARNING,
        placeholders={"hub": hub, "dropped": str(statistics.broker_dropped)},
    )
    _sync(
        hass,
        ISSUE_STORAGE,
        entry_id,
        raised=statistics.storage_problem is not None,
        severity=ir.IssueSeverity.ERROR,
        placeholders={"hub": hub, "problem": statistics.storage_problem or ""},
    )


def _sync(
    hass: HomeAssistant,
    issue: str,
    entry_id: str,
    *,
    raised: bool,
    severity: ir.IssueSeverity,
    placeholders: dict[str, str],
    fixable: bool = False,
) -> None:
    """Raise or delete an issue of a hub."""
    issue_id = f"{issue}/{entry_id}"
    if not raised:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry_id},
        is_fixable=fixable,
        severity=severity,
        translation_key=issue,
        translation_placeholders=placeholders,
    )


@callback
def async_drop_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issues of a config entry."""
    registry = ir.async_get(hass)
    for domain, issue_id in list(registry.issues):
        if domain == DOMAIN and issue_id.split("/")[1] == entry_id:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def device_placeholders(home: Home, device: Device) -> dict[str, str]:
    """Return what tells a person which device is meant."""
    return {
        "hub": home.hub.name,
        "name": device.name,
        "manufacturer": device.manufacturer or UNKNOWN,
        "model": device.model or UNKNOWN,
        "project": device.project or UNKNOWN,
        "version": device.version or UNKNOWN,
        "address": device.address or UNKNOWN,
        "mac": device.mac or UNKNOWN,
    }


def _raise_pending(
    hass: HomeAssistant, entry_id: str, home: Home, device: Device
) -> str:
    issue_id = f"{ISSUE_PENDING}/{entry_id}/{device.id}"
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry_id, "device": device.id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_PENDING,
        translation_placeholders=device_placeholders(home, device),
    )
    return issue_id


def _raise_problem(
    hass: HomeAssistant, entry_id: str, home: Home, device: Device
) -> str:
    issue_id = f"{ISSUE_PROBLEM}/{entry_id}/{device.id}"
    problem = device.problem or ""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=problem if problem in PROBLEMS else ISSUE_PROBLEM,
        translation_placeholders={
            **device_placeholders(home, device),
            "problem": problem,
        },
    )
    return issue_id
