#pragma once

// Relay autotuning: K. J. Åström, T. Hägglund, "Automatic tuning of simple regulators with specifications on phase and
// amplitude margins", Automatica 20 (1984) 645-651. Gains from the ultimate gain and period by B. D. Tyreus, W. L.
// Luyben, Ind. Eng. Chem. Res. 31 (1992) 2625-2628, which suits slow thermal lags better than Ziegler-Nichols.

#include <algorithm>
#include <array>
#include <numbers>

#include "types.h"

namespace hearthward {

class Autotune {
 public:
  static constexpr float HYSTERESIS = 0.15f;  ///< K
  static constexpr float MAX_SWING = 8.0f;    ///< K from the target: stop
  static constexpr Millis TIMEOUT = 24 * HOUR;
  static constexpr int CYCLES = 3;  ///< After a first one that is not counted.

  void start(float target, Millis now) {
    *this = Autotune();
    state_ = AutotuneState::RUNNING;
    target_ = target;
    started_ = now;
  }
  /// Give up; the gains stay as they were.
  void fail() {
    if (running())
      state_ = AutotuneState::FAILED;
  }
  bool running() const { return state_ == AutotuneState::RUNNING; }
  AutotuneState state() const { return state_; }
  float target() const { return target_; }
  /// The gains found; only when DONE.
  const PidGains &gains() const { return gains_; }

  /// The relay: full demand below the target, none above. Returns the demand, 0 or 1.
  float step(float measured, Millis now) {
    if (!running())
      return 0.0f;
    // A swing downwards is normal while the zone still warms up.
    if (std::isnan(measured) || now - started_ > TIMEOUT || measured > target_ + MAX_SWING)
      fail();
    else
      relay(measured, now);
    return running() && heating_ ? 1.0f : 0.0f;
  }

 private:
  void relay(float measured, Millis now) {
    high_ = std::max(high_, measured);
    low_ = std::min(low_, measured);
    if (heating_ && measured > target_ + HYSTERESIS) {
      heating_ = false;
    } else if (!heating_ && measured < target_ - HYSTERESIS) {
      heating_ = true;
      cycle(now);
    }
  }

  /// A cycle runs from one start of heating to the next.
  void cycle(Millis now) {
    if (cycle_started_ != 0 && ++count_ > 1) {
      periods_[count_ - 2] = static_cast<float>(now - cycle_started_) / SECOND;
      swings_[count_ - 2] = (high_ - low_) / 2.0f;
    }
    cycle_started_ = now;
    high_ = low_ = target_;
    if (count_ == CYCLES + 1)
      finish();
  }

  void finish() {
    const auto [shortest, longest] = std::minmax_element(periods_.begin(), periods_.end());
    if (*longest > 1.5f * *shortest) {
      fail();
      return;
    }
    const float period = mean(periods_);
    const float swing = std::max(mean(swings_), HYSTERESIS * 1.05f);
    // Describing function of a relay of amplitude 1/2 with hysteresis.
    const float ultimate =
        4.0f * 0.5f / (std::numbers::pi_v<float> * std::sqrt(swing * swing - HYSTERESIS * HYSTERESIS));
    gains_.kp = std::clamp(ultimate / 2.2f, 0.02f, 5.0f);
    gains_.ki = gains_.kp / (2.2f * period);
    gains_.kd = gains_.kp * period / 6.3f;
    state_ = AutotuneState::DONE;
  }

  static float mean(const std::array<float, CYCLES> &values) {
    float sum = 0.0f;
    for (const float value : values)
      sum += value;
    return sum / CYCLES;
  }

  AutotuneState state_ = AutotuneState::IDLE;
  float target_ = UNKNOWN;
  Millis started_ = 0;
  Millis cycle_started_ = 0;
  bool heating_ = true;
  int count_ = 0;
  float high_ = -1000.0f;
  float low_ = 1000.0f;
  std::array<float, CYCLES> periods_{};
  std::array<float, CYCLES> swings_{};
  PidGains gains_{};
};

}  // namespace hearthward
