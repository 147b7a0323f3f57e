#pragma once

// The heater node: any number of zones, one burner. `step` is called every second or so with all inputs and fills in
// all outputs. Requests of users may come at any time between steps; none of them raises a configured limit.

#include <algorithm>

#include "bounds.h"
#include "burner.h"
#include "clock_watch.h"
#include "fan.h"
#include "flow_guard.h"
#include "heat_dump.h"
#include "pump.h"
#include "schedule.h"
#include "trips.h"
#include "types.h"
#include "zone.h"

namespace hearthward {

class Controller {
 public:
  /// Cut every limit to its ceiling and start with the outputs off. Call the restore functions before the first step.
  explicit Controller(const ControllerConfig &config)
      : config_(within_bounds(config)),
        coolant_(SensorKind::COOLANT, config_.coolant_stale),
        arbiter_(config_),
        pump_(config_.pump_overrun),
        dump_(config_.dump_on, config_.dump_off),
        flow_guard_(config_),
        water_(config_) {
    if (config_.has_flow_sensor)
      flow_ = {SensorKind::FLOW, config_.flow_stale};
    for (size_t i = 0; i < config_.zone_count; ++i) {
      zones_[i] = Zone(config_.zones[i], config_.zone_stale);
      config_.zones[i] = zones_[i].program().config();
    }
    memory_.coolant_limit = config_.coolant_limit;
  }

  // ---- Records ----

  void restore(const NodeMemory &saved) {
    if (saved.version != RECORD_VERSION)
      return;
    memory_.heating = saved.heating;
    // A reason that this firmware does not know is still a reason.
    const TripReason reason = std::min(saved.trip, TripReason::BURNER_FAULT);
    trip_ = {.reason = reason, .zone = saved.trip_zone, .code = saved.trip_code};
    if (!std::isnan(saved.coolant_limit))
      memory_.coolant_limit = std::clamp(saved.coolant_limit, LOWEST_COOLANT_LIMIT, config_.coolant_limit);
    flow_guard_.watch().restore(saved.nominal_flow);
    note_memory();
  }
  void restore(size_t zone, const ZoneSettings &settings) {
    zones_[zone].program().restore(settings);
    zones_[zone].after_restore();
  }
  void restore(size_t zone, const ZoneMemory &memory) {
    zones_[zone].program().restore(memory);
    zones_[zone].after_restore();
    water_.exercise().restore(zone, memory.hours_since_exercise);
  }
  void restore(size_t zone, const WeekSchedule &schedule) { zones_[zone].program().restore(schedule); }

  // What to save when its revision changed; save NodeMemory at once (a trip must survive a power cut).
  const NodeMemory &node_memory() const { return memory_; }
  const ZoneSettings &settings(size_t zone) const { return zones_[zone].program().settings(); }
  const ZoneMemory &zone_memory(size_t zone) const { return zones_[zone].program().memory(); }
  const WeekSchedule &schedule(size_t zone) const { return zones_[zone].program().schedule(); }
  uint32_t node_revision() const { return revision_; }
  uint32_t settings_revision(size_t zone) const { return zones_[zone].program().settings_revision(); }
  uint32_t zone_memory_revision(size_t zone) const { return zones_[zone].program().memory_revision(); }
  uint32_t schedule_revision(size_t zone) const { return zones_[zone].program().schedule_revision(); }

  /// The configuration as it applies: within all ceilings.
  const ControllerConfig &config() const { return config_; }
  /// The highest target that a zone may be given now (°C).
  float highest_target(size_t zone) const { return zones_[zone].program().highest_target(); }
  EventQueue &events() { return events_; }

  // ---- Requests of a user ----

  void set_heating(bool on) {
    memory_.heating = on;
    ++revision_;
  }
  void set_mode(size_t zone, ZoneMode mode) { zones_[zone].program().set_mode(mode); }
  /// Holds until the next slot; BOOST for its duration.
  Answer set_preset(size_t zone, Preset preset) { return zones_[zone].program().set_preset(preset, now_); }
  Answer boost(size_t zone, uint16_t minutes) { return zones_[zone].program().start_boost(minutes, false, now_); }
  /// By hand (Preset::NONE), until the next slot.
  Answer set_target(size_t zone, float target) { return zones_[zone].program().set_target(target); }
  Answer set_preset_temperature(size_t zone, Preset preset, float temperature) {
    return zones_[zone].program().set_preset_temperature(preset, temperature);
  }
  Answer set_boost_minutes(size_t zone, uint16_t minutes) { return zones_[zone].program().set_boost_minutes(minutes); }
  Answer set_preheat_minutes(size_t zone, uint16_t minutes) {
    return zones_[zone].program().set_preheat_minutes(minutes);
  }
  /// Never above the configured limit.
  Answer set_limit(size_t zone, float limit) { return zones_[zone].program().set_limit(limit); }
  /// Never above the configured limit.
  Answer set_coolant_limit(float limit) {
    if (std::isnan(limit))
      return Answer::REJECTED;
    memory_.coolant_limit = std::clamp(limit, LOWEST_COOLANT_LIMIT, config_.coolant_limit);
    ++revision_;
    return memory_.coolant_limit == limit ? Answer::ACCEPTED : Answer::CLAMPED;
  }
  void enable_schedule(size_t zone, bool enabled) { zones_[zone].program().enable_schedule(enabled); }
  /// Replace a day; the error says what to write instead, and the day stays as it was.
  std::string set_day(size_t zone, uint8_t weekday, std::string_view text) {
    const ParsedDay parsed = parse_day(text);
    if (parsed.ok())
      zones_[zone].program().set_day(weekday % DAYS, parsed.day, clock_, now_);
    else
      events_.push({.type = EventType::SCHEDULE_REJECTED, .zone = static_cast<uint8_t>(zone), .code = weekday});
    return parsed.error;
  }
  Answer start_autotune(size_t zone) {
    const bool allowed = ready_ && memory_.heating && trip_.reason == TripReason::NONE;
    return zones_[zone].start_autotune(allowed, now_);
  }
  /// REJECTED without a flow sensor and while the pump does not run.
  Answer calibrate_flow() {
    if (!flow_.valid() || !pump_.ran_for(config_.pump_lead, now_))
      return Answer::REJECTED;
    flow_guard_.watch().calibrate(now_);
    return Answer::ACCEPTED;
  }
  ResetAnswer reset_trip() {
    const ResetAnswer answer = judge_reset(trip_, reset_evidence());
    if (answer == ResetAnswer::ACCEPTED) {
      push(EventType::TRIP_RESET, static_cast<uint8_t>(trip_.reason), trip_.zone);
      trip_ = {};
      watch_.reset(burner_.error);
      dump_.forget();
      note_memory();
    } else {
      push(EventType::RESET_REFUSED, static_cast<uint8_t>(answer));
    }
    return answer;
  }

  // ---- Regulation ----

  /// Regulate; `inputs.now` never goes back.
  void step(const Inputs &inputs, Outputs &outputs) {
    begin(inputs);
    sense(inputs);
    if (ready_) {
      regulate();
      judge(inputs.burner);
      act(inputs.burner);
    }
    remember();
    report(inputs, outputs);
  }

 private:
  static constexpr float LOWEST_COOLANT_LIMIT = 30.0f;
  static constexpr float FREE_HEAT = 55.0f;  ///< Coolant at which there is heat to distribute after a trip ...
  static constexpr float NO_HEAT = 40.0f;    ///< ... and at which there is none any more (°C).
  static constexpr float RESTING_COOLANT = 30.0f;
  static constexpr uint8_t HOURS_BETWEEN_SAVES = 6;  ///< Flash wears.

  void begin(const Inputs &inputs) {
    if (!stepped_) {
      stepped_ = true;
      now_ = started_ = inputs.now;
      arbiter_.boot(now_);
    }
    passed_ = inputs.now - now_;
    now_ = inputs.now;
    if (const auto event = clock_watch_.update(inputs.clock.valid, now_ - started_))
      push(*event);
    clock_ = inputs.clock;
  }

  void sense(const Inputs &inputs) {
    const bool was_lost = coolant_.lost();
    coolant_.update(inputs.coolant, coolant_expectation(), now_);
    coolant_loss_ = coolant_.lost() && !was_lost ? coolant_.fault() : SensorFault::NONE;
    flow_.update(inputs.flow, FrozenCheck::Expect::NOTHING, now_);
    coolant_.report(NO_ZONE, events_);
    flow_.report(NO_ZONE, events_);
    bool starting = coolant_.starting() || flow_.starting();
    for (size_t i = 0; i < config_.zone_count; ++i) {
      zones_[i].sense(inputs.zones[i], opening(i), coolant_.value(), now_);
      zones_[i].report(static_cast<uint8_t>(i), events_);
      starting = starting || zones_[i].sensors().starting();
    }
    if (!ready_ && !starting && now_ - started_ >= config_.settle)
      get_ready();
    if (flow_guard_.watch().sample(flow_.value(), pump_.running(), now_))
      note_memory();
  }
  /// The burner moves the coolant's temperature within minutes; at rest it may stand still for ever.
  FrozenCheck::Expect coolant_expectation() const {
    if (arbiter_.on())
      return FrozenCheck::Expect::CHANGE;
    return pump_.running() ? FrozenCheck::Expect::DRIFT : FrozenCheck::Expect::NOTHING;
  }
  /// How far a zone's valve lets water through now, 0 while the pump rests.
  float opening(size_t i) const {
    return pump_.running() && water_.valve(i).passes(now_) ? water_.valve(i).position() : 0.0f;
  }
  void get_ready() {
    ready_ = true;
    if (coolant_.value() < NO_HEAT)
      arbiter_.boot_cold();
  }

  void regulate() {
    // Between these the coolant may swing without moving valves.
    if (coolant_.value() >= FREE_HEAT)
      free_heat_ = true;
    else if (!(coolant_.value() > NO_HEAT))
      free_heat_ = false;
    const ZoneSurroundings around{
        .now = now_,
        .passed = passed_,
        .clock = clock_,
        .heating = memory_.heating,
        .tripped = tripped(),
        .free_heat = free_heat_ && may_distribute(trip_.reason),
        .coolant = coolant_.value(),
        .coldest = coldest(),
        .coolant_lost = coolant_.lost(),
        .lowest_power = arbiter_.lowest_power(),
    };
    for (size_t i = 0; i < config_.zone_count; ++i)
      zones_[i].regulate(around, static_cast<uint8_t>(i), events_);
  }

  /// The coldest believable temperature; a coolant that has come to rest tells about the house too.
  float coldest() const {
    float coldest = coolant_.value() < RESTING_COOLANT ? coolant_.value() : UNKNOWN;
    for (size_t i = 0; i < config_.zone_count; ++i)
      coldest = std::fmin(coldest, zones_[i].sensors().coldest());
    return coldest;
  }

  // ---- Trips ----

  bool tripped() const { return trip_.reason != TripReason::NONE; }

  void judge(const BurnerFeedback &burner) {
    watch_.update(arbiter_.wanted(), arbiter_.on(), burner, now_);
    const bool no_flow = flow_guard_.step(flow_evidence(), water_, events_, now_);
    if (tripped())
      return;
    trip_ = find_trip({
        .coolant = coolant_.value(),
        .coolant_trip = config_.coolant_trip,
        .coolant_loss = coolant_loss_,
        .coolant_last = coolant_.last_believed(),
        .coolant_limit = memory_.coolant_limit,
        .dump_on = config_.dump_on,
        .burner_on = arbiter_.on(),
        .burner_off_for = off_for(),
        .dumps_in_a_row = dump_.in_a_row(),
        .zone_over_limit = zone_over_limit(),
        .no_flow = no_flow,
        .burner_silent = watch_.silent(),
        .burner_stuck = watch_.stuck(),
        .burner_gave_up = watch_.gave_up(),
        .burner_error = watch_.new_error(),
        .burner_lockout = burner.confirmed && burner.state == BurnerState::LOCKOUT,
    });
    if (tripped()) {
      note_memory();
      push(EventType::TRIPPED, static_cast<uint8_t>(trip_.reason), trip_.zone, trip_.code);
    }
  }

  FlowEvidence flow_evidence() const {
    FlowEvidence evidence{.flow = flow_.value(),
                          .heating = arbiter_.on() && pump_.ran_for(FlowWatch::PATIENCE, now_),
                          .pumping = pump_.running(),
                          .tripped = tripped()};
    for (size_t i = 0; i < config_.zone_count; ++i) {
      if (zones_[i].limited())
        evidence.limited_zones |= ZoneSet{1} << i;
    }
    return evidence;
  }

  uint8_t zone_over_limit() const {
    for (size_t i = 0; i < config_.zone_count; ++i) {
      if (zones_[i].over_limit())
        return static_cast<uint8_t>(i);
    }
    return NO_ZONE;
  }

  Millis off_for() const { return arbiter_.on() ? 0 : now_ - arbiter_.changed_at(); }

  ResetEvidence reset_evidence() const {
    return {
        .ready = ready_,
        .coolant = coolant_.value(),
        .coolant_lost = coolant_.lost(),
        .off_for = off_for(),
        .zone_hot = trip_.zone < config_.zone_count && zones_[trip_.zone].hot(),
        .burner_burning = alight(burner_),
        .burner_silent = BurnerWatch::quiet(burner_, now_),
        .burner_error = burner_.confirmed && burner_.state == BurnerState::LOCKOUT,
    };
  }

  // ---- Acting: dump, valves, pump, burner, fan, in the order in which heat needs them ----

  void act(const BurnerFeedback &burner) {
    burner_ = burner;
    const bool dumping = dump_.active();
    if (dump_.step(coolant_.value(), now_) != dumping)
      push(EventType::HEAT_DUMP, dump_.active());
    const BurnerRequest request = burner_request();
    const bool wanted = arbiter_.wants(request);
    const bool burning = arbiter_.on() || alight(burner);
    const bool needed = pump_.wanted(wanted || demanded() || flow_guard_.proving(), burning, dump_.active(), now_);
    const bool pump = needed && !pump_harms();
    move_valves(pump);
    pump_.step(pump, water_.passes(now_), now_);
    arbiter_.step(request, pump_.ran_for(config_.pump_lead, now_) && flow_ready(), now_);
    fan_speed_ = fan_.step(coolant_.value(), fan_demand(), now_);
  }

  /// Pumping would feed a zone that does not stop getting hotter, and no greater need asks for it.
  bool pump_harms() const { return trip_.reason == TripReason::ZONE_OVERHEAT && !dump_.active(); }

  void move_valves(bool pump) {
    ValveRequests requests{};
    for (size_t i = 0; i < config_.zone_count; ++i)
      requests[i] = {zones_[i].demand().valve, zones_[i].limited(), zones_[i].headroom()};
    const uint8_t exercised = water_.begin_exercise(requests, tripped(), now_);
    if (exercised != NO_ZONE)
      push(EventType::VALVE_EXERCISE, 0, exercised);
    water_.step(requests, {.pump = pump, .dump = dump_.active(), .prove = flow_guard_.proving(), .tripped = tripped()},
                passed_, now_);
  }

  /// A burner that runs is stopped by a trip, not by a moment without flow.
  bool flow_ready() const { return arbiter_.on() || flow_guard_.watch().good(flow_.value()); }

  bool demanded() const {
    for (size_t i = 0; i < config_.zone_count; ++i) {
      if (zones_[i].demand().valve > 0.0f && !water_.stuck(i, now_))
        return true;
    }
    return false;
  }

  BurnerRequest burner_request() {
    const bool may_run = blind_.may_run(coolant_.lost(), flow_.lost(), arbiter_.lowest_power(), now_);
    float power = 0.0f;
    for (size_t i = 0; i < config_.zone_count; ++i)
      power = std::max(power, water_.stuck(i, now_) ? 0.0f : zones_[i].demand().power);
    return {
        .power = power,
        .coolant = coolant_.value(),
        .limit = memory_.coolant_limit,
        .lowest = coolant_.lost() || flow_.lost(),
        .blocked =
            tripped() || dump_.active() || flow_guard_.proving() || coolant_.suspect() || watch_.unlit() || !may_run,
    };
  }

  float fan_demand() const {
    float demand = 0.0f;
    for (size_t i = 0; i < config_.zone_count; ++i) {
      if (config_.zones[i].has_fan && pump_.running() && water_.valve(i).passes(now_))
        demand = std::max(demand, std::max(zones_[i].demand().valve, dump_.active() ? Fan::SLOWEST : 0.0f));
    }
    return demand;
  }

  // ---- Remembering and reporting ----

  void note_memory() {
    memory_.trip = trip_.reason;
    memory_.trip_zone = trip_.zone;
    memory_.trip_code = trip_.code;
    memory_.nominal_flow = flow_guard_.watch().nominal();
    ++revision_;
  }

  void remember() {
    for (size_t i = 0; i < config_.zone_count; ++i) {
      const int hours = water_.exercise().hours(i);
      const int saved = zones_[i].program().memory().hours_since_exercise;
      if (hours < saved || hours >= saved + HOURS_BETWEEN_SAVES)
        zones_[i].program().set_hours_since_exercise(static_cast<uint8_t>(hours));
    }
  }

  void push(EventType type, uint8_t code = 0, uint8_t zone = NO_ZONE, uint16_t detail = 0) {
    events_.push({.type = type, .zone = zone, .code = code, .detail = detail});
  }

  void report(const Inputs &inputs, Outputs &outputs) const {
    outputs = {};
    outputs.ready = ready_;
    outputs.burner = arbiter_.command();
    outputs.pump = pump_.running();
    outputs.dump = config_.has_dump ? water_.dump_open() : dump_.active();
    outputs.fan = fan_speed_;
    outputs.tripped = tripped();
    outputs.trip_reason = trip_.reason;
    outputs.trip_zone = trip_.zone;
    outputs.clock_valid = clock_.valid;
    outputs.flow_state = flow_guard_.watch().state();
    outputs.burner_state = burner_state(inputs.burner);
    outputs.coolant = coolant_.value();
    outputs.flow = flow_.value();
    outputs.sensor_problem = is_problem(coolant_) || is_problem(flow_);
    for (size_t i = 0; i < config_.zone_count; ++i) {
      outputs.zones[i] = report_zone(i);
      outputs.sensor_problem = outputs.sensor_problem || outputs.zones[i].sensor_problem;
    }
  }
  static bool is_problem(const CheckedSensor &sensor) { return sensor.lost() && !sensor.starting(); }

  BurnerState burner_state(const BurnerFeedback &feedback) const {
    if (feedback.confirmed)
      return feedback.state;
    return arbiter_.on() ? BurnerState::BURNING : BurnerState::OFF;
  }

  ZoneOutputs report_zone(size_t i) const {
    const Zone &zone = zones_[i];
    const Program &program = zone.program();
    const ZoneSensors &sensors = zone.sensors();
    const bool on = memory_.heating && program.memory().mode == ZoneMode::HEAT;
    return {
        .valve = water_.valve(i).position(),
        .demand = zone.demand().valve,
        .target = program.target(),
        .current = sensors.primary().value(),
        .air = sensors.air().value(),
        .floor = sensors.floor().value(),
        .water = sensors.water().value(),
        .mode = program.memory().mode,
        .preset = program.memory().preset,
        .action = action(i, on),
        .sensors = sensors.state(),
        .autotune = zone.autotune_state(),
        .sensor_problem = sensors.problem(),
        .frost_protection = zone.frost(),
        .preheating = on && program.preheating(),
        .limited = zone.limited(),
        .exercising = water_.exercise().exercising(i),
        .valve_problem = flow_guard_.valve_problem(i),
        .next = program.next_event(),
    };
  }

  ZoneAction action(size_t i, bool on) const {
    if (pump_.running() && water_.valve(i).open() && zones_[i].demand().valve > 0.0f)
      return ZoneAction::HEATING;
    return on ? ZoneAction::IDLE : ZoneAction::OFF;
  }

  ControllerConfig config_;
  NodeMemory memory_;
  uint32_t revision_ = 0;
  EventQueue events_;

  bool stepped_ = false;
  bool ready_ = false;
  Millis started_ = 0;
  Millis now_ = 0;
  Millis passed_ = 0;
  WallClock clock_;
  ClockWatch clock_watch_;

  CheckedSensor coolant_;
  CheckedSensor flow_;
  std::array<Zone, MAX_ZONES> zones_{};

  BurnerArbiter arbiter_;
  BurnerWatch watch_;
  BurnerFeedback burner_;
  Pump pump_;
  HeatDump dump_;
  Fan fan_;
  FlowGuard flow_guard_;
  Hydraulics water_;
  BlindBurner blind_;
  SensorFault coolant_loss_ = SensorFault::NONE;
  bool free_heat_ = false;
  float fan_speed_ = 0.0f;
  Trip trip_;
};

}  // namespace hearthward
