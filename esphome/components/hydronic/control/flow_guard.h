#pragma once

#include "flow.h"
#include "hydraulics.h"
#include "types.h"

namespace hearthward {

/// Finds out why no water flows: every valve opens, and the pump tries again without the burner.
///
/// Water that then flows shows that the valves which stood open before did not let it through: they are stuck, and the
/// others are heated. Water that still does not flow is a matter of the pump or the pipes, which trips.
class FlowProof {
 public:
  enum class Verdict : uint8_t { NONE, VALVES_STUCK, NO_FLOW };

  static constexpr Millis PUMPING = 30 * SECOND;  ///< Time for the flow to come, after the valves have opened.

  FlowProof() = default;
  explicit FlowProof(Millis stroke) : stroke_(stroke) {}

  /// `suspects` are the zones (a bit each) whose valves were thought to let water through.
  void begin(ZoneSet suspects, Millis now) {
    active_ = true;
    suspects_ = suspects;
    since_ = now;
  }
  bool active() const { return active_; }
  ZoneSet suspects() const { return suspects_; }

  Verdict step(bool flowing, Millis now) {
    if (!active_ || now - since_ < stroke_ + PUMPING / 2)
      return Verdict::NONE;
    if (flowing) {
      active_ = false;
      return Verdict::VALVES_STUCK;
    }
    if (now - since_ < stroke_ + PUMPING)
      return Verdict::NONE;
    active_ = false;
    return Verdict::NO_FLOW;
  }

 private:
  Millis stroke_ = MINUTE;
  bool active_ = false;
  ZoneSet suspects_ = 0;
  Millis since_ = 0;
};

/// What the flow is judged by in a step.
struct FlowEvidence {
  float flow = UNKNOWN;  ///< L/min; NaN when there is no believable reading.
  bool heating = false;  ///< The burner is on, and the pump runs long enough for a flow.
  bool pumping = false;
  bool tripped = false;
  ZoneSet limited_zones = 0;  ///< Zones whose valve must not open.
};

/// Watches over the flow: stops the burner without one, and finds valves that are stuck.
class FlowGuard {
 public:
  FlowGuard() = default;
  explicit FlowGuard(const ControllerConfig &config)
      : zone_count_(config.zone_count),
        has_dump_(config.has_dump),
        watch_(config.has_flow_sensor),
        proof_(config.valve_stroke) {}

  FlowWatch &watch() { return watch_; }
  const FlowWatch &watch() const { return watch_; }
  /// The burner is off and every valve opens, to see whether any way is free.
  bool proving() const { return proof_.active(); }
  bool valve_problem(size_t zone) const { return valve_problem_[zone]; }

  /// Whether there is no flow for good: before that is said, every other way is tried once.
  bool step(const FlowEvidence &evidence, Hydraulics &water, EventQueue &events, Millis now) {
    const bool missing = watch_.missing(evidence.flow, evidence.heating, evidence.pumping, now);
    const ZoneSet passing = water.passing_zones(now);
    if (!proof_.active()) {
      if (evidence.pumping)
        clear(evidence, passing, water);
      if (!missing || evidence.tripped || !other_way(evidence, passing, water))
        return missing;
      proof_.begin(passing, now);
    }
    const bool flowing = evidence.pumping && !std::isnan(evidence.flow) && watch_.good(evidence.flow);
    const FlowProof::Verdict verdict = proof_.step(flowing, now);
    if (verdict == FlowProof::Verdict::VALVES_STUCK)
      mark(proof_.suspects(), water, events, now);
    return verdict == FlowProof::Verdict::NO_FLOW;
  }

 private:
  static bool has(ZoneSet zones, size_t zone) { return (zones >> zone & 1) != 0; }

  /// Some way for the water is shut and may be opened.
  bool other_way(const FlowEvidence &evidence, ZoneSet passing, const Hydraulics &water) const {
    const auto ways = static_cast<ZoneSet>((uint64_t{1} << zone_count_) - 1);
    return (ways & ~passing & ~evidence.limited_zones) != 0 || (has_dump_ && !water.dump_open());
  }
  void mark(ZoneSet suspects, Hydraulics &water, EventQueue &events, Millis now) {
    for (size_t i = 0; i < zone_count_; ++i) {
      if (!has(suspects, i))
        continue;
      if (!valve_problem_[i])
        events.push({.type = EventType::VALVE_STUCK, .zone = static_cast<uint8_t>(i)});
      valve_problem_[i] = true;
      water.mark_stuck(i, now);
    }
  }
  /// A valve that alone lets water through again is no problem any more.
  void clear(const FlowEvidence &evidence, ZoneSet passing, const Hydraulics &water) {
    if (water.dump_open() || watch_.state() != FlowState::ARMED || !(evidence.flow >= watch_.least()))
      return;
    for (size_t i = 0; i < zone_count_; ++i)
      valve_problem_[i] = valve_problem_[i] && passing != ZoneSet{1} << i;
  }

  size_t zone_count_ = 0;
  bool has_dump_ = false;
  FlowWatch watch_;
  FlowProof proof_;
  std::array<bool, MAX_ZONES> valve_problem_{};
};

}  // namespace hearthward
