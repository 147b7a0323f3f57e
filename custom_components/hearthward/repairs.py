"""Repair flows of Hearthward."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers.selector import AreaSelector, TextSelector
import probatio

from .client import HearthwardClient
from .const import LOGGER
from .coordinator import HearthwardConfigEntry
from .exceptions import (
    HearthwardAuthenticationError,
    HearthwardConnectionError,
    HearthwardError,
)
from .home import Home
from .issues import ISSUE_PENDING, device_placeholders
from .models import STATUS_PENDING, Device

CONF_AREA: Final = "area"
CONF_NAME: Final = "name"

APPROVE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Optional(CONF_AREA): AreaSelector(),
    }
)
REJECT_SCHEMA: Final = probatio.Schema({})


class PendingDeviceFlow(RepairsFlow):
    """Let a person decide about a device that waits for approval."""

    def __init__(self, entry_id: str, device_id: str) -> None:
        """Remember which device it is about."""
        self._entry_id = entry_id
        self._device_id = device_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show what the device is and ask what to do with it."""
        found = self._find()
        if found is None:
            return self.async_abort(reason="not_pending")
        _, home, device = found
        return self.async_show_menu(
            step_id="init",
            menu_options=["approve", "reject"],
            description_placeholders=device_placeholders(home, device),
        )

    async def async_step_approve(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for a name and an area, and let the device in."""

        async def approve(client: HearthwardClient, answers: dict[str, Any]) -> None:
            area = self._area_name(answers.get(CONF_AREA))
            await client.approve(self._device_id, answers[CONF_NAME], area)

        return await self._async_decide("approve", APPROVE_SCHEMA, user_input, approve)

    async def async_step_reject(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask once more, and turn the device away."""

        async def revoke(client: HearthwardClient, answers: dict[str, Any]) -> None:
            await client.revoke(self._device_id)

        return await self._async_decide("reject", REJECT_SCHEMA, user_input, revoke)

    async def _async_decide(
        self,
        step_id: str,
        schema: probatio.Schema,
        user_input: dict[str, Any] | None,
        decide: Callable[[HearthwardClient, dict[str, Any]], Awaitable[None]],
    ) -> RepairsFlowResult:
        """Show a form; once it is filled in, tell the hub what was decided."""
        found = self._find()
        if found is None:
            return self.async_abort(reason="not_pending")
        client, home, device = found
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await decide(client, user_input)
            except HearthwardError as error:
                errors["base"] = _error_key(error)
            else:
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or {CONF_NAME: device.name}
            ),
            description_placeholders=device_placeholders(home, device),
            errors=errors,
        )

    def _find(self) -> tuple[HearthwardClient, Home, Device] | None:
        """Return the device, unless it was dealt with elsewhere in the meantime."""
        entry: HearthwardConfigEntry | None = self.hass.config_entries.async_get_entry(
            self._entry_id
        )
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        coordinator = entry.runtime_data.coordinator
        device = coordinator.data.devices.get(self._device_id)
        if device is None or device.status != STATUS_PENDING:
            return None
        return coordinator.client, coordinator.data, device

    def _area_name(self, area_id: str | None) -> str | None:
        """Return the name of an area, as the hub does not know our ids."""
        area = ar.async_get(self.hass).async_get_area(area_id) if area_id else None
        return area.name if area else None


def _error_key(error: HearthwardError) -> str:
    """Return the key of the message for an error."""
    LOGGER.debug("The hub refused: %s", error)
    if isinstance(error, HearthwardAuthenticationError):
        return "not_allowed"
    if isinstance(error, HearthwardConnectionError):
        return "cannot_connect"
    return "refused"


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    if issue_id.startswith(ISSUE_PENDING) and data:
        return PendingDeviceFlow(
            cast("str", data["entry_id"]), cast("str", data["device"])
        )
    raise ValueError(f"Unknown issue {issue_id}")
