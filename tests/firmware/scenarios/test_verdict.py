"""The judge sees what is wrong: a condition that nothing can break proves nothing."""

from pathlib import Path
import subprocess
import sys

import msgspec
import pytest

from hearthward.model.message import Observation
from hearthward_sim.parameters import Home
from hearthward_sim.plant import Plant
from hearthward_sim.scenario import (
    Booted,
    Condition,
    Follows,
    Moves,
    Range,
    Reaches,
    Seen,
    Starts,
    State,
    load_scenario,
    parse_moment,
    scenario_names,
    window_of,
)
from hearthward_sim.trace import Trace
from hearthward_sim.verdict import judge

COMMAND = Path(sys.executable).with_name("hearthward")
TICK = 60.0
LENGTH = 86400.0


@pytest.fixture
def trace(home: Home) -> Trace:
    """Record a day: 20 °C but for 30 °C at 12:00; valve and burner busy from 10:00 to 11:00."""
    plant = Plant(home)
    trace = Trace(home, TICK)
    for minute in range(1440):
        air = 30.0 if minute == 720 else 20.0
        zones = (msgspec.structs.replace(plant.state.zones[0], air=air),)
        plant.state = msgspec.structs.replace(
            plant.state, zones=zones + plant.state.zones[1:]
        )
        busy = 600 <= minute < 660
        plant.outputs["living_room.valve"] = float(busy and minute % 2)
        plant.outputs["burner"] = float(busy and minute % 12 < 6)
        trace.record(plant)
    trace.boots = 2
    for at, preset in (
        (60.0, "eco"),
        (parse_moment("1 06:30") + 5.0, "normal"),
        (parse_moment("1 08:30") + 90.0, "eco"),
    ):
        body: dict[str, object] = {"preset": preset}
        trace.say(at, Observation(point="living_room.zone", body=body))
    trace.say(60.0, Observation(point="tripped", value=0.0))
    trace.say(parse_moment("1 14:00"), Observation(point="tripped", value=1.0))
    trace.say(parse_moment("1 14:00"), Observation(point="heater", text="tripped"))
    return trace


BROKEN = [
    (Range(why="", column="living_room.air", high=25.0), "30.00 on day 1 12:01"),
    (Range(why="", column="living_room.air", low=21.0, hours="13:00-14:00"), "20.00"),
    (Moves(why="", zone="living_room", per_day=50), "60 on day 1"),
    (Starts(why="", per_hour=4), "5 on day 1"),
    (State(why="", point="tripped", one_of=(0.0,), since="1 00:02"), "1.0 on day 1 14:00"),
    (State(why="", point="tripped", one_of=(1.0,), since="1 12:00"), "0.0 on day 1 12:00"),
    (State(why="", point="nothing", one_of=(1.0,)), "None"),
    (Seen(why="", event="tripped", until="1 13:00"), "never"),
    (Seen(why="", event="tripped", times=0, at_most=0), "once, first on day 1 14:00"),
    (Follows(why="", zone="living_room", slots={"08:30": "eco"}), "not eco by day 1 08:31"),
    (Follows(why="", zone="living_room", slots={"20:00": "normal"}), "not normal"),
    (Reaches(why="", column="living_room.air", at_least=35.0), "30.00"),
    (Booted(why="", times=1), "2 times"),
]  # fmt: skip
HELD = [
    Range(why="", column="living_room.air", high=25.0, until="1 12:00"),
    Range(why="", column="living_room.air", high=25.0, hours="13:00-11:00"),
    Moves(why="", zone="living_room", per_day=60),
    Moves(why="", zone="bathroom", per_day=0),
    Starts(why="", per_hour=5),
    State(why="", point="tripped", one_of=(0.0,), since="1 00:02", until="1 14:00"),
    State(why="", point="living_room.zone", attribute="preset", one_of=("normal",),
          since="1 06:31", until="1 08:30"),
    Seen(why="", event="tripped", since="1 13:00", at_most=1),
    Follows(why="", zone="living_room", slots={"06:30": "normal"}),
    Reaches(why="", column="living_room.air", at_least=29.0),
    Booted(why="", times=2),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "worst"), BROKEN)
def test_a_broken_condition_is_found_with_the_worst_of_it(
    condition: Condition, worst: str, trace: Trace
) -> None:
    """It does not hold, and the finding says where."""
    holds, _, seen = judge(condition, window_of(condition, LENGTH), trace)
    assert not holds
    assert worst in seen


@pytest.mark.parametrize("condition", HELD)
def test_a_condition_that_holds_is_not_blamed(
    condition: Condition, trace: Trace
) -> None:
    """The same day, seen rightly."""
    holds, _, seen = judge(condition, window_of(condition, LENGTH), trace)
    assert holds, seen


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ('[[do]]\nat = "noon"\ndo = "fuel"\non = true\n', "'noon' is no moment"),
        ('[[do]]\nat = "1 25:00"\ndo = "fuel"\non = true\n', "no time of day"),
        ('[[do]]\nat = "1 12:00"\ndo = "explode"\n', "explode"),
        ('[[must]]\nkind = "range"\ncolumn = "coolant"\n', "why"),
        ('[[must]]\nkind = "hope"\nwhy = ""\n', "hope"),
        ("colour = 3\n", "colour"),
    ],
)
def test_a_faulty_scenario_is_refused_with_its_file_and_fault(
    text: str, objection: str, tmp_path: Path
) -> None:
    """What is wrong is said before anything runs."""
    path = tmp_path / "faulty.toml"
    head = 'title = "t"\nabout = "a"\ndays = 1\nstart = 2027-01-11\n'
    plain = "" if text.startswith("[") else text
    must = "" if "[[must]]" in text else "must = []\n"
    path.write_text(head + plain + must + ("" if plain else text), encoding="utf-8")
    with pytest.raises(ValueError, match=objection) as refusal:
        load_scenario(str(path), "Europe/Berlin")
    assert str(path) in str(refusal.value)


def test_every_scenario_is_listed_with_its_title(home: Home) -> None:
    """The command tells what can be run, and what there is when asked for something else."""
    listed = subprocess.run(
        [COMMAND, "sim", "list"], check=True, capture_output=True, text=True
    ).stdout
    for name in scenario_names():
        assert f"{name} " in listed
        assert load_scenario(name, home.timezone).title in listed
    with pytest.raises(FileNotFoundError, match="cold-week"):
        load_scenario("warm-week", home.timezone)
