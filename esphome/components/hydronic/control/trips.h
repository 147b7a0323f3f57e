#pragma once

// What stops the node until a person has looked at it, and when that person may set it going again.

#include <algorithm>

#include "duty.h"
#include "types.h"

namespace hearthward {

struct Trip {
  TripReason reason = TripReason::NONE;
  uint8_t zone = NO_ZONE;
  uint16_t code = 0;
};

/// What is known in a step, as far as it matters for trips.
struct Evidence {
  float coolant = UNKNOWN;
  float coolant_trip = COOLANT_CEILING;
  SensorFault coolant_loss = SensorFault::NONE;  ///< How the coolant sensor was lost, in the step it was.
  float coolant_last = UNKNOWN;                  ///< Last value believed.
  float coolant_limit = 80.0f;
  float dump_on = 88.0f;
  bool burner_on = false;
  Millis burner_off_for = 0;
  int dumps_in_a_row = 0;
  uint8_t zone_over_limit = NO_ZONE;
  bool no_flow = false;
  bool burner_silent = false;
  bool burner_stuck = false;
  bool burner_gave_up = false;
  uint16_t burner_error = 0;
  bool burner_lockout = false;
};

/// The coolant sensor turned implausible, rather than silent, close to its limit while the burner burned: nothing tells
/// whether it boils.
inline bool lost_sight_near_limit(const Evidence &evidence) {
  const bool implausible = evidence.coolant_loss == SensorFault::RANGE || evidence.coolant_loss == SensorFault::RATE;
  return implausible && evidence.burner_on && evidence.coolant_last >= evidence.coolant_limit - 5.0f;
}

/// Hot although the burner has been off for long, or again and again although it is stopped in time: it does not stop.
inline bool heats_by_itself(const Evidence &evidence) {
  return (evidence.coolant >= evidence.dump_on && evidence.burner_off_for >= 10 * MINUTE) ||
         evidence.dumps_in_a_row >= 3;
}

inline bool burner_faulty(const Evidence &evidence) {
  return evidence.burner_lockout || evidence.burner_error != 0 || evidence.burner_gave_up || evidence.burner_stuck;
}

/// The first reason to trip, worst first; NONE when there is none.
inline Trip find_trip(const Evidence &evidence) {
  if (evidence.coolant > evidence.coolant_trip)
    return {.reason = TripReason::COOLANT_OVERHEAT};
  if (evidence.zone_over_limit != NO_ZONE)
    return {.reason = TripReason::ZONE_OVERHEAT, .zone = evidence.zone_over_limit};
  if (evidence.no_flow)
    return {.reason = TripReason::NO_FLOW};
  if (lost_sight_near_limit(evidence))
    return {.reason = TripReason::SENSOR_IMPLAUSIBLE};
  if (burner_faulty(evidence) || heats_by_itself(evidence))
    return {.reason = TripReason::BURNER_FAULT, .code = evidence.burner_error};
  if (evidence.burner_silent)
    return {.reason = TripReason::BURNER_SILENT};
  return {};
}

/// Heat that is left, or comes from a burner that does not stop, may still go where it is wanted - unless the pump runs
/// dry or a valve does not close.
constexpr bool may_distribute(TripReason reason) {
  return reason != TripReason::NO_FLOW && reason != TripReason::ZONE_OVERHEAT;
}

/// What a reset depends on.
struct ResetEvidence {
  bool ready = false;
  float coolant = UNKNOWN;
  bool coolant_lost = false;
  Millis off_for = 0;  ///< Time since the burner was on.
  bool zone_hot = false;
  bool burner_burning = false;
  bool burner_silent = false;
  bool burner_error = false;
};

inline constexpr float RESET_BELOW = 80.0f;               ///< °C of the coolant
inline constexpr Millis BLIND_RESET_AFTER = 10 * MINUTE;  ///< Without a coolant sensor: time to cool down.

/// Whether a trip may be reset now, and if not, why.
inline ResetAnswer judge_reset(const Trip &trip, const ResetEvidence &evidence) {
  if (trip.reason == TripReason::NONE)
    return ResetAnswer::NOT_TRIPPED;
  if (!evidence.ready)
    return ResetAnswer::STARTING;
  if (evidence.coolant >= RESET_BELOW)
    return ResetAnswer::COOLANT_HOT;
  if (evidence.coolant_lost && evidence.off_for < BLIND_RESET_AFTER)
    return ResetAnswer::COOLANT_UNKNOWN;
  if (evidence.zone_hot)
    return ResetAnswer::ZONE_HOT;
  if (evidence.burner_burning)
    return ResetAnswer::BURNER_BURNING;
  if (evidence.burner_silent)
    return ResetAnswer::BURNER_SILENT;
  return evidence.burner_error ? ResetAnswer::BURNER_ERROR : ResetAnswer::ACCEPTED;
}

/// A zone over its limit: after the valve was closed for it the temperature must not climb on.
///
/// A limit that was lowered below the present temperature closes the valve; it trips only after the zone has been below
/// it once.
class OverLimit {
 public:
  static constexpr float MARGIN = 3.0f;  ///< K above a lowered limit; never above the ceiling
  static constexpr Millis PATIENCE = MINUTE;

  bool update(float value, float limit, float ceiling, Millis now) {
    if (limit != limit_) {
      limit_ = limit;
      armed_ = false;
    }
    armed_ = armed_ || value <= limit;
    const bool over = (armed_ && value > limit + MARGIN) || value > ceiling;
    return held_.update(over, PATIENCE, now);
  }

 private:
  float limit_ = UNKNOWN;
  bool armed_ = false;
  Held held_;
};

}  // namespace hearthward
