// Properties that must hold whatever happens: random sensors, commands, clocks, burners and reboots, many seeds. The
// last test breaks the controller's outputs on purpose and expects to be told.

#include <doctest/doctest.h>

#include <functional>

#include "house.h"

using namespace hearthward;
using namespace hearthward::test;

namespace {

/// Watches a history of outputs and says what broke the rules first.
class Invariants {
 public:
  explicit Invariants(const ControllerConfig &config) : config_(config) {}

  void booted(Millis now) {
    changed_at_ = now;
    booted_ = true;
    before_ = {};
  }

  void see(const Controller &controller, const Inputs &in, const Outputs &out, bool reset) {
    outputs(controller, in, out);
    trips(out, reset);
    times(controller, in, out);
    losses(out);
    limits(controller, out);
    before_ = out;
  }

  const std::string &broken() const { return broken_; }

 private:
  void must(bool holds, const char *what) {
    if (!holds && broken_.empty())
      broken_ = what;
  }

  void outputs(const Controller &controller, const Inputs &in, const Outputs &out) {
    bool open = out.dump && config_.has_dump;
    for (size_t i = 0; i < config_.zone_count; ++i) {
      one_zone(out.zones[i], controller.highest_target(i));
      open = open || out.zones[i].valve >= Valve::LEAST_OPEN;
    }
    must(!out.pump || open, "pump never with all valves closed");
    must(out.ready || (!out.pump && !open && out.fan == 0.0f), "off until the state is known");
    must(out.fan >= 0.0f && out.fan <= 1.0f, "fan within its range");
    must(out.clock_valid == in.clock.valid, "clock reported as it is");
    if (out.burner.on)
      burning(out, controller.node_memory().coolant_limit);
  }
  void one_zone(const ZoneOutputs &zone, float highest_target) {
    must(zone.valve >= 0.0f && zone.valve <= 1.0f, "a valve within its range");
    must(!zone.limited || zone.valve == 0.0f, "a zone at its limit is closed");
    must(!(zone.target > highest_target), "no target above what is allowed");
  }
  void burning(const Outputs &out, float coolant_limit) {
    must(out.ready, "no burner until the state is known");
    must(out.pump, "burner never on with pump off");
    must(out.burner.power > 0.0f && out.burner.power <= 1.0f, "burner power within its range");
    must(!out.tripped, "burner off when tripped");
    must(!(out.coolant >= coolant_limit), "burner off at the coolant limit");
  }

  void trips(const Outputs &out, bool reset) {
    must(!before_.tripped || out.tripped || reset, "trips never clear by themselves");
    must(out.tripped == (out.trip_reason != TripReason::NONE), "a trip has a reason");
  }

  void times(const Controller &controller, const Inputs &in, const Outputs &out) {
    if (out.coolant != before_.coolant)
      coolant_moved_ = in.now;
    if (out.burner.on == before_.burner.on)
      return;
    const Millis lasted = in.now - changed_at_;
    const bool doubted = in.now - coolant_moved_ >= FrozenCheck::patience(SensorKind::COOLANT).change - MINUTE;
    if (out.burner.on)
      must(lasted >= (booted_ ? std::min(config_.min_off, BurnerArbiter::COLD_REST) : config_.min_off),
           "minimum off time");
    else
      must(lasted >= config_.min_on || doubted || safety_stop(controller, out), "minimum on time, unless for safety");
    changed_at_ = in.now;
    booted_ = false;
  }
  bool safety_stop(const Controller &controller, const Outputs &out) const {
    // Any of these is one: a trip, a dump, hot or unknown coolant, no way for the heat, a burner that does not burn.
    return out.tripped || out.dump || out.sensor_problem || !(out.coolant < controller.node_memory().coolant_limit) ||
           !out.pump || rough_ || out.flow_state == FlowState::ARMED;
  }

  void losses(const Outputs &out) {
    const auto power = [](const Outputs &outputs) { return outputs.burner.on ? outputs.burner.power : 0.0f; };
    if (std::isnan(out.coolant)) {
      must(std::isnan(before_.coolant) || power(out) <= power(before_),
           "power never rises because the coolant sensor became invalid");
      must(config_.power_levels == 1 || power(out) <= config_.lowest_power + 0.001f,
           "lowest power without the coolant sensor");
    }
    for (size_t i = 0; i < config_.zone_count; ++i) {
      if (out.zones[i].sensors != SensorState::OK)
        loss(before_.zones[i], out.zones[i], out.ready);
    }
  }
  void loss(const ZoneOutputs &before, const ZoneOutputs &zone, bool ready) {
    must(zone.sensor_problem || !ready, "a loss is a problem");
    must(before.sensors != SensorState::OK || zone.demand <= before.demand || zone.frost_protection,
         "demand never rises because a sensor became invalid");
  }

  void limits(const Controller &controller, const Outputs &) {
    for (size_t i = 0; i < config_.zone_count; ++i)
      must(controller.settings(i).limit <= config_.zones[i].limit, "nothing at run time raises a limit");
    must(controller.node_memory().coolant_limit <= config_.coolant_limit,
         "nothing at run time raises the coolant limit");
  }

 public:
  bool rough_ = false;  ///< The burner's feedback misbehaves: stops may come from it.

 private:
  ControllerConfig config_;
  Outputs before_;
  Millis changed_at_ = 0;
  Millis coolant_moved_ = 0;
  bool booted_ = true;
  std::string broken_;
};

/// A sensor in a random history: walks, jumps, falls silent, publishes nonsense.
struct WildSensor {
  float value;
  float low, high;
  int mood = 0;

  void step(Random &random, Reading &reading, Millis now) {
    if (random.chance(0.003f))
      mood = static_cast<int>(random.below(7));
    value = std::clamp(value + random.between(-0.3f, 0.3f), low, high);
    if (mood == 1)
      return;  // silent
    reading.at = now;
    if (mood == 2)
      reading.value = UNKNOWN;
    else if (mood == 3)
      reading.value = random.between(-200.0f, 200.0f);
    else if (mood != 4)  // 4: frozen
      reading.value = value + (random.chance(0.01f) ? random.between(-60.0f, 60.0f) : 0.0f);
  }
};

ControllerConfig random_config(Random &random) {
  ControllerConfig config = house_config();
  config.zone_count = 1 + random.below(4);
  if (config.zone_count == 4) {
    config.zones[3] = zone_defaults(ZoneType::AIR);
    config.zones[3].has_fan = true;
  }
  for (size_t i = 0; i < config.zone_count; ++i)
    config.zones[i].limit = random.between(30.0f, 120.0f);
  config.has_dump = random.chance(0.5f);
  config.has_flow_sensor = random.chance(0.5f);
  config.power_levels = static_cast<uint8_t>(1 + random.below(5));
  config.coolant_limit = random.between(50.0f, 120.0f);
  config.min_on = random.below(8) * MINUTE;
  config.min_off = random.below(8) * MINUTE;
  return config;
}

/// Ask the controller for something, sensible or not.
void random_request(Random &random, Controller &controller) {
  const size_t zone = random.below(static_cast<uint32_t>(controller.config().zone_count));
  const float number = random.chance(0.1f) ? UNKNOWN : random.between(-50.0f, 200.0f);
  const auto minutes = static_cast<uint16_t>(random.below(600));
  const auto preset = static_cast<Preset>(random.below(5));
  const bool yes = random.chance(0.8f);
  const std::array<std::function<void()>, 12> requests{{
      [&] { controller.set_heating(yes); },
      [&] { controller.set_mode(zone, yes ? ZoneMode::HEAT : ZoneMode::OFF); },
      [&] { controller.set_preset(zone, preset); },
      [&] { controller.boost(zone, minutes); },
      [&] { controller.set_target(zone, number); },
      [&] { controller.set_preset_temperature(zone, preset, number); },
      [&] { controller.set_limit(zone, number); },
      [&] { controller.set_coolant_limit(number); },
      [&] {
        controller.set_day(zone, static_cast<uint8_t>(minutes % DAYS),
                           yes ? "6:00 normal, 9:00 boost, 22:00 eco" : "x");
      },
      [&] { controller.start_autotune(zone); },
      [&] { controller.calibrate_flow(); },
      [&] { controller.enable_schedule(zone, yes); },
  }};
  requests[random.below(requests.size())]();
}

/// A random history of a node; every step may be tampered with before it is judged.
class History {
 public:
  explicit History(uint64_t seed)
      : random_(seed), config_(random_config(random_)), controller_(config_), invariants_(controller_.config()) {
    rough_burner_ = random_.chance(0.3f);
    invariants_.rough_ = rough_burner_;
    for (size_t i = 0; i < MAX_ZONES; ++i) {
      air_[i] = {random_.between(0.0f, 25.0f), -10.0f, 34.0f};
      floor_[i] = {random_.between(5.0f, 30.0f), -10.0f, 55.0f};
      water_[i] = {random_.between(5.0f, 70.0f), 0.0f, 90.0f};
    }
  }

  /// Run for a while; returns what broke, or nothing.
  std::string run(Millis duration, const std::function<void(Outputs &)> &tamper = {}) {
    for (const Millis end = in_.now + duration; in_.now < end && invariants_.broken().empty();)
      step(tamper);
    return invariants_.broken();
  }

 private:
  void step(const std::function<void(Outputs &)> &tamper) {
    const Millis passed = random_.chance(0.01f) ? 1 + random_.below(30000) : SECOND;
    in_.now += passed;
    world();
    if (random_.chance(0.01f))
      random_request(random_, controller_);
    const bool reset = random_.chance(0.002f) && controller_.reset_trip() == ResetAnswer::ACCEPTED;
    if (random_.chance(0.0002f))
      reboot();
    controller_.step(in_, out_);
    while (!controller_.events().empty())
      controller_.events().pop();
    if (tamper)
      tamper(out_);
    invariants_.see(controller_, in_, out_, reset);
  }

  void world() {
    coolant_.value += out_.burner.on ? 0.1f : out_.pump ? -0.05f : -0.01f;
    coolant_.step(random_, in_.coolant, in_.now);
    flow_.value = out_.pump ? 10.0f : 0.0f;
    flow_.step(random_, in_.flow, in_.now);
    for (size_t i = 0; i < config_.zone_count; ++i) {
      air_[i].step(random_, in_.zones[i].air, in_.now);
      floor_[i].step(random_, in_.zones[i].floor, in_.now);
      water_[i].step(random_, in_.zones[i].water, in_.now);
    }
    burner();
    clock();
  }

  void burner() {
    in_.burner = {.state = out_.burner.on ? BurnerState::BURNING : BurnerState::OFF, .heard = in_.now};
    if (!rough_burner_)
      return;
    if (random_.chance(0.0005f))
      deaf_until_ = in_.now + random_.below(60000);
    if (deaf_until_ <= in_.now)
      heard_ = in_.now;
    in_.burner.confirmed = true;
    in_.burner.talks = true;
    in_.burner.heard = heard_;
    in_.burner.error = random_.chance(0.00002f) ? 78 : 0;
  }

  void clock() {
    if (random_.chance(0.001f))
      minute_ += random_.below(3000);
    if (random_.chance(0.002f))
      clock_ = random_.chance(0.8f);
    minute_ += in_.now / MINUTE != last_minute_;
    last_minute_ = in_.now / MINUTE;
    const uint32_t week = minute_ % MINUTES_PER_WEEK;
    in_.clock = {.valid = clock_,
                 .weekday = static_cast<uint8_t>(week / MINUTES_PER_DAY),
                 .second = 0,
                 .minute = static_cast<uint16_t>(week % MINUTES_PER_DAY)};
  }

  /// What is persisted survives, nothing else; the trip must.
  void reboot() {
    Controller next(config_);
    next.restore(controller_.node_memory());
    for (size_t i = 0; i < config_.zone_count; ++i) {
      next.restore(i, controller_.settings(i));
      next.restore(i, controller_.zone_memory(i));
      next.restore(i, controller_.schedule(i));
    }
    const bool tripped = out_.tripped;
    const TripReason reason = out_.trip_reason;
    controller_ = next;
    invariants_.booted(in_.now);
    if (tripped && controller_.node_memory().trip != reason)
      FAIL("a trip did not survive a reboot");
  }

  Random random_;
  ControllerConfig config_;
  Controller controller_;
  Invariants invariants_;
  Inputs in_;
  Outputs out_;
  WildSensor coolant_{40.0f, -10.0f, 99.0f};
  WildSensor flow_{0.0f, 0.0f, 10.0f};
  std::array<WildSensor, MAX_ZONES> air_{};
  std::array<WildSensor, MAX_ZONES> floor_{};
  std::array<WildSensor, MAX_ZONES> water_{};
  bool rough_burner_ = false;
  Millis deaf_until_ = 0;
  Millis heard_ = 0;
  bool clock_ = true;
  uint32_t minute_ = 0;
  Millis last_minute_ = 0;
};

}  // namespace

TEST_CASE("properties: random histories never break the rules") {
  for (uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    History history(seed);
    REQUIRE(history.run(4 * HOUR) == "");
  }
}

TEST_CASE("properties: the rules can be broken, and it is noticed") {
  struct Defect {
    const char *what;
    std::function<void(Outputs &)> tamper;
  };
  const std::array<Defect, 8> defects{{
      {"pump never with all valves closed", [](Outputs &out) { out.pump = true; }},
      {"burner never on with pump off", [](Outputs &out) { out.pump = false; }},
      {"burner off when tripped", [](Outputs &out) { out.tripped = out.tripped || out.burner.on; }},
      {"trips never clear by themselves",
       [seen = 0](Outputs &out) mutable {
         if (!out.tripped || ++seen < 10)
           return;
         out.tripped = false;
         out.trip_reason = TripReason::NONE;
       }},
      {"minimum off time", [on = false](Outputs &out) mutable { out.burner.on = out.burner.on && (on = !on); }},
      {"a zone at its limit is closed", [](Outputs &out) { out.zones[0].valve = out.pump ? 1.0f : 0.0f; }},
      {"lowest power without the coolant sensor", [](Outputs &out) { out.burner.power = 1.0f; }},
      {"no target above what is allowed", [](Outputs &out) { out.zones[0].target = 120.0f; }},
  }};
  for (const Defect &defect : defects) {
    const std::string what = defect.what;
    CAPTURE(what);
    bool noticed = false;
    for (uint64_t seed = 1; seed <= 60 && !noticed; ++seed) {
      History history(seed);
      noticed = history.run(5 * HOUR, defect.tamper) == what;
    }
    CHECK(noticed);
  }
}

TEST_CASE("properties: a sensor that fails now never gives more power now than one that does not") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    ControllerConfig config = house_config();
    config.power_levels = static_cast<uint8_t>(1 + random.below(5));
    House house(config, seed);
    house.outside = static_cast<double>(random.between(-15.0f, 15.0f));
    house.run(2 * HOUR + random.below(4 * 3600) * SECOND);
    House twin = house;
    const std::array<Wire *, 6> wires{&twin.living_air_wire, &twin.living_floor_wire, &twin.bath_floor_wire,
                                      &twin.bath_air_wire,   &twin.tank_wire,         &twin.coolant_wire};
    wires[random.below(6)]->state = random.chance(0.5f) ? Wire::State::BROKEN : Wire::State::SILENT;
    std::array<float, 3> demand{};
    for (size_t i = 0; i < 3; ++i)
      demand[i] = twin.out.zones[i].demand;
    // Until the loss is known both live on the same reading; from then on less is asked for.
    while (!twin.out.sensor_problem) {
      for (size_t i = 0; i < 3; ++i)
        demand[i] = twin.out.zones[i].demand;
      twin.run(SECOND);
      house.run(SECOND);
    }
    for (size_t i = 0; i < 3; ++i) {
      if (twin.out.zones[i].sensor_problem)
        REQUIRE(twin.out.zones[i].demand <= demand[i] + 0.01f);
    }
    if (!std::isnan(house.out.coolant) && std::isnan(twin.out.coolant))
      REQUIRE_FALSE(twin.out.burner.on);
  }
}
