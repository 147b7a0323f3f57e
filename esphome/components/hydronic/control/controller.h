#pragma once

// The heater node: any number of zones, one burner. `step` is called every second or so with all inputs and fills in
// all outputs. Requests of users may come at any time between steps; none of them raises a configured limit.

#include "schedule.h"
#include "types.h"

namespace hearthward {

class Controller {
 public:
  /// Cut every limit to its ceiling and start with the outputs off. Call the restore functions before the first step.
  explicit Controller(const ControllerConfig &config);

  void restore(const NodeMemory &memory);
  void restore(size_t zone, const ZoneSettings &settings);
  void restore(size_t zone, const ZoneMemory &memory);
  void restore(size_t zone, const WeekSchedule &schedule);

  /// Regulate; `inputs.now` never goes back.
  void step(const Inputs &inputs, Outputs &outputs);

  // What to save when its revision changed; save NodeMemory at once (a trip must survive a power cut).
  const NodeMemory &node_memory() const;
  const ZoneSettings &settings(size_t zone) const;
  const ZoneMemory &zone_memory(size_t zone) const;
  const WeekSchedule &schedule(size_t zone) const;
  uint32_t node_revision() const;
  uint32_t settings_revision(size_t zone) const;
  uint32_t zone_memory_revision(size_t zone) const;
  uint32_t schedule_revision(size_t zone) const;

  const ControllerConfig &config() const;
  /// Where a zone's target may be now: `limit` of today, or less (°C).
  float highest_target(size_t zone) const;
  EventQueue &events();

  // Requests of a user.
  void set_heating(bool on);
  void set_mode(size_t zone, ZoneMode mode);
  Answer set_preset(size_t zone, Preset preset);  ///< Holds until the next slot; BOOST for its duration.
  Answer boost(size_t zone, uint16_t minutes);
  Answer set_target(size_t zone, float target);  ///< By hand (Preset::NONE), until the next slot.
  Answer set_preset_temperature(size_t zone, Preset preset, float temperature);
  Answer set_boost_minutes(size_t zone, uint16_t minutes);
  Answer set_preheat_minutes(size_t zone, uint16_t minutes);
  Answer set_limit(size_t zone, float limit);  ///< Never above the configured one.
  Answer set_coolant_limit(float limit);       ///< Never above the configured one.
  void enable_schedule(size_t zone, bool enabled);
  /// Replace a day; the error says what to write instead, and the day stays as it was.
  std::string set_day(size_t zone, uint8_t weekday, std::string_view text);
  Answer start_autotune(size_t zone);
  Answer calibrate_flow();  ///< REJECTED without a flow sensor or while the pump does not run.
  ResetAnswer reset_trip();
};

}  // namespace hearthward
