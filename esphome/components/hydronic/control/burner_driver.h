#pragma once

#include "types.h"

namespace hearthward {

/// The one interface behind which burners differ. `command` is called every step, whether or not anything changed.
class BurnerDriver {
 public:
  virtual ~BurnerDriver() = default;
  virtual void command(const BurnerCommand &command, Millis now) = 0;
  virtual BurnerFeedback poll(Millis now) = 0;
};

/// A burner that is switched by a contact, with or without a contact that tells whether it burns.
class DryContactDriver : public BurnerDriver {
 public:
  explicit DryContactDriver(bool has_feedback = false) : has_feedback_(has_feedback) {}

  void command(const BurnerCommand &command, Millis) override { relay_ = command.on; }
  BurnerFeedback poll(Millis now) override {
    const bool burning = has_feedback_ ? burning_ : relay_;
    return {.state = state(burning), .confirmed = has_feedback_, .heard = now};
  }

  /// What the contact that closes while the burner burns says.
  void set_burning(bool burning) { burning_ = burning; }
  bool relay() const { return relay_; }

 private:
  BurnerState state(bool burning) const {
    if (relay_)
      return burning ? BurnerState::BURNING : BurnerState::STARTING;
    return burning ? BurnerState::STOPPING : BurnerState::OFF;
  }

  bool has_feedback_;
  bool burning_ = false;
  bool relay_ = false;
};

}  // namespace hearthward
