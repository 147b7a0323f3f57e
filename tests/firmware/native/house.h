#pragma once

// A controller with a small house around it: three zones, a coolant loop and a burner, in steps of a second. It is a
// lumped model with round numbers, good enough to close the loop; the simulated home has the full plant.

#include <cstdint>
#include <vector>

#include "control/controller.h"

namespace hearthward::test {

/// A small deterministic generator (SplitMix64, public domain by Sebastiano Vigna).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  /// 0 up to, not including, `count`.
  uint32_t below(uint32_t count) { return static_cast<uint32_t>(next() % count); }
  /// `from` to `to`.
  float between(float from, float to) { return from + (to - from) * static_cast<float>(next() >> 40) / 16777216.0f; }
  bool chance(float part) { return between(0.0f, 1.0f) < part; }

 private:
  uint64_t state_;
};

enum Zones : size_t { LIVING, BATH, TANK };

/// Living room (air, with a floor sensor and the fan), bathroom (floor, with an air sensor), tank.
inline ControllerConfig house_config() {
  ControllerConfig config;
  config.zone_count = 3;
  config.zones[LIVING] = zone_defaults(ZoneType::AIR);
  config.zones[LIVING].has_floor = true;
  config.zones[LIVING].has_fan = true;
  config.zones[LIVING].limit = 45.0f;
  config.zones[BATH] = zone_defaults(ZoneType::FLOOR);
  config.zones[BATH].has_air = true;
  config.zones[TANK] = zone_defaults(ZoneType::WATER);
  config.has_dump = true;
  return config;
}

/// One sensor between the house and the controller, and how it fails.
struct Wire {
  enum class State { WHOLE, BROKEN, SILENT, FROZEN, STUCK_AT };
  State state = State::WHOLE;
  float stuck_at = 0.0f;
  Reading last;

  void publish(double truth, float noise, Millis now) {
    if (state == State::SILENT)
      return;
    if (state == State::WHOLE)
      last.value = std::round((static_cast<float>(truth) + noise) * 16.0f) / 16.0f;
    else if (state == State::BROKEN)
      last.value = UNKNOWN;
    else if (state == State::STUCK_AT)
      last.value = stuck_at;
    last.at = now;
  }
};

class House {
 public:
  explicit House(const ControllerConfig &config = house_config(), uint64_t seed = 1)
      : controller(config), random_(seed) {}

  Controller controller;
  Inputs in;
  Outputs out;

  // The truth.
  double outside = -5.0;
  double coolant = 18.0;
  double living = 18.0, living_floor = 17.0;
  double bath_floor = 20.0, bath = 18.0;
  double tank = 40.0;
  double burner_watts = 8000.0;
  bool burner_stuck_on = false;
  bool burner_feedback = false;
  bool clock = true;
  uint32_t minute_of_week_at_start = 0;
  bool living_valve_stuck_open = false;
  size_t jammed_shut = NO_ZONE;  ///< A zone that lets no water through, whatever its valve is told.

  // The wires.
  Wire living_air_wire, living_floor_wire, bath_floor_wire, bath_air_wire, tank_wire, coolant_wire, flow_wire;

  // What was seen.
  std::vector<Event> events;
  uint32_t valve_moves = 0;
  uint32_t dump_moves = 0;
  uint32_t burner_starts = 0;

  Millis now() const { return in.now; }

  void run(Millis duration) {
    for (Millis end = in.now + duration; in.now < end;)
      second();
  }
  template <typename Check>
  void run(Millis duration, Check check) {
    for (Millis end = in.now + duration; in.now < end;) {
      second();
      check();
    }
  }
  /// Switch the node off and on: its records live on, all else is lost.
  void reboot(const ControllerConfig &config = house_config()) {
    Controller next(config);
    next.restore(controller.node_memory());
    for (size_t i = 0; i < config.zone_count; ++i) {
      next.restore(i, controller.settings(i));
      next.restore(i, controller.zone_memory(i));
      next.restore(i, controller.schedule(i));
    }
    booted_ = in.now;
    controller = next;
    out = {};
  }
  size_t count(EventType type) const {
    size_t count = 0;
    for (const Event &event : events)
      count += event.type == type;
    return count;
  }

 private:
  void second() {
    in.now += SECOND;
    heat(1.0);
    sense();
    const Outputs before = out;
    Inputs seen = in;
    seen.now -= booted_;
    for (ZoneInputs &zone : seen.zones) {
      for (Reading *reading : {&zone.air, &zone.floor, &zone.water})
        reading->at -= std::min(booted_, reading->at);
    }
    seen.coolant.at -= std::min(booted_, seen.coolant.at);
    seen.flow.at -= std::min(booted_, seen.flow.at);
    controller.step(seen, out);
    count_moves(before);
    while (!controller.events().empty())
      events.push_back(controller.events().pop());
  }

  void count_moves(const Outputs &before) {
    for (size_t i = 0; i < 3; ++i)
      valve_moves += out.zones[i].valve != before.zones[i].valve;
    dump_moves += out.dump != before.dump;
    burner_starts += out.burner.on && !before.burner.on;
  }

  double valve(size_t zone) const {
    if (!out.pump || zone == jammed_shut)
      return 0.0;
    return zone == LIVING && living_valve_stuck_open ? 1.0 : static_cast<double>(out.zones[zone].valve);
  }

  void heat(double seconds) {
    const bool burns = out.burner.on || burner_stuck_on;
    in.burner = {
        .state = burns ? BurnerState::BURNING : BurnerState::OFF, .confirmed = burner_feedback, .heard = in.now};
    const double burner = burns ? burner_watts * static_cast<double>(out.burner.on ? out.burner.power : 1.0f) : 0.0;
    const double to_living = 60.0 * valve(LIVING) * (coolant - living);
    const double to_bath = 70.0 * valve(BATH) * (coolant - bath_floor);
    const double to_tank = 150.0 * valve(TANK) * (coolant - tank);
    const double to_dump = out.dump && out.pump ? 120.0 * (coolant - outside) : 0.0;
    coolant += seconds * (burner - to_living - to_bath - to_tank - to_dump - 5.0 * (coolant - 15.0)) / 80000.0;
    living += seconds * (to_living - 80.0 * (living - outside)) / 4.0e6;
    living_floor += seconds * (living - 1.0 - living_floor) / 7200.0;
    bath_floor += seconds * (to_bath - 60.0 * (bath_floor - bath)) / 1.5e6;
    bath += seconds * (60.0 * (bath_floor - bath) - 15.0 * (bath - outside)) / 4.0e5;
    tank += seconds * (-to_tank * -1.0 - 2.0 * (tank - 18.0) - 60.0 * (tank - 10.0) / 50.0) / 420000.0;
    const bool flows = out.dump || valve(LIVING) + valve(BATH) + valve(TANK) > 0.0;
    in.flow.value = out.pump && flows ? 10.0f : 0.0f;
  }

  float noise() { return random_.between(-0.05f, 0.05f); }

  void sense() {
    const uint32_t minute = (minute_of_week_at_start + static_cast<uint32_t>(in.now / MINUTE)) % MINUTES_PER_WEEK;
    in.clock = {.valid = clock,
                .weekday = static_cast<uint8_t>(minute / MINUTES_PER_DAY),
                .second = static_cast<uint8_t>(in.now / SECOND % 60),
                .minute = static_cast<uint16_t>(minute % MINUTES_PER_DAY)};
    coolant_wire.publish(coolant, noise(), in.now);
    in.coolant = coolant_wire.last;
    if (flow_wire.state == Wire::State::WHOLE)
      flow_wire.last = {in.flow.value, in.now};
    else
      flow_wire.publish(0.0, 0.0f, in.now);
    in.flow = flow_wire.last;
    if (in.now / SECOND % 10 == 0) {
      living_air_wire.publish(living, noise(), in.now);
      living_floor_wire.publish(living_floor, noise(), in.now);
      bath_floor_wire.publish(bath_floor, noise(), in.now);
      bath_air_wire.publish(bath, noise(), in.now);
      tank_wire.publish(tank, noise(), in.now);
    }
    in.zones[LIVING] = {.air = living_air_wire.last, .floor = living_floor_wire.last, .water = {}};
    in.zones[BATH] = {.air = bath_air_wire.last, .floor = bath_floor_wire.last, .water = {}};
    in.zones[TANK] = {.air = {}, .floor = {}, .water = tank_wire.last};
  }

  Random random_;
  Millis booted_ = 0;
};

}  // namespace hearthward::test
