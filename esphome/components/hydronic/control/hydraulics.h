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

using ValveRequests = std::array<ValveRequest, MAX_ZONES>;

/// What the rest of the node wants of the valves.
struct PathRequest {
  bool pump = false;     ///< The pump has a reason to run.
  bool dump = false;     ///< Heat must go.
  bool prove = false;    ///< Every valve that may shall open.
  bool tripped = false;  ///< Valves that nothing asks for close at once.
};

class Hydraulics {
 public:
  static constexpr Millis STUCK_RETRY = HOUR;

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
  /// Water can flow through this zone, as far as is known.
  bool passes(size_t zone, Millis now) const { return valves_[zone].passes(now) && !stuck(zone, now); }
  /// The valve was found not to let water through, and has not been given another chance yet.
  bool stuck(size_t zone, Millis now) const { return now < stuck_until_[zone]; }
  void mark_stuck(size_t zone, Millis now) { stuck_until_[zone] = now + STUCK_RETRY; }

  /// Move the valves of `zones` (as many as the node has) and the dump's.
  void step(const ValveRequests &zones, const PathRequest &path, Millis passed, Millis now) {
    stray_ = path.pump && !served(zones, now);
    choose_refuge(zones, stray_ && !path.prove && !(path.dump && has_dump_), now);
    for (size_t i = 0; i < count_; ++i) {
      exercise_.observe(i, valves_[i].position(), passed);
      if (exercise_.exercising(i) && exercise_may_go_on(zones, i, path))
        valves_[i].move(exercise_.position(now), now);
      else
        move(i, zones[i], path, now);
    }
    if (has_dump_)
      move_dump(path, now);
  }

  /// Begin to exercise a valve whose turn it is; NO_ZONE when none begins.
  uint8_t begin_exercise(const ValveRequests &zones, bool tripped, Millis now) {
    for (size_t i = 0; i < count_; ++i) {
      if (!tripped && rests(zones, i) && !valves_[i].open() && exercise_.begin(i, now))
        return static_cast<uint8_t>(i);
    }
    return NO_ZONE;
  }

  /// Water can flow: some valve is open and has had the time to open.
  bool passes(Millis now) const { return passing_zones(now) != 0 || dump_.passes(now); }

  /// The zones that water passes, as far as is known.
  ZoneSet passing_zones(Millis now) const {
    ZoneSet zones = 0;
    for (size_t i = 0; i < count_; ++i) {
      if (passes(i, now))
        zones |= ZoneSet{1} << i;
    }
    return zones;
  }

 private:
  /// Some zone that wants heat can have it.
  bool served(const ValveRequests &zones, Millis now) const {
    for (size_t i = 0; i < count_; ++i) {
      if (zones[i].demand > 0.0f && passes(i, now))
        return true;
    }
    return false;
  }

  /// The zone that takes heat nobody asked for: the one that wanted it last, else the one with the most room.
  void choose_refuge(const ValveRequests &zones, bool needed, Millis now) {
    for (size_t i = 0; i < count_; ++i) {
      if (zones[i].demand > (last_ == NO_ZONE ? 0.0f : zones[last_].demand) && !stuck(i, now))
        last_ = i;
    }
    refuge_ = NO_ZONE;
    if (!needed)
      return;
    if (last_ == NO_ZONE || !takes(zones, last_, now))
      last_ = roomiest(zones, now);
    refuge_ = last_;
  }
  bool takes(const ValveRequests &zones, size_t i, Millis now) const { return !zones[i].limited && !stuck(i, now); }
  size_t roomiest(const ValveRequests &zones, Millis now) const {
    size_t best = NO_ZONE;
    for (size_t i = 0; i < count_; ++i) {
      if (takes(zones, i, now) && (best == NO_ZONE || zones[i].headroom > zones[best].headroom))
        best = i;
    }
    return best;
  }

  /// Nobody needs the zone's valve where it is.
  bool rests(const ValveRequests &zones, size_t i) const {
    return zones[i].demand == 0.0f && !zones[i].limited && i != refuge_;
  }
  bool exercise_may_go_on(const ValveRequests &zones, size_t i, const PathRequest &path) {
    const bool may = rests(zones, i) && !path.tripped && !path.prove;
    if (!may)
      exercise_.stop();
    return may;
  }
  void move_dump(const PathRequest &path, Millis now) {
    const bool needed = path.dump || path.prove || (stray_ && !way_out(now));
    dump_.move(needed ? 1.0f : 0.0f, now);
  }
  bool way_out(Millis now) const {
    for (size_t i = 0; i < count_; ++i) {
      if (valves_[i].open() && !stuck(i, now))
        return true;
    }
    return false;
  }
  /// The only way out for now: it stays until another one is open.
  bool must_stay(size_t i, const PathRequest &path, Millis now) const {
    return stray_ && passes(i, now) && !(path.dump && has_dump_);
  }

  void move(size_t i, const ValveRequest &zone, const PathRequest &path, Millis now) {
    Valve &valve = valves_[i];
    if (zone.limited)
      valve.move(0.0f, now);
    else if (path.prove)
      valve.move(1.0f, now);
    else if (i == refuge_)
      give_way(valve, zone, path.dump, now);
    else if (must_stay(i, path, now))
      return;
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
  bool stray_ = false;  ///< Heat is on the way that no zone asked for.
  std::array<Valve, MAX_ZONES> valves_{};
  Valve dump_{0};
  ValveExercise exercise_;
  std::array<Millis, MAX_ZONES> stuck_until_{};
  size_t last_ = NO_ZONE;
  size_t refuge_ = NO_ZONE;
};

}  // namespace hearthward
