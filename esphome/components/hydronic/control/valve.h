#pragma once

#include <algorithm>

#include "types.h"

namespace hearthward {

/// A zone's valve: moved seldom, and open far enough to let the pump work whenever it is open at all.
class Valve {
 public:
  static constexpr float LEAST_OPEN = 0.2f;
  static constexpr float OPENS_AT = 0.1f;  ///< Demand
  static constexpr float CLOSES_AT = 0.03f;
  static constexpr float DEADBAND = 0.15f;       ///< For a move after the dwell ...
  static constexpr float FINE_DEADBAND = 0.05f;  ///< ... and after three times the dwell.

  Valve() = default;
  /// `dwell` is the least time between moves that matter little.
  explicit Valve(Millis stroke, Millis dwell = 5 * MINUTE) : stroke_(stroke), dwell_(dwell) {}

  /// Position for a demand that opens the valve at all.
  static float wanted(float demand) { return LEAST_OPEN + (1.0f - LEAST_OPEN) * std::clamp(demand, 0.0f, 1.0f); }

  /// Least demand at which a valve stands as open as this.
  static float demand_for(float opening) {
    return std::clamp((opening - LEAST_OPEN) / (1.0f - LEAST_OPEN), OPENS_AT, 1.0f);
  }

  /// Follow a demand (0 to 1); moves that matter little wait.
  void follow(float demand, Millis now) {
    const float opens = position_ > 0.0f ? CLOSES_AT : OPENS_AT;
    const float to = demand < opens ? 0.0f : wanted(demand);
    const Millis rested = moved_ ? now - moved_at_ : 3 * dwell_;
    const bool end_stop = (to == 0.0f || to == 1.0f) && to != position_;
    const float deadband = rested >= 3 * dwell_ ? FINE_DEADBAND : DEADBAND;
    if (rested >= dwell_ && (end_stop || std::fabs(to - position_) >= deadband))
      move(to, now);
  }
  /// Go there at once.
  void move(float position, Millis now) {
    if (position == position_)
      return;
    if (position >= LEAST_OPEN && position_ < LEAST_OPEN)
      open_since_ = now;
    position_ = position;
    moved_at_ = now;
    moved_ = true;
  }
  float position() const { return position_; }
  bool open() const { return position_ >= LEAST_OPEN; }
  /// Open for so long that water passes.
  bool passes(Millis now) const { return open() && now - open_since_ >= stroke_; }

 private:
  Millis stroke_ = MINUTE;
  Millis dwell_ = 5 * MINUTE;
  float position_ = 0.0f;
  bool moved_ = false;
  Millis moved_at_ = 0;
  Millis open_since_ = 0;
};

}  // namespace hearthward
