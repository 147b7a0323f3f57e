#pragma once

#include "esphome/core/defines.h"
#if defined(USE_HOST) && defined(USE_BINARY_SENSOR)

#include "esphome/components/binary_sensor/binary_sensor.h"
#include "sim_hardware.h"

#include <cmath>

namespace esphome::sim_hardware {

/// Publishes at once when the plant says so: on from 0.5 upward. Unknown while the wire is broken.
class SimBinarySensor : public binary_sensor::BinarySensor, public Component, public Parented<SimHardware> {
 public:
  void set_channel(const char *channel) {
    this->parent_->want(channel)->listeners.emplace_back([this](float value) {
      if (std::isnan(value)) {
        this->invalidate_state();
      } else {
        this->publish_state(value >= 0.5f);
      }
    });
  }
};

}  // namespace esphome::sim_hardware

#endif
