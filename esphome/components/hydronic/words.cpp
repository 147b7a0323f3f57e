#include "words.h"

#include <cstddef>

namespace esphome::hydronic {

namespace {

/// The words of an enumeration whose values count up from 0.
template <typename E, size_t N>
const char *word(const char *const (&words)[N], E value) {
  const auto index = static_cast<size_t>(value);
  return index < N ? words[index] : "unknown";
}

}  // namespace

const char *to_string(hearthward::BurnerState state) {
  static const char *const WORDS[] = {"off", "starting", "burning", "stopping", "lockout"};
  return word(WORDS, state);
}

const char *to_string(hearthward::TripReason reason) {
  static const char *const WORDS[] = {"none",          "coolant_overheat",   "zone_overheat", "no_flow",
                                      "burner_silent", "sensor_implausible", "burner_fault"};
  return word(WORDS, reason);
}

const char *to_string(hearthward::FlowState state) {
  static const char *const WORDS[] = {"absent", "uncalibrated", "armed"};
  return word(WORDS, state);
}

const char *to_string(hearthward::SensorState state) {
  static const char *const WORDS[] = {"ok", "fallback", "lost"};
  return word(WORDS, state);
}

const char *to_string(hearthward::SensorKind kind) {
  static const char *const WORDS[] = {"air", "floor", "water", "coolant", "flow"};
  return word(WORDS, kind);
}

const char *to_string(hearthward::SensorFault fault) {
  static const char *const WORDS[] = {"no fault",     "not heard since the start", "silent",
                                      "out of range", "changes too fast",          "frozen"};
  return word(WORDS, fault);
}

const char *to_string(hearthward::ResetAnswer answer) {
  static const char *const WORDS[] = {"accepted",
                                      "nothing has tripped",
                                      "the node is starting",
                                      "the coolant is still hot",
                                      "the coolant temperature is unknown",
                                      "a zone is still too hot",
                                      "the burner is burning",
                                      "the burner does not answer",
                                      "the burner reports an error"};
  return word(WORDS, answer);
}

const char *to_string(hearthward::EventType type) {
  static const char *const WORDS[] = {"tripped",         "trip_reset",       "reset_refused",     "sensor_lost",
                                      "sensor_restored", "frost_protection", "valve_exercise",    "heat_dump",
                                      "clock_lost",      "clock_restored",   "schedule_rejected", "valve_stuck"};
  return word(WORDS, type);
}

}  // namespace esphome::hydronic
