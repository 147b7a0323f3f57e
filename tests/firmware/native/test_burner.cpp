#include <doctest/doctest.h>

#include "control/burner.h"
#include "control/burner_driver.h"
#include "control/fan.h"
#include "control/flow.h"
#include "control/heat_dump.h"
#include "control/pump.h"

using namespace hearthward;

namespace {

struct Bench {
  ControllerConfig config;
  BurnerArbiter arbiter;
  BurnerRequest request{.coolant = 40.0f};
  bool ready = true;
  Millis now = 0;

  explicit Bench(uint8_t levels = 1) {
    config.power_levels = levels;
    arbiter = BurnerArbiter(config);
    arbiter.boot(0);
  }
  BurnerCommand run(Millis duration) {
    BurnerCommand command;
    for (const Millis end = now + duration; now < end; now += SECOND) {
      arbiter.wants(request);
      command = arbiter.step(request, ready, now);
    }
    return command;
  }
};

}  // namespace

TEST_CASE("burner: waits the minimum off time after boot, then runs its minimum on time") {
  Bench bench;
  bench.request.power = 1.0f;
  CHECK_FALSE(bench.run(bench.config.min_off).on);
  CHECK(bench.run(2 * SECOND).on);
  bench.request.power = 0.0f;
  CHECK(bench.run(bench.config.min_on - 3 * SECOND).on);
  CHECK_FALSE(bench.run(10 * SECOND).on);
  bench.request.power = 1.0f;
  CHECK_FALSE(bench.run(bench.config.min_off - 15 * SECOND).on);
  CHECK(bench.run(20 * SECOND).on);
}

TEST_CASE("burner: a safety stop ignores the minimum on time, and nothing ignores the minimum off time") {
  Bench bench;
  bench.request.power = 1.0f;
  REQUIRE(bench.run(bench.config.min_off + 5 * SECOND).on);
  SUBCASE("blocked") { bench.request.blocked = true; }
  SUBCASE("coolant at its limit") { bench.request.coolant = bench.request.limit; }
  SUBCASE("no path for the heat") { bench.ready = false; }
  CHECK_FALSE(bench.run(SECOND).on);
  bench.request = {.power = 1.0f, .coolant = 40.0f};
  bench.ready = true;
  CHECK_FALSE(bench.run(bench.config.min_off - 5 * SECOND).on);
  CHECK(bench.run(10 * SECOND).on);
}

TEST_CASE("burner: starts again only well below the coolant limit") {
  Bench bench;
  bench.request.power = 1.0f;
  bench.run(bench.config.min_off + 5 * SECOND);
  bench.request.coolant = 80.0f;
  bench.run(SECOND);
  bench.request.coolant = 65.0f;
  CHECK_FALSE(bench.run(HOUR).on);
  bench.request.coolant = 59.0f;
  CHECK(bench.run(SECOND).on);
}

TEST_CASE("burner: small wiggles of demand do not switch it") {
  Bench bench;
  bench.request.power = 0.05f;
  CHECK_FALSE(bench.run(HOUR).on);
  bench.request.power = 0.1f;
  CHECK(bench.run(SECOND).on);
  bench.request.power = 0.05f;
  CHECK(bench.run(HOUR).on);
}

TEST_CASE("burner: modulates in levels, down at once and up one by one") {
  Bench bench(4);
  bench.request.power = 1.0f;
  bench.run(bench.config.min_off + SECOND);
  CHECK(bench.arbiter.command().power == doctest::Approx(bench.config.lowest_power));
  bench.run(65 * SECOND);
  CHECK(bench.arbiter.command().power < 0.6f);
  bench.run(3 * MINUTE);
  CHECK(bench.arbiter.command().power == doctest::Approx(1.0f));
  bench.request.power = 0.35f;
  bench.run(SECOND);
  CHECK(bench.arbiter.command().power < 0.6f);
  SUBCASE("wiggling about a level moves nothing") {
    bench.request.power = 0.6f;
    const float before = bench.run(5 * MINUTE).power;
    for (int i = 0; i < 100; ++i) {
      bench.request.power = i % 2 == 0 ? 0.52f : 0.58f;
      CHECK(bench.run(30 * SECOND).power == before);
    }
  }
  SUBCASE("a lost sensor means the lowest level") {
    bench.request.power = 1.0f;
    bench.request.lowest = true;
    CHECK(bench.run(SECOND).power == doctest::Approx(bench.config.lowest_power));
  }
  SUBCASE("close to the coolant limit it throttles") {
    bench.request.power = 1.0f;
    bench.request.coolant = 78.0f;
    CHECK(bench.run(10 * MINUTE).power == doctest::Approx(bench.config.lowest_power));
  }
}

TEST_CASE("burner watch: silence, a stuck relay and a burner that does not light are noticed") {
  BurnerWatch watch;
  Millis now = HOUR;
  BurnerFeedback feedback{.state = BurnerState::OFF, .confirmed = true};
  const auto run = [&](bool on, Millis duration) {
    for (const Millis end = now + duration; now < end; now += SECOND)
      watch.update(on, on, feedback, now);
  };
  SUBCASE("silence of a burner that talks") {
    feedback.talks = true;
    feedback.heard = now;
    run(true, 16 * SECOND);
    CHECK_FALSE(watch.silent());
    run(true, SECOND);
    CHECK(watch.silent());
    run(false, SECOND);
    CHECK_FALSE(watch.silent());
  }
  SUBCASE("a dry contact is always silent") {
    run(true, MINUTE);
    CHECK_FALSE(watch.silent());
  }
  SUBCASE("stuck relay") {
    feedback.state = BurnerState::STOPPING;
    run(false, 9 * MINUTE);
    CHECK_FALSE(watch.stuck());
    run(false, 2 * MINUTE);
    CHECK(watch.stuck());
  }
  SUBCASE("no ignition, three times") {
    feedback.state = BurnerState::STARTING;
    for (int attempt = 1; attempt <= 3; ++attempt) {
      CHECK_FALSE(watch.gave_up());
      run(true, BurnerWatch::IGNITION + SECOND);
      CHECK(watch.unlit());
      run(false, 5 * MINUTE);
      CHECK_FALSE(watch.unlit());
    }
    CHECK(watch.gave_up());
    watch.reset(0);
    CHECK_FALSE(watch.gave_up());
  }
  SUBCASE("ignition in between counts from anew") {
    feedback.state = BurnerState::STARTING;
    run(true, BurnerWatch::IGNITION + SECOND);
    feedback.state = BurnerState::BURNING;
    run(true, MINUTE);
    feedback.state = BurnerState::STARTING;
    run(true, 2 * BurnerWatch::IGNITION - MINUTE);
    CHECK_FALSE(watch.gave_up());
  }
  SUBCASE("an error is news until it was reset, and again when it comes back") {
    feedback.error = 78;
    run(false, SECOND);
    CHECK(watch.new_error() == 78);
    watch.reset(78);
    run(false, SECOND);
    CHECK(watch.new_error() == 0);
    feedback.error = 0;
    run(false, SECOND);
    feedback.error = 78;
    run(false, SECOND);
    CHECK(watch.new_error() == 78);
  }
}

TEST_CASE("dry contact: the relay follows, the state says what is known") {
  DryContactDriver plain;
  plain.command({.on = true, .power = 1.0f}, 0);
  CHECK(plain.relay());
  CHECK(plain.poll(0).state == BurnerState::BURNING);
  CHECK_FALSE(plain.poll(0).confirmed);
  DryContactDriver seen(true);
  seen.command({.on = true, .power = 1.0f}, 0);
  CHECK(seen.poll(0).state == BurnerState::STARTING);
  seen.set_burning(true);
  CHECK(seen.poll(0).state == BurnerState::BURNING);
  seen.command({}, 0);
  CHECK(seen.poll(0).state == BurnerState::STOPPING);
  seen.set_burning(false);
  CHECK(seen.poll(0).state == BurnerState::OFF);
  CHECK(seen.poll(0).confirmed);
}

TEST_CASE("pump: overruns the burner, and never runs without a path") {
  Pump pump(3 * MINUTE);
  Millis now = HOUR;
  CHECK_FALSE(pump.step(pump.wanted(false, false, false, now), true, now));
  CHECK_FALSE(pump.step(pump.wanted(true, false, false, now), false, now));
  CHECK(pump.step(pump.wanted(false, true, false, now), true, now));
  CHECK(pump.step(pump.wanted(false, false, false, now + 2 * MINUTE), true, now + 2 * MINUTE));
  CHECK(pump.ran_for(2 * MINUTE, now + 2 * MINUTE));
  CHECK_FALSE(pump.step(pump.wanted(false, false, false, now + 3 * MINUTE), true, now + 3 * MINUTE));
  CHECK_FALSE(pump.ran_for(0, now + 3 * MINUTE));
}

TEST_CASE("heat dump: hysteresis, a minimum time, and longer ones when it is needed again soon") {
  HeatDump dump(88.0f, 78.0f);
  Millis now = 0;
  int begun = 0;
  // A coolant that shoots up whenever it is not dumped, and down when it is.
  float coolant = 70.0f;
  for (; now < 30 * HOUR; now += SECOND) {
    const bool before = dump.active();
    const bool active = dump.step(coolant, now);
    begun += active && !before;
    coolant += active ? -0.2f : 0.5f;
    coolant = std::max(coolant, 46.0f);
  }
  CHECK(begun < 30);
  CHECK(begun > 10);
}

TEST_CASE("heat dump: an unknown coolant ends none early and begins none") {
  HeatDump dump(88.0f, 78.0f);
  CHECK_FALSE(dump.step(UNKNOWN, 0));
  CHECK(dump.step(89.0f, SECOND));
  CHECK(dump.step(UNKNOWN, 9 * MINUTE));
  CHECK_FALSE(dump.step(UNKNOWN, 11 * MINUTE));
}

TEST_CASE("fan: follows coolant and demand, and runs on for two minutes") {
  Fan fan;
  CHECK(fan.step(30.0f, 1.0f, HOUR) == 0.0f);
  CHECK(fan.step(41.0f, 1.0f, HOUR) >= Fan::SLOWEST);
  CHECK(fan.step(65.0f, 1.0f, HOUR) == 1.0f);
  CHECK(fan.step(65.0f, 0.5f, HOUR) == doctest::Approx(0.5f));
  CHECK(fan.step(36.0f, 0.5f, HOUR) == Fan::SLOWEST);
  CHECK(fan.step(60.0f, 0.0f, HOUR + MINUTE) == Fan::SLOWEST);
  CHECK(fan.step(60.0f, 0.0f, HOUR + 3 * MINUTE) == 0.0f);
  CHECK(fan.step(34.0f, 1.0f, HOUR) == 0.0f);
  CHECK(fan.step(UNKNOWN, 1.0f, HOUR) == Fan::BLIND);
  CHECK(fan.step(UNKNOWN, 0.0f, HOUR) == 0.0f);
}

TEST_CASE("flow: absent, uncalibrated and armed") {
  FlowWatch absent;
  absent.restore(10.0f);
  CHECK(absent.state() == FlowState::ABSENT);
  FlowWatch watch(true);
  CHECK(watch.state() == FlowState::UNCALIBRATED);
  for (Millis now = 0; now < 10 * MINUTE; now += SECOND)
    CHECK_FALSE(watch.missing(0.0f, true, true, now));
  watch.calibrate(0);
  for (Millis now = 0; now < FlowWatch::SAMPLE; now += SECOND)
    CHECK_FALSE(watch.sample(8.0f, true, now));
  CHECK(watch.sample(8.0f, true, FlowWatch::SAMPLE));
  CHECK(watch.state() == FlowState::ARMED);
  CHECK(watch.nominal() == doctest::Approx(8.0f));
}

TEST_CASE("flow: a calibration without flow is refused") {
  FlowWatch watch(true);
  watch.calibrate(0);
  for (Millis now = 0; now <= MINUTE; now += SECOND)
    CHECK_FALSE(watch.sample(0.1f, true, now));
  CHECK(watch.state() == FlowState::UNCALIBRATED);
}

TEST_CASE("flow: five seconds without it while the burner heats, twenty while the pump runs") {
  FlowWatch watch(true);
  watch.restore(8.0f);
  for (Millis now = HOUR; now < HOUR + 5 * SECOND; now += SECOND)
    CHECK_FALSE(watch.missing(0.5f, true, true, now));
  CHECK(watch.missing(0.5f, true, true, HOUR + 5 * SECOND));
  CHECK_FALSE(watch.missing(8.0f, true, true, HOUR + 6 * SECOND));
  CHECK_FALSE(watch.missing(0.5f, true, true, HOUR + 7 * SECOND));
  CHECK_FALSE(watch.missing(8.0f, false, true, HOUR + 8 * SECOND));
  CHECK_FALSE(watch.missing(0.0f, false, true, 2 * HOUR));
  CHECK_FALSE(watch.missing(0.0f, false, true, 2 * HOUR + 19 * SECOND));
  CHECK(watch.missing(0.0f, false, true, 2 * HOUR + 20 * SECOND));
  CHECK_FALSE(watch.missing(UNKNOWN, true, true, 3 * HOUR));
}
