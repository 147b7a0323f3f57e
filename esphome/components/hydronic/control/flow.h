#pragma once

#include "duty.h"
#include "types.h"

namespace hearthward {

/// The flow sensor: absent, present but of unknown scale, or armed by a calibration.
class FlowWatch {
 public:
  static constexpr float LEAST_PART = 0.2f;     ///< Of the calibrated flow; less is none.
  static constexpr float LEAST_NOMINAL = 0.5f;  ///< L/min; a calibration below this is refused.
  static constexpr Millis PATIENCE = 5 * SECOND;
  static constexpr Millis START_PATIENCE = 20 * SECOND;  ///< Until a pump that starts must move water.
  static constexpr Millis SAMPLE = 20 * SECOND;

  explicit FlowWatch(bool present = false) : present_(present) {}

  void restore(float nominal) {
    if (present_ && nominal >= LEAST_NOMINAL)
      nominal_ = nominal;
  }
  FlowState state() const {
    if (!present_)
      return FlowState::ABSENT;
    return std::isnan(nominal_) ? FlowState::UNCALIBRATED : FlowState::ARMED;
  }
  float nominal() const { return nominal_; }
  /// Less than this is no flow (L/min); NaN unless armed.
  float least() const { return nominal_ * LEAST_PART; }

  /// Take the mean flow of the next seconds as nominal.
  void calibrate(Millis now) {
    calibrating_ = true;
    calibrated_from_ = now;
    sum_ = 0.0f;
    count_ = 0;
  }
  /// Note the flow (L/min); true when a calibration ended with a new nominal flow.
  bool sample(float flow, bool pumping, Millis now) {
    if (!calibrating_)
      return false;
    if (!pumping || std::isnan(flow)) {
      calibrating_ = false;
      return false;
    }
    sum_ += flow;
    ++count_;
    if (now - calibrated_from_ < SAMPLE)
      return false;
    calibrating_ = false;
    if (sum_ / static_cast<float>(count_) < LEAST_NOMINAL)
      return false;
    nominal_ = sum_ / static_cast<float>(count_);
    return true;
  }

  /// No flow where there must be some: for 5 s while the burner heats, for 20 s while the pump runs.
  bool missing(float flow, bool heating, bool pumping, Millis now) {
    const bool none = flow < least();
    const bool heated = while_heating_.update(none && heating, PATIENCE, now);
    const bool pumped = while_pumping_.update(none && pumping, START_PATIENCE, now);
    return heated || pumped;
  }
  /// Whether the burner may start: nothing known against the flow.
  bool good(float flow) const { return !(flow < least()); }

 private:
  bool present_;
  float nominal_ = UNKNOWN;
  bool calibrating_ = false;
  Millis calibrated_from_ = 0;
  float sum_ = 0.0f;
  uint32_t count_ = 0;
  Held while_heating_;
  Held while_pumping_;
};

}  // namespace hearthward
