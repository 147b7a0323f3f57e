#pragma once

// One zone: its sensors, and the demand that follows from them, from its program and from its limit.

#include <algorithm>
#include <cstdlib>

#include "autotune.h"
#include "duty.h"
#include "frost.h"
#include "pid.h"
#include "plausibility.h"
#include "program.h"
#include "trips.h"
#include "types.h"
#include "valve.h"

namespace hearthward {

/// What a zone asks for.
struct ZoneDemand {
  float valve = 0.0f;  ///< 0 to 1
  float power = 0.0f;  ///< 0 to 1, of the burner
};

/// What a zone must know of the rest of the node.
struct ZoneSurroundings {
  Millis now = 0;
  Millis passed = 0;  ///< Since the last step.
  WallClock clock;
  bool heating = true;  ///< The node's own switch.
  bool tripped = false;
  bool free_heat = false;  ///< Tripped, but there is heat to be had.
  float coolant = UNKNOWN;
  float coldest = UNKNOWN;  ///< Coldest believable temperature anywhere in the node.
  bool coolant_lost = false;
  float lowest_power = 1.0f;  ///< Of the burner.
};

/// The sensors of a zone and what they stand for.
class ZoneSensors {
 public:
  static constexpr float HEAT_ABOVE = 10.0f;  ///< Coolant this far above a reading must be noticed (K).

  ZoneSensors() = default;
  ZoneSensors(const ZoneConfig &config, Millis stale) : type_(config.type) {
    if (config.has_air)
      air_ = {SensorKind::AIR, stale};
    if (config.has_floor)
      floor_ = {SensorKind::FLOOR, stale};
    if (config.has_water)
      water_ = {SensorKind::WATER, stale};
  }

  /// `flowing` means that water of temperature `coolant` passes the zone.
  void update(const ZoneInputs &inputs, bool flowing, float coolant, Millis now) {
    const auto expect = [&](const CheckedSensor &sensor) {
      const bool heated = flowing && !(coolant < sensor.value() + HEAT_ABOVE);
      return heated ? FrozenCheck::Expect::CHANGE : FrozenCheck::Expect::DRIFT;
    };
    air_.update(inputs.air, expect(air_), now);
    floor_.update(inputs.floor, expect(floor_), now);
    water_.update(inputs.water, expect(water_), now);
  }
  void report(uint8_t zone, EventQueue &events) {
    for (CheckedSensor *sensor : {&air_, &floor_, &water_})
      sensor->report(zone, events);
  }

  const CheckedSensor &air() const { return air_; }
  const CheckedSensor &floor() const { return floor_; }
  const CheckedSensor &water() const { return water_; }
  /// The sensor that the zone regulates.
  const CheckedSensor &primary() const {
    return type_ == ZoneType::AIR ? air_ : type_ == ZoneType::FLOOR ? floor_ : water_;
  }
  /// The sensor that stands in for it, which may be absent.
  const CheckedSensor &stand_in() const { return type_ == ZoneType::AIR ? floor_ : air_; }
  /// The sensor that the zone's limit is about.
  const CheckedSensor &limiting() const { return floor_.present() ? floor_ : primary(); }

  SensorState state() const {
    if (primary().valid())
      return SensorState::OK;
    return type_ != ZoneType::WATER && stand_in().valid() ? SensorState::FALLBACK : SensorState::LOST;
  }
  bool problem() const { return is_lost(air_) || is_lost(floor_) || is_lost(water_); }
  bool starting() const { return air_.starting() || floor_.starting() || water_.starting(); }
  /// A sensor has stood still for so long that the zone must pause to see whether it lives.
  bool suspect() const { return air_.suspect() || floor_.suspect() || water_.suspect(); }
  float coldest() const { return std::fmin(air_.value(), std::fmin(floor_.value(), water_.value())); }

 private:
  static bool is_lost(const CheckedSensor &sensor) { return sensor.lost() && !sensor.starting(); }

  ZoneType type_ = ZoneType::AIR;
  CheckedSensor air_;
  CheckedSensor floor_;
  CheckedSensor water_;
};

class Zone {
 public:
  static constexpr float LIMIT_BAND = 3.0f;  ///< K below the limit in which demand fades out
  static constexpr float LIMIT_HYSTERESIS = 2.0f;
  static constexpr float STAND_IN_BAND = 2.0f;
  static constexpr float STAND_IN_MOST = 0.6f;      ///< Demand at most, on a stand-in or without the limit's sensor ...
  static constexpr float STAND_IN_LEARNED = 2.0f;   ///< ... and this many times what was needed before.
  static constexpr float BLIND_POWER = 0.6f;        ///< Power at most, without any sensor.
  static constexpr float BLIND_WATER_BELOW = 5.0f;  ///< Coolant this far below the limit of a tank nothing measures.
  static constexpr Millis RAMP = HOUR;              ///< From no demand to full after a loss.
  static constexpr float BLIND_FROST = 8.0f;        ///< Coldest reading elsewhere at which a blind zone is kept warm.

  Zone() = default;
  Zone(const ZoneConfig &config, Millis stale)
      : program_(within_bounds(config)), sensors_(config, stale), learned_(within_bounds(config).fallback_duty) {
    pid_.set_gains(program_.settings().gains);
  }

  Program &program() { return program_; }
  const Program &program() const { return program_; }
  const ZoneSensors &sensors() const { return sensors_; }
  AutotuneState autotune_state() const { return autotune_.state(); }
  bool frost() const { return frost_.active(); }
  bool limited() const { return limited_; }
  bool over_limit() const { return over_limit_; }
  /// The limiting sensor reads more than the limit.
  bool hot() const { return sensors_.limiting().value() > program_.settings().limit; }
  const ZoneDemand &demand() const { return demand_; }
  /// Room for heat below the limit (K); NaN when unknown.
  float headroom() const { return program_.settings().limit - sensors_.limiting().value(); }

  void report(uint8_t index, EventQueue &events) { sensors_.report(index, events); }

  void after_restore() {
    pid_.set_gains(program_.settings().gains);
    if (program_.memory().learned_duty > 0)
      learned_ = LearnedDuty::resume(static_cast<float>(program_.memory().learned_duty) / 100.0f);
  }

  /// `opening` is how far the valve lets water of temperature `coolant` through now, 0 while the pump rests.
  void sense(const ZoneInputs &inputs, float opening, float coolant, Millis now) {
    const bool watched = !sensed_ || sensors_.state() == SensorState::OK;
    sensed_ = true;
    opening_ = opening;
    sensors_.update(inputs, opening > 0.0f, coolant, now);
    if (watched && sensors_.state() != SensorState::OK)
      lose(now);
    limit(now);
  }

  Answer start_autotune(bool allowed, Millis now) {
    if (!allowed || sensors_.state() != SensorState::OK || program_.memory().mode == ZoneMode::OFF)
      return Answer::REJECTED;
    autotune_.start(program_.target(), now);
    return Answer::ACCEPTED;
  }

  /// The demand of this step. Call after `sense`.
  void regulate(const ZoneSurroundings &around, uint8_t index, EventQueue &events) {
    program_.step(around.clock, around.now);
    guard_frost(index, events);
    const bool on = around.heating && program_.memory().mode == ZoneMode::HEAT;
    watch_autotune(on, around);
    const ZoneDemand wanted = decide(on, around);
    learn(on, around);
    demand_ = call(restrain(wanted, around));
    if (following_ && limited_)
      pid_.track(0.0f);
  }

 private:
  void lose(Millis now) {
    lost_at_ = now;
    power_when_lost_ = demand_.power;
    window_.begin(now);
    learned_.forget_unproven();
  }

  void limit(Millis now) {
    const CheckedSensor &sensor = sensors_.limiting();
    const float limit = program_.settings().limit;
    if (sensor.value() >= limit)
      limited_ = true;
    else if (!(sensor.value() > limit - LIMIT_HYSTERESIS))
      limited_ = false;
    // The sun may warm a room beyond its limit; that is no fault of the heater.
    over_limit_ =
        sensor.kind() != SensorKind::AIR && over_.update(sensor.value(), limit, zone_ceiling(program_.config()), now);
  }

  void guard_frost(uint8_t index, EventQueue &events) {
    const bool before = frost_.active();
    if (frost_.update(sensors_.coldest()) != before)
      events.push({.type = EventType::FROST_PROTECTION, .zone = index, .code = !before});
  }

  void watch_autotune(bool on, const ZoneSurroundings &around) {
    const bool disturbed = !on || around.tripped || limited_ || frost_.active() ||
                           sensors_.state() != SensorState::OK || program_.target() != autotune_.target();
    if (disturbed)
      autotune_.fail();
  }

  ZoneDemand decide(bool on, const ZoneSurroundings &around) {
    const bool followed = following_;
    following_ = false;
    if (frost_.active())
      return {1.0f, 1.0f};
    if (sensors_.state() == SensorState::LOST)
      return known() && (on || freezing_elsewhere(around)) ? blind(around) : ZoneDemand{};
    if (!on)
      return {};
    if (sensors_.state() == SensorState::FALLBACK)
      return stand_in(around);
    if (autotune_.running())
      return tune(around);
    following_ = true;
    return follow(followed, around);
  }

  ZoneDemand follow(bool followed, const ZoneSurroundings &around) {
    const float target = program_.target();
    const float measured = sensors_.primary().value();
    if (!followed)
      pid_.take_over(demand_.valve, target, measured);
    const float output = pid_.step(target, measured, static_cast<float>(around.passed) / SECOND);
    return {output, output};
  }

  ZoneDemand tune(const ZoneSurroundings &around) {
    const float output = autotune_.step(sensors_.primary().value(), around.now);
    if (autotune_.state() == AutotuneState::DONE) {
      program_.set_gains(autotune_.gains());
      pid_.set_gains(autotune_.gains());
    }
    return {output, output};
  }

  /// Regulate on the other sensor of the zone: proportional only, and carefully.
  ZoneDemand stand_in(const ZoneSurroundings &around) {
    const float target = program_.target();
    // A heated floor is a little warmer than its room, and a room is comfortable below the floor that heats it.
    const float wanted =
        program_.config().type == ZoneType::AIR ? target + 2.0f : std::clamp(target - 6.0f, LOWEST_TARGET, 21.0f);
    const float error = wanted - sensors_.stand_in().value();
    const float output = std::clamp(error / STAND_IN_BAND, 0.0f, 1.0f);
    const float most = std::min({output, careful(), ramped(around.now)});
    return {most, most};
  }

  /// Nothing is left to measure by: a bounded opening at bounded power, as much as was needed before.
  ZoneDemand blind(const ZoneSurroundings &around) const {
    // What nothing measures must not be heated by something that could boil it; a tank is not what freezes a home.
    const float bearable = program_.settings().limit - BLIND_WATER_BELOW;
    if (program_.config().type == ZoneType::WATER && !(around.coolant <= bearable))
      return {};
    const float power = std::min(BLIND_POWER, ramped(around.now));
    const float opening = learned_.duty() / (around.coolant_lost ? around.lowest_power : 1.0f);
    const float demand = Valve::demand_for(opening);
    const float duty = opening / Valve::wanted(demand);
    return window_.open(duty, around.now) ? ZoneDemand{demand, power} : ZoneDemand{};
  }

  /// The zone's sensor has worked once: a node that was never finished heats nothing blindly.
  bool known() const { return program_.memory().learned_duty > 0; }

  bool freezing_elsewhere(const ZoneSurroundings &around) const { return !(around.coldest >= BLIND_FROST); }

  /// Demand without the sensor that watches the limit: heat that was enough before cannot overheat now.
  float careful() const { return std::min(STAND_IN_MOST, STAND_IN_LEARNED * learned_.duty()); }

  /// Demand that a loss allows: what it was then, and slowly more.
  float ramped(Millis now) const {
    return std::min(1.0f, power_when_lost_ + static_cast<float>(now - lost_at_) / static_cast<float>(RAMP));
  }

  void learn(bool on, const ZoneSurroundings &around) {
    if (sensors_.state() != SensorState::OK)
      return;
    if (on && !around.tripped && !around.coolant_lost)
      learned_.learn(opening_, sensors_.primary().value(), around.passed);
    const int percent = static_cast<int>(std::lround(learned_.duty() * 100.0f));
    if (!known() || std::abs(percent - static_cast<int>(program_.memory().learned_duty)) >= 5)
      program_.set_learned_duty(static_cast<uint8_t>(percent));
  }

  /// Nothing passes here that the limit, a lost sensor or a doubt forbids.
  ZoneDemand restrain(ZoneDemand wanted, const ZoneSurroundings &around) const {
    if (limited_ || sensors_.suspect() || (around.tripped && !around.free_heat))
      return {};
    if (around.tripped)
      wanted.power = 0.0f;
    const CheckedSensor &limiting = sensors_.limiting();
    float most = 1.0f;
    if (limiting.valid())
      most = std::clamp((program_.settings().limit - limiting.value()) / LIMIT_BAND, 0.0f, 1.0f);
    else if (limiting.present() && sensors_.state() != SensorState::LOST)
      most = careful();
    return {std::min(wanted.valve, most), std::min(wanted.power, most)};
  }

  /// A demand too small to open the valve is none: pump and valve must not follow its noise.
  ZoneDemand call(const ZoneDemand &wanted) {
    calling_ = wanted.valve >= (calling_ ? Valve::CLOSES_AT : Valve::OPENS_AT);
    return calling_ ? wanted : ZoneDemand{};
  }

  Program program_;
  ZoneSensors sensors_;
  Pid pid_;
  Autotune autotune_;
  FrostGuard frost_;
  DutyWindow window_;
  LearnedDuty learned_;
  OverLimit over_;
  ZoneDemand demand_;
  bool sensed_ = false;
  bool limited_ = false;
  bool over_limit_ = false;
  Millis lost_at_ = 0;
  float power_when_lost_ = 0.0f;
  float opening_ = 0.0f;
  bool following_ = false;
  bool calling_ = false;
};

}  // namespace hearthward
