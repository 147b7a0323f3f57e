#pragma once

#include <optional>

#include "types.h"

namespace hearthward {

/// Notices that the clock is lost: it was valid before, or has not become so for a while after boot.
class ClockWatch {
 public:
  static constexpr Millis PATIENCE = 5 * MINUTE;

  /// CLOCK_LOST or CLOCK_RESTORED when that happens; `since_boot` is how long the node runs.
  std::optional<EventType> update(bool valid, Millis since_boot) {
    const bool before = valid_;
    valid_ = valid;
    if (!valid && !lost_ && (before || since_boot >= PATIENCE)) {
      lost_ = true;
      return EventType::CLOCK_LOST;
    }
    if (valid && lost_) {
      lost_ = false;
      return EventType::CLOCK_RESTORED;
    }
    return {};
  }

 private:
  bool valid_ = false;
  bool lost_ = false;
};

}  // namespace hearthward
