#pragma once

// The entities that a user can operate; each passes on to its node or zone, which publishes what came of it.

#include "zone.h"

namespace esphome::hydronic {

#ifdef USE_NUMBER
class CoolantLimitNumber : public number::Number {
 public:
  explicit CoolantLimitNumber(Hydronic *parent) : parent_(parent) { parent->set_coolant_limit_number(this); }

 protected:
  void control(float value) override { this->parent_->set_coolant_limit(value); }
  Hydronic *parent_;
};

class ZoneNumber : public number::Number {
 public:
  ZoneNumber(HydronicZone *zone, ZoneSetting setting) : zone_(zone), setting_(setting) {
    zone->set_number(setting, this);
  }

 protected:
  void control(float value) override { this->zone_->set(this->setting_, value); }
  HydronicZone *zone_;
  ZoneSetting setting_;
};
#endif

#ifdef USE_SWITCH
class HeatingSwitch : public switch_::Switch {
 public:
  explicit HeatingSwitch(Hydronic *parent) : parent_(parent) { parent->set_heating_switch(this); }

 protected:
  void write_state(bool state) override { this->parent_->set_heating(state); }
  Hydronic *parent_;
};

class ScheduleSwitch : public switch_::Switch {
 public:
  explicit ScheduleSwitch(HydronicZone *zone) : zone_(zone) { zone->set_schedule_switch(this); }

 protected:
  void write_state(bool state) override { this->zone_->set_schedule_enabled(state); }
  HydronicZone *zone_;
};
#endif

#ifdef USE_BUTTON
class ResetTripButton : public button::Button {
 public:
  explicit ResetTripButton(Hydronic *parent) : parent_(parent) {}

 protected:
  void press_action() override { this->parent_->reset_trip(); }
  Hydronic *parent_;
};

class CalibrateFlowButton : public button::Button {
 public:
  explicit CalibrateFlowButton(Hydronic *parent) : parent_(parent) {}

 protected:
  void press_action() override { this->parent_->calibrate_flow(); }
  Hydronic *parent_;
};

class AutotuneButton : public button::Button {
 public:
  explicit AutotuneButton(HydronicZone *zone) : zone_(zone) {}

 protected:
  void press_action() override { this->zone_->autotune(); }
  HydronicZone *zone_;
};
#endif

#ifdef USE_TEXT
class ScheduleText : public text::Text {
 public:
  ScheduleText(HydronicZone *zone, uint8_t weekday) : zone_(zone), weekday_(weekday) {
    zone->set_day_text(weekday, this);
  }

 protected:
  void control(const std::string &value) override { this->zone_->set_day(this->weekday_, value); }
  HydronicZone *zone_;
  uint8_t weekday_;
};
#endif

}  // namespace esphome::hydronic
