"""What the entities of the hub itself share."""

from collections.abc import Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import STATISTICS, HearthwardConfigEntry, HearthwardCoordinator
from .identity import hub_identifier, hub_unique_id
from .models import Statistics


class HearthwardHubEntity(CoordinatorEntity[HearthwardCoordinator]):
    """Something that the hub says of itself."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: HearthwardCoordinator, description: EntityDescription
    ) -> None:
        """Take identity and place from the hub."""
        super().__init__(coordinator, context=STATISTICS)
        self.entity_description = description
        self._attr_unique_id = hub_unique_id(coordinator.hub_id, description.key)
        self._attr_device_info = DeviceInfo(
            identifiers={hub_identifier(coordinator.hub_id)}
        )

    @property
    def statistics(self) -> Statistics:
        """Return how the hub does; without it there are no entities of the hub."""
        assert self.coordinator.statistics is not None
        return self.coordinator.statistics

    @override
    async def async_update(self) -> None:
        """Do nothing when asked for an update, as the stream tells everything at once."""


@callback
def async_add_hub_entities(
    entry: HearthwardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entity: type[HearthwardHubEntity],
    descriptions: Iterable[EntityDescription],
) -> None:
    """Add the entities of the hub, unless it is an older one that says nothing of itself."""
    coordinator = entry.runtime_data.coordinator
    if coordinator.statistics is not None:
        async_add_entities(
            entity(coordinator, description) for description in descriptions
        )
