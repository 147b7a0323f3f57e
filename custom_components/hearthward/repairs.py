"""Repair flows of Hearthward."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers.selector import AreaSelector, TextSelector
from homeassistant.helpers.translation import async_get_translations
import probatio

from .client import HearthwardClient
from .const import DOMAIN, LOGGER
from .coordinator import HearthwardConfigEntry, HearthwardCoordinator
from .exceptions import (
    HearthwardAuthenticationError,
    HearthwardConnectionError,
    HearthwardError,
)
from .home import Home
from .issues import ISSUE_DEAD_LETTERS, ISSUE_PENDING, device_placeholders
from .lifelog import Lifelog
from .lifelog_models import DeadLetterPage
from .models import STATUS_PENDING, Device

CONF_AREA: Final = "area"
CONF_NAME: Final = "name"

# Reasons are counted over so many of the latest rejected messages.
LETTERS_SHOWN: Final = 500
REASONS: Final = f"component.{DOMAIN}.selector.reason.options"

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
        if (coordinator := _coordinator(self.hass, self._entry_id)) is None:
            return None
        device = coordinator.data.devices.get(self._device_id)
        if device is None or device.status != STATUS_PENDING:
            return None
        return coordinator.client, coordinator.data, device

    def _area_name(self, area_id: str | None) -> str | None:
        """Return the name of an area, as the hub does not know our ids."""
        area = ar.async_get(self.hass).async_get_area(area_id) if area_id else None
        return area.name if area else None


class DeadLettersFlow(RepairsFlow):
    """Let a person decide about messages that the hub rejected."""

    def __init__(self, entry_id: str) -> None:
        """Remember which hub it is about."""
        self._entry_id = entry_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show what was rejected and why, and ask what to do about it."""
        if (coordinator := _coordinator(self.hass, self._entry_id)) is None:
            return self.async_abort(reason="hub_away")
        try:
            page = await coordinator.lifelog.dead_letters(limit=LETTERS_SHOWN)
        except HearthwardError as error:
            return self.async_abort(reason=_error_key(error))
        return self.async_show_menu(
            step_id="init",
            menu_options=["replay", "delete"],
            description_placeholders={
                "hub": coordinator.data.hub.name,
                "total": str(page.total),
                "reasons": await _async_reasons(self.hass, page),
            },
        )

    async def async_step_replay(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Try all of them again; say how many were rejected again."""
        return await self._async_act("replay", user_input, _replay_all)

    async def async_step_delete(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask once more, and delete all of them."""
        return await self._async_act("delete", user_input, _delete_all)

    async def _async_act(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        act: Callable[[Lifelog], Awaitable[int]],
    ) -> RepairsFlowResult:
        """Show a form; once it is sent, act, and say what is left."""
        if (coordinator := _coordinator(self.hass, self._entry_id)) is None:
            return self.async_abort(reason="hub_away")
        errors: dict[str, str] = {}
        left = 0
        if user_input is not None:
            try:
                left = await act(coordinator.lifelog)
                await coordinator.async_refresh_statistics()
            except HearthwardError as error:
                errors["base"] = _error_key(error)
            else:
                if not left:
                    return self.async_create_entry(data={})
                errors["base"] = "rejected_again"
        return self.async_show_form(
            step_id=step_id,
            data_schema=probatio.Schema({}),
            description_placeholders={
                "hub": coordinator.data.hub.name,
                "left": str(left),
            },
            errors=errors,
        )


async def _replay_all(lifelog: Lifelog) -> int:
    """Try all rejected messages again; return how many were rejected again."""
    return (await lifelog.replay_all()).rejected


async def _delete_all(lifelog: Lifelog) -> int:
    """Delete all rejected messages; return how many are left, which is none."""
    await lifelog.delete_all()
    return 0


async def _async_reasons(hass: HomeAssistant, page: DeadLetterPage) -> str:
    """Return how many of the latest rejected messages have which reason, with an example."""
    texts = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )
    counts = Counter(letter.reason for letter in page.letters)
    examples = {letter.reason: letter.detail for letter in reversed(page.letters)}
    return "\n".join(
        f"- {count} × **{texts.get(f'{REASONS}.{reason}', reason)}**: {examples[reason]}"
        for reason, count in counts.most_common()
    )


@callback
def _coordinator(hass: HomeAssistant, entry_id: str) -> HearthwardCoordinator | None:
    """Return the hub of a config entry while it is loaded."""
    entry: HearthwardConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return None
    return entry.runtime_data.coordinator


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
    if issue_id.startswith(ISSUE_DEAD_LETTERS) and data:
        return DeadLettersFlow(cast("str", data["entry_id"]))
    raise ValueError(f"Unknown issue {issue_id}")
