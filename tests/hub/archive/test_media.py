"""Media: kept once, shown whole or in part, aged out, never lost and never found by a path."""

from hashlib import sha256
import io
from pathlib import Path
import time
from typing import Any
import wave

from msgspec.structs import replace
from PIL import Image
import pytest

from hearthward.config import MediaSettings, Settings
from hearthward.lifelog.forgetting.scope import Scope
from hearthward.lifelog.media import MediaEraser
from hearthward.model.privacy import DataClass, PrivacySettings
from hearthward.model.security import Role
from tests.hub.conftest import Hub, running


def frame(color: str = "red", size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a JPEG of one color."""
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, "JPEG")
    return stream.getvalue()


def clip(seconds: float = 0.1) -> bytes:
    """Return a WAV of silence."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(int(seconds * 16_000) * 2))
    return stream.getvalue()


async def upload(
    hub: Hub, data: bytes, query: str = "", **headers: str
) -> tuple[int, Any]:
    """Upload bytes; return the status and the decoded body."""
    async with hub.session.post(
        f"{hub.url}/api/v1/media{query}",
        data=data,
        headers=await hub.headers(Role.DEVICE) | headers,
    ) as response:
        return response.status, await response.json()


async def get(hub: Hub, path: str, **headers: str) -> tuple[int, bytes, Any]:
    """Return the status, the bytes and the headers of a file."""
    async with hub.session.get(
        f"{hub.url}/api/v1/media/{path}",
        headers=await hub.headers(Role.VIEWER) | headers,
    ) as response:
        return response.status, await response.read(), response.headers


def files(settings: Settings) -> list[Path]:
    """Return every file below the media folder."""
    return [file for file in (settings.data_dir / "media").rglob("*") if file.is_file()]


async def test_a_frame_is_kept_with_its_entry_and_its_thumbnail(
    hub: Hub, settings: Settings
) -> None:
    """What was uploaded comes back, byte for byte."""
    data = frame()
    before = time.time()
    status, media = await upload(
        hub, data, "?person=Ada&room=Kitchen&text=At+the+stove&ts=1700000000"
    )
    assert status == 201
    name = sha256(data).hexdigest()
    assert (media["id"], media["kind"], media["size"]) == (name, "frame", len(data))
    assert media["content_type"] == "image/jpeg"

    status, body, headers = await get(hub, name)
    assert (status, body) == (200, data)
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, body, headers = await get(hub, name, **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")

    status, body, _ = await get(hub, f"{name}/thumbnail")
    assert status == 200
    with Image.open(io.BytesIO(body)) as small:
        assert small.size == (320, 240)

    (entry,) = await hub.parts.lifelog.read(media["seq"] - 1, 1)
    assert (entry.kind, entry.ts, entry.text) == ("media", 1.7e9, "At the stove")
    assert entry.received >= before
    assert entry.body == {
        "media": [name],
        "content_type": "image/jpeg",
        "size": len(data),
        "person": "Ada",
        "room": "Kitchen",
    }


async def test_a_part_of_a_clip_can_be_asked_for(hub: Hub) -> None:
    """Players seek with ranges."""
    data = clip(1)
    _, media = await upload(hub, data)
    assert (media["kind"], media["content_type"]) == ("clip", "audio/wav")
    status, body, headers = await get(hub, media["id"], Range="bytes=100-199")
    assert (status, body) == (206, data[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    status, _, _ = await get(hub, media["id"], Range=f"bytes={len(data)}-")
    assert status == 416
    status, _, _ = await get(hub, f"{media['id']}/thumbnail")
    assert status == 404


async def test_the_same_bytes_are_kept_once(hub: Hub, settings: Settings) -> None:
    """Each upload is an entry; a repeated request is not."""
    data = frame("blue")
    _, first = await upload(hub, data, "?device=porch")
    _, second = await upload(hub, data, "?device=hall", **{"Idempotency-Key": "a"})
    _, again = await upload(hub, data, "?device=hall", **{"Idempotency-Key": "a"})
    assert first["id"] == second["id"]
    assert first["seq"] < second["seq"] == again["seq"]
    assert again["ts"] == second["ts"]
    assert len(files(settings)) == 2  # the frame and its thumbnail
    _, page = await hub.ask("GET", "/api/v1/media?device=hall")
    assert [media["seq"] for media in page["media"]] == [second["seq"]]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "unsupported_media"),
        (b"<svg onload='alert(1)'/>", 415, "unsupported_media"),
        (b"\xff\xd8\xff" + bytes(100), 415, "unsupported_media"),
        (frame()[:-200], 415, "unsupported_media"),
        (clip(40), 413, "content_too_large"),
    ],
)
async def test_what_is_no_media_leaves_nothing(
    settings: Settings, data: bytes, status: int, code: str
) -> None:
    """Content is told by its bytes; what is refused leaves no file and no entry."""
    small = replace(settings, media=MediaSettings(largest=1_000_000))
    async with running(small) as hub:
        headers = {"Content-Type": "image/jpeg"}
        answered, error = await upload(hub, data, **headers)
        assert (answered, error["code"]) == (status, code)
        assert files(settings) == []
        _, page = await hub.ask("GET", "/api/v1/entries?kind=media")
        assert page["entries"] == []


async def test_no_path_leads_out_of_the_folder(hub: Hub, settings: Settings) -> None:
    """A name is 64 hexadecimal digits or nothing."""
    for path in ("..%2f..%2fsecret.key", "%2e%2e/secret.key", "0" * 63, "A" * 64):
        status, body, _ = await get(hub, path)
        assert status == 404
        assert b"unknown_media" in body or b"not_found" in body
    with pytest.raises(ValueError, match="SHA-256"):
        hub.parts.media._files.fetch("../secret.key")


async def test_a_damaged_file_is_noticed(hub: Hub, settings: Settings) -> None:
    """It is not passed on as if it were whole."""
    _, media = await upload(hub, frame())
    _, other = await upload(hub, frame("green"))
    place = settings.data_dir / "media" / "home" / media["id"][:2] / media["id"]
    assert (await get(hub, media["id"]))[0] == 200
    data = bytearray(place.read_bytes())
    data[-10] ^= 1
    place.write_bytes(data)
    status, body, _ = await get(hub, media["id"])
    assert status == 410
    assert b"media_damaged" in body
    _, report = await hub.ask("POST", "/api/v1/lifelog/verify/media")
    assert report["damaged"] == [media["id"]]
    assert (await get(hub, other["id"]))[0] == 200


async def test_privacy_comes_first(hub: Hub, settings: Settings) -> None:
    """What is not to be recorded is refused and not kept; the rest is."""
    await hub.parts.privacy.configure(PrivacySettings(off=(DataClass.FRAMES,)), "test")
    status, error = await upload(hub, frame())
    assert (status, error["code"]) == (409, "privacy")
    assert files(settings) == []
    assert (await upload(hub, clip()))[0] == 201


async def test_a_viewer_and_a_strange_device_may_not_upload(hub: Hub) -> None:
    """A key that is bound to a device speaks for that device only."""
    status, _ = await hub.ask("POST", "/api/v1/media", Role.VIEWER)
    assert status == 403
    new = await hub.parts.keys.create("cam", Role.DEVICE, "test", "porch")
    headers = {"Authorization": f"Bearer {new.token}"}
    url = f"{hub.url}/api/v1/media"
    async with hub.session.post(
        f"{url}?device=hall", data=frame(), headers=headers
    ) as response:
        assert response.status == 403
    async with hub.session.post(url, data=frame(), headers=headers) as response:
        assert (await response.json())["device"] == "porch"


async def test_pages_go_back_in_time(hub: Hub) -> None:
    """Newest first, each once."""
    for number in range(5):
        await upload(
            hub, frame(size=(64, 64 + number)), f"?ts={1_700_000_000 + number}"
        )
    seen, path = [], "/api/v1/media?limit=2"
    while True:
        _, page = await hub.ask("GET", path)
        seen += [media["ts"] - 1_700_000_000 for media in page["media"]]
        if "next" not in page:
            break
        path = f"/api/v1/media?limit=2&cursor={page['next']}"
    assert seen == [4, 3, 2, 1, 0]


async def test_old_and_too_many_media_go(settings: Settings) -> None:
    """Age and quota remove files, oldest first; their entries stay."""
    kept = replace(settings, media=MediaSettings(largest=2**20, quota=2**20, days=1))
    async with running(kept) as hub:
        now = time.time()
        old = frame("black")
        _, aged = await upload(hub, old, f"?ts={now - 90_000}")
        assert await hub.parts.media.prune() == 1
        assert (await get(hub, aged["id"]))[0] == 404
        assert files(settings) == []
        names = []
        for number in range(5):
            data = clip(8 + number / 100)
            _, media = await upload(hub, data, f"?ts={now - 100 + number}")
            names.append(media["id"])
        statuses = [(await get(hub, name))[0] for name in names]
        assert statuses == [404, 404, 200, 200, 200]
        assert hub.parts.media.bytes == sum(
            file.stat().st_size for file in files(settings)
        )
        _, page = await hub.ask("GET", "/api/v1/entries?kind=media")
        assert len(page["entries"]) == 6


async def test_what_no_entry_tells_of_is_swept_at_the_start(settings: Settings) -> None:
    """An upload that was cut short by a crash leaves nothing for good."""
    async with running(settings) as hub:
        _, media = await upload(hub, frame())
    folder = settings.data_dir / "media" / "home"
    (folder / "incoming" / "half").write_bytes(b"x")
    orphan = folder / "00" / ("0" * 64)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"y")
    async with running(settings) as hub:
        assert not orphan.exists()
        assert not (folder / "incoming" / "half").exists()
        assert (await get(hub, media["id"]))[0] == 200
        assert hub.parts.media.bytes == media["size"]


async def test_a_failed_entry_keeps_no_promise(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the entry cannot be stored, the upload is refused and can be repeated."""

    def fail(*arguments: object) -> None:
        raise OSError("no")

    with monkeypatch.context() as patch:
        patch.setattr(hub.parts.media._files, "place", fail)
        status, error = await upload(hub, frame())
    assert (status, error["code"]) == (503, "lifelog_unavailable")
    assert files(settings) == []
    assert (await upload(hub, frame()))[0] == 201


async def test_forgetting_a_person_removes_the_files(
    hub: Hub, settings: Settings
) -> None:
    """The same bytes uploaded for somebody else stay."""
    shared, own = frame("white"), frame("pink")
    await upload(hub, shared, "?person=Ada")
    _, other = await upload(hub, shared, "?person=Ben")
    _, gone = await upload(hub, own, "?person=Ada")
    eraser = MediaEraser(hub.parts.media)
    scope = Scope(home="home", person="Ada", devices=())
    lifelog = hub.parts.lifelog
    assert await lifelog.load(lambda c: eraser.count_media(c, scope)) == 2
    assert await lifelog.transact(lambda t: eraser.erase_scope(t, scope)) == 2
    while await lifelog.transact(eraser.finish):
        pass
    assert (await get(hub, gone["id"]))[0] == 404
    assert (await get(hub, other["id"]))[0] == 200
    assert not [file for file in files(settings) if gone["id"] in file.name]
