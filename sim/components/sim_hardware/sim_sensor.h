#pragma once

#include "esphome/core/defines.h"
#if defined(USE_HOST) && defined(USE_SENSOR)

#include "esphome/components/sensor/sensor.h"
#include "sim_hardware.h"

namespace esphome::sim_hardware {

/// Publishes the channel's value at every update, as a polled sensor would; NaN when its wire is broken.
class SimSensor : public sensor::Sensor, public PollingComponent, public Parented<SimHardware> {
 public:
  void set_channel(const char *channel) { this->input_ = this->parent_->want(channel); }
  void update() override {
    if (!this->input_->silent)
      this->publish_state(this->input_->value);
  }

 protected:
  Input *input_{nullptr};
};

}  // namespace esphome::sim_hardware

#endif
