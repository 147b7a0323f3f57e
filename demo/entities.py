"""The entities that Home Assistant has for the points of the demo's devices."""

from collections.abc import Mapping

from .home_assistant_client import HomeAssistantClient

ZONES = {
    "living_room": ("Living room", "mdi:sofa"),
    "bathroom": ("Bathroom", "mdi:bathtub"),
    "hot_water": ("Hot water", "mdi:water-boiler"),
}


class Entities:
    """The entity of each point, whatever its entity id became."""

    def __init__(self, by_point: Mapping[str, str]) -> None:
        """Take the entity ids by `device/point`."""
        self._by_point = dict(by_point)

    @classmethod
    async def read(cls, client: HomeAssistantClient) -> Entities:
        """Read which entities the integration made."""
        registry = await client.command("config/entity_registry/list")
        return cls(
            {
                entity["unique_id"].split("/", 1)[1]: entity["entity_id"]
                for entity in registry
                if entity["platform"] == "hearthward" and not entity["disabled_by"]
            }
        )

    def __call__(self, device: str, point: str) -> str:
        """Return the entity id of a point; raise KeyError if there is none."""
        return self._by_point[f"{device}/{point}"]

    def get(self, device: str, point: str) -> str | None:
        """Return the entity id of a point, None if it has no entity."""
        return self._by_point.get(f"{device}/{point}")
