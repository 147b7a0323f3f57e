"""Every way to connect a hub, and everything that can go wrong on it."""

from collections.abc import AsyncGenerator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.hearthward.const import (
    CONF_ASSISTANTS,
    CONF_CODE,
    CONF_EXPOSED,
    DOMAIN,
)

from .conftest import free_port, set_up
from .hub import HUB_ID, RunningHub

WRONG_CODE = "00000000"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
async def other_hub(
    hass: HomeAssistant, hub: RunningHub, tmp_path: Path
) -> AsyncGenerator[RunningHub]:
    """Run another hub, which speaks a later API."""
    other = RunningHub(tmp_path / "other", free_port(), id="other-hub", api="v2")
    await other.start()
    yield other
    await other.stop()


@pytest.fixture
async def no_hub(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[str]:
    """Run something that is no hub, and return its address."""

    async def welcome(request: web.Request) -> web.Response:
        return web.Response(text="Welcome!")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", welcome)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


def zeroconf(hub: RunningHub, **properties: str) -> ZeroconfServiceInfo:
    """Return what the hub announces on the network."""
    url = URL(hub.url)
    return ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        port=url.port,
        hostname="hub.local.",
        type="_hearthward._tcp.local.",
        name="Test hub._hearthward._tcp.local.",
        properties={"id": HUB_ID, "version": "1.2.3", "api": "v1"} | properties,
    )


def supervisor(hub: RunningHub, token: str) -> HassioServiceInfo:
    """Return what the Supervisor tells of its hub."""
    url = URL(hub.url)
    return HassioServiceInfo(
        config={
            "host": url.host,
            "port": url.port,
            "id": HUB_ID,
            "name": "Test hub",
            "token": token,
        },
        name="Hearthward",
        slug="local_hearthward",
        uuid="1234",
    )


async def begin(hass: HomeAssistant, source: str, data: Any = None) -> ConfigFlowResult:
    """Begin a flow."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": source}, data=data
    )


async def go_on(
    hass: HomeAssistant, result: ConfigFlowResult, **user_input: str
) -> ConfigFlowResult:
    """Submit a form."""
    assert result["type"] is FlowResultType.FORM
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


async def works(hass: HomeAssistant, result: ConfigFlowResult, hub: RunningHub) -> None:
    """Check that the flow made an entry that works."""
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Test hub"
    entry = result["result"]
    assert entry.unique_id == HUB_ID
    assert entry.data[CONF_URL] == hub.url
    assert entry.state is ConfigEntryState.LOADED


async def test_user(hass: HomeAssistant, hub: RunningHub) -> None:
    """A person gives address and code."""
    result = await begin(hass, SOURCE_USER)
    assert result["errors"] == {}
    code = await hub.pairing_code()
    result = await go_on(
        hass, result, url=f" {hub.url}/ ", code=f" {code[:4]} {code[4:]} "
    )
    await works(hass, result, hub)


@pytest.mark.parametrize(
    ("url", "errors"),
    [
        (NOBODY, {"base": "cannot_connect"}),
        ("hub.local", {CONF_URL: "invalid_url"}),
        ("http://[", {CONF_URL: "invalid_url"}),
        ("ftp://hub.local", {CONF_URL: "invalid_url"}),
    ],
)
async def test_user_recovers_from_wrong_address(
    hass: HomeAssistant, hub: RunningHub, url: str, errors: dict[str, str]
) -> None:
    """A wrong address is said, and can be corrected."""
    result = await begin(hass, SOURCE_USER)
    result = await go_on(hass, result, url=url, code=WRONG_CODE)
    assert result["errors"] == errors
    result = await go_on(hass, result, url=hub.url, code=await hub.pairing_code())
    await works(hass, result, hub)


async def test_user_recovers_from_wrong_code(
    hass: HomeAssistant, hub: RunningHub
) -> None:
    """A wrong code is said, and can be corrected."""
    code = await hub.pairing_code()
    result = await begin(hass, SOURCE_USER)
    result = await go_on(hass, result, url=hub.url, code=WRONG_CODE)
    assert result["errors"] == {CONF_CODE: "invalid_code"}
    result = await go_on(hass, result, url=hub.url, code=code)
    await works(hass, result, hub)


async def test_user_with_too_many_tries(hass: HomeAssistant, hub: RunningHub) -> None:
    """Who guesses codes is told to wait."""
    await hub.pairing_code()
    result = await begin(hass, SOURCE_USER)
    seen = set()
    for _ in range(20):
        result = await go_on(hass, result, url=hub.url, code=WRONG_CODE)
        assert result["errors"]
        seen.update(result["errors"].values())
    assert seen == {"invalid_code", "too_many_tries"}


async def test_user_at_something_else(hass: HomeAssistant, no_hub: str) -> None:
    """What is not a hub is recognised."""
    result = await begin(hass, SOURCE_USER)
    result = await go_on(hass, result, url=no_hub, code=WRONG_CODE)
    assert result["errors"] == {"base": "unknown"}


async def test_user_with_later_api(hass: HomeAssistant, other_hub: RunningHub) -> None:
    """A hub that speaks another API is refused."""
    result = await begin(hass, SOURCE_USER)
    result = await go_on(
        hass, result, url=other_hub.url, code=await other_hub.pairing_code()
    )
    assert result["errors"] == {"base": "unsupported_api"}


async def test_user_again(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """A hub that is known is not added twice; its new key and address are taken."""
    hass.config_entries.async_update_entry(
        entry, data={CONF_URL: NOBODY, CONF_TOKEN: "old"}
    )
    result = await begin(hass, SOURCE_USER)
    result = await go_on(hass, result, url=hub.url, code=await hub.pairing_code())
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_URL] == hub.url
    assert entry.data[CONF_TOKEN] != "old"


async def test_zeroconf(hass: HomeAssistant, hub: RunningHub) -> None:
    """A hub on the network needs its code only."""
    code = await hub.pairing_code()
    result = await begin(hass, SOURCE_ZEROCONF, zeroconf(hub))
    assert result["step_id"] == "zeroconf_confirm"
    result = await go_on(hass, result, code=WRONG_CODE)
    assert result["errors"] == {CONF_CODE: "invalid_code"}
    result = await go_on(hass, result, code=code)
    await works(hass, result, hub)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"supervised": "1"}, "supervised"),
        ({"api": "v2"}, "unsupported_api"),
        ({"id": ""}, "not_a_hub"),
    ],
)
async def test_zeroconf_refuses(
    hass: HomeAssistant, hub: RunningHub, properties: dict[str, str], reason: str
) -> None:
    """Some announcements are not for us."""
    result = await begin(hass, SOURCE_ZEROCONF, zeroconf(hub, **properties))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_zeroconf_of_known_hub(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """A known hub that moved is followed."""
    token = entry.data[CONF_TOKEN]
    hass.config_entries.async_update_entry(
        entry, data={CONF_URL: NOBODY, CONF_TOKEN: token}
    )
    result = await begin(hass, SOURCE_ZEROCONF, zeroconf(hub))
    assert result["reason"] == "already_configured"
    assert entry.data == {CONF_URL: hub.url, CONF_TOKEN: token}


async def test_zeroconf_of_connected_hub(
    hass: HomeAssistant, home: MockConfigEntry, hub: RunningHub
) -> None:
    """A hub that answers where it is does not move by hearsay."""
    announced = zeroconf(hub)
    announced.port = 9
    result = await begin(hass, SOURCE_ZEROCONF, announced)
    assert result["reason"] == "already_configured"
    assert home.data[CONF_URL] == hub.url


async def test_zeroconf_of_another_that_is_known(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """An outdated announcement does not add a hub twice."""
    result = await begin(hass, SOURCE_ZEROCONF, zeroconf(hub, id="outdated"))
    result = await go_on(hass, result, code=await hub.pairing_code())
    assert result["reason"] == "already_configured"


async def test_hassio(hass: HomeAssistant, hub: RunningHub, token: str) -> None:
    """The hub of the app needs a yes only, and waits until it is up."""
    result = await begin(hass, SOURCE_HASSIO, supervisor(hub, token))
    assert result["step_id"] == "hassio_confirm"
    await hub.stop()
    result = await go_on(hass, result)
    assert result["errors"] == {"base": "cannot_connect"}
    await hub.start()
    result = await go_on(hass, result)
    await works(hass, result, hub)


async def test_hassio_with_wrong_token(hass: HomeAssistant, hub: RunningHub) -> None:
    """A token that the hub does not know is said."""
    result = await begin(hass, SOURCE_HASSIO, supervisor(hub, "wrong"))
    result = await go_on(hass, result)
    assert result["errors"] == {"base": "invalid_auth"}


async def test_hassio_of_known_hub(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """The app tells its new key at each start."""
    result = await begin(hass, SOURCE_HASSIO, supervisor(hub, "new"))
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_TOKEN] == "new"


async def test_reauth(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """A new code gets a new key."""
    hass.config_entries.async_update_entry(
        entry, data={CONF_URL: hub.url, CONF_TOKEN: "revoked"}
    )
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "invalid_auth"

    code = await hub.pairing_code()
    [flow] = hass.config_entries.flow.async_progress()
    result = await go_on(hass, flow | {"type": FlowResultType.FORM}, code=WRONG_CODE)
    assert result["errors"] == {CONF_CODE: "invalid_code"}
    result = await go_on(hass, result, code=code)
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data[CONF_TOKEN] != "revoked"
    assert entry.state is ConfigEntryState.LOADED


async def test_reauth_at_another_hub(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """The code of another hub is not taken."""
    hass.config_entries.async_update_entry(entry, unique_id="somebody-else")
    result = await entry.start_reauth_flow(hass)
    result = await go_on(hass, result, code=await hub.pairing_code())
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "different_hub"


async def test_reconfigure(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """A hub that moved keeps its key."""
    token = entry.data[CONF_TOKEN]
    hass.config_entries.async_update_entry(
        entry, data={CONF_URL: NOBODY, CONF_TOKEN: token}
    )
    result = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, result, url=NOBODY)
    assert result["errors"] == {"base": "cannot_connect"}
    result = await go_on(hass, result, url="nowhere")
    assert result["errors"] == {CONF_URL: "invalid_url"}
    result = await go_on(hass, result, url=hub.url)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data == {CONF_URL: hub.url, CONF_TOKEN: token}
    assert entry.state is ConfigEntryState.LOADED


async def test_reconfigure_to_another_hub(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> None:
    """Another hub is another entry."""
    hass.config_entries.async_update_entry(entry, unique_id="somebody-else")
    result = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, result, url=hub.url)
    assert result["reason"] == "different_hub"


async def test_options(hass: HomeAssistant, home: MockConfigEntry) -> None:
    """A person chooses what the hub may see; what it has itself is not offered."""
    result = await hass.config_entries.options.async_init(home.entry_id)
    assert result["type"] is FlowResultType.FORM
    schema = result["data_schema"]
    assert schema is not None
    selectors = {str(key): selector for key, selector in schema.schema.items()}
    excluded = selectors[CONF_EXPOSED].config["exclude_entities"]
    assert "climate.heater_living_room" in excluded

    before = home.runtime_data
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {CONF_EXPOSED: ["sun.sun"], CONF_ASSISTANTS: True}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert home.options == {CONF_EXPOSED: ["sun.sun"], CONF_ASSISTANTS: True}
    assert home.runtime_data is not before
