#pragma once

// Heating without seeing: bounded time-proportional duty, as large as what was needed before the sensor was lost.

#include <algorithm>

#include "types.h"

namespace hearthward {

/// On for a part of each 20 minutes, beginning with the off part.
///
/// All windows end at the same instants, so the shorter lies within the longer: where two are needed, both are open.
class DutyWindow {
 public:
  static constexpr Millis PERIOD = 20 * MINUTE;
  static constexpr Millis FIRST_PAUSE = 10 * MINUTE;

  void begin(Millis now) { begun_ = now; }
  bool open(float duty, Millis now) const {
    const auto pause = static_cast<Millis>(PERIOD * (1.0f - std::clamp(duty, 0.0f, 1.0f)));
    return now - begun_ >= std::max(pause, FIRST_PAUSE) && now % PERIOD >= pause;
  }

 private:
  Millis begun_ = 0;
};

/// Lets the burner run for a bounded part of the time while a sensor that watches over it is lost.
class BlindBurner {
 public:
  static constexpr float MEAN_POWER = 0.3f;    ///< Without the coolant's temperature.
  static constexpr float MOST = 0.85f;         ///< Part of the time, likewise.
  static constexpr float WITHOUT_FLOW = 0.6f;  ///< Part of the time.

  /// Whether the burner may run; `lowest_power` is what it then runs at.
  bool may_run(bool coolant_lost, bool flow_lost, float lowest_power, Millis now) {
    // A burner that has a lower power runs at that without its flow sensor; one that has none must pause.
    const bool lost = coolant_lost || (flow_lost && lowest_power >= 1.0f);
    if (lost && !lost_)
      window_.begin(now);
    lost_ = lost;
    const float duty = coolant_lost ? std::clamp(MEAN_POWER / lowest_power, MEAN_POWER, MOST) : WITHOUT_FLOW;
    return !lost || window_.open(duty, now);
  }

 private:
  DutyWindow window_;
  bool lost_ = false;
};

/// The part of the time (times opening) that a zone's valve let water through over the last day, as far as its sensor
/// showed that it lives.
class LearnedDuty {
 public:
  static constexpr float LEAST = 0.05f;
  static constexpr float MOST = 0.6f;

  explicit LearnedDuty(float initial = 0.25f) : mean_(initial), proven_(initial) {}
  /// Go on from a duty that was learned before a reboot.
  static LearnedDuty resume(float duty) {
    LearnedDuty learned(duty);
    learned.span_ = DAY;
    return learned;
  }

  /// `reading` is the sensor that the zone follows: what was learned from a value that stood still is forgotten.
  void learn(float opening, float reading, Millis passed) {
    span_ = std::min(span_ + passed, DAY);
    mean_ += (opening - mean_) * static_cast<float>(passed) / static_cast<float>(std::max(span_, SHORTEST_SPAN));
    if (reading != reading_) {
      reading_ = reading;
      proven_ = mean_;
    }
  }
  void forget_unproven() { mean_ = proven_; }
  float duty() const { return std::clamp(proven_, LEAST, MOST); }

 private:
  static constexpr Millis SHORTEST_SPAN = 2 * HOUR;  ///< The initial duty weighs as much as this.

  float mean_;
  float proven_;
  Millis span_ = 0;
  float reading_ = UNKNOWN;
};

/// Whether a condition has held without a break for some time.
class Held {
 public:
  bool update(bool condition, Millis duration, Millis now) {
    if (!condition) {
      since_ = NEVER;
      return false;
    }
    since_ = std::min(since_, now);
    return now - since_ >= duration;
  }

 private:
  static constexpr Millis NEVER = std::numeric_limits<Millis>::max();
  Millis since_ = NEVER;
};

}  // namespace hearthward
