#include "burner.h"

#include "esphome/core/log.h"

namespace esphome::hydronic {

static const char *const TAG = "hydronic.burner";

void DryContactBurner::command(const hearthward::BurnerCommand &command, hearthward::Millis now) {
  this->on_ = command.on;
  if (this->relay_ != nullptr)
    this->relay_->set_state(command.on);
  if (this->power_ != nullptr)
    this->power_->set_level(command.on ? command.power : 0.0f);
}

hearthward::BurnerFeedback DryContactBurner::poll(hearthward::Millis now) {
  const bool confirmed = this->feedback_ != nullptr && this->feedback_->has_state();
  const bool burning = confirmed ? this->feedback_->state : this->on_;
  return {.state = burning ? hearthward::BurnerState::BURNING : hearthward::BurnerState::OFF, .confirmed = confirmed};
}

void DryContactBurner::dump_config() {
  ESP_LOGCONFIG(TAG, "  Burner: dry contact%s%s", this->power_ != nullptr ? ", modulating" : "",
                this->feedback_ != nullptr ? ", with feedback" : "");
}

}  // namespace esphome::hydronic
