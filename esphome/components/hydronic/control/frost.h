#pragma once

#include "types.h"

namespace hearthward {

/// Keeps a zone from freezing, whatever its mode: begins below 5 °C and ends above 7 °C.
class FrostGuard {
 public:
  static constexpr float START = 5.0f;
  static constexpr float STOP = 7.0f;

  /// `coldest` is the coldest believable reading of the zone; without one there is nothing to act on.
  bool update(float coldest) {
    if (coldest < START)
      active_ = true;
    else if (!(coldest <= STOP))
      active_ = false;
    return active_;
  }
  bool active() const { return active_; }

 private:
  bool active_ = false;
};

}  // namespace hearthward
