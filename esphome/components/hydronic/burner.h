#pragma once

// The drivers between the control logic and a burner.

#include "control/types.h"

#include "esphome/core/defines.h"
#include "esphome/components/binary_sensor/binary_sensor.h"
#include "esphome/components/output/binary_output.h"
#include "esphome/components/output/float_output.h"

namespace esphome::hydronic {

class Burner {
 public:
  virtual ~Burner() = default;
  /// Carry out what the controller wants now; called every second, also when nothing changed.
  virtual void command(const hearthward::BurnerCommand &command, hearthward::Millis now) = 0;
  /// Tell what the burner does.
  virtual hearthward::BurnerFeedback poll(hearthward::Millis now) = 0;
  virtual void dump_config() = 0;
};

/// A burner that starts on a closed contact; its power and its flame may have wires of their own.
class DryContactBurner : public Burner {
 public:
  void set_relay(output::BinaryOutput *relay) { this->relay_ = relay; }
  void set_power(output::FloatOutput *power) { this->power_ = power; }
  void set_feedback(binary_sensor::BinarySensor *feedback) { this->feedback_ = feedback; }

  void command(const hearthward::BurnerCommand &command, hearthward::Millis now) override;
  hearthward::BurnerFeedback poll(hearthward::Millis now) override;
  void dump_config() override;

 protected:
  output::BinaryOutput *relay_{nullptr};
  output::FloatOutput *power_{nullptr};
  binary_sensor::BinarySensor *feedback_{nullptr};
  bool on_{false};
};

}  // namespace esphome::hydronic
