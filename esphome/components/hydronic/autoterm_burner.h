#pragma once

#include "esphome/core/defines.h"
#ifdef USE_HYDRONIC_AUTOTERM

#include "control/autoterm.h"

#include "burner.h"

#include "esphome/core/component.h"
#include "esphome/components/uart/uart.h"

namespace esphome::hydronic {

/// A burner on an Autoterm-style bus. Never tried on a heater.
class AutotermBurner : public Burner, public Component, public uart::UARTDevice {
 public:
  void loop() override;
  float get_setup_priority() const override { return setup_priority::DATA; }

  void command(const hearthward::BurnerCommand &command, hearthward::Millis now) override;
  hearthward::BurnerFeedback poll(hearthward::Millis now) override { return this->driver_.poll(now); }
  void dump_config() override;

 protected:
  void send_(hearthward::Millis now);

  hearthward::AutotermDriver driver_;
  uint32_t bad_frames_{0};
};

}  // namespace esphome::hydronic

#endif
