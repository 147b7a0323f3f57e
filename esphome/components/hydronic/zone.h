#pragma once

#include "hydronic.h"

#include <array>

#include "esphome/components/climate/climate.h"
#ifdef USE_TEXT
#include "esphome/components/text/text.h"
#endif

namespace esphome::hydronic {

/// The numbers of a zone.
enum class ZoneSetting : uint8_t {
  ECO_TEMPERATURE,
  NORMAL_TEMPERATURE,
  BOOST_TEMPERATURE,
  TEMPERATURE_LIMIT,
  BOOST_DURATION,
  PREHEAT_LEAD,
};
inline constexpr size_t ZONE_SETTINGS = 6;

/// Binds a zone of the control logic to its sensors, its valve and its entities.
class HydronicZone : public climate::Climate {
#ifdef USE_SENSOR
  SUB_SENSOR(air_temperature)
  SUB_SENSOR(floor_temperature)
  SUB_SENSOR(water_temperature)
  SUB_SENSOR(heating_demand)
  SUB_SENSOR(valve_position)
#endif
#ifdef USE_BINARY_SENSOR
  SUB_BINARY_SENSOR(sensor_problem)
  SUB_BINARY_SENSOR(valve_problem)
  SUB_BINARY_SENSOR(frost_protection)
#endif
#ifdef USE_TEXT_SENSOR
  SUB_TEXT_SENSOR(next_event)
  SUB_TEXT_SENSOR(next_preset)
  SUB_TEXT_SENSOR(sensor_state)
#endif
#ifdef USE_SWITCH
  SUB_SWITCH(schedule)
#endif

 public:
  HydronicZone(Hydronic *parent, hearthward::ZoneType type)
      : parent_(parent), config_(hearthward::zone_defaults(type)) {
    this->set_supported_custom_presets({"normal"});
  }

  void set_air_sensor(sensor::Sensor *sensor) { this->air_ = sensor; }
  void set_floor_sensor(sensor::Sensor *sensor) { this->floor_ = sensor; }
  void set_water_sensor(sensor::Sensor *sensor) { this->water_ = sensor; }
  void set_valve_output(output::FloatOutput *output) { this->valve_ = output; }
  void set_valve_relay(output::BinaryOutput *relay) { this->valve_relay_ = relay; }
  void set_fan(bool has_fan) { this->config_.has_fan = has_fan; }
  void set_eco_temperature(float temperature) { this->config_.eco = temperature; }
  void set_normal_temperature(float temperature) { this->config_.normal = temperature; }
  void set_boost_temperature(float temperature) { this->config_.boost = temperature; }
  void set_boost_duration(uint16_t minutes) { this->config_.boost_minutes = minutes; }
  void set_preheat_lead(uint16_t minutes) { this->config_.preheat_minutes = minutes; }
  void set_temperature_limit(float limit) { this->config_.limit = limit; }
  void set_fallback_duty(float duty) { this->config_.fallback_duty = duty; }
#ifdef USE_NUMBER
  void set_number(ZoneSetting setting, number::Number *number) {
    this->numbers_[static_cast<size_t>(setting)] = number;
  }
#endif
#ifdef USE_TEXT
  void set_day_text(uint8_t weekday, text::Text *text) { this->days_[weekday] = text; }
#endif
#ifdef USE_EVENT
  void set_activity_event(event::Event *event) { this->activity_event_ = event; }
#endif

  /// Take the place of this zone among the others, and say what it is made of.
  const hearthward::ZoneConfig &attach(size_t index, hearthward::ZoneInputs &inputs);
  void restore();
  /// Write what changed to the preferences; true when it is worth a flash write now.
  bool save();
  void drive(float valve);
  void publish(const hearthward::ZoneOutputs &outputs);
  void report(const char *event_type);
  void dump_config();
  const char *zone_name() const;

  void set(ZoneSetting setting, float value);
  void set_day(uint8_t weekday, const std::string &text);
  void set_schedule_enabled(bool enabled);
  void autotune();

 protected:
  climate::ClimateTraits traits() override;
  void control(const climate::ClimateCall &call) override;

  hearthward::Answer apply_(ZoneSetting setting, float value);
  float value_of_(ZoneSetting setting) const;
  void narrow_numbers_();
  void publish_settings_();
  void publish_number_(ZoneSetting setting);
  void publish_day_(uint8_t weekday);
  void publish_schedule_switch_();
  void publish_climate_(const hearthward::ZoneOutputs &outputs);
  void report_changes_(const hearthward::ZoneOutputs &outputs);
  hearthward::Controller &controller_() const { return this->parent_->controller(); }

  Hydronic *parent_;
  hearthward::ZoneConfig config_;
  size_t index_{0};
  bool echo_{false};  ///< A command came: publish, even if it changed nothing.
  hearthward::Preset last_preset_{hearthward::Preset::NONE};
  hearthward::AutotuneState last_autotune_{hearthward::AutotuneState::IDLE};

  sensor::Sensor *air_{nullptr};
  sensor::Sensor *floor_{nullptr};
  sensor::Sensor *water_{nullptr};
  output::FloatOutput *valve_{nullptr};
  output::BinaryOutput *valve_relay_{nullptr};
#ifdef USE_NUMBER
  std::array<number::Number *, ZONE_SETTINGS> numbers_{};
#endif
#ifdef USE_TEXT
  std::array<text::Text *, hearthward::DAYS> days_{};
#endif
#ifdef USE_EVENT
  event::Event *activity_event_{nullptr};
#endif

  ESPPreferenceObject settings_pref_;
  ESPPreferenceObject memory_pref_;
  ESPPreferenceObject schedule_pref_;
  uint32_t settings_revision_{0};
  uint32_t memory_revision_{0};
  uint32_t schedule_revision_{0};
};

}  // namespace esphome::hydronic
