"""What is found, in which order and on which page."""

from datetime import datetime, timedelta
import time
from zoneinfo import ZoneInfo

import pytest

from hearthward.config import Settings
from hearthward.model.device import Device, DeviceStatus, Point, PointKind, Zone
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.message import Event, EventBody, Observation, State, StateBody
from tests.hub.conftest import running

from .conftest import Searching, searching

CARE_BUTTON = Device(
    id="button-1",
    name="Care button",
    status=DeviceStatus.PENDING,
    adapter="mqtt",
    area="Bathroom",
    points=(
        Point(id="alarm", kind=PointKind.EVENT, name="Care button", object_id="alarm"),
        Point(
            id="door",
            kind=PointKind.BINARY_SENSOR,
            name="Front door",
            object_id="door",
            device_class="door",
            zone="hall",
        ),
        Point(
            id="motion",
            kind=PointKind.BINARY_SENSOR,
            name="Motion",
            object_id="motion",
            device_class="motion",
        ),
    ),
    zones=(Zone(id="hall", name="Hall", area="Hall"),),
)

BOTH = (
    ("de", "Die Haushaltshilfe war im Schlafzimmer", "schlafzimmer"),
    ("de", "Sie hat das Schlafzimmerfenster geöffnet", "Schlafz"),
    ("de", "Zwei Tabletten genommen", "tablette"),
    ("de", "Große Straße gefegt", "strasse GROSSE"),
    ("fr", "La fenêtre de la cuisine était ouverte", "fenetre"),
    ("fr", "L'infirmière est passée", "infirmiere"),
    ("es", "Comió toda la sopa del mediodía", "mediodia"),
    ("zh-Hans", "妈妈今天没有吃早餐", "早餐"),
    ("zh-Hans", "邻居把钥匙还回来了", "钥匙"),
    ("ja", "母は朝食に手をつけなかった", "朝食"),
    ("ja", "ストーブの電池を替えた", "電池"),
    ("ja", "ストーブの電池を替えた", "ストーブ"),
)


@pytest.mark.parametrize(("language", "text", "query"), BOTH)
async def test_words_of_every_language_are_found(
    search: Searching, language: str, text: str, query: str
) -> None:
    """Accents and case do not matter, compounds begin alike, two characters are a word."""
    await search.note(text, "The boat was cleaned", "全部都好", "今日は晴れ")
    (hit,) = await search.hits(query, language=language)
    assert hit.summary == text
    assert hit.highlights
    lit = [text[start:end].casefold() for start, end in hit.highlights]
    assert all(lit)
    assert hit.entry.kind is EntryKind.NOTE


async def test_highlights_are_characters_of_the_summary(search: Searching) -> None:
    """They count characters, not bytes, and join what lies together."""
    await search.note("Früh: 她没有吃早餐, müde")
    (hit,) = await search.hits("吃早餐 mude")
    assert [hit.summary[start:end] for start, end in hit.highlights] == [
        "吃早餐",
        "müde",
    ]


async def test_what_devices_say_is_told_in_words(search: Searching) -> None:
    """Alarms and doors are told with person and room; motion is not for reading."""
    registry, gateway = search.parts.registry, search.parts.gateway
    await registry.hello(CARE_BUTTON)
    await registry.approve("button-1", "test", owner="Erika")
    now = time.time()
    await gateway.receive(
        [
            Event(
                device="button-1",
                ts=now,
                body=EventBody(point="alarm", event="cord_pulled"),
            ),
            State(
                device="button-1",
                ts=now + 1,
                body=StateBody(
                    observations=(
                        Observation(point="door", value=1.0),
                        Observation(point="motion", value=1.0),
                    )
                ),
            ),
        ]
    )
    assert "Care button: cord pulled" in await search.summaries("cord")
    (door,) = await search.hits("front door opened")
    assert door.summary == "Care button, Hall, Front door: opened"
    assert (door.room, door.entry.kind) == ("Hall", EntryKind.STATE)
    assert await search.summaries("motion") == []
    assert await search.summaries("front door closed", kind="state", mode="text") == [
        "Care button, Hall, Front door: opened"
    ]
    assert "Care button: cord pulled" in await search.summaries(room="bathroom")
    assert await search.summaries(room="kitchen") == []
    (alarm,) = await search.hits(kind="event", person="erika")
    assert alarm.summary == "Care button: cord pulled"
    assert (alarm.person, alarm.room) == ("Erika", "Bathroom")
    assert {hit.entry.device for hit in await search.hits(device="button-1")} == {
        "button-1"
    }


async def test_filters_by_person_and_room(search: Searching) -> None:
    """Names are compared without case and accents."""
    await search.note("slept well", person="Zoë", room="Küche")
    await search.note("slept badly", person="Bob", room="Bedroom")
    assert await search.summaries("slept", person="zoe") == ["slept well"]
    assert await search.summaries("slept", room="kuche") == ["slept well"]
    assert await search.summaries(person="bob") == ["slept badly"]
    (hit,) = await search.hits("kuche")
    assert (hit.person, hit.room) == ("Zoë", "Küche")


async def test_time_phrases_narrow_down(search: Searching) -> None:
    """The phrase is no word to look for, and the answer says what it meant."""
    zone = ZoneInfo("Europe/Berlin")
    now = datetime.now(zone)
    morning = (now - timedelta(days=1)).replace(hour=8, minute=0)
    for back, text in ((0, "fell today"), (1, "fell before"), (2, "fell long ago")):
        ts = (morning - timedelta(days=back - 1)).timestamp()
        await search.note(text, ts=min(ts, time.time()))
    page = await search.page("fell yesterday morning")
    assert [hit.summary for hit in page.hits] == ["fell before"]
    assert page.time is not None
    assert page.time.phrase == "yesterday morning"
    assert page.time.since <= morning.timestamp() < page.time.until
    listed = await search.page("gestern", language="de")
    assert [hit.summary for hit in listed.hits] == ["fell before"]
    narrowed = await search.page("fell", until=page.time.since)
    assert [hit.summary for hit in narrowed.hits] == ["fell long ago"]


async def test_the_newest_of_the_same_comes_first(search: Searching) -> None:
    """What is said alike is ordered by when it was, also when it comes late."""
    now = time.time()
    await search.note("washed the dishes", ts=now - 100)
    (late,) = await search.note("washed the dishes", ts=now - 86_400 * 90)
    hits = await search.hits("dishes")
    assert [hit.entry.seq for hit in hits][-1] == late
    assert hits[0].score > hits[1].score


async def test_more_words_count_more(search: Searching) -> None:
    """A note with all words comes before newer ones with one of them."""
    await search.note("the stove smoked in the cabin", ts=time.time() - 86_400 * 300)
    await search.note("the stove is clean", "the stove is warm", ts=time.time() - 900)
    assert (await search.summaries("stove smoke cabin"))[0].startswith("the stove smok")


@pytest.mark.parametrize("q", ["walk", ""])
async def test_pages_hold_still_while_more_comes(search: Searching, q: str) -> None:
    """Every hit is on one page, whatever is appended in between."""
    now = time.time()
    await search.note(*(f"walk {at}" for at in range(25)), ts=now - 3600)
    seen: list[str] = []
    cursor: dict[str, object] = {}
    while True:
        page = await search.page(q, kind="note", limit=10, **cursor)
        seen += [hit.summary for hit in page.hits]
        if page.next is None:
            break
        await search.note(*(f"walk again {at}" for at in range(5)), ts=time.time())
        await search.page("again")
        cursor = {"cursor": page.next}
    assert sorted(seen) == sorted(f"walk {at}" for at in range(25))


async def test_a_cursor_of_nowhere_is_refused(search: Searching) -> None:
    """It says what to give instead."""
    status, answer = await search.ask("walk", cursor="nowhere")
    assert (status, answer["code"]) == (422, "invalid_cursor")
    assert "next" in answer["error"]


async def test_a_query_language_is_not_one(search: Searching) -> None:
    """Quotes and operators of the engine are words like others."""
    await search.note('said "no" AND left')
    for q in (
        '"no" AND',
        "no*",
        "NEAR(no left)",
        "'; DROP TABLE words; --",
        '"',
        "-",
        "ﷺ ⑴ ½",
    ):
        status, _ = await search.ask(q)
        assert status == 200, q
    assert await search.summaries('AND "left"') == ['said "no" AND left']


async def test_what_is_not_indexed_yet_makes_the_answer_incomplete(
    plain: Settings,
) -> None:
    """Nothing is found before the index follows, and the answer says so."""
    async with running(plain) as hub:
        search = Searching(hub)
        await search.note("walked to the lake")
        status, answer = await search.ask("lake")
        assert (status, answer["hits"], answer["complete"]) == (200, [], False)
    async with searching(plain) as search:
        assert await search.summaries("lake") == ["walked to the lake"]


async def test_drafts_without_words_are_no_documents(search: Searching) -> None:
    """Measurements move the cursor, and nothing is found of them."""
    await search.parts.lifelog.append(
        [
            Draft(
                ts=time.time(),
                kind=EntryKind.STATE,
                device="thermometer",
                point="temperature",
                value=21.5,
            )
        ]
        * 500
    )
    await search.note("thermometer replaced")
    assert await search.summaries("thermometer") == ["thermometer replaced"]
