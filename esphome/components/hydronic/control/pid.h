#pragma once

// PID after Åström & Hägglund, "Advanced PID Control" (ISA, 2006), chapter 3: filtered measurement, derivative on
// the measurement, anti-windup by back-calculation, bumpless when gains or the owner of the output change.

#include <algorithm>

#include "types.h"

namespace hearthward {

class Pid {
 public:
  void set_gains(const PidGains &gains) { gains_ = gains; }
  const PidGains &gains() const { return gains_; }

  /// Output 0 to 1 for a target and a measurement (°C), `seconds` after the last call.
  float step(float target, float measured, float seconds) {
    if (std::isnan(target) || std::isnan(measured))
      return output_ = 0.0f;
    filter(measured, seconds);
    const float error = target - filtered_;
    const float proportional = gains_.kp * error;
    const float derivative = -gains_.kd * slope_;
    const float wanted = proportional + integral_ + derivative;
    output_ = std::clamp(wanted, 0.0f, 1.0f);
    const float back = gains_.kp > 0.0f ? gains_.ki / gains_.kp : 0.0f;  // 1/T_t with T_t = T_i
    const float push = gains_.ki * error + back * (output_ - wanted);
    integral_ = std::clamp(integral_ + push * seconds, 0.0f, 1.0f);
    return output_;
  }

  /// Go on from `output` without a step, whoever set it before.
  void take_over(float output, float target, float measured) {
    filtered_ = measured;
    slope_ = 0.0f;
    if (!std::isnan(target) && !std::isnan(measured))
      integral_ = std::clamp(output - gains_.kp * (target - measured), 0.0f, 1.0f);
  }

  /// Less was applied than asked for: do not wind up beyond it.
  void track(float applied) { integral_ = std::clamp(integral_ + applied - output_, 0.0f, 1.0f); }

  float integral() const { return integral_; }

 private:
  static constexpr float FILTER_SECONDS = 60.0f;

  void filter(float measured, float seconds) {
    if (std::isnan(filtered_) || seconds <= 0.0f) {
      filtered_ = std::isnan(filtered_) ? measured : filtered_;
      slope_ = 0.0f;
      return;
    }
    const float change = (measured - filtered_) * seconds / (FILTER_SECONDS + seconds);
    filtered_ += change;
    slope_ = change / seconds;
  }

  PidGains gains_{};
  float integral_ = 0.0f;
  float filtered_ = UNKNOWN;
  float slope_ = 0.0f;
  float output_ = 0.0f;
};

}  // namespace hearthward
