"""The care button: felt at once, sent until somebody answers, never lost."""

from aioesphomeapi import BinarySensorInfo, ButtonInfo, EventInfo, SensorInfo
import pytest

from hearthward_sim.actions import Press, Set

from .bench import Bench


def pressed(bench: Bench) -> list[str]:
    """Return the button's events so far."""
    return [event for point, event in bench.events if point == "button"]


async def test_every_entity_is_there(care_button: Bench) -> None:
    """The names are the contract with hub and integration."""
    assert care_button.info.project_name == "hearthward.care_button"
    assert {point: type(info) for point, info in care_button.entities.items()} == {
        "button": EventInfo,
        "alarm": BinarySensorInfo,
        "battery": SensorInfo,
        "battery_low": BinarySensorInfo,
        "acknowledge": ButtonInfo,
        "test": ButtonInfo,
        "uptime": SensorInfo,
    }
    button = care_button.entities["button"]
    assert isinstance(button, EventInfo)
    assert set(button.event_types) == {
        "pressed", "cancelled", "cord_pulled", "long_press", "test",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "event"), [("button", "pressed"), ("cord", "cord_pulled")]
)
async def test_an_alarm_is_felt_and_sent_within_a_second(
    care_button: Bench, channel: str, event: str
) -> None:
    """Light and buzzer answer by themselves; the hub hears of it in the same second."""
    at = care_button.world.now
    care_button.apply(Press(channel=channel))
    await care_button.until(
        lambda: care_button.outputs.get("buzzer") == 1.0, "the buzzer sounds", within=1
    )
    assert care_button.outputs["led"] == 1.0
    await care_button.until(lambda: pressed(care_button) == [event], "sent", within=1)
    assert care_button.world.now - at <= 1.0
    assert care_button.state("alarm") is True


async def test_feedback_needs_no_hub(care_button: Bench) -> None:
    """With nobody connected the node answers just the same."""
    await care_button.disconnect()
    care_button.apply(Press(channel="button"))
    await care_button.until(
        lambda: care_button.outputs.get("buzzer") == 1.0, "the buzzer sounds", within=1
    )
    assert care_button.outputs["led"] == 1.0


async def test_an_alarm_is_repeated_until_it_is_acknowledged(
    care_button: Bench,
) -> None:
    """An alarm that nobody answers does not fall silent; one that is answered does."""
    care_button.apply(Press(channel="button"))
    await care_button.run(35)
    assert pressed(care_button) == ["pressed"] * 4
    await care_button.press("acknowledge")
    assert care_button.state("alarm") is False
    heard = len(care_button.events)
    await care_button.run(60)
    assert len(care_button.events) == heard


async def test_an_acknowledgement_is_shown_otherwise(care_button: Bench) -> None:
    """The person learns that somebody has heard: a second beep, then a steady light."""
    care_button.apply(Press(channel="button"))
    await care_button.run(5)
    await care_button.press("acknowledge")
    await care_button.run(5)
    assert care_button.outputs["buzzer"] == 0.0
    levels = set()
    for _ in range(20):
        await care_button.run(0.1)
        levels.add(care_button.outputs["led"])
    assert levels == {1.0}
    await care_button.run(70)
    assert care_button.outputs["led"] == 0.0


async def test_a_person_takes_an_alarm_back(care_button: Bench) -> None:
    """Cancel ends alarm, light and repetition, and is told."""
    care_button.apply(Press(channel="cord"))
    await care_button.run(2)
    care_button.apply(Press(channel="cancel"))
    await care_button.run(2)
    assert pressed(care_button) == ["cord_pulled", "cancelled"]
    assert care_button.state("alarm") is False
    assert care_button.outputs["led"] == 0.0


async def test_cancel_without_an_alarm_says_nothing(care_button: Bench) -> None:
    """There is nothing to take back."""
    care_button.apply(Press(channel="cancel"))
    await care_button.run(3)
    assert pressed(care_button) == []


@pytest.mark.parametrize(
    ("channel", "first"), [("button", "pressed"), ("cord", "cord_pulled")]
)
async def test_a_long_press_is_told_beside_the_alarm(
    care_button: Bench, channel: str, first: str
) -> None:
    """The alarm does not wait for the long press; the long press follows."""
    care_button.apply(Press(channel=channel, seconds=4))
    await care_button.run(1)
    assert pressed(care_button) == [first]
    await care_button.run(4)
    assert pressed(care_button) == [first, "long_press"]


async def test_a_test_raises_no_alarm(care_button: Bench) -> None:
    """From the API or by holding cancel."""
    await care_button.press("test")
    assert pressed(care_button) == ["test"]
    assert care_button.state("alarm") is False
    care_button.apply(Press(channel="cancel", seconds=6))
    await care_button.run(7)
    assert pressed(care_button) == ["test", "test"]
    assert care_button.state("alarm") is False


async def test_an_alarm_outlives_a_power_cut(care_button: Bench) -> None:
    """Whoever presses and then loses power is not forgotten."""
    care_button.apply(Press(channel="button"))
    await care_button.run(3)
    await care_button.power_cut()
    assert care_button.state("alarm") is True
    care_button.events.clear()
    await care_button.until(
        lambda: "pressed" in pressed(care_button), "told", within=15
    )


async def test_an_alarm_raised_without_a_hub_is_told_on_its_return(
    care_button: Bench,
) -> None:
    """The hub hears of it as soon as it is back."""
    await care_button.disconnect()
    care_button.apply(Press(channel="button"))
    await care_button.run(120)
    await care_button.connect()
    await care_button.until(lambda: "pressed" in pressed(care_button), "told", within=5)
    assert care_button.state("alarm") is True


async def test_an_empty_battery_is_told(care_button: Bench) -> None:
    """Low below 20 %, and well again only when it is clearly charged."""
    await care_button.run(65)
    assert care_button.state("battery_low") is False
    care_button.apply(Set(channel="battery", value=15))
    await care_button.says("battery_low", True, within=120)
    assert care_button.state("battery") == 15
    care_button.apply(Set(channel="battery", value=22))
    await care_button.run(120)
    assert care_button.state("battery_low") is True
    care_button.apply(Set(channel="battery", value=60))
    await care_button.says("battery_low", False, within=120)
