"""Tools with which a language model reads and writes the lifelog."""

from typing import ClassVar, override

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
import probatio

from .const import CONF_ASSISTANTS, DOMAIN
from .lifelog_services import KINDS, SERVICE_ADD_NOTE, SERVICE_SEARCH

PROMPT = (
    "The lifelog of the home is kept by Hearthward: what its devices, alarms and people did "
    "or noted. Call hearthward__search_lifelog before you answer what happened in the past, "
    "and say so when it finds nothing."
)


class _ActionTool(Tool):
    """A tool that does what an action of Hearthward does."""

    integration = DOMAIN
    action: ClassVar[str]

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Call the action in the name of who asks."""
        try:
            found = await hass.services.async_call(
                DOMAIN,
                self.action,
                self.parameters(tool_input.tool_args),
                blocking=True,
                context=llm_context.context,
                return_response=True,
            )
        except (HomeAssistantError, probatio.Invalid) as error:
            return ToolResult(data={"error": str(error)}, error=True)
        return ToolResult(data=found or {})


class SearchLifelogTool(_ActionTool):
    """Find out what happened."""

    name = "hearthward__search_lifelog"
    title = "Search the lifelog"
    description = (
        "Find out what happened at home: button presses, alarms, heating, doors and motion, "
        "notes of people. Put the question into `query` in the user's own words, with its "
        "time phrase (for example 'fridge door yesterday morning'). Returns what was found, "
        "best first, with local times; `time` tells how a time phrase was understood."
    )
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    action = SERVICE_SEARCH
    parameters = probatio.Schema(
        {
            probatio.Required(
                "query", description="What to look for, in the user's language"
            ): cv.string,
            probatio.Optional(
                "since", description="Only from this local time on, ISO 8601"
            ): cv.string,
            probatio.Optional(
                "until", description="Only before this local time, ISO 8601"
            ): cv.string,
            probatio.Optional(
                "person", description="Only about this person"
            ): cv.string,
            probatio.Optional("room", description="Only in this room"): cv.string,
            probatio.Optional("kind", description="Only entries of this kind"): (
                probatio.In(KINDS)
            ),
        }
    )


class AddNoteTool(_ActionTool):
    """Write something down."""

    name = "hearthward__add_note"
    title = "Add a note to the lifelog"
    description = (
        "Write something down in the lifelog of the home, when the user asks to note or "
        "remember something that happened or was done, for example 'note that grandma took "
        "her pills'."
    )
    annotations = ToolAnnotations(destructive=False, open_world=False)
    action = SERVICE_ADD_NOTE
    parameters = probatio.Schema(
        {
            probatio.Required("text", description="The note, as a sentence"): cv.string,
            probatio.Optional("person", description="Whom it is about"): cv.string,
            probatio.Optional("room", description="Where it was"): cv.string,
        }
    )


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools when a person allowed it, and one hub is there, which they then mean."""
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    if api_id != LLM_API_ASSIST or len(entries) != 1:
        return None
    if not entries[0].options.get(CONF_ASSISTANTS, False):
        return None
    return LLMTools(tools=[SearchLifelogTool(), AddNoteTool()], prompt=PROMPT)
