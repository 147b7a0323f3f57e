#include <doctest/doctest.h>

#include "control/duty.h"
#include "control/frost.h"
#include "control/hydraulics.h"
#include "control/trips.h"

using namespace hearthward;

namespace {

struct Bench {
  ControllerConfig config;
  Hydraulics water;
  std::array<ValveRequest, MAX_ZONES> zones{};
  PathRequest path;
  Millis now = HOUR;

  explicit Bench(bool has_dump = false) {
    config.zone_count = 3;
    config.has_dump = has_dump;
    water = Hydraulics(config);
    zones.fill({.demand = 0.0f, .limited = false, .headroom = 10.0f});
  }
  void run(Millis duration) {
    for (const Millis end = now + duration; now < end; now += SECOND)
      water.step(zones, path, SECOND, now);
  }
};

}  // namespace

TEST_CASE("valve: water passes only after the stroke") {
  Valve valve(MINUTE);
  valve.move(1.0f, HOUR);
  CHECK_FALSE(valve.passes(HOUR + 59 * SECOND));
  CHECK(valve.passes(HOUR + MINUTE));
  valve.move(0.0f, HOUR + MINUTE);
  CHECK_FALSE(valve.passes(HOUR + MINUTE));
}

TEST_CASE("valve: noise does not move it") {
  Valve valve(MINUTE);
  int moves = 0;
  float before = 0.0f;
  for (Millis now = HOUR; now < HOUR + DAY; now += 10 * SECOND) {
    valve.follow(now / SECOND % 20 == 0 ? 0.48f : 0.54f, now);
    moves += valve.position() != before;
    before = valve.position();
  }
  CHECK(moves <= 2);
}

TEST_CASE("valve: is never open so little that the pump works against it") {
  Valve valve(MINUTE);
  for (Millis now = HOUR; now < 2 * DAY; now += MINUTE) {
    valve.follow(static_cast<float>(now / MINUTE % 100) / 100.0f, now);
    CHECK((valve.position() == 0.0f || valve.position() >= Valve::LEAST_OPEN));
  }
}

TEST_CASE("hydraulics: heat that nobody asked for goes where it was wanted last") {
  Bench bench;
  bench.zones[1].demand = 0.5f;
  bench.path.pump = true;
  bench.run(10 * MINUTE);
  CHECK(bench.water.valve(1).open());
  bench.zones[1].demand = 0.0f;
  bench.run(30 * MINUTE);
  CHECK(bench.water.valve(1).open());
  SUBCASE("until that zone is at its limit, then where there is most room") {
    bench.zones[1].limited = true;
    bench.zones[2].headroom = 20.0f;
    bench.run(SECOND);
    CHECK_FALSE(bench.water.valve(1).open());
    CHECK(bench.water.valve(2).open());
    CHECK_FALSE(bench.water.passes(bench.now));
    bench.run(MINUTE);
    CHECK(bench.water.passes(bench.now));
  }
  SUBCASE("and the valve closes when the pump is done") {
    bench.path.pump = false;
    bench.run(20 * MINUTE);
    CHECK_FALSE(bench.water.valve(1).open());
  }
}

TEST_CASE("hydraulics: the way out stays open until another one is") {
  Bench bench;
  bench.zones[0].demand = 0.5f;
  bench.path.pump = true;
  bench.run(30 * MINUTE);
  REQUIRE(bench.water.passes(bench.now));
  bench.zones[0].demand = 0.0f;
  bench.zones[2].demand = 0.8f;
  for (int i = 0; i < 1800; ++i) {
    bench.run(SECOND);
    REQUIRE(bench.water.passes(bench.now));
  }
  CHECK_FALSE(bench.water.valve(0).open());
  CHECK(bench.water.valve(2).open());
}

TEST_CASE("hydraulics: with every zone at its limit only the dump is left") {
  for (const bool has_dump : {false, true}) {
    Bench bench(has_dump);
    for (ValveRequest &zone : bench.zones)
      zone = {.demand = 0.0f, .limited = true, .headroom = -1.0f};
    bench.path.pump = true;
    bench.run(5 * MINUTE);
    for (size_t i = 0; i < 3; ++i)
      CHECK_FALSE(bench.water.valve(i).open());
    CHECK(bench.water.passes(bench.now) == has_dump);
    CHECK(bench.water.dump_open() == has_dump);
  }
}

TEST_CASE("hydraulics: a dump without a valve of its own goes into the zone with room") {
  Bench bench;
  bench.zones[2].headroom = 30.0f;
  bench.path = {.pump = true, .dump = true, .tripped = true};
  bench.run(2 * MINUTE);
  CHECK(bench.water.valve(2).position() == 1.0f);
  CHECK(bench.water.passes(bench.now));
}

TEST_CASE("valve exercise: weekly, one after the other, and only at rest") {
  Bench bench;
  std::array<int, 3> times{};
  int at_once = 0;
  const auto days = [&](int count) {
    for (const Millis end = bench.now + static_cast<Millis>(count) * DAY; bench.now < end;) {
      const uint8_t begun = bench.water.begin_exercise(bench.zones, bench.path.tripped, bench.now);
      if (begun != NO_ZONE)
        ++times[begun];
      bench.run(10 * SECOND);
      int open = 0;
      for (size_t i = 0; i < 3; ++i)
        open += bench.water.valve(i).open();
      at_once = std::max(at_once, open);
    }
  };
  SUBCASE("every valve, once a week") {
    days(22);
    CHECK(times == std::array{3, 3, 3});
    CHECK(at_once == 1);
  }
  SUBCASE("not while tripped") {
    bench.path.tripped = true;
    days(9);
    CHECK(times == std::array{0, 0, 0});
    bench.path.tripped = false;
    days(1);
    CHECK(times == std::array{1, 1, 1});
  }
  SUBCASE("not in demand, and not over the limit") {
    bench.zones[0].demand = 0.5f;
    bench.zones[1].limited = true;
    days(9);
    CHECK(times == std::array{0, 0, 1});
  }
}

TEST_CASE("valve exercise: demand interrupts it") {
  Bench bench;
  bench.water.exercise().restore(0, 168);
  REQUIRE(bench.water.begin_exercise(bench.zones, false, bench.now) == 0);
  bench.run(100 * SECOND);
  CHECK(bench.water.exercise().exercising(0));
  bench.zones[0].demand = 0.5f;
  bench.run(SECOND);
  CHECK_FALSE(bench.water.exercise().exercising(0));
}

TEST_CASE("valve exercise: a valve that travels by itself needs none") {
  ValveExercise exercise(MINUTE);
  for (Millis hour = 0; hour < 30 * 24; ++hour) {
    exercise.observe(0, hour % 48 < 24 ? 1.0f : 0.0f, HOUR);
    CHECK_FALSE(exercise.begin(0, hour * HOUR));
  }
}

TEST_CASE("frost: begins below 5, ends above 7, and needs a reading") {
  FrostGuard guard;
  CHECK_FALSE(guard.update(5.0f));
  CHECK(guard.update(4.9f));
  CHECK(guard.update(7.0f));
  CHECK_FALSE(guard.update(7.1f));
  guard.update(4.0f);
  CHECK_FALSE(guard.update(UNKNOWN));
}

TEST_CASE("duty: begins with a pause and keeps its part of the time") {
  DutyWindow window;
  for (const float duty : {0.2f, 0.5f, 0.9f, 1.0f}) {
    const Millis begun = 12345 * SECOND;
    window.begin(begun);
    for (Millis now = begun; now < begun + DutyWindow::FIRST_PAUSE; now += SECOND)
      REQUIRE_FALSE(window.open(duty, now));
    int open = 0;
    for (Millis now = begun + DAY; now < begun + 2 * DAY; now += SECOND)
      open += window.open(duty, now);
    CHECK(static_cast<float>(open) / 86400.0f == doctest::Approx(duty).epsilon(0.01));
  }
}

TEST_CASE("duty: is learned over a day, and not from a value that stood still") {
  LearnedDuty learned(0.25f);
  float reading = 20.0f;
  for (int minute = 0; minute < 2880; ++minute)
    learned.learn(0.4f, reading += 0.01f, MINUTE);
  CHECK(learned.duty() == doctest::Approx(0.4f).epsilon(0.05));
  for (int minute = 0; minute < 720; ++minute)
    learned.learn(1.0f, reading, MINUTE);
  learned.forget_unproven();
  CHECK(learned.duty() == doctest::Approx(0.4f).epsilon(0.05));
}

TEST_CASE("trips: each reason, and the worst first") {
  Evidence evidence{.coolant = 70.0f, .burner_on = true};
  CHECK(find_trip(evidence).reason == TripReason::NONE);
  SUBCASE("coolant") {
    evidence.coolant = 95.0f;
    CHECK(find_trip(evidence).reason == TripReason::NONE);
    evidence.coolant = 95.1f;
    evidence.no_flow = true;
    CHECK(find_trip(evidence).reason == TripReason::COOLANT_OVERHEAT);
  }
  SUBCASE("zone") {
    evidence.zone_over_limit = 2;
    CHECK(find_trip(evidence).reason == TripReason::ZONE_OVERHEAT);
    CHECK(find_trip(evidence).zone == 2);
  }
  SUBCASE("flow") {
    evidence.no_flow = true;
    CHECK(find_trip(evidence).reason == TripReason::NO_FLOW);
  }
  SUBCASE("sight lost near the limit") {
    evidence.coolant = UNKNOWN;
    evidence.coolant_last = 78.0f;
    evidence.coolant_loss = SensorFault::STALE;
    CHECK(find_trip(evidence).reason == TripReason::NONE);
    evidence.coolant_loss = SensorFault::RANGE;
    CHECK(find_trip(evidence).reason == TripReason::SENSOR_IMPLAUSIBLE);
    evidence.coolant_last = 60.0f;
    CHECK(find_trip(evidence).reason == TripReason::NONE);
  }
  SUBCASE("burner") {
    evidence.burner_silent = true;
    CHECK(find_trip(evidence).reason == TripReason::BURNER_SILENT);
    evidence.burner_error = 78;
    CHECK(find_trip(evidence).reason == TripReason::BURNER_FAULT);
    CHECK(find_trip(evidence).code == 78);
  }
  SUBCASE("a relay that sticks, without feedback") {
    evidence = {.coolant = 89.0f, .burner_off_for = 11 * MINUTE};
    CHECK(find_trip(evidence).reason == TripReason::BURNER_FAULT);
  }
}

TEST_CASE("trips: a reset is refused for as long as it is not safe, with the reason") {
  const Trip trip{.reason = TripReason::NO_FLOW};
  ResetEvidence evidence{.ready = true, .coolant = 50.0f, .off_for = HOUR};
  CHECK(judge_reset({}, evidence) == ResetAnswer::NOT_TRIPPED);
  CHECK(judge_reset(trip, evidence) == ResetAnswer::ACCEPTED);
  const auto refused = [&](auto change, ResetAnswer answer) {
    ResetEvidence changed = evidence;
    change(changed);
    CHECK(judge_reset(trip, changed) == answer);
  };
  refused([](ResetEvidence &e) { e.ready = false; }, ResetAnswer::STARTING);
  refused([](ResetEvidence &e) { e.coolant = 80.0f; }, ResetAnswer::COOLANT_HOT);
  refused([](ResetEvidence &e) { e.coolant_lost = true, e.off_for = MINUTE; }, ResetAnswer::COOLANT_UNKNOWN);
  refused([](ResetEvidence &e) { e.zone_hot = true; }, ResetAnswer::ZONE_HOT);
  refused([](ResetEvidence &e) { e.burner_burning = true; }, ResetAnswer::BURNER_BURNING);
  refused([](ResetEvidence &e) { e.burner_silent = true; }, ResetAnswer::BURNER_SILENT);
  refused([](ResetEvidence &e) { e.burner_error = true; }, ResetAnswer::BURNER_ERROR);
}

TEST_CASE("over limit: a limit lowered below the present temperature closes, but does not trip") {
  OverLimit over;
  Millis now = 0;
  const auto run = [&](float value, float limit) {
    bool tripped = false;
    for (const Millis end = now + 5 * MINUTE; now < end; now += SECOND)
      tripped = over.update(value, limit, 85.0f, now);
    return tripped;
  };
  CHECK_FALSE(run(60.0f, 75.0f));
  CHECK_FALSE(run(60.0f, 50.0f));
  CHECK_FALSE(run(49.0f, 50.0f));
  CHECK_FALSE(run(52.9f, 50.0f));
  CHECK(run(53.5f, 50.0f));
  CHECK_FALSE(run(60.0f, 84.0f));
  CHECK(run(85.5f, 84.0f));
}
