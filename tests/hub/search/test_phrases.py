"""Time phrases of the languages that the product speaks, at a fixed time and place."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hearthward.lifelog.search.phrases import find

BERLIN = ZoneInfo("Europe/Berlin")

# A Saturday.
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=BERLIN)

# What is asked, what is left to look for, and the local times that are meant.
CASES: dict[str, tuple[tuple[str, str, str | None, str | None], ...]] = {
    "en": (
        ("fall yesterday morning", "fall", "2026-11-20 05:00", "2026-11-20 12:00"),
        ("last Tuesday evening", "", "2026-11-17 17:00", "2026-11-17 23:00"),
        ("door this week", "door", "2026-11-16 00:00", "2026-11-23 00:00"),
        (
            "care button on 12 March",
            "care button",
            "2026-03-12 00:00",
            "2026-03-13 00:00",
        ),
        ("between 8 and 10", "", "2026-11-21 08:00", "2026-11-21 10:00"),
        ("three days ago cord", "cord", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("last night", "", "2026-11-20 21:00", "2026-11-21 06:00"),
        ("last night between 2 and 4", "", "2026-11-21 02:00", "2026-11-21 04:00"),
        ("yesterday between 8 and 10 pm", "", "2026-11-20 20:00", "2026-11-20 22:00"),
        ("tonight", "", "2026-11-21 17:00", "2026-11-22 06:00"),
        ("in the last 24 hours", "", "2026-11-20 14:30", "2026-11-21 14:30"),
        ("since Monday", "", "2026-11-16 00:00", "2026-11-21 14:30"),
        ("in March", "", "2026-03-01 00:00", "2026-04-01 00:00"),
        ("March 12, 2025", "", "2025-03-12 00:00", "2025-03-13 00:00"),
        ("2026-11-03", "", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("last month fall", "fall", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("Tuesday", "", "2026-11-17 00:00", "2026-11-18 00:00"),
        ("on Saturday", "", "2026-11-21 00:00", "2026-11-22 00:00"),
        ("yesterday at 9", "", "2026-11-20 08:30", "2026-11-20 09:30"),
        ("2 hours ago", "", "2026-11-21 12:00", "2026-11-21 13:00"),
        ("Monday last week", "", "2026-11-09 00:00", "2026-11-10 00:00"),
        ("last weekend", "", "2026-11-14 00:00", "2026-11-16 00:00"),
        ('"last night" song', '"last night" song', None, None),
        (
            "yesterday evening between 8 and 10",
            "",
            "2026-11-20 20:00",
            "2026-11-20 22:00",
        ),
        (
            "who opened the door the day before yesterday in the afternoon",
            "who opened the door",
            "2026-11-19 12:00",
            "2026-11-19 18:00",
        ),
        ("may I", "may I", None, None),
        ("5 minutes ago", "", "2026-11-21 14:24:30", "2026-11-21 14:25:30"),
        ("a week ago", "", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("from 10 pm to 2 am yesterday", "", "2026-11-20 22:00", "2026-11-21 02:00"),
    ),
    "de": (
        ("Sturz vor drei Tagen", "Sturz", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("gestern Abend", "", "2026-11-20 17:00", "2026-11-20 23:00"),
        ("letzten Dienstagabend", "", "2026-11-17 17:00", "2026-11-17 23:00"),
        ("am Dienstag", "", "2026-11-17 00:00", "2026-11-18 00:00"),
        ("diese Woche", "", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("letzte Woche", "", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("am 12. März", "", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("am 12.3.2025", "", "2025-03-12 00:00", "2025-03-13 00:00"),
        ("zwischen 8 und 10 Uhr", "", "2026-11-21 08:00", "2026-11-21 10:00"),
        ("heute Nacht", "", "2026-11-21 21:00", "2026-11-22 06:00"),
        ("heute früh", "", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("seit gestern", "", "2026-11-20 00:00", "2026-11-21 14:30"),
        ("in den letzten 3 Tagen", "", "2026-11-18 14:30", "2026-11-21 14:30"),
        ("vor einer Stunde", "", "2026-11-21 13:00", "2026-11-21 14:00"),
        ("letzten Monat", "", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("gestern zwischen 8 und 10", "", "2026-11-20 08:00", "2026-11-20 10:00"),
        ("Dienstag letzter Woche", "", "2026-11-10 00:00", "2026-11-11 00:00"),
        ("im März 2025", "", "2025-03-01 00:00", "2025-04-01 00:00"),
        ("letzte Nacht", "", "2026-11-20 21:00", "2026-11-21 06:00"),
        ("vorgestern Nachmittag um 3", "", "2026-11-19 14:30", "2026-11-19 15:30"),
        ("heute morgen", "", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("am Samstagmorgen", "", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("Sturz am Wochenende", "Sturz", "2026-11-21 00:00", "2026-11-23 00:00"),
    ),
    "fr": (
        ("hier matin", "", "2026-11-20 05:00", "2026-11-20 12:00"),
        ("mardi dernier au soir", "", "2026-11-17 17:00", "2026-11-17 23:00"),
        ("il y a trois jours", "", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("cette semaine", "", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("la semaine dernière", "", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("le 12 mars", "", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("entre 8h et 10h", "", "2026-11-21 08:00", "2026-11-21 10:00"),
        ("hier soir entre 8h et 10h", "", "2026-11-20 20:00", "2026-11-20 22:00"),
        ("cette nuit", "", "2026-11-21 21:00", "2026-11-22 06:00"),
        ("ce matin", "", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("depuis hier", "", "2026-11-20 00:00", "2026-11-21 14:30"),
        ("avant-hier après-midi", "", "2026-11-19 12:00", "2026-11-19 18:00"),
        ("le mois dernier", "", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("les 3 derniers jours", "", "2026-11-18 14:30", "2026-11-21 14:30"),
        ("en mars", "", "2026-03-01 00:00", "2026-04-01 00:00"),
        ("mardi soir", "", "2026-11-17 17:00", "2026-11-17 23:00"),
        ("porte aujourd’hui", "porte", "2026-11-21 00:00", "2026-11-22 00:00"),
        ("chute le 12/03/2025", "chute", "2025-03-12 00:00", "2025-03-13 00:00"),
        ("week-end", "week-end", None, None),
    ),
    "es": (
        ("ayer por la mañana", "", "2026-11-20 05:00", "2026-11-20 12:00"),
        ("el martes pasado por la noche", "", "2026-11-17 21:00", "2026-11-18 06:00"),
        ("hace tres días", "", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("esta semana", "", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("la semana pasada", "", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("el 12 de marzo", "", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("entre las 8 y las 10", "", "2026-11-21 08:00", "2026-11-21 10:00"),
        ("anoche", "", "2026-11-20 21:00", "2026-11-21 06:00"),
        ("anteayer por la tarde", "", "2026-11-19 12:00", "2026-11-19 18:00"),
        ("desde ayer", "", "2026-11-20 00:00", "2026-11-21 14:30"),
        ("los últimos 3 días", "", "2026-11-18 14:30", "2026-11-21 14:30"),
        ("esta mañana", "", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("el mes pasado", "", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("ayer a las 9", "", "2026-11-20 08:30", "2026-11-20 09:30"),
        ("en marzo de 2025", "", "2025-03-01 00:00", "2025-04-01 00:00"),
    ),
    "zh-Hans": (
        ("昨天早上摔倒", "摔倒", "2026-11-20 05:00", "2026-11-20 12:00"),
        ("三天前", "", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("上周二晚上", "", "2026-11-10 17:00", "2026-11-10 23:00"),
        ("这周", "", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("上个月", "", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("3月12日", "", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("8点到10点", "", "2026-11-21 08:00", "2026-11-21 10:00"),
        ("昨晚8点到10点", "", "2026-11-20 20:00", "2026-11-20 22:00"),
        ("今天下午3点到5点之间", "", "2026-11-21 15:00", "2026-11-21 17:00"),
        ("两个小时前", "", "2026-11-21 12:00", "2026-11-21 13:00"),
        ("最近三天", "", "2026-11-18 14:30", "2026-11-21 14:30"),
        ("前天", "", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("昨天的早上", "", "2026-11-20 05:00", "2026-11-20 12:00"),
        ("从昨天", "", "2026-11-20 00:00", "2026-11-21 14:30"),
        ("星期二", "", "2026-11-17 00:00", "2026-11-18 00:00"),
        ("2025年3月", "", "2025-03-01 00:00", "2025-04-01 00:00"),
        ("去年", "", "2025-01-01 00:00", "2026-01-01 00:00"),
        ("昨天半夜2点到4点", "", "2026-11-21 02:00", "2026-11-21 04:00"),
        ("周末", "", "2026-11-21 00:00", "2026-11-23 00:00"),
    ),
    "ja": (
        ("昨日の朝", "", "2026-11-20 05:00", "2026-11-20 12:00"),
        ("先週の火曜日", "", "2026-11-10 00:00", "2026-11-11 00:00"),
        ("三日前", "", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("今週", "", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("3月12日", "", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("8時から10時", "", "2026-11-21 08:00", "2026-11-21 10:00"),
        ("昨夜", "", "2026-11-20 21:00", "2026-11-21 06:00"),
        ("今朝", "", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("昨日の夜8時から10時まで", "", "2026-11-20 20:00", "2026-11-20 22:00"),
        ("先月", "", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("一昨日の午後", "", "2026-11-19 12:00", "2026-11-19 18:00"),
        ("過去24時間", "", "2026-11-20 14:30", "2026-11-21 14:30"),
        ("火曜日の夕方", "", "2026-11-17 17:00", "2026-11-17 23:00"),
        ("昨日から", "", "2026-11-20 00:00", "2026-11-21 14:30"),
        ("2時間前", "", "2026-11-21 12:00", "2026-11-21 13:00"),
        ("昨日の午後3時から5時の間", "", "2026-11-20 15:00", "2026-11-20 17:00"),
        ("3月", "", "2026-03-01 00:00", "2026-04-01 00:00"),
    ),
}


def _local(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("language", "query", "rest", "since", "until"),
    [(language, *case) for language, cases in CASES.items() for case in cases],
)
def test_phrases(
    language: str, query: str, rest: str, since: str | None, until: str | None
) -> None:
    """A phrase is cut from the words and means local times."""
    found = find(query, language, NOW.timestamp(), BERLIN)
    if since is None or until is None:
        assert found is None
        return
    assert found is not None
    assert found.rest == rest
    assert (found.span.since, found.span.until) == (_local(since), _local(until))
    assert found.span.phrase in query


@pytest.mark.parametrize(
    ("query", "day", "hours"),
    [
        # The clocks went forward at 02:00 and back at 03:00.
        ("yesterday", "2026-03-29", 23),
        ("yesterday", "2026-10-25", 25),
        ("gestern", "2026-10-25", 25),
        ("yesterday night", "2026-03-28", 8),
        ("yesterday night", "2026-10-24", 10),
    ],
)
def test_days_are_as_long_as_the_clock_makes_them(
    query: str, day: str, hours: int
) -> None:
    """A day on which the clocks change has 23 or 25 hours."""
    then = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    now = then.replace(day=then.day + 1, hour=9)
    language = "de" if query == "gestern" else "en"
    found = find(query, language, now.timestamp(), BERLIN)
    assert found is not None
    assert found.span.until - found.span.since == hours * 3600
    assert datetime.fromtimestamp(found.span.since, BERLIN).date() == then.date()


def test_the_day_is_that_of_the_home() -> None:
    """What is yesterday in Auckland is still today in Los Angeles."""
    now = datetime(2026, 6, 15, 11, 0, tzinfo=ZoneInfo("UTC")).timestamp()
    for name, day in (("Pacific/Auckland", 14), ("America/Los_Angeles", 14)):
        zone = ZoneInfo(name)
        found = find("yesterday", "en", now, zone)
        assert found is not None
        assert datetime.fromtimestamp(found.span.since, zone).day == day


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("en", "who fell"),
        ("en", '"last Tuesday" the song'),
        ("de", "Sturz im Bad"),
        ("fr", "chute dans la cuisine"),
        ("es", "caída en el baño"),
        ("zh-Hans", "她摔倒了吗"),
        ("ja", "転倒したことがあるか"),
        ("en", ""),
    ],
)
def test_words_are_no_times(language: str, query: str) -> None:
    """A query without a time keeps its words."""
    assert find(query, language, NOW.timestamp(), BERLIN) is None


def test_an_unknown_language_is_read_as_english() -> None:
    """Somebody who sets a language that is not spoken is understood in English."""
    found = find("fall yesterday", "tlh", NOW.timestamp(), BERLIN)
    assert found is not None
    assert found.rest == "fall"
