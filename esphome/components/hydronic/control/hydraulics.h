#pragma once

// The water's way: which valves stand open, so that heat goes where it is wanted and the pump never works against
// closed valves.

#include <algorithm>

#include "types.h"
#include "valve.h"
#include "valve_exercise.h"

namespace hearthward {

/// What a zone wants of its valve.
struct ValveRequest {
  float demand = 0.0f;       ///< 0 to 1
  bool limited = false;      ///< At its limit: closed at once, no refuge for heat.
  float headroom = UNKNOWN;  ///< K below the limit
};

/// What the rest of the node wants of the valves.
struct PathRequest {
  bool pump = false;     ///< The pump has a reason to run.
  bool dump = false;     ///< Heat must go.
  bool tripped = false;  ///< Valves that nothing asks for close at once.
};

class Hydraulics {
 public:
  Hydraulics() = default;
  explicit Hydraulics(const ControllerConfig &config)
      : count_(config.zone_count), has_dump_(config.has_dump), exercise_(config.valve_stroke) {
    // Floors and tanks are slow: their valves need not move so often.
    for (size_t i = 0; i < count_; ++i)
      valves_[i] = Valve(config.valve_stroke, (config.zones[i].type == ZoneType::AIR ? 5 : 15) * MINUTE);
  }

  ValveExercise &exercise() { return exercise_; }
  const ValveExercise &exercise() const { return exercise_; }
  const Valve &valve(size_t zone) const { return valves_[zone]; }
  bool dump_open() const { return dump_.open(); }

  /// Move the valves of `zones` (as many as the node has) and the dump's.
  template <typename Zones>
  void step(const Zones &zones, const PathRequest &path, Millis passed, Millis now) {
    const bool stray = path.pump && !served(zones, now);
    choose_refuge(zones, stray && !(path.dump && has_dump_));
    bool way_out = false;
    for (size_t i = 0; i < count_; ++i) {
      exercise_.observe(i, valves_[i].position(), passed);
      const bool rests = zones[i].demand == 0.0f && !zones[i].limited && i != refuge_ && !path.tripped;
      move(i, zones[i], path, stray, rests, now);
      way_out = way_out || valves_[i].open();
    }
    if (has_dump_)
      dump_.move(path.dump || (stray && !way_out) ? 1.0f : 0.0f, now);
  }

  /// Begin to exercise a valve whose turn it is; NO_ZONE when none begins.
  template <typename Zones>
  uint8_t begin_exercise(const Zones &zones, bool tripped, Millis now) {
    for (size_t i = 0; i < count_; ++i) {
      const bool rests = zones[i].demand == 0.0f && !zones[i].limited && i != refuge_ && !valves_[i].open();
      if (!tripped && rests && exercise_.begin(i, now))
        return static_cast<uint8_t>(i);
    }
    return NO_ZONE;
  }

  /// Water can flow: some valve is open and has had the time to open.
  bool passes(Millis now) const {
    const auto passing = [now](const Valve &valve) { return valve.passes(now); };
    return std::any_of(valves_.begin(), valves_.end(), passing) || dump_.passes(now);
  }

 private:
  /// Some zone that wants heat can have it.
  template <typename Zones>
  bool served(const Zones &zones, Millis now) const {
    for (size_t i = 0; i < count_; ++i) {
      if (zones[i].demand > Valve::CLOSES_AT && valves_[i].passes(now))
        return true;
    }
    return false;
  }

  /// The zone that takes heat nobody asked for: the one that wanted it last, else the one with the most room.
  template <typename Zones>
  void choose_refuge(const Zones &zones, bool needed) {
    for (size_t i = 0; i < count_; ++i) {
      if (zones[i].demand > (last_ == NO_ZONE ? 0.0f : zones[last_].demand))
        last_ = i;
    }
    refuge_ = NO_ZONE;
    if (!needed)
      return;
    if (last_ == NO_ZONE || zones[last_].limited)
      last_ = roomiest(zones);
    refuge_ = last_;
  }
  template <typename Zones>
  size_t roomiest(const Zones &zones) const {
    size_t best = NO_ZONE;
    for (size_t i = 0; i < count_; ++i) {
      if (!zones[i].limited && (best == NO_ZONE || zones[i].headroom > zones[best].headroom))
        best = i;
    }
    return best;
  }

  void move(size_t i, const ValveRequest &zone, const PathRequest &path, bool stray, bool rests, Millis now) {
    Valve &valve = valves_[i];
    if (!rests && exercise_.exercising(i))
      exercise_.stop();
    if (exercise_.exercising(i))
      valve.move(exercise_.position(now), now);
    else if (zone.limited)
      valve.move(0.0f, now);
    else if (i == refuge_)
      give_way(valve, zone, path.dump, now);
    else if (stray && valve.passes(now) && !(path.dump && has_dump_))
      return;  // The only way out for now: stays until another one is open.
    else if (path.tripped && zone.demand == 0.0f)
      valve.move(0.0f, now);
    else
      valve.follow(zone.demand, now);
  }

  static void give_way(Valve &valve, const ValveRequest &zone, bool dump, Millis now) {
    if (dump)
      valve.move(1.0f, now);
    else if (!valve.open())
      valve.move(std::max(Valve::wanted(zone.demand), Valve::LEAST_OPEN), now);
    else if (Valve::wanted(zone.demand) > valve.position())
      valve.follow(zone.demand, now);
  }

  size_t count_ = 0;
  bool has_dump_ = false;
  std::array<Valve, MAX_ZONES> valves_{};
  Valve dump_{0};
  ValveExercise exercise_;
  size_t last_ = NO_ZONE;
  size_t refuge_ = NO_ZONE;
};

}  // namespace hearthward
