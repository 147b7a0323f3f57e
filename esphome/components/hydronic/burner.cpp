#include "burner.h"

#include "esphome/core/log.h"

namespace esphome::hydronic {

static const char *const TAG = "hydronic.burner";

void DryContactBurner::command(const hearthward::BurnerCommand &command, hearthward::Millis now) {
  this->driver_.command(command, now);
  if (this->relay_ != nullptr)
    this->relay_->set_state(this->driver_.relay());
  if (this->power_ != nullptr)
    this->power_->set_level(this->driver_.relay() ? command.power : 0.0f);
}

hearthward::BurnerFeedback DryContactBurner::poll(hearthward::Millis now) {
  if (this->feedback_ != nullptr)
    this->driver_.set_burning(this->feedback_->state);
  return this->driver_.poll(now);
}

void DryContactBurner::dump_config() {
  ESP_LOGCONFIG(TAG, "  Burner: dry contact%s%s", this->power_ != nullptr ? ", modulating" : "",
                this->feedback_ != nullptr ? ", with feedback" : "");
}

}  // namespace esphome::hydronic
