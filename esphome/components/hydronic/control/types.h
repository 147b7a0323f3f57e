#pragma once

// What goes into the control logic and what comes out of it. Nothing here knows ESPHome, reads a clock or
// does I/O: time is an input, and every output is a value that somebody else applies.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace hearthward {

/// Monotonic milliseconds since boot.
using Millis = uint64_t;

inline constexpr Millis SECOND = 1000;
inline constexpr Millis MINUTE = 60 * SECOND;
inline constexpr Millis HOUR = 60 * MINUTE;
inline constexpr Millis DAY = 24 * HOUR;

inline constexpr float UNKNOWN = std::numeric_limits<float>::quiet_NaN();

#ifndef HEARTHWARD_MAX_ZONES
#define HEARTHWARD_MAX_ZONES 8  // A firmware says how many it has.
#endif
inline constexpr size_t MAX_ZONES = HEARTHWARD_MAX_ZONES;
inline constexpr uint8_t NO_ZONE = 0xFF;
/// A bit for each zone.
using ZoneSet = uint32_t;
static_assert(MAX_ZONES <= 32);

// Nothing, neither configuration nor network, gets above these (°C).
inline constexpr float AIR_CEILING = 35.0f;
inline constexpr float FLOOR_CEILING = 50.0f;
inline constexpr float WATER_CEILING = 85.0f;
inline constexpr float COOLANT_CEILING = 95.0f;
inline constexpr float COOLANT_LIMIT_CEILING = 90.0f;  ///< Highest working limit: it stays clear of the trip.
inline constexpr float LOWEST_TARGET = 5.0f;
inline constexpr float HIGHEST_AIR_TARGET = 30.0f;

/// What a zone regulates; a zone may have further sensors, which limit it and stand in for a lost one.
enum class ZoneType : uint8_t { AIR, FLOOR, WATER };
enum class ZoneMode : uint8_t { OFF, HEAT };
/// NONE is a target temperature that was set by hand.
enum class Preset : uint8_t { NONE, ECO, NORMAL, BOOST };
enum class ZoneAction : uint8_t { OFF, IDLE, HEATING };
/// FALLBACK: regulated by another sensor of the zone. LOST: heated by a bounded duty.
enum class SensorState : uint8_t { OK, FALLBACK, LOST };
enum class SensorKind : uint8_t { AIR, FLOOR, WATER, COOLANT, FLOW };
/// Why a reading is not trusted; STARTING is a sensor that has not been heard since boot.
enum class SensorFault : uint8_t { NONE, STARTING, STALE, RANGE, RATE, FROZEN };
enum class FlowState : uint8_t { ABSENT, UNCALIBRATED, ARMED };
enum class BurnerState : uint8_t { OFF, STARTING, BURNING, STOPPING, LOCKOUT };
enum class AutotuneState : uint8_t { IDLE, RUNNING, DONE, FAILED };

enum class TripReason : uint8_t {
  NONE,
  COOLANT_OVERHEAT,
  ZONE_OVERHEAT,
  NO_FLOW,
  BURNER_SILENT,
  SENSOR_IMPLAUSIBLE,
  BURNER_FAULT,
};

/// Why a reset of a trip was refused; ACCEPTED when it was not.
enum class ResetAnswer : uint8_t {
  ACCEPTED,
  NOT_TRIPPED,
  STARTING,
  COOLANT_HOT,
  COOLANT_UNKNOWN,
  ZONE_HOT,
  BURNER_BURNING,
  BURNER_SILENT,
  BURNER_ERROR,
};

/// Whether a request was taken over; CLAMPED was taken over as far as the limits allow.
enum class Answer : uint8_t { ACCEPTED, CLAMPED, REJECTED };

struct PidGains {
  float kp = 0.0f;  ///< 1/K
  float ki = 0.0f;  ///< 1/(K s)
  float kd = 0.0f;  ///< s/K
};

/// The last reading of a sensor and when it came; NaN in `value` is a failed reading, not "no news".
struct Reading {
  float value = UNKNOWN;
  Millis at = 0;
};

// ---- Configuration: fixed after setup ------------------------------------------------------------------

struct ZoneConfig {
  ZoneType type = ZoneType::AIR;
  bool has_air = false;
  bool has_floor = false;
  bool has_water = false;
  bool has_fan = false;  ///< Warmed by the exchanger fan.
  /// Limit (°C) of the floor where there is a floor sensor, else of the water or the air; cut to the ceiling.
  float limit = AIR_CEILING;
  float eco = 16.0f;
  float normal = 20.0f;
  float boost = 22.0f;
  uint16_t boost_minutes = 60;
  uint16_t preheat_minutes = 0;
  PidGains gains{};
  float fallback_duty = 0.25f;  ///< Duty without any sensor until the zone has learned its own.
};

struct ControllerConfig {
  size_t zone_count = 0;
  std::array<ZoneConfig, MAX_ZONES> zones{};

  float coolant_limit = 80.0f;  ///< The burner is throttled towards this and stops at it (°C).
  float coolant_trip = COOLANT_CEILING;
  float dump_on = 88.0f;
  float dump_off = 78.0f;
  bool has_dump = false;  ///< A dump valve gives the pump a path of its own.

  bool has_flow_sensor = false;
  Millis min_on = 5 * MINUTE;
  Millis min_off = 5 * MINUTE;
  uint8_t power_levels = 1;           ///< 1: on/off burner; n: modulates in n even steps.
  float lowest_power = 0.3f;          ///< Power of the lowest level where there is more than one.
  Millis valve_stroke = 60 * SECOND;  ///< Until a valve that was told to open lets water through.
  Millis pump_lead = 10 * SECOND;     ///< Pump before burner.
  Millis pump_overrun = 3 * MINUTE;

  Millis zone_stale = 5 * MINUTE;
  Millis coolant_stale = 60 * SECOND;
  Millis flow_stale = 15 * SECOND;
  Millis settle = 15 * SECOND;  ///< Outputs stay off at least this long after boot.
};

/// Sensible settings of a zone of this type, with the sensor it regulates; the caller adds further sensors.
constexpr ZoneConfig zone_defaults(ZoneType type) {
  ZoneConfig zone{.type = type};
  switch (type) {
    case ZoneType::AIR:
      zone.has_air = true;
      zone.gains = {0.4f, 0.4f / 5400.0f, 0.0f};
      break;
    case ZoneType::FLOOR:
      zone.has_floor = true;
      zone.limit = 35.0f;
      zone.eco = 22.0f;
      zone.normal = 27.0f;
      zone.boost = 30.0f;
      zone.gains = {0.25f, 0.25f / 7200.0f, 0.0f};
      break;
    case ZoneType::WATER:
      zone.has_water = true;
      zone.limit = 75.0f;
      zone.eco = 45.0f;
      zone.normal = 55.0f;
      zone.boost = 65.0f;
      zone.gains = {0.2f, 0.2f / 7200.0f, 0.0f};
      zone.fallback_duty = 0.15f;
      break;
  }
  return zone;
}

// ---- Inputs ---------------------------------------------------------------------------------------------

struct ZoneInputs {
  Reading air;
  Reading floor;
  Reading water;
};

/// What a burner driver reports. A driver without feedback leaves `confirmed` false.
struct BurnerFeedback {
  BurnerState state = BurnerState::OFF;
  bool confirmed = false;  ///< `state` was seen, not assumed from the command.
  bool talks = false;      ///< A burner on a bus: silence means something.
  Millis heard = 0;        ///< Last valid answer of a burner that talks.
  uint16_t error = 0;      ///< Code of the burner's own; 0 is none.
  float power = UNKNOWN;
  float voltage = UNKNOWN;
  float core_temperature = UNKNOWN;
};

/// The burner was seen doing anything but rest: it is hot.
constexpr bool alight(const BurnerFeedback &feedback) {
  return feedback.confirmed && feedback.state != BurnerState::OFF && feedback.state != BurnerState::LOCKOUT;
}

/// Local wall clock time; not used unless valid.
struct WallClock {
  bool valid = false;
  uint8_t weekday = 0;  ///< 0 is Monday.
  uint8_t second = 0;
  uint16_t minute = 0;  ///< Of the day, 0 to 1439.
};

struct Inputs {
  Millis now = 0;
  WallClock clock;
  Reading coolant;
  Reading flow;  ///< L/min
  BurnerFeedback burner;
  std::array<ZoneInputs, MAX_ZONES> zones{};
};

// ---- Outputs --------------------------------------------------------------------------------------------

struct BurnerCommand {
  bool on = false;
  float power = 0.0f;  ///< 0 to 1; of no meaning while off.
};

/// The next slot of a zone's week schedule.
struct NextEvent {
  bool known = false;
  Preset preset = Preset::NONE;
  uint8_t weekday = 0;
  uint16_t minute = 0;
  uint16_t in_minutes = 0;
};

struct ZoneOutputs {
  float valve = 0.0f;   ///< 0 closed to 1 open
  float demand = 0.0f;  ///< 0 to 1, after all limits
  float target = UNKNOWN;
  float current = UNKNOWN;  ///< Of the sensor that the zone regulates.
  float air = UNKNOWN;      ///< Plausible readings; NaN where there is none.
  float floor = UNKNOWN;
  float water = UNKNOWN;
  ZoneMode mode = ZoneMode::OFF;
  Preset preset = Preset::NORMAL;
  ZoneAction action = ZoneAction::OFF;
  SensorState sensors = SensorState::OK;
  AutotuneState autotune = AutotuneState::IDLE;
  bool sensor_problem = false;  ///< Any sensor of the zone is lost or implausible.
  bool frost_protection = false;
  bool preheating = false;
  bool limited = false;        ///< At its limit: valve closed.
  bool exercising = false;     ///< The valve is being exercised.
  bool valve_problem = false;  ///< The valve was found not to let water through; tried again every hour.
  NextEvent next;
};

struct Outputs {
  bool ready = false;  ///< False while everything is held off after boot.
  BurnerCommand burner;
  bool pump = false;
  bool dump = false;
  float fan = 0.0f;  ///< 0 to 1
  bool tripped = false;
  TripReason trip_reason = TripReason::NONE;
  uint8_t trip_zone = NO_ZONE;
  bool sensor_problem = false;  ///< Any sensor of the node, its zones included.
  bool clock_valid = false;
  FlowState flow_state = FlowState::ABSENT;
  BurnerState burner_state = BurnerState::OFF;
  float coolant = UNKNOWN;
  float flow = UNKNOWN;
  std::array<ZoneOutputs, MAX_ZONES> zones{};
};

// ---- What survives a reboot -----------------------------------------------------------------------------
// Plain records below 255 bytes: ESPHome's host preferences cut longer ones. A record of another version, or
// one with values out of bounds, is taken over only as far as it makes sense.

inline constexpr uint8_t RECORD_VERSION = 1;

/// What a user has set for a zone.
struct ZoneSettings {
  uint8_t version = RECORD_VERSION;
  bool schedule_enabled = true;
  uint16_t boost_minutes = 60;
  uint16_t preheat_minutes = 0;
  float eco = UNKNOWN;
  float normal = UNKNOWN;
  float boost = UNKNOWN;
  float limit = UNKNOWN;
  PidGains gains{};
};

/// What a zone was doing.
struct ZoneMemory {
  uint8_t version = RECORD_VERSION;
  ZoneMode mode = ZoneMode::HEAT;
  Preset preset = Preset::NORMAL;
  Preset preset_after_boost = Preset::NORMAL;
  float manual_target = UNKNOWN;  ///< With Preset::NONE.
  float manual_target_after_boost = UNKNOWN;
  uint16_t boost_minutes_left = 0;
  uint16_t applied_slot = 0xFFFF;  ///< Minute of the week of the slot that was applied last.
  bool scheduled_boost = false;
  uint8_t learned_duty = 0;  ///< Percent; 0 is unknown.
  uint8_t hours_since_exercise = 0;
};

/// What concerns the whole node.
struct NodeMemory {
  uint8_t version = RECORD_VERSION;
  bool heating = true;
  TripReason trip = TripReason::NONE;
  uint8_t trip_zone = NO_ZONE;
  uint16_t trip_code = 0;  ///< The burner's own code with BURNER_FAULT.
  float coolant_limit = UNKNOWN;
  float nominal_flow = UNKNOWN;  ///< L/min as calibrated; NaN before.
};

// ---- Events ---------------------------------------------------------------------------------------------

enum class EventType : uint8_t {
  TRIPPED,           ///< code: TripReason, zone where it applies, detail: the burner's own error
  TRIP_RESET,        ///< code: TripReason that was reset
  RESET_REFUSED,     ///< code: ResetAnswer
  SENSOR_LOST,       ///< code: SensorFault, sensor, zone
  SENSOR_RESTORED,   ///< sensor, zone
  FROST_PROTECTION,  ///< code: 1 begun, 0 ended
  VALVE_EXERCISE,    ///< zone
  HEAT_DUMP,         ///< code: 1 begun, 0 ended
  CLOCK_LOST,
  CLOCK_RESTORED,
  SCHEDULE_REJECTED,  ///< code: weekday, zone
  VALVE_STUCK,        ///< zone
};

struct Event {
  EventType type{};
  uint8_t zone = NO_ZONE;
  SensorKind sensor = SensorKind::AIR;
  uint8_t code = 0;
  uint16_t detail = 0;
};

/// A fixed queue of events; when it is full the oldest goes, and `dropped` counts it.
class EventQueue {
 public:
  void push(const Event &event) {
    if (count_ == events_.size()) {
      pop();
      ++dropped_;
    }
    events_[(head_ + count_++) % events_.size()] = event;
  }
  bool empty() const { return count_ == 0; }
  /// Take the oldest event; call only when not empty.
  Event pop() {
    const Event event = events_[head_];
    head_ = (head_ + 1) % events_.size();
    --count_;
    return event;
  }
  uint32_t dropped() const { return dropped_; }

 private:
  std::array<Event, 32> events_{};
  size_t head_ = 0;
  size_t count_ = 0;
  uint32_t dropped_ = 0;
};

}  // namespace hearthward
