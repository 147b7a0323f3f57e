#include "hydronic.h"

#include <cstdio>
#include <cstdlib>

#include "words.h"
#include "zone.h"

#include "esphome/core/hal.h"
#include "esphome/core/helpers.h"
#include "esphome/core/log.h"

namespace esphome::hydronic {

static const char *const TAG = "hydronic";

static constexpr uint32_t STEP_MS = 1000;

void follow(sensor::Sensor *sensor, hearthward::Reading &reading) {
  if (sensor == nullptr)
    return;
  sensor->add_on_state_callback([&reading](float value) { reading = {value, millis_64()}; });
}

void Hydronic::setup() {
  this->all_off_();
  this->config_.has_flow_sensor = this->flow_ != nullptr;
  this->config_.has_dump = this->dump_ != nullptr;
  this->config_.zone_count = this->zones_.size();
  follow(this->coolant_, this->inputs_.coolant);
  follow(this->flow_, this->inputs_.flow);
  for (size_t i = 0; i < this->zones_.size(); i++)
    this->config_.zones[i] = this->zones_[i]->attach(i, this->inputs_.zones[i]);
  this->memory_pref_ = global_preferences->make_preference<hearthward::NodeMemory>(fnv1_hash("hydronic_node"));
  this->start_controller_();
#ifdef USE_OTA_STATE_LISTENER
  ota::get_global_ota_callback()->add_global_state_listener(this);
#endif
  this->set_interval("step", STEP_MS, [this]() { this->step_(); });
}

void Hydronic::start_controller_() {
  this->controller_.emplace(this->config_);
  hearthward::NodeMemory memory;
  if (this->memory_pref_.load(&memory))
    this->controller_->restore(memory);
  this->saved_revision_ = this->controller_->node_revision();
  for (auto *zone : this->zones_)
    zone->restore();
#ifdef USE_NUMBER
  if (this->coolant_limit_number_ != nullptr)
    this->coolant_limit_number_->traits.set_max_value(this->controller_->config().coolant_limit);
#endif
  this->publish_settings_();
}

void Hydronic::dump_config() {
  const auto &config = this->controller_->config();
  ESP_LOGCONFIG(TAG,
                "Hydronic heater:\n"
                "  Zones: %u\n"
                "  Coolant limit: %.0f °C, trip: %.0f °C\n"
                "  Heat dump: %s, flow sensor: %s",
                static_cast<unsigned>(config.zone_count), config.coolant_limit, config.coolant_trip,
                YESNO(config.has_dump), YESNO(config.has_flow_sensor));
  this->burner_->dump_config();
  for (auto *zone : this->zones_)
    zone->dump_config();
}

hearthward::WallClock Hydronic::wall_clock_() {
  const ESPTime now = this->time_->now();
  if (!now.is_valid())
    return {};
  return {.valid = true,
          .weekday = static_cast<uint8_t>((now.day_of_week + 5) % 7),  // ESPHome: Sunday is 1
          .second = now.second,
          .minute = static_cast<uint16_t>(now.hour * 60 + now.minute)};
}

void Hydronic::step_() {
  if (this->held_)
    return;
  this->inputs_.now = millis_64();
  this->inputs_.clock = this->wall_clock_();
  this->inputs_.burner = this->burner_->poll(this->inputs_.now);
  this->controller_->step(this->inputs_, this->outputs_);
  this->drive_();
  this->save_(false);
  this->publish_();
  auto &events = this->controller_->events();
  while (!events.empty())
    this->report_(events.pop());
}

void Hydronic::drive_() {
  for (size_t i = 0; i < this->zones_.size(); i++)
    this->zones_[i]->drive(this->outputs_.zones[i].valve);
  this->pump_->set_state(this->outputs_.pump);
  if (this->dump_ != nullptr)
    this->dump_->set_state(this->outputs_.dump);
  if (this->fan_ != nullptr)
    this->fan_->set_level(this->outputs_.fan);
  this->burner_->command(this->outputs_.burner, this->inputs_.now);
}

void Hydronic::all_off_() {
  this->outputs_ = {};
  this->drive_();
}

#ifdef USE_OTA_STATE_LISTENER
void Hydronic::on_ota_global_state(ota::OTAState state, float progress, uint8_t error, ota::OTAComponent *component) {
  if (state == ota::OTA_STARTED) {
    ESP_LOGW(TAG, "An update begins: everything off");
    this->held_ = true;
    this->all_off_();
  } else if (this->held_ && (state == ota::OTA_ABORT || state == ota::OTA_ERROR)) {
    // A client that breaks off in the handshake is an error, too: that one changed nothing.
    // The burner was cut short: begin as after a boot, with its minimum off time.
    this->start_controller_();
    this->held_ = false;
  }
}
#endif

bool Hydronic::save_(bool force_sync) {
  bool urgent = force_sync;
  if (const uint32_t revision = this->controller_->node_revision(); revision != this->saved_revision_) {
    this->saved_revision_ = revision;
    this->memory_pref_.save(&this->controller_->node_memory());
    urgent = true;  // a trip has to outlive a power cut
  }
  for (auto *zone : this->zones_)
    urgent |= zone->save();
  return !urgent || global_preferences->sync();
}

void Hydronic::commit() {
  this->save_(true);
  this->defer("commit", [this]() { this->step_(); });
}

void Hydronic::publish_() {
  const auto &out = this->outputs_;
#ifdef USE_SENSOR
  publish_percent(this->burner_power_sensor_, out.burner.on ? out.burner.power : 0.0f);
  publish(this->coolant_temperature_sensor_, out.coolant, COOLANT_STEP);
  // Less than a step is what a meter says of still water.
  publish(this->flow_rate_sensor_, out.flow < FLOW_STEP ? 0.0f : out.flow, FLOW_STEP);
  publish_percent(this->fan_speed_sensor_, out.fan);
#endif
#ifdef USE_BINARY_SENSOR
  publish(this->burner_binary_sensor_, out.burner.on);
  publish(this->pump_binary_sensor_, out.pump);
  publish(this->heat_dump_binary_sensor_, out.dump);
  publish(this->tripped_binary_sensor_, out.tripped);
  publish(this->sensor_problem_binary_sensor_, out.sensor_problem);
  publish(this->clock_valid_binary_sensor_, out.clock_valid);
#endif
#ifdef USE_TEXT_SENSOR
  publish(this->burner_state_text_sensor_, to_string(out.burner_state));
  publish(this->trip_reason_text_sensor_, to_string(out.trip_reason));
  publish(this->flow_sensor_text_sensor_, to_string(out.flow_state));
#endif
  for (size_t i = 0; i < this->zones_.size(); i++)
    this->zones_[i]->publish(out.zones[i]);
}

void Hydronic::publish_settings_() {
  const auto &memory = this->controller_->node_memory();
#ifdef USE_SWITCH
  if (this->heating_switch_ != nullptr)
    this->heating_switch_->publish_state(memory.heating);
#endif
#ifdef USE_NUMBER
  if (this->coolant_limit_number_ != nullptr)
    this->coolant_limit_number_->publish_state(memory.coolant_limit);
#endif
}

void Hydronic::report_(const hearthward::Event &event) {
  using hearthward::EventType;
  const bool has_zone = event.zone < this->zones_.size();
  const char *where = has_zone ? this->zones_[event.zone]->zone_name() : "Heater";
  const char *type = to_string(event.type);
  switch (event.type) {
    case EventType::TRIPPED:
      ESP_LOGE(TAG, "%s: tripped: %s (code %u). The burner stays off until reset_trip", where,
               to_string(static_cast<hearthward::TripReason>(event.code)), event.detail);
      break;
    case EventType::RESET_REFUSED:
      ESP_LOGW(TAG, "%s: reset refused: %s", where, to_string(static_cast<hearthward::ResetAnswer>(event.code)));
      break;
    case EventType::SENSOR_LOST:
      ESP_LOGW(TAG, "%s: %s sensor lost: %s", where, to_string(event.sensor),
               to_string(static_cast<hearthward::SensorFault>(event.code)));
      break;
    case EventType::VALVE_STUCK:
      ESP_LOGW(TAG, "%s: no water flows although its valve was told to open: look at the valve", where);
      break;
    case EventType::SENSOR_RESTORED:
      ESP_LOGI(TAG, "%s: %s sensor restored", where, to_string(event.sensor));
      break;
    case EventType::FROST_PROTECTION:
    case EventType::HEAT_DUMP:
      ESP_LOGI(TAG, "%s: %s %s", where, type, event.code != 0 ? "begins" : "ends");
      if (event.code == 0)
        return;  // an event says that it begins; the binary sensor says how long it lasts
      break;
    default:
      ESP_LOGI(TAG, "%s: %s", where, type);
      break;
  }
#ifdef USE_EVENT
  if (this->heater_event_ != nullptr)
    this->heater_event_->trigger(type);
  if (has_zone)
    this->zones_[event.zone]->report(type);
#endif
}

/// The minutes from b to a, both minutes of a day, the short way round midnight.
static int minutes_between(int a, int b) {
  constexpr int day = hearthward::MINUTES_PER_DAY;
  return ((a - b + day / 2) % day + day) % day - day / 2;
}

static int minute_of(const ESPTime &time) { return time.hour * 60 + time.minute; }

std::string Hydronic::format_slot(const hearthward::NextEvent &next) {
  const ESPTime now = this->time_->now();
  if (!next.known || !now.is_valid())
    return "";
  time_t at = now.timestamp - now.second + next.in_minutes * 60;
  // The wall clock may change to or from summer time before the slot.
  at -= minutes_between(minute_of(ESPTime::from_epoch_local(at)), next.minute) * 60;
  const ESPTime slot = ESPTime::from_epoch_local(at);
  const int offset = minutes_between(minute_of(slot), minute_of(ESPTime::from_epoch_utc(at)));
  char text[32];
  snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:00%c%02d:%02d", slot.year, slot.month, slot.day_of_month,
           slot.hour, slot.minute, offset < 0 ? '-' : '+', std::abs(offset) / 60, std::abs(offset) % 60);
  return text;
}

void Hydronic::set_heating(bool on) {
  this->controller_->set_heating(on);
  this->commit();
  this->publish_settings_();
}

void Hydronic::set_coolant_limit(float limit) {
  if (this->controller_->set_coolant_limit(limit) != hearthward::Answer::ACCEPTED)
    ESP_LOGW(TAG, "A coolant limit of %.1f °C is not allowed: limits can only be lowered", limit);
  this->commit();
  this->publish_settings_();
}

void Hydronic::reset_trip() {
  this->controller_->reset_trip();
  this->commit();
}

void Hydronic::calibrate_flow() {
  if (this->controller_->calibrate_flow() == hearthward::Answer::REJECTED)
    ESP_LOGW(TAG, "The flow sensor can only be calibrated while the pump runs");
  this->commit();
}

}  // namespace esphome::hydronic
