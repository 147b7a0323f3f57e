#pragma once

// What the control logic says, in the words of the entities and of the log.

#include "control/types.h"

namespace esphome::hydronic {

const char *to_string(hearthward::BurnerState state);
const char *to_string(hearthward::TripReason reason);
const char *to_string(hearthward::FlowState state);
const char *to_string(hearthward::SensorState state);
const char *to_string(hearthward::SensorKind kind);
const char *to_string(hearthward::SensorFault fault);
const char *to_string(hearthward::ResetAnswer answer);
const char *to_string(hearthward::EventType type);

}  // namespace esphome::hydronic
