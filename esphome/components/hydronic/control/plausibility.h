#pragma once

// Whether a sensor is to be believed: range, rate of change, staleness, and a value that never moves.

#include <algorithm>

#include "types.h"

namespace hearthward {

struct SensorSpec {
  float low;  ///< Range of believable readings.
  float high;
  float rate;       ///< Believable change per second ...
  float jump;       ///< ... on top of this.
  Millis stale;     ///< Without a good reading for so long it is lost.
  Millis recovery;  ///< A lost sensor must be good for so long before it is believed again.
};

constexpr SensorSpec sensor_spec(SensorKind kind, Millis stale) {
  switch (kind) {
    case SensorKind::AIR:
      return {-40.0f, 60.0f, 0.05f, 1.5f, stale, 2 * MINUTE};
    case SensorKind::FLOOR:
      return {-40.0f, 80.0f, 0.05f, 1.5f, stale, 2 * MINUTE};
    case SensorKind::WATER:
      return {-10.0f, 110.0f, 0.5f, 3.0f, stale, 2 * MINUTE};
    case SensorKind::COOLANT:
      return {-40.0f, 130.0f, 3.0f, 5.0f, stale, 30 * SECOND};
    case SensorKind::FLOW:
      return {0.0f, 200.0f, 1000.0f, 200.0f, stale, 10 * SECOND};
  }
  return {0.0f, 0.0f, 0.0f, 0.0f, stale, stale};
}

/// One sensor. Single bad readings are passed over; the last good value stands until the sensor is lost.
class Plausibility {
 public:
  explicit Plausibility(SensorSpec spec = sensor_spec(SensorKind::AIR, 5 * MINUTE)) : spec_(spec) {}

  void update(const Reading &reading, Millis now) {
    if (!started_) {
      started_ = true;
      good_at_ = now;
      seen_at_ = reading.at;
      // What was read long before, as before an update that broke off, tells nothing about now.
      if (!std::isnan(reading.value) && now - std::min(reading.at, now) <= spec_.stale)
        take(reading, now);
    } else if (reading.at != seen_at_) {
      seen_at_ = reading.at;
      take(reading, now);
    }
    if (now - good_at_ > spec_.stale)
      lose(sample_fault_ == SensorFault::NONE ? SensorFault::STALE : sample_fault_);
  }

  bool valid() const { return fault_ == SensorFault::NONE; }
  SensorFault fault() const { return fault_; }
  /// The last good reading, NaN unless valid.
  float value() const { return valid() ? value_ : UNKNOWN; }
  /// The last value that was ever believed; NaN before the first.
  float last_believed() const { return value_; }

 private:
  static constexpr uint8_t BAD_READINGS = 3;

  void take(const Reading &reading, Millis now) {
    sample_fault_ = judge(reading, now);
    if (sample_fault_ != SensorFault::NONE) {
      bad(reading, now);
    } else if (valid() || fault_ == SensorFault::STARTING) {
      accept(reading, now);
    } else {
      recover(reading, now);
    }
  }

  SensorFault judge(const Reading &reading, Millis now) const {
    if (std::isnan(reading.value))
      return SensorFault::STALE;
    if (reading.value < spec_.low || reading.value > spec_.high)
      return SensorFault::RANGE;
    const float seconds = static_cast<float>(now - compared_at_) / SECOND;
    if (!std::isnan(compared_) && std::fabs(reading.value - compared_) > spec_.jump + spec_.rate * seconds)
      return SensorFault::RATE;
    return SensorFault::NONE;
  }

  void accept(const Reading &reading, Millis now) {
    fault_ = SensorFault::NONE;
    bad_count_ = 0;
    value_ = compared_ = reading.value;
    good_at_ = compared_at_ = now;
  }

  void bad(const Reading &reading, Millis now) {
    recovering_ = false;
    // Once lost, readings are compared with each other: a sensor that was replaced comes back.
    if (!valid() && sample_fault_ == SensorFault::RATE) {
      compared_ = reading.value;
      compared_at_ = now;
    }
    if (valid() && ++bad_count_ >= BAD_READINGS)
      lose(sample_fault_);
  }

  void recover(const Reading &reading, Millis now) {
    if (!recovering_) {
      recovering_ = true;
      recovering_since_ = now;
      moved_ = fault_ != SensorFault::RATE;
    }
    // What jumped and then stands still is stuck, not recovered.
    moved_ = moved_ || reading.value != compared_;
    compared_ = reading.value;
    compared_at_ = good_at_ = now;
    if (moved_ && now - recovering_since_ >= spec_.recovery)
      accept(reading, now);
  }

  void lose(SensorFault fault) {
    if (valid() || fault_ == SensorFault::STARTING)
      fault_ = fault;
    recovering_ = false;
    bad_count_ = 0;
  }

  SensorSpec spec_;
  SensorFault fault_ = SensorFault::STARTING;
  SensorFault sample_fault_ = SensorFault::NONE;
  bool started_ = false;
  bool recovering_ = false;
  bool moved_ = false;
  uint8_t bad_count_ = 0;
  float value_ = UNKNOWN;
  float compared_ = UNKNOWN;
  Millis compared_at_ = 0;
  Millis good_at_ = 0;
  Millis seen_at_ = 0;
  Millis recovering_since_ = 0;
};

/// Finds a value that is the same to the last bit for longer than any real medium allows.
///
/// A steady room is no fault, so time alone does not condemn a sensor that heat flows past: it becomes suspect first,
/// the heat is then paused for it, and only a value that does not move in the pause either is frozen. Without heat it
/// takes half a day.
class FrozenCheck {
 public:
  enum class State : uint8_t { MOVING, SUSPECT, FROZEN };

  /// What a living sensor must do now.
  enum class Expect : uint8_t { NOTHING, DRIFT, CHANGE };

  struct Patience {
    Millis change = 45 * MINUTE;  ///< Unmoved with heat flowing: suspect ...
    Millis pause = 45 * MINUTE;   ///< ... and unmoved in the pause after it: frozen.
    Millis drift = 12 * HOUR;     ///< Unmoved without heat: frozen.
  };
  static constexpr Patience patience(SensorKind kind) {
    // The coolant follows the burner within minutes: shorter than it takes to boil.
    if (kind == SensorKind::COOLANT)
      return {3 * MINUTE, 5 * MINUTE, 30 * MINUTE};
    return {};
  }

  FrozenCheck() = default;
  explicit FrozenCheck(Patience patience) : patience_(patience) {}

  State update(float value, Expect expect, Millis now) {
    const Millis passed = last_ == 0 ? 0 : now - last_;
    last_ = now;
    if (std::isnan(value))
      return state_;
    if (value != reference_) {
      reference_ = value;
      changing_ = drifting_ = paused_ = 0;
      return state_ = State::MOVING;
    }
    if (state_ == State::SUSPECT)
      paused_ += passed;
    else if (expect == Expect::CHANGE)
      changing_ += passed;
    else if (expect == Expect::DRIFT)
      drifting_ += passed;
    return state_ = judge();
  }
  State state() const { return state_; }

 private:
  State judge() const {
    if (state_ == State::SUSPECT)
      return paused_ >= patience_.pause ? State::FROZEN : State::SUSPECT;
    if (state_ == State::MOVING && drifting_ >= patience_.drift)
      return State::FROZEN;
    return state_ == State::MOVING && changing_ >= patience_.change ? State::SUSPECT : state_;
  }

  Patience patience_{};
  State state_ = State::MOVING;
  float reference_ = UNKNOWN;
  Millis changing_ = 0;
  Millis drifting_ = 0;
  Millis paused_ = 0;
  Millis last_ = 0;
};

/// A sensor with all its checks, and the change of its fault since the last step.
class CheckedSensor {
 public:
  CheckedSensor() = default;
  CheckedSensor(SensorKind kind, Millis stale)
      : kind_(kind), present_(true), plausible_(sensor_spec(kind, stale)), frozen_(FrozenCheck::patience(kind)) {}

  void update(const Reading &reading, FrozenCheck::Expect expect, Millis now) {
    if (!present_)
      return;
    plausible_.update(reading, now);
    // A flow is counted in pulses: the same number again and again is what it should be.
    if (kind_ != SensorKind::FLOW)
      frozen_.update(plausible_.value(), expect, now);
  }

  bool present() const { return present_; }
  bool valid() const { return present_ && fault() == SensorFault::NONE; }
  bool starting() const { return present_ && fault() == SensorFault::STARTING; }
  /// Present and not to be believed.
  bool lost() const { return present_ && !valid(); }
  bool suspect() const { return present_ && frozen_.state() == FrozenCheck::State::SUSPECT; }
  float value() const { return valid() ? plausible_.value() : UNKNOWN; }
  float last_believed() const { return plausible_.last_believed(); }
  SensorKind kind() const { return kind_; }
  SensorFault fault() const {
    if (!plausible_.valid())
      return plausible_.fault();
    return frozen_.state() == FrozenCheck::State::FROZEN ? SensorFault::FROZEN : SensorFault::NONE;
  }

  /// Report a loss or a recovery once.
  void report(uint8_t zone, EventQueue &events) {
    if (!present_ || starting() || lost() == reported_lost_)
      return;
    reported_lost_ = lost();
    events.push({.type = reported_lost_ ? EventType::SENSOR_LOST : EventType::SENSOR_RESTORED,
                 .zone = zone,
                 .sensor = kind_,
                 .code = static_cast<uint8_t>(fault())});
  }

 private:
  SensorKind kind_ = SensorKind::AIR;
  bool present_ = false;
  bool reported_lost_ = false;
  Plausibility plausible_;
  FrozenCheck frozen_;
};

}  // namespace hearthward
