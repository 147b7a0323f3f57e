#pragma once

// What a configuration may say at most.

#include <algorithm>

#include "types.h"

namespace hearthward {

inline constexpr uint16_t SHORTEST_BOOST = 5;
inline constexpr uint16_t LONGEST_BOOST = 360;
inline constexpr uint16_t LONGEST_PREHEAT = 240;
/// A target stays this far below the limit, so that the limit is not what regulates (K).
inline constexpr float TARGET_BELOW_LIMIT = 1.0f;

constexpr float zone_ceiling(const ZoneConfig &zone) {
  if (zone.has_floor)
    return FLOOR_CEILING;
  return zone.type == ZoneType::WATER ? WATER_CEILING : AIR_CEILING;
}

/// A zone's configuration with everything cut to its bounds.
inline ZoneConfig within_bounds(ZoneConfig zone) {
  const float ceiling = zone_ceiling(zone);
  zone.limit = std::isnan(zone.limit) ? ceiling : std::clamp(zone.limit, LOWEST_TARGET + TARGET_BELOW_LIMIT, ceiling);
  zone.boost_minutes = std::clamp(zone.boost_minutes, SHORTEST_BOOST, LONGEST_BOOST);
  zone.preheat_minutes = std::min(zone.preheat_minutes, LONGEST_PREHEAT);
  zone.fallback_duty = std::clamp(zone.fallback_duty, 0.05f, 0.5f);
  return zone;
}

/// A configuration with everything cut to its bounds.
inline ControllerConfig within_bounds(ControllerConfig config) {
  config.zone_count = std::min(config.zone_count, MAX_ZONES);
  config.coolant_limit = std::clamp(config.coolant_limit, 30.0f, COOLANT_LIMIT_CEILING);
  config.coolant_trip = std::clamp(config.coolant_trip, config.coolant_limit, COOLANT_CEILING);
  config.dump_on = std::clamp(config.dump_on, config.coolant_limit, config.coolant_trip);
  config.dump_off = std::min(config.dump_off, config.dump_on - 5.0f);
  return config;
}

}  // namespace hearthward
