#pragma once

#include "control/controller.h"

#include <optional>
#include <vector>

#include "burner.h"
#include "publish.h"

#include "esphome/core/component.h"
#include "esphome/core/defines.h"
#include "esphome/core/preferences.h"
#include "esphome/components/time/real_time_clock.h"
#ifdef USE_BUTTON
#include "esphome/components/button/button.h"
#endif
#ifdef USE_EVENT
#include "esphome/components/event/event.h"
#endif
#ifdef USE_NUMBER
#include "esphome/components/number/number.h"
#endif
#ifdef USE_SWITCH
#include "esphome/components/switch/switch.h"
#endif
#ifdef USE_OTA_STATE_LISTENER
#include "esphome/components/ota/ota_backend.h"
#endif

namespace esphome::hydronic {

class HydronicZone;

/** Binds the control logic to the sensors, outputs and entities of a node.
 *
 * It reads the sensors and steps the logic once a second, and at once when a user asked for something. It decides
 * nothing.
 */
class Hydronic : public Component
#ifdef USE_OTA_STATE_LISTENER
    ,
                 public ota::OTAGlobalStateListener
#endif
{
#ifdef USE_SENSOR
  SUB_SENSOR(burner_power)
  SUB_SENSOR(coolant_temperature)
  SUB_SENSOR(flow_rate)
  SUB_SENSOR(fan_speed)
#endif
#ifdef USE_BINARY_SENSOR
  SUB_BINARY_SENSOR(burner)
  SUB_BINARY_SENSOR(pump)
  SUB_BINARY_SENSOR(heat_dump)
  SUB_BINARY_SENSOR(tripped)
  SUB_BINARY_SENSOR(sensor_problem)
  SUB_BINARY_SENSOR(clock_valid)
#endif
#ifdef USE_TEXT_SENSOR
  SUB_TEXT_SENSOR(burner_state)
  SUB_TEXT_SENSOR(trip_reason)
  SUB_TEXT_SENSOR(flow_sensor)
#endif
#ifdef USE_NUMBER
  SUB_NUMBER(coolant_limit)
#endif
#ifdef USE_SWITCH
  SUB_SWITCH(heating)
#endif

 public:
  void setup() override;
  void dump_config() override;
  void on_shutdown() override { this->all_off_(); }
  float get_setup_priority() const override { return setup_priority::DATA; }
#ifdef USE_OTA_STATE_LISTENER
  void on_ota_global_state(ota::OTAState state, float progress, uint8_t error, ota::OTAComponent *component) override;
#endif

  void set_config(const hearthward::ControllerConfig &config) { this->config_ = config; }
  void set_time(time::RealTimeClock *time) { this->time_ = time; }
  void set_burner(Burner *burner) { this->burner_ = burner; }
  void set_coolant_sensor(sensor::Sensor *sensor) { this->coolant_ = sensor; }
  void set_flow_sensor(sensor::Sensor *sensor) { this->flow_ = sensor; }
  void set_pump_output(output::BinaryOutput *output) { this->pump_ = output; }
  void set_dump_output(output::BinaryOutput *output) { this->dump_ = output; }
  void set_fan_output(output::FloatOutput *output) { this->fan_ = output; }
  void add_zone(HydronicZone *zone) { this->zones_.push_back(zone); }
#ifdef USE_EVENT
  void set_heater_event(event::Event *event) { this->heater_event_ = event; }
#endif

  hearthward::Controller &controller() { return *this->controller_; }
  /// Save what a user has just set, so that it survives a power cut from now on, and act on it without delay.
  void commit();
  /// The next occurrence of a slot as ISO 8601 in local time, or an empty text without a schedule or a valid clock.
  std::string format_slot(const hearthward::NextEvent &next);

  void set_heating(bool on);
  void set_coolant_limit(float limit);
  void reset_trip();
  void calibrate_flow();

 protected:
  void start_controller_();
  void step_();
  void drive_();
  void all_off_();
  bool save_(bool force_sync);
  void publish_();
  void publish_settings_();
  void report_(const hearthward::Event &event);
  hearthward::WallClock wall_clock_();

  hearthward::ControllerConfig config_{};
  std::optional<hearthward::Controller> controller_;
  hearthward::Inputs inputs_{};
  hearthward::Outputs outputs_{};
  bool held_{false};  ///< An update is being written: the logic rests.

  time::RealTimeClock *time_{nullptr};
  Burner *burner_{nullptr};
  sensor::Sensor *coolant_{nullptr};
  sensor::Sensor *flow_{nullptr};
  output::BinaryOutput *pump_{nullptr};
  output::BinaryOutput *dump_{nullptr};
  output::FloatOutput *fan_{nullptr};
  std::vector<HydronicZone *> zones_;
#ifdef USE_EVENT
  event::Event *heater_event_{nullptr};
#endif

  ESPPreferenceObject memory_pref_;
  uint32_t saved_revision_{0};
};

/// Keep a reading current with what a sensor publishes, failed readings included.
void follow(sensor::Sensor *sensor, hearthward::Reading &reading);

}  // namespace esphome::hydronic
