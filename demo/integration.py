"""Set the integration up as a person does: through its own flows."""

import asyncio
from collections.abc import Iterable

from .entities import ZONES, Entities
from .home_assistant_client import HomeAssistantClient, HomeAssistantError, Json
from .hub import Hub

DOMAIN = "hearthward"


async def pair(client: HomeAssistantClient, hub: Hub, url: str | None = None) -> Json:
    """Add the integration with the hub's address (or another) and a fresh pairing code."""
    code = await hub.pairing_code()
    return await client.add_integration(
        DOMAIN, {"user": {"url": url or hub.url, "code": code}}
    )


async def approvals(client: HomeAssistantClient) -> dict[str, Json]:
    """Return the repair issues that ask to let a device into the home, by device."""
    issues = (await client.command("repairs/list_issues"))["issues"]
    return {
        issue["issue_id"].rpartition("/")[2]: issue
        for issue in issues
        if issue["domain"] == DOMAIN and issue["is_fixable"]
    }


async def approve(
    client: HomeAssistantClient, devices: Iterable[str], timeout: float = 60
) -> None:
    """Wait until these devices ask to be let in, and let them in."""
    for device in devices:
        try:
            async with asyncio.timeout(timeout):
                while device not in (waiting := await approvals(client)):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise HomeAssistantError(
                f"{device} did not ask to be approved within {timeout:.0f} s"
            ) from None
        await approve_one(client, waiting[device])


async def approve_one(client: HomeAssistantClient, issue: Json) -> None:
    """Answer the repair flow of one device with yes, under the name that it gives."""
    result = await client.flow(
        "/api/repairs/issues/fix",
        {"handler": DOMAIN, "issue_id": issue["issue_id"]},
        {
            "init": {"next_step_id": "approve"},
            "approve": {"name": issue["translation_placeholders"]["name"]},
        },
    )
    if result["type"] != "create_entry":
        raise HomeAssistantError(f"{issue['issue_id']} was not approved: {result}")


async def wait_for_entities(
    client: HomeAssistantClient, timeout: float = 60
) -> Entities:
    """Wait until every zone reports a temperature; return the entities."""
    try:
        async with asyncio.timeout(timeout):
            while not _reports(entities := await Entities.read(client), client):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise HomeAssistantError(
            "The zones did not report a temperature to Home Assistant"
        ) from None
    return entities


def _reports(entities: Entities, client: HomeAssistantClient) -> bool:
    for zone in ZONES:
        state = client.states.get(entities.get("heater", f"{zone}.zone") or "")
        if not state or state["attributes"].get("current_temperature") is None:
            return False
    return True
