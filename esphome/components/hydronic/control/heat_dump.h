#pragma once

#include <algorithm>

#include "types.h"

namespace hearthward {

/// Carries heat away from a coolant that gets too hot.
///
/// Hysteresis alone still moves valves all day behind a burner that does not stop, so each dump lasts a minimum time,
/// which doubles whenever the next one follows soon.
class HeatDump {
 public:
  static constexpr Millis SHORTEST = 10 * MINUTE;
  static constexpr Millis LONGEST = 80 * MINUTE;
  static constexpr Millis SOON = HOUR;
  static constexpr float COLD = 45.0f;  ///< Nothing left to carry away (°C).

  HeatDump() = default;
  HeatDump(float on, float off) : on_(on), off_(off) {}

  /// NaN leaves a dump running for its minimum time and begins none.
  bool step(float coolant, Millis now) {
    if (!active_ && coolant >= on_)
      begin(now);
    else if (active_ && (coolant <= COLD || (!(coolant > off_) && now - since_ >= dwell_)))
      end(now);
    return active_;
  }
  bool active() const { return active_; }
  /// How many dumps have followed each other soon.
  int in_a_row() const { return in_a_row_; }
  void forget() { in_a_row_ = 0; }

 private:
  void begin(Millis now) {
    const bool again = ended_ != 0 && now - ended_ < SOON;
    in_a_row_ = again ? in_a_row_ + 1 : 1;
    dwell_ = again ? std::min(2 * dwell_, LONGEST) : SHORTEST;
    active_ = true;
    since_ = now;
  }
  void end(Millis now) {
    active_ = false;
    ended_ = now;
  }

  float on_ = 88.0f;
  float off_ = 78.0f;
  bool active_ = false;
  Millis since_ = 0;
  Millis ended_ = 0;
  Millis dwell_ = SHORTEST;
  int in_a_row_ = 0;
};

}  // namespace hearthward
