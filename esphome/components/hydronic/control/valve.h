#pragma once

#include <algorithm>

#include "types.h"

namespace hearthward {

/// A zone's valve: moved seldom, and open far enough to let the pump work whenever it is open at all.
class Valve {
 public:
  static constexpr float LEAST_OPEN = 0.2f;
  static constexpr float OPENS_AT = 0.08f;   ///< Demand
  static constexpr float CLOSES_AT = 0.03f;
  static constexpr float DEADBAND = 0.1f;
  static constexpr Millis DWELL = 5 * MINUTE;

  Valve() = default;
  explicit Valve(Millis stroke) : stroke_(stroke) {}

  /// Position for a demand that opens the valve at all.
  static float wanted(float demand) { return LEAST_OPEN + (1.0f - LEAST_OPEN) * std::clamp(demand, 0.0f, 1.0f); }

  /// Follow a demand (0 to 1); moves that matter little wait.
  void follow(float demand, Millis now) {
    const float opens = position_ > 0.0f ? CLOSES_AT : OPENS_AT;
    const float to = demand < opens ? 0.0f : wanted(demand);
    const bool worth_it = std::fabs(to - position_) >= DEADBAND || (to == 1.0f && position_ < 1.0f);
    if (worth_it && (!moved_ || now - moved_at_ >= DWELL))
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
  float position_ = 0.0f;
  bool moved_ = false;
  Millis moved_at_ = 0;
  Millis open_since_ = 0;
};

}  // namespace hearthward
