#pragma once

#include "types.h"

namespace hearthward {

/// The circulation pump: runs for demand, burner and heat dump, and for a while after the burner; never without a path.
class Pump {
 public:
  explicit Pump(Millis overrun = 3 * MINUTE) : overrun_(overrun) {}

  /// Whether the pump has a reason to run. `burner` is on or still burning.
  bool wanted(bool demand, bool burner, bool dump, Millis now) {
    if (burner)
      burner_until_ = now;
    return demand || burner || dump || overrunning(now);
  }
  /// Run if there is a reason and `path`: an open valve, given time to open.
  bool step(bool wanted, bool path, Millis now) {
    const bool run = wanted && path;
    if (run && !running_)
      running_since_ = now;
    running_ = run;
    return running_;
  }
  bool overrunning(Millis now) const { return burner_until_ != 0 && now - burner_until_ < overrun_; }
  bool running() const { return running_; }
  bool ran_for(Millis duration, Millis now) const { return running_ && now - running_since_ >= duration; }

 private:
  Millis overrun_;
  Millis burner_until_ = 0;
  Millis running_since_ = 0;
  bool running_ = false;
};

}  // namespace hearthward
