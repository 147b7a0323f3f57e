#pragma once

#include <algorithm>

#include "types.h"

namespace hearthward {

/// Opens and closes, once a week and one after the other, the valves that have not travelled by themselves.
class ValveExercise {
 public:
  static constexpr Millis WEEK = 7 * DAY;
  static constexpr float FULL_TRAVEL = 0.9f;

  ValveExercise() = default;
  explicit ValveExercise(Millis stroke) : half_(stroke + 30 * SECOND) {}

  void restore(size_t zone, uint8_t hours) { idle_[zone].time = hours * HOUR; }
  uint8_t hours(size_t zone) const { return static_cast<uint8_t>(std::min<Millis>(idle_[zone].time / HOUR, 255)); }

  /// Note where a valve stands, whoever moved it there.
  void observe(size_t zone, float position, Millis passed) {
    Idle &idle = idle_[zone];
    idle.low = std::min(idle.low, position);
    idle.high = std::max(idle.high, position);
    idle.time += passed;
    if (idle.high - idle.low >= FULL_TRAVEL)
      idle = {.time = 0, .low = position, .high = position};
  }

  /// Begin with this zone if its turn has come and no other is at it; true when it begins.
  bool begin(size_t zone, Millis now) {
    if (active_ != NO_ZONE || idle_[zone].time < WEEK)
      return false;
    active_ = static_cast<uint8_t>(zone);
    idle_[zone] = {};
    since_ = now;
    return true;
  }
  bool exercising(size_t zone) const { return active_ == zone; }
  /// Where the exercised valve shall be; ends by itself.
  float position(Millis now) {
    if (now - since_ >= 2 * half_) {
      stop();
      return 0.0f;
    }
    return now - since_ < half_ ? 1.0f : 0.0f;
  }
  /// Its heat is wanted, or nothing may move: its turn is over for this week, having moved at least a part.
  void stop() { active_ = NO_ZONE; }

 private:
  struct Idle {
    Millis time = 0;
    float low = 1.0f;
    float high = 0.0f;
  };

  Millis half_ = 90 * SECOND;
  Millis since_ = 0;
  uint8_t active_ = NO_ZONE;
  std::array<Idle, MAX_ZONES> idle_{};
};

}  // namespace hearthward
