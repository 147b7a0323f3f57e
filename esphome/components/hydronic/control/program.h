#pragma once

// What a zone is to be: its presets, Boost and the way back, the week schedule and what a user sets by hand.

#include <algorithm>
#include <cstring>
#include <optional>

#include "bounds.h"
#include "schedule.h"
#include "types.h"

namespace hearthward {

/// Whether gains can have come from a working regulator.
inline bool sane(const PidGains &gains) {
  return gains.kp > 0.0f && gains.kp <= 10.0f && gains.ki >= 0.0f && gains.ki <= 0.1f && gains.kd >= 0.0f &&
         gains.kd <= 100000.0f;
}

class Program {
 public:
  Program() = default;
  explicit Program(const ZoneConfig &config) : config_(config) {
    settings_ = {.boost_minutes = config.boost_minutes,
                 .preheat_minutes = config.preheat_minutes,
                 .eco = config.eco,
                 .normal = config.normal,
                 .boost = config.boost,
                 .limit = config.limit,
                 .gains = config.gains};
    clamp_temperatures();
  }

  // ---- Records ----

  void restore(const ZoneSettings &saved) {
    if (saved.version != RECORD_VERSION)
      return;
    settings_.schedule_enabled = saved.schedule_enabled;
    settings_.boost_minutes = std::clamp(saved.boost_minutes, SHORTEST_BOOST, LONGEST_BOOST);
    settings_.preheat_minutes = std::min(saved.preheat_minutes, LONGEST_PREHEAT);
    restore_number(settings_.limit, saved.limit);
    restore_number(settings_.eco, saved.eco);
    restore_number(settings_.normal, saved.normal);
    restore_number(settings_.boost, saved.boost);
    if (sane(saved.gains))
      settings_.gains = saved.gains;
    settings_.limit = std::clamp(settings_.limit, lowest_limit(), config_.limit);
    clamp_temperatures();
  }
  void restore(const ZoneMemory &saved) {
    if (saved.version != RECORD_VERSION || saved.mode > ZoneMode::HEAT || saved.preset > Preset::BOOST ||
        saved.preset_after_boost > Preset::NORMAL)
      return;
    memory_ = saved;
    memory_.learned_duty = std::min<uint8_t>(saved.learned_duty, 100);
    memory_.boost_minutes_left = std::min(saved.boost_minutes_left, LONGEST_BOOST);
    resume_boost_ = memory_.preset == Preset::BOOST;
  }
  void restore(const WeekSchedule &saved) {
    if (saved.version == RECORD_VERSION && well_formed(saved))
      schedule_ = saved;
  }
  const ZoneSettings &settings() const { return settings_; }
  const ZoneMemory &memory() const { return memory_; }
  const WeekSchedule &schedule() const { return schedule_; }
  uint32_t settings_revision() const { return settings_revision_; }
  uint32_t memory_revision() const { return memory_revision_; }
  uint32_t schedule_revision() const { return schedule_revision_; }

  // ---- Requests ----

  void set_mode(ZoneMode mode) {
    memory_.mode = mode;
    ++memory_revision_;
  }
  Answer set_preset(Preset preset, Millis now) {
    if (preset == Preset::NONE || preset > Preset::BOOST)
      return Answer::REJECTED;
    if (preset == Preset::BOOST)
      return start_boost(settings_.boost_minutes, false, now);
    memory_.preset = preset;
    ++memory_revision_;
    return Answer::ACCEPTED;
  }
  Answer start_boost(uint16_t minutes, bool scheduled, Millis now) {
    const uint16_t within = std::clamp(minutes, SHORTEST_BOOST, LONGEST_BOOST);
    if (memory_.preset != Preset::BOOST) {
      memory_.preset_after_boost = memory_.preset;
      memory_.manual_target_after_boost = memory_.manual_target;
    }
    memory_.preset = Preset::BOOST;
    memory_.scheduled_boost = scheduled;
    memory_.boost_minutes_left = within;
    boost_until_ = now + within * MINUTE;
    ++memory_revision_;
    return within == minutes ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  Answer set_target(float target) {
    if (std::isnan(target))
      return Answer::REJECTED;
    memory_.preset = Preset::NONE;
    memory_.manual_target = clamp_target(target);
    ++memory_revision_;
    return memory_.manual_target == target ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  Answer set_preset_temperature(Preset preset, float temperature) {
    if (preset == Preset::NONE || preset > Preset::BOOST || std::isnan(temperature))
      return Answer::REJECTED;
    float &place = preset == Preset::ECO      ? settings_.eco
                   : preset == Preset::NORMAL ? settings_.normal
                                              : settings_.boost;
    place = clamp_target(temperature);
    ++settings_revision_;
    return place == temperature ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  Answer set_boost_minutes(uint16_t minutes) {
    settings_.boost_minutes = std::clamp(minutes, SHORTEST_BOOST, LONGEST_BOOST);
    ++settings_revision_;
    return settings_.boost_minutes == minutes ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  Answer set_preheat_minutes(uint16_t minutes) {
    settings_.preheat_minutes = std::min(minutes, LONGEST_PREHEAT);
    ++settings_revision_;
    return settings_.preheat_minutes == minutes ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  Answer set_limit(float limit) {
    if (std::isnan(limit))
      return Answer::REJECTED;
    settings_.limit = std::clamp(limit, lowest_limit(), config_.limit);
    clamp_temperatures();
    ++settings_revision_;
    return settings_.limit == limit ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  void set_gains(const PidGains &gains) {
    settings_.gains = gains;
    ++settings_revision_;
  }
  void enable_schedule(bool enabled) {
    if (enabled && !settings_.schedule_enabled)
      forget_applied();
    settings_.schedule_enabled = enabled;
    ++settings_revision_;
  }
  /// Replace a day; the slot that applies now is applied at once if it changed by that.
  void set_day(size_t weekday, const DaySchedule &day, const WallClock &clock, Millis now) {
    const uint16_t minute = minute_of_week(clock);
    const auto before = current_slot(schedule_, minute);
    schedule_.days[weekday] = day;
    ++schedule_revision_;
    if (!clock.valid || before == current_slot(schedule_, minute))
      return;
    forget_applied();
    if (settings_.schedule_enabled)
      follow(clock, now);
  }
  void set_learned_duty(uint8_t percent) {
    memory_.learned_duty = percent;
    ++memory_revision_;
  }
  void set_hours_since_exercise(uint8_t hours) {
    memory_.hours_since_exercise = hours;
    ++memory_revision_;
  }

  // ---- Time ----

  void step(const WallClock &clock, Millis now) {
    count_boost(now);
    if (settings_.schedule_enabled)
      follow(clock, now);
    next_ = find_next(clock);
  }

  float preset_temperature(Preset preset) const {
    switch (preset) {
      case Preset::ECO:
        return settings_.eco;
      case Preset::NORMAL:
        return settings_.normal;
      case Preset::BOOST:
        return settings_.boost;
      case Preset::NONE:
        break;
    }
    return std::isnan(memory_.manual_target) ? settings_.normal : clamp_target(memory_.manual_target);
  }
  /// The target of now, the pre-heat for the next slot included.
  float target() const { return preset_temperature(preheating() ? next_.preset : memory_.preset); }
  bool preheating() const {
    return next_.known && next_.in_minutes <= settings_.preheat_minutes &&
           preset_temperature(next_.preset) > preset_temperature(memory_.preset);
  }
  /// The next slot, as of the last step.
  const NextEvent &next_event() const { return next_; }
  float highest_target() const {
    const float below = settings_.limit - TARGET_BELOW_LIMIT;
    // A floor that limits a room of type air says nothing about the air.
    if (config_.type == ZoneType::AIR)
      return config_.has_floor ? HIGHEST_AIR_TARGET : std::min(below, HIGHEST_AIR_TARGET);
    return below;
  }
  const ZoneConfig &config() const { return config_; }

 private:
  static constexpr float lowest_limit() { return LOWEST_TARGET + TARGET_BELOW_LIMIT; }
  static void restore_number(float &place, float saved) {
    if (!std::isnan(saved))
      place = saved;
  }
  static bool well_formed(const WeekSchedule &schedule) {
    for (const DaySchedule &day : schedule.days) {
      for (const Slot slot : day) {
        if (slot.used() &&
            (slot.packed >> 13 != 0 || slot.minute() >= MINUTES_PER_DAY || slot.preset() == Preset::NONE))
          return false;
      }
    }
    return true;
  }

  float clamp_target(float target) const { return std::clamp(target, LOWEST_TARGET, highest_target()); }
  void clamp_temperatures() {
    settings_.eco = clamp_target(settings_.eco);
    settings_.normal = clamp_target(settings_.normal);
    settings_.boost = clamp_target(settings_.boost);
  }
  void forget_applied() {
    memory_.applied_slot = NO_SLOT;
    follower_ = {};
    ++memory_revision_;
  }

  void follow(const WallClock &clock, Millis now) {
    const uint16_t applied = memory_.applied_slot;
    const auto slot = follower_.due(schedule_, clock, memory_.applied_slot);
    if (slot)
      apply(*slot, now);
    if (applied != memory_.applied_slot)
      ++memory_revision_;
  }

  NextEvent find_next(const WallClock &clock) const {
    const auto slot = settings_.schedule_enabled ? follower_.next(schedule_, clock) : std::nullopt;
    if (!slot)
      return {};
    const uint16_t until = minutes_until(minute_of_week(clock), slot->minute);
    return {.known = true,
            .preset = slot->preset,
            .weekday = static_cast<uint8_t>(slot->minute / MINUTES_PER_DAY),
            .minute = static_cast<uint16_t>(slot->minute % MINUTES_PER_DAY),
            .in_minutes = until == 0 ? MINUTES_PER_WEEK : until};
  }

  void apply(const WeekSlot &slot, Millis now) {
    ++memory_revision_;
    if (slot.preset == Preset::BOOST) {
      start_boost(settings_.boost_minutes, true, now);
    } else if (memory_.preset == Preset::BOOST && !memory_.scheduled_boost) {
      memory_.preset_after_boost = slot.preset;  // A Boost by hand lasts as long as was asked for.
    } else {
      memory_.preset = slot.preset;
    }
  }

  void count_boost(Millis now) {
    if (memory_.preset != Preset::BOOST)
      return;
    if (resume_boost_) {
      resume_boost_ = false;
      boost_until_ = now + memory_.boost_minutes_left * MINUTE;
    }
    if (now >= boost_until_) {
      memory_.preset = memory_.preset_after_boost;
      memory_.manual_target = memory_.manual_target_after_boost;
      memory_.boost_minutes_left = 0;
      ++memory_revision_;
      return;
    }
    // Saved every few minutes only: flash wears.
    const auto left = static_cast<uint16_t>((boost_until_ - now + MINUTE - 1) / MINUTE);
    if (left + 5 <= memory_.boost_minutes_left) {
      memory_.boost_minutes_left = left;
      ++memory_revision_;
    }
  }

  ZoneConfig config_{};
  ZoneSettings settings_{};
  ZoneMemory memory_{};
  WeekSchedule schedule_{};
  ScheduleFollower follower_;
  NextEvent next_;
  Millis boost_until_ = 0;
  bool resume_boost_ = false;
  uint32_t settings_revision_ = 0;
  uint32_t memory_revision_ = 0;
  uint32_t schedule_revision_ = 0;
};

}  // namespace hearthward
