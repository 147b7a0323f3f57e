#pragma once

#include "esphome/core/defines.h"
#if defined(USE_HOST) && defined(USE_OUTPUT)

#include "esphome/components/output/binary_output.h"
#include "esphome/components/output/float_output.h"
#include "sim_hardware.h"

#include <string>

namespace esphome::sim_hardware {

/// Drives a channel with a level from 0 to 1.
class SimFloatOutput : public output::FloatOutput, public Parented<SimHardware> {
 public:
  void set_channel(const char *channel) { this->channel_ = channel; }

 protected:
  void write_state(float state) override { this->parent_->write(this->channel_, state); }

  std::string channel_;
};

/// Switches a channel between 0 and 1.
class SimBinaryOutput : public output::BinaryOutput, public Parented<SimHardware> {
 public:
  void set_channel(const char *channel) { this->channel_ = channel; }

 protected:
  void write_state(bool state) override { this->parent_->write(this->channel_, state ? 1.0f : 0.0f); }

  std::string channel_;
};

}  // namespace esphome::sim_hardware

#endif
