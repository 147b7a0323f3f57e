#pragma once

// Burners: the drivers of the control logic, wired to ESPHome.

#include "control/burner_driver.h"

#include "esphome/core/defines.h"
#include "esphome/components/binary_sensor/binary_sensor.h"
#include "esphome/components/output/binary_output.h"
#include "esphome/components/output/float_output.h"

namespace esphome::hydronic {

class Burner : public hearthward::BurnerDriver {
 public:
  virtual void dump_config() = 0;
};

/// A burner that starts on a closed contact; its power and its flame may have wires of their own.
class DryContactBurner : public Burner {
 public:
  void set_relay(output::BinaryOutput *relay) { this->relay_ = relay; }
  void set_power(output::FloatOutput *power) { this->power_ = power; }
  void set_feedback(binary_sensor::BinarySensor *feedback) {
    this->feedback_ = feedback;
    this->driver_ = hearthward::DryContactDriver(true);
  }

  void command(const hearthward::BurnerCommand &command, hearthward::Millis now) override;
  hearthward::BurnerFeedback poll(hearthward::Millis now) override;
  void dump_config() override;

 protected:
  hearthward::DryContactDriver driver_;
  output::BinaryOutput *relay_{nullptr};
  output::FloatOutput *power_{nullptr};
  binary_sensor::BinarySensor *feedback_{nullptr};
};

}  // namespace esphome::hydronic
