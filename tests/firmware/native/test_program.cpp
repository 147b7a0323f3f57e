#include <doctest/doctest.h>

#include "control/program.h"

using namespace hearthward;

namespace {

WallClock at(uint8_t weekday, uint16_t hour, uint16_t minute) {
  return {.valid = true, .weekday = weekday, .second = 0, .minute = static_cast<uint16_t>(hour * 60 + minute)};
}

ZoneConfig air_zone() { return within_bounds(zone_defaults(ZoneType::AIR)); }

/// A program on a clock that runs from Monday 00:00, boot at the same time.
struct Run {
  Program program{air_zone()};
  Millis now = 0;

  WallClock clock() const {
    const auto minute = static_cast<uint16_t>(now / MINUTE % MINUTES_PER_WEEK);
    return at(static_cast<uint8_t>(minute / MINUTES_PER_DAY), static_cast<uint16_t>(minute % MINUTES_PER_DAY / 60),
              static_cast<uint16_t>(minute % 60));
  }
  void until(Millis end) {
    for (; now < end; now += 10 * SECOND)
      program.step(clock(), now);
    program.step(clock(), now);
  }
  void schedule(std::string_view text) {
    for (size_t day = 0; day < DAYS; ++day)
      program.set_day(day, parse_day(text).day, clock(), now);
  }
  Preset preset() const { return program.memory().preset; }
};

}  // namespace

TEST_CASE("program: boost lasts as long as asked for, then what was before comes back") {
  Run run;
  run.program.set_preset(Preset::ECO, run.now);
  CHECK(run.program.start_boost(30, false, run.now) == Answer::ACCEPTED);
  CHECK(run.program.target() == run.program.settings().boost);
  run.until(29 * MINUTE);
  CHECK(run.preset() == Preset::BOOST);
  run.until(31 * MINUTE);
  CHECK(run.preset() == Preset::ECO);
}

TEST_CASE("program: boost gives a target that was set by hand back") {
  Run run;
  run.program.set_target(18.5f);
  run.program.set_preset(Preset::BOOST, run.now);
  run.program.set_preset(Preset::BOOST, run.now);
  run.until(2 * HOUR);
  CHECK(run.preset() == Preset::NONE);
  CHECK(run.program.target() == 18.5f);
}

TEST_CASE("program: a slot in a boost by hand is what the boost ends in") {
  Run run;
  run.schedule("01:00 normal, 02:00 eco");
  run.until(110 * MINUTE);
  run.program.start_boost(60, false, run.now);
  run.until(130 * MINUTE);
  CHECK(run.preset() == Preset::BOOST);
  run.until(171 * MINUTE);
  CHECK(run.preset() == Preset::ECO);
}

TEST_CASE("program: a boost of the schedule ends after its duration or with the next slot") {
  Run run;
  run.program.set_boost_minutes(60);
  SUBCASE("duration") {
    run.schedule("00:30 eco, 01:00 boost, 12:00 normal");
    run.until(90 * MINUTE);
    CHECK(run.preset() == Preset::BOOST);
    run.until(121 * MINUTE);
    CHECK(run.preset() == Preset::ECO);
  }
  SUBCASE("next slot") {
    run.schedule("00:30 eco, 01:00 boost, 01:20 normal");
    run.until(81 * MINUTE);
    CHECK(run.preset() == Preset::NORMAL);
    run.until(3 * HOUR);
    CHECK(run.preset() == Preset::NORMAL);
  }
}

TEST_CASE("program: what is set by hand holds until the next slot") {
  Run run;
  run.schedule("06:00 normal, 22:00 eco");
  run.until(7 * HOUR);
  CHECK(run.preset() == Preset::NORMAL);
  run.program.set_preset(Preset::ECO, run.now);
  run.until(21 * HOUR);
  CHECK(run.preset() == Preset::ECO);
  run.program.set_target(19.0f);
  run.until(21 * HOUR + 59 * MINUTE);
  CHECK(run.preset() == Preset::NONE);
  run.until(22 * HOUR);
  CHECK(run.preset() == Preset::ECO);
}

TEST_CASE("program: a reboot goes on with override and boost, unless a slot came meanwhile") {
  Run run;
  run.schedule("06:00 normal, 22:00 eco");
  run.until(7 * HOUR);
  run.program.set_preset(Preset::ECO, run.now);
  const auto reboot = [&](Millis gone) {
    Run next;
    next.program.restore(run.program.settings());
    next.program.restore(run.program.memory());
    next.program.restore(run.program.schedule());
    next.now = run.now + gone;
    next.program.step(next.clock(), next.now);
    return next;
  };
  CHECK(reboot(HOUR).preset() == Preset::ECO);
  CHECK(reboot(16 * HOUR).preset() == Preset::ECO);
  CHECK(reboot(24 * HOUR).preset() == Preset::NORMAL);
  run.program.start_boost(60, false, run.now);
  run.until(run.now + 40 * MINUTE);
  Run boosted = reboot(0);
  CHECK(boosted.preset() == Preset::BOOST);
  boosted.until(boosted.now + 31 * MINUTE);
  CHECK(boosted.preset() == Preset::ECO);
}

TEST_CASE("program: the schedule switched off does nothing, switched on applies the slot of now") {
  Run run;
  run.schedule("06:00 normal, 22:00 eco");
  run.program.enable_schedule(false);
  run.program.set_preset(Preset::ECO, run.now);
  run.until(8 * HOUR);
  CHECK(run.preset() == Preset::ECO);
  CHECK_FALSE(run.program.next_event().known);
  run.program.enable_schedule(true);
  run.until(run.now + MINUTE);
  CHECK(run.preset() == Preset::NORMAL);
}

TEST_CASE("program: an edited schedule applies at once only if the slot of now changed") {
  Run run;
  run.schedule("06:00 normal, 22:00 eco");
  run.until(7 * HOUR);
  run.program.set_preset(Preset::BOOST, run.now);
  run.program.set_preset(Preset::ECO, run.now);
  run.program.set_day(0, parse_day("06:00 normal, 21:00 eco").day, run.clock(), run.now);
  run.until(run.now + MINUTE);
  CHECK(run.preset() == Preset::ECO);
  run.program.set_day(0, parse_day("06:00 normal, 07:00 normal").day, run.clock(), run.now);
  run.until(run.now + MINUTE);
  CHECK(run.preset() == Preset::NORMAL);
}

TEST_CASE("program: pre-heat raises the target ahead of a warmer slot and of no other") {
  Run run;
  run.schedule("06:00 normal, 22:00 eco");
  run.program.set_preheat_minutes(60);
  run.until(4 * HOUR + 59 * MINUTE);
  CHECK(run.program.target() == run.program.settings().eco);
  run.until(5 * HOUR);
  CHECK(run.program.preheating());
  CHECK(run.program.target() == run.program.settings().normal);
  CHECK(run.preset() == Preset::ECO);
  run.until(21 * HOUR + 30 * MINUTE);
  CHECK_FALSE(run.program.preheating());
  CHECK(run.program.target() == run.program.settings().normal);
}

TEST_CASE("program: the next event is where the schedule will be next") {
  Run run;
  run.schedule("06:00 normal, 22:00 eco");
  run.until(23 * HOUR);
  const NextEvent next = run.program.next_event();
  CHECK(next.known);
  CHECK(next.preset == Preset::NORMAL);
  CHECK(next.weekday == 1);
  CHECK(next.minute == 6 * 60);
  CHECK(next.in_minutes == 7 * 60);
}

TEST_CASE("limits: nothing at run time gets above the configured limit, and the configuration not above the ceiling") {
  ZoneConfig config = zone_defaults(ZoneType::FLOOR);
  config.limit = 99.0f;
  CHECK(within_bounds(config).limit == FLOOR_CEILING);
  config.limit = UNKNOWN;
  CHECK(within_bounds(config).limit == FLOOR_CEILING);
  config.limit = 40.0f;
  Program program(within_bounds(config));
  CHECK(program.set_limit(60.0f) == Answer::CLAMPED);
  CHECK(program.settings().limit == 40.0f);
  CHECK(program.set_limit(30.0f) == Answer::ACCEPTED);
  CHECK(program.set_limit(UNKNOWN) == Answer::REJECTED);
  CHECK(program.settings().boost <= 29.0f);
  CHECK(program.set_preset_temperature(Preset::BOOST, 45.0f) == Answer::CLAMPED);
  CHECK(program.settings().boost == 29.0f);
  CHECK(program.set_target(45.0f) == Answer::CLAMPED);
  CHECK(program.target() == 29.0f);
  CHECK(program.set_limit(40.0f) == Answer::ACCEPTED);
  ZoneSettings forged = program.settings();
  forged.limit = 85.0f;
  forged.boost = 84.0f;
  program.restore(forged);
  CHECK(program.settings().limit == 40.0f);
  CHECK(program.settings().boost <= 39.0f);
}

TEST_CASE("limits: ceilings by type") {
  CHECK(zone_ceiling(zone_defaults(ZoneType::AIR)) == AIR_CEILING);
  CHECK(zone_ceiling(zone_defaults(ZoneType::FLOOR)) == FLOOR_CEILING);
  CHECK(zone_ceiling(zone_defaults(ZoneType::WATER)) == WATER_CEILING);
  ZoneConfig heated_floor = zone_defaults(ZoneType::AIR);
  heated_floor.has_floor = true;
  CHECK(zone_ceiling(heated_floor) == FLOOR_CEILING);
  CHECK(Program(within_bounds(heated_floor)).highest_target() == HIGHEST_AIR_TARGET);
}

TEST_CASE("records: spoiled ones are refused or cut to their bounds") {
  Program program(air_zone());
  const ZoneSettings before = program.settings();
  ZoneSettings other = before;
  other.version = 9;
  other.eco = 7.0f;
  program.restore(other);
  CHECK(program.settings().eco == before.eco);
  other.version = RECORD_VERSION;
  other.eco = UNKNOWN;
  other.boost_minutes = 60000;
  other.gains = {UNKNOWN, 1.0f, -1.0f};
  program.restore(other);
  CHECK(program.settings().eco == before.eco);
  CHECK(program.settings().boost_minutes == LONGEST_BOOST);
  CHECK(program.settings().gains.kp == before.gains.kp);
  WeekSchedule week;
  week.days[3][0] = Slot{0x0FFF};
  program.restore(week);
  CHECK_FALSE(program.schedule().days[3][0].used());
  ZoneMemory memory;
  memory.preset = static_cast<Preset>(7);
  program.restore(memory);
  CHECK(program.memory().preset == Preset::NORMAL);
}

TEST_CASE("requests: nonsense is rejected") {
  Program program(air_zone());
  CHECK(program.set_target(UNKNOWN) == Answer::REJECTED);
  CHECK(program.set_preset(Preset::NONE, 0) == Answer::REJECTED);
  CHECK(program.set_preset_temperature(Preset::NONE, 20.0f) == Answer::REJECTED);
  CHECK(program.set_boost_minutes(0) == Answer::CLAMPED);
  CHECK(program.set_preheat_minutes(5000) == Answer::CLAMPED);
}
