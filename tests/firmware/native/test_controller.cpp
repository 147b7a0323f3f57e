// The controller in the closed loop with the small house: what a bench would not show.

#include <doctest/doctest.h>

#include <map>

#include "house.h"

using namespace hearthward;
using namespace hearthward::test;

namespace {

/// The house after a first day, in balance.
const House &balanced(double outside) {
  static std::map<double, House> houses;
  const auto [found, fresh] = houses.try_emplace(outside);
  House &house = found->second;
  if (fresh) {
    house.outside = outside;
    house.run(DAY);
    house.events.clear();
    house.valve_moves = house.dump_moves = house.burner_starts = 0;
  }
  return house;
}
House warm_house(double outside = -8.0) { return balanced(outside); }

/// Lowest and highest of a temperature.
struct Span {
  double low = 1000.0;
  double high = -1000.0;
  void see(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// What no fault may do to the home.
void live_through(House &house, Millis duration) {
  Span living, bath, floor, tank, coolant;
  house.run(duration, [&] {
    living.see(house.living);
    bath.see(house.bath);
    floor.see(house.bath_floor);
    tank.see(house.tank);
    coolant.see(house.coolant);
  });
  CHECK(living.low > 8.0);
  CHECK(living.high < 28.0);
  CHECK(bath.low > 8.0);
  CHECK(bath.high < 30.0);
  CHECK(floor.high < FLOOR_CEILING);
  CHECK(tank.high < WATER_CEILING);
  CHECK(coolant.high < COOLANT_CEILING + 1.0);
}

bool has_event(const House &house, EventType type, uint8_t zone) {
  for (const Event &event : house.events) {
    if (event.type == type && event.zone == zone)
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("house: is heated to its targets and stays there quietly") {
  House house = warm_house();
  Span living, floor, tank;
  house.run(DAY, [&] {
    living.see(house.living);
    floor.see(house.bath_floor);
    tank.see(house.tank);
  });
  CHECK(living.low > 19.5);
  CHECK(living.high < 20.5);
  CHECK(floor.low > 26.5);
  CHECK(floor.high < 27.6);
  CHECK(tank.low > 53.0);
  CHECK(tank.high < 57.0);
  CHECK(house.valve_moves < 200);
  CHECK(house.burner_starts < 120);
  CHECK(house.dump_moves == 0);
  CHECK(house.events.empty());
}

TEST_CASE("house: nothing moves until the state is known") {
  House house;
  house.run(15 * SECOND, [&] {
    REQUIRE_FALSE(house.out.ready);
    REQUIRE_FALSE(house.out.burner.on);
    REQUIRE_FALSE(house.out.pump);
    for (const ZoneOutputs &zone : house.out.zones)
      REQUIRE(zone.valve == 0.0f);
  });
  house.run(10 * SECOND);
  CHECK(house.out.ready);
}

TEST_CASE("house: a sensor that never speaks delays the start, but does not prevent it") {
  House house;
  house.tank_wire.state = Wire::State::BROKEN;
  house.run(4 * MINUTE);
  CHECK_FALSE(house.out.ready);
  house.run(2 * MINUTE);
  CHECK(house.out.ready);
  CHECK(house.out.zones[TANK].sensor_problem);
}

TEST_CASE("house: a node whose sensors never worked heats nothing; one whose sensors did lives on without them") {
  House house;
  const std::array wires{&house.living_air_wire, &house.living_floor_wire, &house.bath_floor_wire,
                         &house.bath_air_wire,   &house.tank_wire,         &house.coolant_wire};
  const auto all = [&](Wire::State state) {
    for (Wire *wire : wires)
      wire->state = state;
  };
  all(Wire::State::BROKEN);
  house.run(6 * HOUR, [&] {
    REQUIRE_FALSE(house.out.burner.on);
    REQUIRE_FALSE(house.out.pump);
  });
  REQUIRE(house.out.ready);
  all(Wire::State::WHOLE);
  house.run(HOUR);
  all(Wire::State::BROKEN);
  house.reboot();
  house.burner_starts = 0;
  house.run(6 * HOUR);
  CHECK(house.burner_starts > 0);
}

TEST_CASE("house: any sensor may be lost; it says so, and neither freezes nor cooks") {
  House house = warm_house();
  const auto lose = [&](std::initializer_list<Wire *> wires, Wire::State state) {
    for (Wire *wire : wires)
      wire->state = state;
  };
  SUBCASE("air") {
    lose({&house.living_air_wire}, Wire::State::BROKEN);
    live_through(house, 2 * DAY);
    CHECK(house.out.zones[LIVING].sensors == SensorState::FALLBACK);
    CHECK(house.living > 16.0);
  }
  SUBCASE("air and its floor") {
    lose({&house.living_air_wire, &house.living_floor_wire}, Wire::State::BROKEN);
    live_through(house, 2 * DAY);
    CHECK(house.out.zones[LIVING].sensors == SensorState::LOST);
    CHECK(house.living > 12.0);
  }
  SUBCASE("floor of the bathroom") {
    lose({&house.bath_floor_wire}, Wire::State::BROKEN);
    live_through(house, 2 * DAY);
    CHECK(house.bath > 15.0);
  }
  SUBCASE("tank") {
    lose({&house.tank_wire}, Wire::State::BROKEN);
    live_through(house, 2 * DAY);
    CHECK(house.tank < 75.0);
    CHECK(house.living > 19.0);
  }
  SUBCASE("coolant") {
    lose({&house.coolant_wire}, Wire::State::BROKEN);
    live_through(house, 2 * DAY);
    CHECK(house.living > 12.0);
  }
  SUBCASE("all of them") {
    lose({&house.living_air_wire, &house.living_floor_wire, &house.bath_floor_wire, &house.bath_air_wire,
          &house.tank_wire, &house.coolant_wire},
         Wire::State::BROKEN);
    live_through(house, 2 * DAY);
  }
  SUBCASE("silent instead of broken") {
    lose({&house.living_air_wire, &house.coolant_wire}, Wire::State::SILENT);
    live_through(house, 2 * DAY);
  }
  SUBCASE("air, stuck at a high value") {
    house.living_air_wire.stuck_at = 26.0f;
    lose({&house.living_air_wire}, Wire::State::STUCK_AT);
    live_through(house, 2 * DAY);
  }
  SUBCASE("air, frozen") {
    lose({&house.living_air_wire}, Wire::State::FROZEN);
    live_through(house, 2 * DAY);
    CHECK(house.out.zones[LIVING].sensors == SensorState::FALLBACK);
  }
  SUBCASE("coolant, frozen") {
    lose({&house.coolant_wire}, Wire::State::FROZEN);
    live_through(house, 2 * DAY);
  }
  SUBCASE("all of them in summer") {
    house.outside = 18.0;
    house.run(2 * DAY);
    lose({&house.living_air_wire, &house.living_floor_wire, &house.bath_floor_wire, &house.bath_air_wire},
         Wire::State::BROKEN);
    Span living;
    house.run(3 * DAY, [&] { living.see(house.living); });
    CHECK(living.high < 32.0);
  }
  CHECK(house.out.sensor_problem);
  CHECK(house.count(EventType::SENSOR_LOST) >= 1);
  CHECK_FALSE(house.out.tripped);
}

TEST_CASE("house: a sensor that comes back is taken up again") {
  House house = warm_house();
  house.living_air_wire.state = Wire::State::BROKEN;
  house.run(6 * HOUR);
  house.living_air_wire.state = Wire::State::WHOLE;
  house.run(10 * MINUTE);
  CHECK(house.out.zones[LIVING].sensors == SensorState::OK);
  CHECK_FALSE(house.out.sensor_problem);
  CHECK(has_event(house, EventType::SENSOR_RESTORED, LIVING));
  house.run(12 * HOUR);
  CHECK(house.living == doctest::Approx(20.0).epsilon(0.03));
}

TEST_CASE("house: a burner that does not stop trips, dumps seldom, and its heat keeps the home") {
  House house = warm_house();
  SUBCASE("seen by its feedback") { house.burner_feedback = true; }
  SUBCASE("without feedback") { house.burner_feedback = false; }
  house.burner_stuck_on = true;
  live_through(house, 30 * HOUR);
  CHECK(house.out.trip_reason == TripReason::BURNER_FAULT);
  CHECK_FALSE(house.out.burner.on);
  CHECK(house.valve_moves + house.dump_moves < 400);
  CHECK(house.living > 17.0);
  if (house.burner_feedback)
    CHECK(house.controller.reset_trip() != ResetAnswer::ACCEPTED);
  CHECK(house.out.tripped);
  house.burner_stuck_on = false;
  house.run(2 * HOUR);
  CHECK(house.out.tripped);
  CHECK(house.controller.reset_trip() == ResetAnswer::ACCEPTED);
  house.run(HOUR);
  CHECK_FALSE(house.out.tripped);
  CHECK(house.out.pump);
}

TEST_CASE("house: no flow while burning stops the burner within seconds, for good") {
  ControllerConfig config = house_config();
  config.has_flow_sensor = true;
  House house(config);
  house.run(2 * HOUR);
  CHECK(house.out.flow_state == FlowState::UNCALIBRATED);
  REQUIRE(house.controller.calibrate_flow() == Answer::ACCEPTED);
  house.run(MINUTE);
  REQUIRE(house.out.flow_state == FlowState::ARMED);
  house.run(HOUR);
  while (!house.out.burner.on)
    house.run(SECOND);
  house.run(MINUTE);
  house.flow_wire.state = Wire::State::STUCK_AT;
  house.run(7 * SECOND);
  CHECK_FALSE(house.out.burner.on);
  CHECK_FALSE(house.out.tripped);  // Another way is tried before it is latched.
  house.run(2 * MINUTE);
  CHECK(house.out.trip_reason == TripReason::NO_FLOW);
  house.reboot(config);
  house.run(5 * MINUTE);
  CHECK(house.out.trip_reason == TripReason::NO_FLOW);
  house.flow_wire.state = Wire::State::WHOLE;
  house.run(2 * HOUR);
  CHECK(house.out.tripped);
  CHECK(house.controller.reset_trip() == ResetAnswer::ACCEPTED);
  house.run(SECOND);
  CHECK(house.count(EventType::TRIPPED) == 1);
  CHECK(house.count(EventType::TRIP_RESET) == 1);
}

TEST_CASE("house: a lost flow sensor means the lowest power, not a trip") {
  ControllerConfig config = house_config();
  config.has_flow_sensor = true;
  config.power_levels = 4;
  House house(config);
  house.run(2 * HOUR);
  house.controller.calibrate_flow();
  house.run(MINUTE);
  house.flow_wire.state = Wire::State::BROKEN;
  house.run(MINUTE);
  Span power;
  house.run(6 * HOUR, [&] { power.see(static_cast<double>(house.out.burner.power)); });
  CHECK(power.high <= static_cast<double>(config.lowest_power) + 0.01);
  CHECK(house.out.sensor_problem);
  CHECK_FALSE(house.out.tripped);
}

TEST_CASE("house: a lost flow sensor makes a burner without levels pause, not trip") {
  ControllerConfig config = house_config();
  config.has_flow_sensor = true;
  config.power_levels = 1;
  House house(config);
  house.run(2 * HOUR);
  REQUIRE(house.controller.calibrate_flow() == Answer::ACCEPTED);
  house.run(MINUTE);
  house.flow_wire.state = Wire::State::BROKEN;
  house.run(MINUTE);
  // Colder than the house can be heated against.
  house.outside = -60.0;
  house.run(HOUR);
  int seconds = 0;
  int burning = 0;
  house.run(10 * HOUR, [&] {
    ++seconds;
    burning += house.out.burner.on;
  });
  CHECK(burning <= 0.6 * seconds);
  CHECK(burning >= 0.4 * seconds);
  CHECK(house.out.sensor_problem);
  CHECK_FALSE(house.out.tripped);
}

TEST_CASE("house: coolant over 95 trips, and stays tripped over a reboot until it is cold and a person resets it") {
  House house = warm_house();
  for (double coolant = 75.0; coolant < 97.0; coolant += 1.5) {
    house.coolant = coolant;
    house.run(SECOND);
  }
  CHECK(house.out.trip_reason == TripReason::COOLANT_OVERHEAT);
  CHECK(house.out.dump);
  CHECK(house.controller.reset_trip() == ResetAnswer::COOLANT_HOT);
  CHECK(has_event(house, EventType::TRIPPED, NO_ZONE));
  house.reboot();
  house.run(5 * MINUTE);
  CHECK(house.out.trip_reason == TripReason::COOLANT_OVERHEAT);
  house.run(3 * HOUR);
  CHECK(house.out.tripped);
  CHECK(house.controller.reset_trip() == ResetAnswer::ACCEPTED);
  CHECK(house.controller.reset_trip() == ResetAnswer::NOT_TRIPPED);
}

TEST_CASE("house: a trip for a reason that only another firmware knows stays a trip") {
  House house;
  NodeMemory saved = house.controller.node_memory();
  saved.trip = static_cast<TripReason>(200);
  house.controller.restore(saved);
  house.run(HOUR);
  CHECK(house.out.trip_reason == TripReason::BURNER_FAULT);
  CHECK(house.burner_starts == 0);
}

TEST_CASE("house: a floor at its limit closes the valve of its room, and the room is not trapped") {
  House house = warm_house();
  house.controller.set_limit(LIVING, 20.0f);
  house.living_floor = 21.0;
  house.run(MINUTE);
  CHECK(house.out.zones[LIVING].limited);
  CHECK(house.out.zones[LIVING].valve == 0.0f);
  CHECK_FALSE(house.out.tripped);
  house.run(DAY);
  CHECK(house.living > 16.0);
  CHECK(house.living_floor < 20.5);
}

TEST_CASE("house: a reboot in mid-heating keeps the burner off for its minimum off time and then goes on") {
  House house = warm_house();
  while (!house.out.burner.on)
    house.run(SECOND);
  house.run(MINUTE);
  house.reboot();
  house.run(5 * MINUTE, [&] { REQUIRE_FALSE(house.out.burner.on); });
  house.run(20 * MINUTE);
  CHECK(house.burner_starts >= 1);
  live_through(house, 6 * HOUR);
  CHECK(house.living == doctest::Approx(20.0).epsilon(0.03));
}

TEST_CASE("house: switched off, it still does not freeze") {
  House house = warm_house(-15.0);
  SUBCASE("by the master switch") { house.controller.set_heating(false); }
  SUBCASE("zone by zone") {
    for (size_t i = 0; i < 3; ++i)
      house.controller.set_mode(i, ZoneMode::OFF);
  }
  Span coldest;
  house.run(5 * DAY, [&] { coldest.see(std::min({house.living, house.bath, house.tank})); });
  CHECK(coldest.low > 3.5);
  CHECK(house.living < 12.0);
  CHECK(has_event(house, EventType::FROST_PROTECTION, LIVING));
}

TEST_CASE("house: the schedule runs without a network, and a lost clock leaves it where it was") {
  House house;
  for (uint8_t day = 0; day < DAYS; ++day)
    REQUIRE(house.controller.set_day(LIVING, day, "06:30 normal, 22:30 eco") == "");
  house.run(6 * HOUR + 29 * MINUTE);
  CHECK(house.out.zones[LIVING].preset == Preset::ECO);
  house.run(61 * SECOND);
  CHECK(house.out.zones[LIVING].preset == Preset::NORMAL);
  house.clock = false;
  house.run(DAY);
  CHECK(house.out.zones[LIVING].preset == Preset::NORMAL);
  CHECK_FALSE(house.out.clock_valid);
  CHECK(house.count(EventType::CLOCK_LOST) == 1);
  house.clock = true;
  house.run(MINUTE);
  CHECK(house.count(EventType::CLOCK_RESTORED) == 1);
}

TEST_CASE("house: a node that boots without time says so, and says when it has it") {
  House house;
  house.clock = false;
  house.run(4 * MINUTE);
  CHECK(house.count(EventType::CLOCK_LOST) == 0);
  house.run(2 * HOUR);
  CHECK(house.count(EventType::CLOCK_LOST) == 1);
  house.clock = true;
  house.run(MINUTE);
  CHECK(house.count(EventType::CLOCK_RESTORED) == 1);
}

TEST_CASE("house: a schedule that cannot be read is refused, with an event, and the old one stays") {
  House house;
  house.controller.set_day(BATH, 2, "06:30 normal");
  CHECK(house.controller.set_day(BATH, 2, "half past six") != "");
  CHECK(format_day(house.controller.schedule(BATH).days[2]) == "06:30 normal");
  house.run(SECOND);
  CHECK(has_event(house, EventType::SCHEDULE_REJECTED, BATH));
}

TEST_CASE("house: autotune finds gains for the living room and hands over") {
  House house = warm_house();
  REQUIRE(house.controller.start_autotune(LIVING) == Answer::ACCEPTED);
  while (house.out.zones[LIVING].autotune != AutotuneState::DONE) {
    house.run(MINUTE);
    REQUIRE(house.out.zones[LIVING].autotune != AutotuneState::FAILED);
  }
  CHECK(house.controller.settings(LIVING).gains.kp != zone_defaults(ZoneType::AIR).gains.kp);
  house.run(6 * HOUR);
  Span living;
  house.run(DAY, [&] { living.see(house.living); });
  CHECK(living.low > 19.2);
  CHECK(living.high < 20.8);
}

TEST_CASE("house: autotune gives way to a new target, a lost sensor and a trip") {
  House house = warm_house();
  REQUIRE(house.controller.start_autotune(LIVING) == Answer::ACCEPTED);
  house.run(MINUTE);
  SUBCASE("target") { house.controller.set_target(LIVING, 18.0f); }
  SUBCASE("mode") { house.controller.set_mode(LIVING, ZoneMode::OFF); }
  SUBCASE("sensor") { house.living_air_wire.state = Wire::State::BROKEN; }
  house.run(2 * MINUTE);
  CHECK(house.out.zones[LIVING].autotune == AutotuneState::FAILED);
  CHECK(house.controller.settings(LIVING).gains.kp == zone_defaults(ZoneType::AIR).gains.kp);
}

TEST_CASE("house: valves are exercised in summer, and the exercise survives reboots") {
  House house;
  house.outside = 24.0;
  house.living = house.living_floor = house.bath = house.bath_floor = 25.0;
  house.controller.set_heating(false);
  for (int boot = 0; boot < 11; ++boot) {
    house.run(20 * HOUR);
    house.reboot();
  }
  CHECK(has_event(house, EventType::VALVE_EXERCISE, LIVING));
  CHECK(has_event(house, EventType::VALVE_EXERCISE, BATH));
  CHECK(has_event(house, EventType::VALVE_EXERCISE, TANK));
  CHECK(house.burner_starts == 0);
}

TEST_CASE("house: a valve that does not close is noticed before it cooks, and the pump then leaves it alone") {
  House house = warm_house();
  house.controller.set_limit(LIVING, 24.0f);
  house.living_valve_stuck_open = true;
  house.controller.set_target(TANK, 65.0f);
  Span living;
  house.run(3 * DAY, [&] { living.see(house.living); });
  CHECK(living.high < 32.0);
  CHECK(house.out.zones[LIVING].limited);
}

TEST_CASE("fan: runs for the living room and stops after it") {
  House house = warm_house();
  house.run(HOUR);
  CHECK(house.out.fan > 0.0f);
  house.controller.set_mode(LIVING, ZoneMode::OFF);
  house.run(30 * MINUTE);
  CHECK(house.out.fan == 0.0f);
}

TEST_CASE("house: a valve that is jammed shut is found, and the others are heated") {
  ControllerConfig config = house_config();
  config.has_flow_sensor = true;
  House house(config);
  house.outside = -8.0;
  house.run(2 * HOUR);
  REQUIRE(house.controller.calibrate_flow() == Answer::ACCEPTED);
  house.run(DAY);
  house.jammed_shut = LIVING;
  house.run(DAY);
  CHECK_FALSE(house.out.tripped);
  CHECK(house.out.zones[LIVING].valve_problem);
  CHECK(has_event(house, EventType::VALVE_STUCK, LIVING));
  CHECK(house.count(EventType::VALVE_STUCK) == 1);
  CHECK(house.bath_floor > 26.0);
  CHECK(house.tank > 50.0);
  house.jammed_shut = NO_ZONE;
  house.run(2 * DAY);
  CHECK_FALSE(house.out.zones[LIVING].valve_problem);
  CHECK(house.living == doctest::Approx(20.0).epsilon(0.03));
}

TEST_CASE("house: little demand does not make the pump chatter") {
  House house = warm_house();
  house.outside = 12.0;
  for (size_t i = 0; i < 3; ++i)
    house.controller.set_preset(i, Preset::ECO);
  uint32_t pump_starts = 0;
  bool before = false;
  house.run(2 * DAY, [&] {
    pump_starts += house.out.pump && !before;
    before = house.out.pump;
  });
  CHECK(pump_starts < 96);
}
