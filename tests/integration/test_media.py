"""Media of the lifelog, as a person browses and a browser loads them."""

from http import HTTPStatus
import io
import re
import time
from urllib.parse import quote

from aiohttp import ClientSession
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import (
    URI_SCHEME,
    BrowseMediaSource,
    Unresolvable,
    async_browse_media,
    async_resolve_media,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hearthward.const import DOMAIN
from hearthward.model.media import Media, MediaQuery

from .conftest import set_up
from .hub import RunningHub

ROOT = f"{URI_SCHEME}{DOMAIN}"
DAY = 86400.0


def frame(color: str) -> bytes:
    """Return a picture."""
    written = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
async def uploaded(hub: RunningHub, token: str) -> list[Media]:
    """Return the media of two days, newest first."""
    now = time.time()
    async with ClientSession() as session:
        for color, ts, said in (
            ("red", now - 2 * DAY, {"device": "lamp"}),
            ("green", now - 2 * DAY + 1, {"person": "Anna", "text": "At the door"}),
            ("blue", now, {"device": "stranger/1"}),
        ):
            response = await session.post(
                f"{hub.url}/api/v1/media",
                params={"ts": str(ts), **said},
                data=frame(color),
                headers={
                    "Authorization": f"Bearer {token}",
                    "Content-Type": "image/jpeg",
                },
            )
            assert response.status == HTTPStatus.CREATED, await response.text()
    return list((await hub.parts.media.page(MediaQuery())).media)


@pytest.fixture
async def browsing(
    hass: HomeAssistant,
    inhabited: RunningHub,
    uploaded: list[Media],
    entry: MockConfigEntry,
) -> MockConfigEntry:
    """Return the config entry of a hub with media."""
    assert await async_setup_component(hass, "media_source", {})
    await set_up(hass, entry)
    return entry


async def browse(hass: HomeAssistant, *path: str) -> BrowseMediaSource:
    """Return a folder."""
    found = await async_browse_media(
        hass, "/".join([ROOT, *(quote(part, safe="") for part in path)])
    )
    assert isinstance(found, BrowseMediaSource)
    return found


def titles(folder: BrowseMediaSource) -> list[str]:
    """Return what is in a folder."""
    return [child.title for child in folder.children or ()]


async def test_browse(
    hass: HomeAssistant, browsing: MockConfigEntry, uploaded: list[Media]
) -> None:
    """Media are found by their day, their device and their person."""
    root = await browse(hass)
    assert root.title == "Test hub"
    assert titles(root) == ["By day", "By device", "By person"]
    assert root.children is not None
    assert [child.media_content_id for child in root.children] == [
        f"{ROOT}/{browsing.entry_id}/{kind}" for kind in ("day", "device", "person")
    ]

    today, earlier = (
        dt_util.as_local(dt_util.utc_from_timestamp(ts)).date().isoformat()
        for ts in (uploaded[0].ts, uploaded[-1].ts)
    )
    hub = browsing.entry_id
    assert titles(await browse(hass, hub, "day")) == [today, earlier]
    assert titles(await browse(hass, hub, "device")) == ["stranger/1", "Lamp"]
    assert titles(await browse(hass, hub, "person")) == ["Anna"]

    of_day = await browse(hass, hub, "day", earlier)
    assert of_day.title == earlier
    assert len(titles(of_day)) == 2
    assert titles(of_day)[0].endswith(" At the door")
    of_lamp = await browse(hass, hub, "device", "lamp")
    assert of_lamp.title == "Lamp"
    assert titles(of_lamp)[0].startswith(earlier)
    assert len(titles(await browse(hass, hub, "device", "stranger/1"))) == 1
    assert len(titles(await browse(hass, hub, "person", "Anna"))) == 1
    assert of_lamp.children is not None
    [medium] = of_lamp.children
    assert medium.thumbnail == (
        f"/api/hearthward/{hub}/media/{uploaded[-1].id}/thumbnail"
    )


async def test_load(
    hass: HomeAssistant,
    browsing: MockConfigEntry,
    uploaded: list[Media],
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Who is signed in sees a medium and its thumbnail, and nobody else does."""
    of_lamp = await browse(hass, browsing.entry_id, "device", "lamp")
    assert of_lamp.children is not None
    [child] = of_lamp.children
    medium = await async_resolve_media(hass, child.media_content_id, None)
    assert medium.mime_type == "image/jpeg"
    client, stranger = await hass_client(), await hass_client_no_auth()
    response = await client.get(medium.url)
    assert response.status == HTTPStatus.OK
    assert await response.read() == frame("red")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in response.headers
    again = await client.get(
        medium.url, headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status == HTTPStatus.NOT_MODIFIED
    part = await client.get(medium.url, headers={"Range": "bytes=0-9"})
    assert part.status == HTTPStatus.PARTIAL_CONTENT
    assert await part.read() == frame("red")[:10]

    response = await client.get(str(child.thumbnail))
    assert response.status == HTTPStatus.OK
    with Image.open(io.BytesIO(await response.read())) as small:
        assert max(small.size) <= 320

    for url in (medium.url, str(child.thumbnail)):
        assert (await stranger.get(url)).status == HTTPStatus.UNAUTHORIZED


async def test_not_found(
    hass: HomeAssistant,
    hub: RunningHub,
    browsing: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """What is not there is not found."""
    hub_id = browsing.entry_id
    for path in (
        ("nonsense",),
        (hub_id, "nonsense"),
        (hub_id, "day", "yesterday"),
        (hub_id, "a", "b", "c", "d"),
    ):
        with pytest.raises(BrowseError) as error:
            await browse(hass, *path)
        assert error.value.translation_key == "media_not_found"
    for path in ("", f"/{hub_id}/day/2026-11-21", f"/{hub_id}/a/b/c/d"):
        with pytest.raises(Unresolvable):
            await async_resolve_media(hass, ROOT + path, None)
    client = await hass_client()
    for path in (
        f"{hub_id}/media/{'0' * 64}",
        f"{hub_id}/media/keys",
        f"nonsense/media/{'0' * 64}",
        f"{hub_id}/exports/nonsense",
        f"{hub_id}/exports/a.b",
    ):
        response = await client.get(f"/api/hearthward/{path}")
        assert response.status == HTTPStatus.NOT_FOUND, path
    await hub.stop()
    response = await client.get(f"/api/hearthward/{hub_id}/media/{'0' * 64}")
    assert response.status == HTTPStatus.BAD_GATEWAY
    with pytest.raises(BrowseError) as error:
        await browse(hass, hub_id, "day")
    assert error.value.translation_key == "cannot_connect"
    await hub.start()


async def test_drawing(
    hass: HomeAssistant,
    browsing: MockConfigEntry,
    uploaded: list[Media],
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What could hold a script is for saving only."""
    monkeypatch.setattr(
        "custom_components.hearthward.views.SHOWN", re.compile("audio/.*")
    )
    client = await hass_client()
    response = await client.get(
        f"/api/hearthward/{browsing.entry_id}/media/{uploaded[0].id}"
    )
    assert response.headers["Content-Disposition"] == "attachment"


async def test_two_hubs(hass: HomeAssistant, browsing: MockConfigEntry) -> None:
    """With several hubs, each has a folder."""
    other = MockConfigEntry(
        domain=DOMAIN, title="Cabin", unique_id="cabin", data=browsing.data
    )
    other.add_to_hass(hass)
    other.runtime_data = browsing.runtime_data
    other.mock_state(hass, browsing.state)
    assert titles(await browse(hass)) == ["Test hub", "Cabin"]
    assert titles(await browse(hass, other.entry_id)) == [
        "By day",
        "By device",
        "By person",
    ]
    other.mock_state(hass, browsing.state.NOT_LOADED)
