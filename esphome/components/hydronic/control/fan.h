#pragma once

#include <algorithm>

#include "types.h"

namespace hearthward {

/// The fan of the heat exchanger: silent while the coolant is cold, then with its temperature and the cabin's demand.
class Fan {
 public:
  static constexpr float START = 40.0f;  ///< °C of the coolant
  static constexpr float STOP = 35.0f;
  static constexpr float FULL = 65.0f;
  static constexpr float SLOWEST = 0.25f;
  static constexpr float BLIND = 0.5f;  ///< At most, while the coolant temperature is unknown.
  static constexpr Millis POST_RUN = 2 * MINUTE;

  /// `demand` 0 to 1 of the zones that the fan warms, 0 when none of their valves is open.
  float step(float coolant, float demand, Millis now) {
    if (coolant >= START)
      warm_ = true;
    else if (coolant <= STOP)
      warm_ = false;
    if (demand > 0.0f) {
      demanded_ = true;
      until_ = now + POST_RUN;
    }
    if (std::isnan(coolant))
      return demand > 0.0f ? std::clamp(demand, SLOWEST, BLIND) : 0.0f;
    if (!warm_ || !demanded_ || now >= until_)
      return 0.0f;
    const float heat = std::clamp((coolant - STOP) / (FULL - STOP), 0.0f, 1.0f);
    return std::max(SLOWEST, heat * demand);
  }

 private:
  bool warm_ = false;
  bool demanded_ = false;
  Millis until_ = 0;
};

}  // namespace hearthward
