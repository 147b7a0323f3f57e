"""Config flow of Hearthward."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import probatio
from yarl import URL

from .client import HearthwardClient
from .const import (
    API_VERSION,
    CONF_ASSISTANTS,
    CONF_CODE,
    CONF_EXPOSED,
    DEFAULT_URL,
    DOMAIN,
    LOGGER,
)
from .coordinator import HearthwardConfigEntry
from .exceptions import (
    HearthwardAuthenticationError,
    HearthwardConnectionError,
    HearthwardError,
    HearthwardPairingError,
    HearthwardRateLimitError,
)
from .models import HubInfo

URL_SELECTOR = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
CODE_SELECTOR = TextSelector(TextSelectorConfig(autocomplete="one-time-code"))

CODE_SCHEMA = probatio.Schema({probatio.Required(CONF_CODE): CODE_SELECTOR})
URL_SCHEMA = probatio.Schema({probatio.Required(CONF_URL): URL_SELECTOR})
USER_SCHEMA = URL_SCHEMA.extend(CODE_SCHEMA.schema)

ERROR_KEYS: Mapping[type[HearthwardError], str] = {
    HearthwardAuthenticationError: "invalid_auth",
    HearthwardConnectionError: "cannot_connect",
    HearthwardPairingError: "invalid_code",
    HearthwardRateLimitError: "too_many_tries",
}


class HearthwardFlowHandler(ConfigFlow, domain=DOMAIN):
    """Connect Home Assistant to a hub."""

    VERSION = 1

    _hub: HubInfo
    _name: str
    _token: str | None = None
    _url: str

    @staticmethod
    @callback
    @override
    def async_get_options_flow(
        config_entry: HearthwardConfigEntry,
    ) -> HearthwardOptionsFlowHandler:
        """Return the options flow."""
        return HearthwardOptionsFlowHandler()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the hub is and for its pairing code."""
        errors: dict[str, str] = {}
        if user_input is not None and not (
            errors := await self._async_pair(
                user_input[CONF_URL], user_input[CONF_CODE]
            )
        ):
            return await self._async_finish()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                USER_SCHEMA,
                {CONF_URL: DEFAULT_URL, **(user_input or {}), CONF_CODE: ""},
            ),
            description_placeholders={"example": DEFAULT_URL},
            errors=errors,
        )

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Take up a hub that announces itself on the network."""
        properties = discovery_info.properties
        # The Supervisor announces its own hub, with a token and without a pairing code.
        if properties.get("supervised") == "1":
            return self.async_abort(reason="supervised")
        if properties.get("api") != API_VERSION:
            return self.async_abort(reason="unsupported_api")
        if not (hub_id := properties.get("id")):
            return self.async_abort(reason="not_a_hub")
        self._url = _url(discovery_info.host, discovery_info.port)
        entry = await self.async_set_unique_id(hub_id)
        # Anybody can announce anything: a hub that answers where it is stays there.
        self._abort_if_unique_id_configured(
            updates=None if _is_connected(entry) else {CONF_URL: self._url}
        )
        self._name = discovery_info.name.partition(".")[0]
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_zeroconf_confirm()

    async def async_step_zeroconf_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the pairing code of a discovered hub."""
        errors: dict[str, str] = {}
        if user_input is not None and not (
            errors := await self._async_pair(self._url, user_input[CONF_CODE])
        ):
            return await self._async_finish()
        return self.async_show_form(
            step_id="zeroconf_confirm",
            data_schema=CODE_SCHEMA,
            description_placeholders={"name": self._name, "url": self._url},
            errors=errors,
        )

    @override
    async def async_step_hassio(
        self, discovery_info: HassioServiceInfo
    ) -> ConfigFlowResult:
        """Take up the hub that runs as an app of this Home Assistant."""
        config = discovery_info.config
        self._url = _url(config["host"], config["port"])
        self._token = config["token"]
        await self.async_set_unique_id(config["id"])
        self._abort_if_unique_id_configured(updates=self._data())
        self._name = config.get("name") or discovery_info.name
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_hassio_confirm()

    async def async_step_hassio_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask if the hub of the app is wanted."""
        errors: dict[str, str] = {}
        if user_input is not None and not (
            errors := await self._async_identify(self._url, self._token)
        ):
            return await self._async_finish()
        return self.async_show_form(
            step_id="hassio_confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={"name": self._name},
            errors=errors,
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Pair again, as the hub no longer accepts the token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new pairing code."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None and not (
            errors := await self._async_pair(
                entry.data[CONF_URL], user_input[CONF_CODE]
            )
        ):
            return await self._async_update(entry)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=CODE_SCHEMA,
            description_placeholders={"name": entry.title},
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the hub is now."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None and not (
            errors := await self._async_identify(
                user_input[CONF_URL], entry.data[CONF_TOKEN]
            )
        ):
            return await self._async_update(entry)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                URL_SCHEMA, user_input or entry.data
            ),
            description_placeholders={"name": entry.title, "example": DEFAULT_URL},
            errors=errors,
        )

    async def _async_pair(self, url: str, code: str) -> dict[str, str]:
        """Trade the code for a token; return the errors for the form."""
        if (base := _base_url(url)) is None:
            return {CONF_URL: "invalid_url"}
        client = HearthwardClient(base, async_get_clientsession(self.hass))
        try:
            token = await client.pair(code, self.hass.config.location_name)
        except HearthwardError as error:
            return _form_errors(error)
        return await self._async_identify(url, token)

    async def _async_identify(self, url: str, token: str | None) -> dict[str, str]:
        """Ask the hub who it is; return the errors for the form."""
        if (base := _base_url(url)) is None:
            return {CONF_URL: "invalid_url"}
        client = HearthwardClient(base, async_get_clientsession(self.hass), token)
        try:
            self._hub = await client.hub()
        except HearthwardError as error:
            return _form_errors(error)
        if self._hub.api != API_VERSION:
            return {"base": "unsupported_api"}
        self._url, self._token = base, token
        return {}

    async def _async_finish(self) -> ConfigFlowResult:
        """Create an entry for the hub, or give the one that it has what is new."""
        # What was announced may be older than what is at its address now.
        await self.async_set_unique_id(self._hub.id, raise_on_progress=False)
        self._abort_if_unique_id_configured(updates=self._data())
        return self.async_create_entry(title=self._hub.name, data=self._data())

    async def _async_update(self, entry: HearthwardConfigEntry) -> ConfigFlowResult:
        """Give the entry what is new, unless it belongs to another hub."""
        await self.async_set_unique_id(self._hub.id, raise_on_progress=False)
        self._abort_if_unique_id_mismatch(reason="different_hub")
        return self.async_update_reload_and_abort(entry, data_updates=self._data())

    def _data(self) -> dict[str, Any]:
        return {CONF_URL: self._url, CONF_TOKEN: self._token}


class HearthwardOptionsFlowHandler(OptionsFlowWithReload):
    """Choose what the hub may see of Home Assistant, and who may see its lifelog."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which entities the hub may see, and if assistants may read its lifelog."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        own = er.async_entries_for_config_entry(
            er.async_get(self.hass), self.config_entry.entry_id
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(
                    {
                        probatio.Optional(CONF_EXPOSED, default=[]): EntitySelector(
                            EntitySelectorConfig(
                                multiple=True,
                                # The hub knows its own entities already.
                                exclude_entities=[entity.entity_id for entity in own],
                            )
                        ),
                        probatio.Required(
                            CONF_ASSISTANTS, default=False
                        ): BooleanSelector(),
                    }
                ),
                self.config_entry.options,
            ),
        )


def _is_connected(entry: HearthwardConfigEntry | None) -> bool:
    """Return if the hub of an entry is being followed."""
    return (
        entry is not None
        and entry.state is ConfigEntryState.LOADED
        and entry.runtime_data.coordinator.last_update_success
    )


def _url(host: str, port: int | None) -> str:
    return str(URL.build(scheme="http", host=host, port=port))


def _base_url(url: str) -> str | None:
    """Return the address of a hub without a path, None when it is not an address."""
    try:
        parsed = URL(url.strip())
        if parsed.scheme not in ("http", "https") or not parsed.host:
            return None
        return str(parsed.origin())
    except ValueError:
        return None


def _form_errors(error: HearthwardError) -> dict[str, str]:
    """Return the message for an error, at the field that it is about."""
    LOGGER.debug("The hub cannot be set up: %s", error)
    key = ERROR_KEYS.get(type(error), "unknown")
    return {CONF_CODE if key == "invalid_code" else "base": key}
