#include <doctest/doctest.h>

#include "control/plausibility.h"

using namespace hearthward;
using Expect = FrozenCheck::Expect;

namespace {

/// A sensor that publishes every ten seconds.
struct Probe {
  Plausibility sensor;
  Millis now = 0;

  explicit Probe(SensorKind kind) : sensor(sensor_spec(kind, 5 * MINUTE)) {}
  void publish(float value, int times = 1) {
    for (int i = 0; i < times; ++i) {
      now += 10 * SECOND;
      sensor.update({value, now}, now);
    }
  }
  void pass(Millis duration) {
    const Reading last{sensor.value(), now};
    for (const Millis end = now + duration; now < end;) {
      now += SECOND;
      sensor.update(last, now);
    }
  }
};

}  // namespace

TEST_CASE("plausibility: nothing is believed before the first reading") {
  Probe probe(SensorKind::AIR);
  probe.sensor.update({}, 0);
  CHECK_FALSE(probe.sensor.valid());
  CHECK(probe.sensor.fault() == SensorFault::STARTING);
  probe.publish(20.0f);
  CHECK(probe.sensor.valid());
  CHECK(probe.sensor.value() == 20.0f);
}

TEST_CASE("plausibility: a sensor that never speaks is lost, not starting for ever") {
  Probe probe(SensorKind::AIR);
  probe.publish(UNKNOWN, 32);
  CHECK(probe.sensor.fault() == SensorFault::STALE);
}

TEST_CASE("plausibility: a reading from long before the start is none") {
  Plausibility sensor(sensor_spec(SensorKind::AIR, 5 * MINUTE));
  sensor.update({20.0f, HOUR}, 2 * HOUR);
  CHECK_FALSE(sensor.valid());
  Plausibility other(sensor_spec(SensorKind::AIR, 5 * MINUTE));
  other.update({20.0f, 2 * HOUR - MINUTE}, 2 * HOUR);
  CHECK(other.valid());
}

TEST_CASE("plausibility: one bad reading is passed over, three are not") {
  float bad = UNKNOWN;
  SUBCASE("no reading") { bad = UNKNOWN; }
  SUBCASE("out of range") { bad = 85.0f; }
  SUBCASE("too fast") { bad = 32.0f; }
  Probe probe(SensorKind::AIR);
  probe.publish(20.0f, 3);
  probe.publish(bad, 2);
  CHECK(probe.sensor.value() == 20.0f);
  probe.publish(20.1f);
  CHECK(probe.sensor.value() == 20.1f);
  probe.publish(bad, 3);
  CHECK_FALSE(probe.sensor.valid());
  CHECK(std::isnan(probe.sensor.value()));
  CHECK(probe.sensor.last_believed() == 20.1f);
}

TEST_CASE("plausibility: the fault says what was wrong") {
  Probe range(SensorKind::WATER);
  range.publish(50.0f);
  range.publish(-127.0f, 3);
  CHECK(range.sensor.fault() == SensorFault::RANGE);
  Probe rate(SensorKind::AIR);
  rate.publish(20.0f);
  rate.publish(45.0f, 3);
  CHECK(rate.sensor.fault() == SensorFault::RATE);
  Probe silent(SensorKind::AIR);
  silent.publish(20.0f);
  silent.pass(5 * MINUTE + 2 * SECOND);
  CHECK(silent.sensor.fault() == SensorFault::STALE);
}

TEST_CASE("plausibility: the same value published again is news, silence is not") {
  Probe probe(SensorKind::AIR);
  probe.publish(20.0f, 60);
  CHECK(probe.sensor.valid());
  probe.pass(4 * MINUTE);
  CHECK(probe.sensor.valid());
}

TEST_CASE("plausibility: a window thrown open in winter is believed") {
  Probe probe(SensorKind::AIR);
  probe.publish(20.0f);
  for (float value = 20.0f; value > 5.0f; value -= 0.4f)
    probe.publish(value);
  CHECK(probe.sensor.valid());
}

TEST_CASE("plausibility: a coolant that boils up as fast as burners can is believed") {
  Plausibility sensor(sensor_spec(SensorKind::COOLANT, MINUTE));
  Millis now = 0;
  for (float value = 60.0f; value < 99.0f; value += 2.0f) {
    now += SECOND;
    sensor.update({value, now}, now);
  }
  CHECK(sensor.value() > 95.0f);
}

TEST_CASE("plausibility: a lost sensor must be good for two minutes before it counts again") {
  Probe probe(SensorKind::AIR);
  probe.publish(20.0f);
  probe.publish(UNKNOWN, 3);
  probe.publish(20.0f, 12);
  CHECK_FALSE(probe.sensor.valid());
  probe.publish(20.0f);
  CHECK(probe.sensor.valid());
}

TEST_CASE("plausibility: a replaced sensor that reads otherwise comes back") {
  Probe probe(SensorKind::AIR);
  probe.publish(20.0f);
  probe.publish(35.0f, 3);
  CHECK(probe.sensor.fault() == SensorFault::RATE);
  probe.publish(35.0f, 200);
  CHECK_FALSE(probe.sensor.valid());  // It might be stuck there.
  probe.publish(35.0625f);
  CHECK(probe.sensor.value() == 35.0625f);
}

TEST_CASE("frozen: a value that moves by a bit is alive, however little it moves") {
  FrozenCheck check;
  for (Millis now = 0; now < 3 * DAY; now += 10 * SECOND)
    REQUIRE(check.update(now % HOUR < 20 * MINUTE ? 20.0f : 20.0625f, Expect::CHANGE, now) ==
            FrozenCheck::State::MOVING);
}

TEST_CASE("frozen: a heated value that stands still is suspect, and frozen only if a pause does not move it") {
  FrozenCheck check;
  Millis now = SECOND;
  const auto hold = [&](Millis duration, Expect expect) {
    for (const Millis end = now + duration; now < end; now += 10 * SECOND)
      check.update(21.5f, expect, now);
  };
  hold(46 * MINUTE, Expect::CHANGE);
  CHECK(check.state() == FrozenCheck::State::SUSPECT);
  SUBCASE("a steady room cools in the pause and is cleared") {
    hold(20 * MINUTE, Expect::DRIFT);
    check.update(21.4375f, Expect::DRIFT, now);
    CHECK(check.state() == FrozenCheck::State::MOVING);
  }
  SUBCASE("a dead sensor does not, and is found out") {
    hold(44 * MINUTE, Expect::DRIFT);
    CHECK(check.state() == FrozenCheck::State::SUSPECT);
    hold(3 * MINUTE, Expect::DRIFT);
    CHECK(check.state() == FrozenCheck::State::FROZEN);
    SUBCASE("until it moves") {
      check.update(21.0f, Expect::DRIFT, now);
      CHECK(check.state() == FrozenCheck::State::MOVING);
    }
  }
}

TEST_CASE("frozen: without heat it takes half a day, and for a resting coolant for ever") {
  FrozenCheck air;
  FrozenCheck coolant(FrozenCheck::patience(SensorKind::COOLANT));
  for (Millis now = SECOND; now < 11 * HOUR; now += MINUTE)
    air.update(20.0f, Expect::DRIFT, now);
  CHECK(air.state() == FrozenCheck::State::MOVING);
  for (Millis now = 11 * HOUR; now < 13 * HOUR; now += MINUTE)
    air.update(20.0f, Expect::DRIFT, now);
  CHECK(air.state() == FrozenCheck::State::FROZEN);
  for (Millis now = SECOND; now < 30 * DAY; now += MINUTE)
    coolant.update(20.0f, Expect::NOTHING, now);
  CHECK(coolant.state() == FrozenCheck::State::MOVING);
}

TEST_CASE("sensors: a loss and a recovery are each reported once") {
  CheckedSensor sensor(SensorKind::FLOOR, 5 * MINUTE);
  EventQueue events;
  Millis now = 0;
  const auto publish = [&](float value, int times) {
    for (int i = 0; i < times; ++i) {
      now += 10 * SECOND;
      sensor.update({value, now}, Expect::DRIFT, now);
      sensor.report(2, events);
    }
  };
  publish(25.0f, 5);
  CHECK(events.empty());
  publish(UNKNOWN, 50);
  REQUIRE_FALSE(events.empty());
  const Event lost = events.pop();
  CHECK(lost.type == EventType::SENSOR_LOST);
  CHECK(lost.zone == 2);
  CHECK(lost.sensor == SensorKind::FLOOR);
  CHECK(events.empty());
  publish(25.0f, 50);
  CHECK(events.pop().type == EventType::SENSOR_RESTORED);
  CHECK(events.empty());
}
