"""Browse the media of the lifelog: by day, by device or by person."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple, Self, override
from urllib.parse import quote, unquote

from homeassistant.components.media_player import BrowseError, MediaClass
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import HearthwardConfigEntry
from .exceptions import HearthwardError
from .found import local
from .lifelog_models import Media
from .views import media_url, thumbnail_url

DAY: Final = "day"
DEVICE: Final = "device"
PERSON: Final = "person"
FOLDERS: Final = (DAY, DEVICE, PERSON)
MEDIA: Final = "media"

# So many days have a folder, and so many media are shown of one or looked through for names.
DAYS: Final = 60
MOST: Final = 1000
PAGE: Final = 200


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return the media of all hubs."""
    return HearthwardMediaSource(hass)


class Place(NamedTuple):
    """Where in the tree of folders something is: hub, kind of folder, folder, and medium."""

    entry_id: str = ""
    kind: str = ""
    value: str = ""
    content_type: str = ""

    @classmethod
    def parse(cls, identifier: str) -> Self:
        """Read an identifier; raise ValueError when it is none of ours."""
        parts = [unquote(part) for part in identifier.split("/")] if identifier else []
        if len(parts) > len(cls._fields):
            raise ValueError(identifier)
        return cls(*parts)

    @property
    def identifier(self) -> str:
        """Return the identifier."""
        return "/".join(quote(part, safe="") for part in self if part)


class HearthwardMediaSource(MediaSource):
    """Frames and audio clips of the lifelog."""

    name = "Hearthward"

    def __init__(self, hass: HomeAssistant) -> None:
        """Look at the hubs of a Home Assistant."""
        super().__init__(DOMAIN)
        self.hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where a medium is found."""
        try:
            place = Place.parse(item.identifier)
        except ValueError:
            place = Place()
        if place.kind != MEDIA or not place.content_type:
            raise Unresolvable(
                translation_domain=DOMAIN,
                translation_key="media_not_found",
                translation_placeholders={"media": item.identifier},
            )
        return PlayMedia(media_url(place.entry_id, place.value), place.content_type)

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return a folder with what is in it."""
        entries: list[HearthwardConfigEntry] = (
            self.hass.config_entries.async_loaded_entries(DOMAIN)
        )
        try:
            place = Place.parse(item.identifier)
        except ValueError as error:
            raise _not_found(item) from error
        if not place.entry_id and len(entries) != 1:
            hubs = [_folder(Place(entry.entry_id), entry.title) for entry in entries]
            return _folder(place, self.name, hubs)
        entry = next(
            (one for one in entries if place.entry_id in ("", one.entry_id)), None
        )
        if entry is None or place.kind not in ("", *FOLDERS):
            raise _not_found(item)
        try:
            return await self._browse(entry, place)
        except HearthwardError as error:
            raise BrowseError(
                translation_domain=DOMAIN,
                translation_key="cannot_connect",
                translation_placeholders={"error": str(error)},
            ) from error
        except ValueError as error:
            raise _not_found(item) from error

    async def _browse(
        self, entry: HearthwardConfigEntry, place: Place
    ) -> BrowseMediaSource:
        """Return a folder of a hub."""
        if not place.kind:
            names = await self._names()
            kinds = [
                _folder(Place(entry.entry_id, kind), names[kind]) for kind in FOLDERS
            ]
            return _folder(place, entry.title, kinds)
        if not place.value:
            folders = {
                DAY: self._days,
                DEVICE: self._devices,
                PERSON: self._persons,
            }[place.kind]
            found = [
                _folder(place._replace(value=value), title)
                for value, title in (await folders(entry)).items()
            ]
            return _folder(place, (await self._names())[place.kind], found)
        query = _day(place.value) if place.kind == DAY else {place.kind: place.value}
        media = [
            _medium(entry, medium, whole=place.kind != DAY)
            async for medium in _media(entry, **query)
        ]
        return _folder(place, _title(entry, place), media)

    async def _names(self) -> dict[str, str]:
        """Return what the kinds of folders are called."""
        texts = await async_get_translations(
            self.hass, self.hass.config.language, "common", {DOMAIN}
        )
        return {
            kind: texts.get(f"component.{DOMAIN}.common.media_by_{kind}", kind)
            for kind in FOLDERS
        }

    async def _days(self, entry: HearthwardConfigEntry) -> Mapping[str, str]:
        """Return the days with media, going from each to the one before that has any."""
        days: dict[str, str] = {}
        until: float | None = None
        while len(days) < DAYS:
            page = await entry.runtime_data.coordinator.lifelog.media(
                until=until, limit=1
            )
            if not page.media:
                break
            day = local(page.media[0].ts).date()
            days[day.isoformat()] = day.isoformat()
            until = _start(day)
        return days

    async def _devices(self, entry: HearthwardConfigEntry) -> Mapping[str, str]:
        """Return the devices that the latest media are of."""
        devices = entry.runtime_data.coordinator.data.devices
        return {
            medium.device: devices[medium.device].name
            if medium.device in devices
            else medium.device
            async for medium in _media(entry)
            if medium.device
        }

    async def _persons(self, entry: HearthwardConfigEntry) -> Mapping[str, str]:
        """Return the persons that the latest media are of."""
        return {
            medium.person: medium.person
            async for medium in _media(entry)
            if medium.person
        }


async def _media(entry: HearthwardConfigEntry, **query: Any) -> AsyncIterator[Media]:
    """Yield media, newest first, as many as a person would look through."""
    cursor: str | None = None
    for _ in range(MOST // PAGE):
        page = await entry.runtime_data.coordinator.lifelog.media(
            **query, limit=PAGE, cursor=cursor
        )
        for medium in page.media:
            yield medium
        if (cursor := page.next) is None:
            return


def _start(day: date) -> float:
    """Return when a day begins in the home's time zone."""
    return dt_util.start_of_local_day(day).timestamp()


def _day(value: str) -> dict[str, float]:
    """Return the span of a day; raise ValueError when it is none."""
    day = date.fromisoformat(value)
    return {"since": _start(day), "until": _start(day + timedelta(days=1))}


def _title(entry: HearthwardConfigEntry, place: Place) -> str:
    """Return what a folder of media is called."""
    device = entry.runtime_data.coordinator.data.devices.get(place.value)
    return device.name if place.kind == DEVICE and device else place.value


def _folder(
    place: Place, title: str, children: list[BrowseMediaSource] | None = None
) -> BrowseMediaSource:
    """Return a folder."""
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=place.identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type="",
        title=title,
        can_play=False,
        can_expand=True,
        children=children,
    )


def _medium(
    entry: HearthwardConfigEntry, medium: Media, *, whole: bool
) -> BrowseMediaSource:
    """Return a medium; its title says when it is of, with the day where that is not known."""
    moment: datetime = local(medium.ts)
    time = moment.strftime("%Y-%m-%d %H:%M" if whole else "%H:%M")
    kind = medium.content_type.partition("/")[0]
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=Place(
            entry.entry_id, MEDIA, medium.id, medium.content_type
        ).identifier,
        media_class={
            "audio": MediaClass.MUSIC,
            "image": MediaClass.IMAGE,
            "video": MediaClass.VIDEO,
        }.get(kind, MediaClass.URL),
        media_content_type=medium.content_type,
        title=f"{time} {medium.text}" if medium.text else time,
        can_play=True,
        can_expand=False,
        thumbnail=thumbnail_url(entry.entry_id, medium.id)
        if medium.thumbnail
        else None,
    )


def _not_found(item: MediaSourceItem) -> BrowseError:
    return BrowseError(
        translation_domain=DOMAIN,
        translation_key="media_not_found",
        translation_placeholders={"media": item.identifier},
    )
