#include "zone.h"

#include "words.h"

#include "esphome/core/application.h"
#include "esphome/core/log.h"

namespace esphome::hydronic {

using hearthward::Answer;
using hearthward::Preset;

static const char *const TAG = "hydronic.zone";

// Different keys for the three records of a zone.
static constexpr uint32_t SETTINGS_RECORD = 0x5E771465;
static constexpr uint32_t MEMORY_RECORD = 0x3E304217;
static constexpr uint32_t SCHEDULE_RECORD = 0x5C4ED01E;

const char *HydronicZone::zone_name() const {
#ifdef USE_DEVICES
  if (this->get_device() != nullptr)
    return this->get_device()->get_name();
#endif
  return this->get_name().c_str();
}

const hearthward::ZoneConfig &HydronicZone::attach(size_t index, hearthward::ZoneInputs &inputs) {
  this->index_ = index;
  follow(this->air_, inputs.air);
  follow(this->floor_, inputs.floor);
  follow(this->water_, inputs.water);
  this->config_.has_air = this->air_ != nullptr;
  this->config_.has_floor = this->floor_ != nullptr;
  this->config_.has_water = this->water_ != nullptr;
  this->settings_pref_ = this->make_entity_preference<hearthward::ZoneSettings>(SETTINGS_RECORD);
  this->memory_pref_ = this->make_entity_preference<hearthward::ZoneMemory>(MEMORY_RECORD);
  this->schedule_pref_ = this->make_entity_preference<hearthward::WeekSchedule>(SCHEDULE_RECORD);
  return this->config_;
}

void HydronicZone::restore() {
  auto &controller = this->controller_();
  hearthward::ZoneSettings settings;
  if (this->settings_pref_.load(&settings))
    controller.restore(this->index_, settings);
  hearthward::ZoneMemory memory;
  if (this->memory_pref_.load(&memory))
    controller.restore(this->index_, memory);
  hearthward::WeekSchedule schedule;
  if (this->schedule_pref_.load(&schedule))
    controller.restore(this->index_, schedule);
  this->settings_revision_ = controller.settings_revision(this->index_);
  this->memory_revision_ = controller.zone_memory_revision(this->index_);
  this->schedule_revision_ = controller.schedule_revision(this->index_);
  this->last_preset_ = controller.zone_memory(this->index_).preset;
  this->narrow_numbers_();
  this->publish_settings_();
}

bool HydronicZone::save() {
  auto &controller = this->controller_();
  bool urgent = false;
  if (const uint32_t revision = controller.settings_revision(this->index_); revision != this->settings_revision_) {
    this->settings_revision_ = revision;
    this->settings_pref_.save(&controller.settings(this->index_));
    urgent = true;
  }
  if (const uint32_t revision = controller.schedule_revision(this->index_); revision != this->schedule_revision_) {
    this->schedule_revision_ = revision;
    this->schedule_pref_.save(&controller.schedule(this->index_));
    urgent = true;
  }
  // Written with the next flush: it changes by itself, and flash wears out.
  if (const uint32_t revision = controller.zone_memory_revision(this->index_); revision != this->memory_revision_) {
    this->memory_revision_ = revision;
    this->memory_pref_.save(&controller.zone_memory(this->index_));
  }
  return urgent;
}

void HydronicZone::drive(float valve) {
  if (this->valve_ != nullptr)
    this->valve_->set_level(valve);
  if (this->valve_relay_ != nullptr)
    this->valve_relay_->set_state(valve > 0.0f);
}

void HydronicZone::dump_config() {
  const auto &config = this->controller_().config().zones[this->index_];
  ESP_LOGCONFIG(TAG, "  Zone '%s': limit %.0f °C, sensors:%s%s%s", this->zone_name(), config.limit,
                config.has_air ? " air" : "", config.has_floor ? " floor" : "", config.has_water ? " water" : "");
}

// ---- What a user sees -----------------------------------------------------------------------------------

climate::ClimateTraits HydronicZone::traits() {
  auto traits = climate::ClimateTraits();
  traits.add_feature_flags(climate::CLIMATE_SUPPORTS_CURRENT_TEMPERATURE | climate::CLIMATE_SUPPORTS_ACTION);
  traits.set_supported_modes({climate::CLIMATE_MODE_OFF, climate::CLIMATE_MODE_HEAT});
  traits.set_supported_presets({climate::CLIMATE_PRESET_ECO, climate::CLIMATE_PRESET_BOOST});
  traits.set_visual_min_temperature(hearthward::LOWEST_TARGET);
  const auto &config = this->controller_().config().zones[this->index_];
  traits.set_visual_max_temperature(config.type == hearthward::ZoneType::AIR ? hearthward::HIGHEST_AIR_TARGET
                                                                             : config.limit);
  traits.set_visual_target_temperature_step(0.5f);
  traits.set_visual_current_temperature_step(0.1f);
  return traits;
}

static climate::ClimateAction action_of(hearthward::ZoneAction action) {
  switch (action) {
    case hearthward::ZoneAction::HEATING:
      return climate::CLIMATE_ACTION_HEATING;
    case hearthward::ZoneAction::IDLE:
      return climate::CLIMATE_ACTION_IDLE;
    default:
      return climate::CLIMATE_ACTION_OFF;
  }
}

void HydronicZone::publish(const hearthward::ZoneOutputs &outputs) {
#ifdef USE_SENSOR
  hydronic::publish(this->air_temperature_sensor_, outputs.air, TEMPERATURE_STEP);
  hydronic::publish(this->floor_temperature_sensor_, outputs.floor, TEMPERATURE_STEP);
  hydronic::publish(this->water_temperature_sensor_, outputs.water, TEMPERATURE_STEP);
  publish_percent(this->heating_demand_sensor_, outputs.demand);
  publish_percent(this->valve_position_sensor_, outputs.valve);
#endif
#ifdef USE_BINARY_SENSOR
  hydronic::publish(this->sensor_problem_binary_sensor_, outputs.sensor_problem);
  hydronic::publish(this->valve_problem_binary_sensor_, outputs.valve_problem);
  hydronic::publish(this->frost_protection_binary_sensor_, outputs.frost_protection);
#endif
#ifdef USE_TEXT_SENSOR
  if (this->next_event_text_sensor_ != nullptr)
    hydronic::publish(this->next_event_text_sensor_, this->parent_->format_slot(outputs.next).c_str());
  hydronic::publish(this->next_preset_text_sensor_,
                    outputs.next.known ? hearthward::to_string(outputs.next.preset) : "");
  hydronic::publish(this->sensor_state_text_sensor_, to_string(outputs.sensors));
#endif
  this->publish_climate_(outputs);
  this->report_changes_(outputs);
}

void HydronicZone::publish_climate_(const hearthward::ZoneOutputs &outputs) {
  const auto mode = outputs.mode == hearthward::ZoneMode::HEAT ? climate::CLIMATE_MODE_HEAT : climate::CLIMATE_MODE_OFF;
  const auto action = action_of(outputs.action);
  const bool changed = this->mode != mode || this->action != action || outputs.preset != this->last_preset_ ||
                       differs(this->target_temperature, outputs.target, TARGET_STEP) ||
                       differs(this->current_temperature, outputs.current, TEMPERATURE_STEP);
  if (!changed && !this->echo_)
    return;
  this->echo_ = false;
  this->mode = mode;
  this->action = action;
  this->target_temperature = outputs.target;
  this->current_temperature = outputs.current;
  switch (outputs.preset) {
    case Preset::ECO:
      this->set_preset_(climate::CLIMATE_PRESET_ECO);
      break;
    case Preset::BOOST:
      this->set_preset_(climate::CLIMATE_PRESET_BOOST);
      break;
    case Preset::NORMAL:
      this->set_custom_preset_("normal");
      break;
    case Preset::NONE:
      this->set_preset_(climate::CLIMATE_PRESET_NONE);
      break;
  }
  this->publish_state();
}

void HydronicZone::report_changes_(const hearthward::ZoneOutputs &outputs) {
  if (this->last_preset_ == Preset::BOOST && outputs.preset != Preset::BOOST)
    this->report("boost_ended");
  this->last_preset_ = outputs.preset;
  if (outputs.autotune != this->last_autotune_) {
    if (outputs.autotune == hearthward::AutotuneState::DONE)
      this->report("autotune_done");
    if (outputs.autotune == hearthward::AutotuneState::FAILED)
      this->report("autotune_failed");
    this->last_autotune_ = outputs.autotune;
  }
}

void HydronicZone::report(const char *event_type) {
#ifdef USE_EVENT
  if (this->activity_event_ != nullptr)
    this->activity_event_->trigger(event_type);
#endif
}

void HydronicZone::publish_number_(ZoneSetting setting) {
#ifdef USE_NUMBER
  if (auto *number = this->numbers_[static_cast<size_t>(setting)]; number != nullptr)
    number->publish_state(this->value_of_(setting));
#endif
}

void HydronicZone::publish_day_(uint8_t weekday) {
#ifdef USE_TEXT
  if (this->days_[weekday] != nullptr)
    this->days_[weekday]->publish_state(
        hearthward::format_day(this->controller_().schedule(this->index_).days[weekday]));
#endif
}

void HydronicZone::publish_schedule_switch_() {
#ifdef USE_SWITCH
  if (this->schedule_switch_ != nullptr)
    this->schedule_switch_->publish_state(this->controller_().settings(this->index_).schedule_enabled);
#endif
}

void HydronicZone::publish_settings_() {
  for (size_t i = 0; i < ZONE_SETTINGS; i++)
    this->publish_number_(static_cast<ZoneSetting>(i));
  for (uint8_t day = 0; day < hearthward::DAYS; day++)
    this->publish_day_(day);
  this->publish_schedule_switch_();
}

void HydronicZone::narrow_numbers_() {
#ifdef USE_NUMBER
  const auto &config = this->controller_().config().zones[this->index_];
  const float highest = this->traits().get_visual_max_temperature();
  for (const auto setting :
       {ZoneSetting::ECO_TEMPERATURE, ZoneSetting::NORMAL_TEMPERATURE, ZoneSetting::BOOST_TEMPERATURE}) {
    if (auto *number = this->numbers_[static_cast<size_t>(setting)]; number != nullptr)
      number->traits.set_max_value(highest);
  }
  if (auto *number = this->numbers_[static_cast<size_t>(ZoneSetting::TEMPERATURE_LIMIT)]; number != nullptr)
    number->traits.set_max_value(config.limit);
#endif
}

// ---- What a user asks for -------------------------------------------------------------------------------

static Preset preset_of(const climate::ClimateCall &call) {
  if (call.has_custom_preset())
    return Preset::NORMAL;
  switch (*call.get_preset()) {
    case climate::CLIMATE_PRESET_ECO:
      return Preset::ECO;
    case climate::CLIMATE_PRESET_BOOST:
      return Preset::BOOST;
    default:
      return Preset::NONE;
  }
}

void HydronicZone::control(const climate::ClimateCall &call) {
  auto &controller = this->controller_();
  if (call.get_mode().has_value()) {
    controller.set_mode(this->index_, *call.get_mode() == climate::CLIMATE_MODE_HEAT ? hearthward::ZoneMode::HEAT
                                                                                     : hearthward::ZoneMode::OFF);
  }
  if (call.has_custom_preset() || call.get_preset().has_value())
    controller.set_preset(this->index_, preset_of(call));
  if (call.get_target_temperature().has_value()) {
    if (controller.set_target(this->index_, *call.get_target_temperature()) != Answer::ACCEPTED) {
      ESP_LOGW(TAG, "%s: a target of %.1f °C is out of reach; the highest is %.1f °C", this->zone_name(),
               *call.get_target_temperature(), controller.highest_target(this->index_));
    }
  }
  this->echo_ = true;
  this->parent_->commit();
}

float HydronicZone::value_of_(ZoneSetting setting) const {
  const auto &settings = this->controller_().settings(this->index_);
  switch (setting) {
    case ZoneSetting::ECO_TEMPERATURE:
      return settings.eco;
    case ZoneSetting::NORMAL_TEMPERATURE:
      return settings.normal;
    case ZoneSetting::BOOST_TEMPERATURE:
      return settings.boost;
    case ZoneSetting::TEMPERATURE_LIMIT:
      return settings.limit;
    case ZoneSetting::BOOST_DURATION:
      return settings.boost_minutes;
    case ZoneSetting::PREHEAT_LEAD:
      return settings.preheat_minutes;
  }
  return NAN;
}

Answer HydronicZone::apply_(ZoneSetting setting, float value) {
  auto &controller = this->controller_();
  switch (setting) {
    case ZoneSetting::ECO_TEMPERATURE:
      return controller.set_preset_temperature(this->index_, Preset::ECO, value);
    case ZoneSetting::NORMAL_TEMPERATURE:
      return controller.set_preset_temperature(this->index_, Preset::NORMAL, value);
    case ZoneSetting::BOOST_TEMPERATURE:
      return controller.set_preset_temperature(this->index_, Preset::BOOST, value);
    case ZoneSetting::TEMPERATURE_LIMIT:
      return controller.set_limit(this->index_, value);
    case ZoneSetting::BOOST_DURATION:
      return controller.set_boost_minutes(this->index_, static_cast<uint16_t>(value));
    case ZoneSetting::PREHEAT_LEAD:
      return controller.set_preheat_minutes(this->index_, static_cast<uint16_t>(value));
  }
  return Answer::REJECTED;
}

void HydronicZone::set(ZoneSetting setting, float value) {
  if (this->apply_(setting, value) != Answer::ACCEPTED)
    ESP_LOGW(TAG, "%s: %.1f is not allowed; %.1f holds", this->zone_name(), value, this->value_of_(setting));
  this->parent_->commit();
  // All of them: a lower limit takes the preset temperatures down with it.
  for (size_t i = 0; i < ZONE_SETTINGS; i++)
    this->publish_number_(static_cast<ZoneSetting>(i));
}

void HydronicZone::set_day(uint8_t weekday, const std::string &text) {
  const std::string error = this->controller_().set_day(this->index_, weekday, text);
  if (!error.empty())
    ESP_LOGW(TAG, "%s: schedule rejected: %s", this->zone_name(), error.c_str());
  this->parent_->commit();
  this->publish_day_(weekday);
}

void HydronicZone::set_schedule_enabled(bool enabled) {
  this->controller_().enable_schedule(this->index_, enabled);
  this->parent_->commit();
  this->publish_schedule_switch_();
}

void HydronicZone::autotune() {
  if (this->controller_().start_autotune(this->index_) == Answer::REJECTED)
    ESP_LOGW(TAG, "%s: cannot autotune now", this->zone_name());
  this->parent_->commit();
}

}  // namespace esphome::hydronic
