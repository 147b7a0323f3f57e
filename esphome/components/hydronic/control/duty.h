#pragma once

// Heating without seeing: bounded time-proportional duty, as large as what was needed before the sensor was lost.

#include <algorithm>

#include "types.h"

namespace hearthward {

/// On for a part of each half hour, beginning with the off part.
///
/// All windows end at the same instants, so the shorter lies within the longer: where two are needed, both are open.
class DutyWindow {
 public:
  static constexpr Millis PERIOD = 30 * MINUTE;
  static constexpr Millis FIRST_PAUSE = 10 * MINUTE;

  void begin(Millis now) { begun_ = now; }
  bool open(float duty, Millis now) const {
    const auto pause = static_cast<Millis>(PERIOD * (1.0f - std::clamp(duty, 0.0f, 1.0f)));
    return now - begun_ >= std::max(pause, FIRST_PAUSE) && now % PERIOD >= pause;
  }

 private:
  Millis begun_ = 0;
};

/// The mean demand of a zone over about a day, as far as its sensor showed that it lives.
class LearnedDuty {
 public:
  static constexpr float LEAST = 0.05f;
  static constexpr float MOST = 0.5f;

  explicit LearnedDuty(float initial = 0.25f) : mean_(initial), proven_(initial) {}

  /// `reading` is the sensor that `demand` came from: what was learned from a value that stood still is forgotten.
  void learn(float demand, float reading, Millis passed) {
    const float part = std::min(static_cast<float>(passed) / DAY, 1.0f);
    mean_ += (demand - mean_) * part;
    if (reading != reading_) {
      reading_ = reading;
      proven_ = mean_;
    }
  }
  void forget_unproven() { mean_ = proven_; }
  float duty() const { return std::clamp(proven_, LEAST, MOST); }

 private:
  float mean_;
  float proven_;
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
