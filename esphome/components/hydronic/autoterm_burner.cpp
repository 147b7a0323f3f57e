#include "autoterm_burner.h"
#ifdef USE_HYDRONIC_AUTOTERM

#include <cinttypes>

#include "esphome/core/hal.h"
#include "esphome/core/log.h"

namespace esphome::hydronic {

static const char *const TAG = "hydronic.autoterm";

void AutotermBurner::loop() {
  const hearthward::Millis now = millis_64();
  uint8_t byte;
  while (this->available() && this->read_byte(&byte))
    this->driver_.receive(byte, now);
  if (this->driver_.bad_frames() != this->bad_frames_) {
    this->bad_frames_ = this->driver_.bad_frames();
    ESP_LOGW(TAG, "A frame with a wrong checksum came (%" PRIu32 " so far)", this->bad_frames_);
  }
  this->send_(now);
}

void AutotermBurner::command(const hearthward::BurnerCommand &command, hearthward::Millis now) {
  this->driver_.command(command, now);
  // Nothing else is sent while an update or a restart holds up the loop.
  if (!command.on)
    this->send_(now);
}

void AutotermBurner::send_(hearthward::Millis now) {
  if (const auto frame = this->driver_.transmit(now))
    this->write_array(frame->bytes.data(), frame->size);
}

void AutotermBurner::dump_config() { ESP_LOGCONFIG(TAG, "  Burner: Autoterm bus (unverified on hardware)"); }

}  // namespace esphome::hydronic

#endif
