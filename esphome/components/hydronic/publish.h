#pragma once

// Publish what changed, and only that.

#include <cmath>
#include <cstring>

#include "esphome/core/defines.h"
#include "esphome/components/binary_sensor/binary_sensor.h"
#include "esphome/components/sensor/sensor.h"
#ifdef USE_TEXT_SENSOR
#include "esphome/components/text_sensor/text_sensor.h"
#endif

namespace esphome::hydronic {

// The least change that is worth telling. A DS18B20 reads in steps of 0.0625 K and is seldom sure of the last two.
inline constexpr float TEMPERATURE_STEP = 0.15f;
inline constexpr float TARGET_STEP = 0.05f;
// The coolant swings by tens of degrees; who looks at it wants to see the swing, not each ripple.
inline constexpr float COOLANT_STEP = 0.5f;
inline constexpr float FLOW_STEP = 0.3f;
inline constexpr float PERCENT_STEP = 5.0f;

/// Whether two values differ by `step` at least, or one of them is unknown and the other is not.
inline bool differs(float a, float b, float step) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) != std::isnan(b);
  return std::fabs(a - b) >= step;
}

inline void publish(sensor::Sensor *sensor, float value, float step) {
  if (sensor != nullptr && (!sensor->has_state() || differs(sensor->get_raw_state(), value, step)))
    sensor->publish_state(value);
}

/// Publish a share from 0 to 1 in percent: its ends as they are, what lies between in steps that somebody would notice.
inline void publish_percent(sensor::Sensor *sensor, float share) {
  const float percent = std::round(share * 100.0f);
  const bool end = percent == 0.0f || percent == 100.0f;
  publish(sensor, percent, end ? 1.0f : PERCENT_STEP);
}

inline void publish(binary_sensor::BinarySensor *sensor, bool value) {
  if (sensor != nullptr)
    sensor->publish_state(value);
}

#ifdef USE_TEXT_SENSOR
inline void publish(text_sensor::TextSensor *sensor, const char *value) {
  if (sensor != nullptr && (!sensor->has_state() || sensor->state != value))
    sensor->publish_state(value);
}
#endif

}  // namespace esphome::hydronic
