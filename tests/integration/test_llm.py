"""What an assistant with a language model may read and write of the lifelog."""

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    APIInstance,
    LLMContext,
    ToolInput,
    async_get_api,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hearthward.const import CONF_ASSISTANTS, DOMAIN
from hearthward.model.entry import EntryKind, EntryQuery

from .conftest import set_up
from .hub import RunningHub

SEARCH = "hearthward__search_lifelog"
NOTE = "hearthward__add_note"


async def assist(hass: HomeAssistant) -> APIInstance:
    """Return what the API Assist offers to a language model."""
    return await async_get_api(
        hass,
        LLM_API_ASSIST,
        LLMContext(
            platform="test",
            context=Context(),
            language="en",
            assistant="conversation",
            device_id=None,
        ),
    )


@pytest.fixture
async def allowed(
    hass: HomeAssistant, hub: RunningHub, entry: MockConfigEntry
) -> MockConfigEntry:
    """Return the config entry of a hub whose lifelog assistants may use."""
    for component in ("homeassistant", "conversation", "intent", "llm"):
        assert await async_setup_component(hass, component, {})
    hass.config_entries.async_update_entry(entry, options={CONF_ASSISTANTS: True})
    await set_up(hass, entry)
    return entry


async def test_tools(
    hass: HomeAssistant, hub: RunningHub, allowed: MockConfigEntry
) -> None:
    """A language model notes something, and finds it again."""
    api = await assist(hass)
    tools = {tool.name: tool for tool in api.tools if tool.integration == DOMAIN}
    assert set(tools) == {SEARCH, NOTE}
    assert tools[SEARCH].annotations.read_only
    assert not tools[NOTE].annotations.read_only
    assert SEARCH in api.api_prompt

    noted = await api.async_call_tool(
        ToolInput(
            tool_name=NOTE,
            tool_args={"text": "Grandma watered the orchids", "person": "Grandma"},
        )
    )
    assert not noted.error
    [entry] = (await hub.parts.lifelog.history(EntryQuery(kind=EntryKind.NOTE))).entries
    assert entry.text == "Grandma watered the orchids"

    await hub.indexed()
    found = await api.async_call_tool(
        ToolInput(tool_name=SEARCH, tool_args={"query": "orchids", "kind": "note"})
    )
    assert not found.error
    hits = found.data["hits"]
    assert isinstance(hits, list)
    assert hits[0]["seq"] == entry.seq
    assert "orchids" in hits[0]["text"]


async def test_mistakes(
    hass: HomeAssistant, hub: RunningHub, allowed: MockConfigEntry
) -> None:
    """A language model is told what it did wrong, or that the hub is away."""
    api = await assist(hass)
    for arguments in ({}, {"query": "orchids", "since": "the day before"}):
        answer = await api.async_call_tool(
            ToolInput(tool_name=SEARCH, tool_args=arguments)
        )
        assert answer.error
    await hub.stop()
    answer = await api.async_call_tool(
        ToolInput(tool_name=SEARCH, tool_args={"query": "orchids"})
    )
    assert answer.error
    assert "cannot be reached" in str(answer.data["error"])
    await hub.start()


async def test_not_allowed(hass: HomeAssistant, allowed: MockConfigEntry) -> None:
    """Without a person's consent, no assistant sees the lifelog."""
    hass.config_entries.async_update_entry(allowed, options={})
    await hass.config_entries.async_reload(allowed.entry_id)
    api = await assist(hass)
    assert not [tool for tool in api.tools if tool.integration == DOMAIN]
