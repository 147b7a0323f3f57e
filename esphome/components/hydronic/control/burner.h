#pragma once

// When the burner runs and how hard, and what its feedback gives away.

#include <algorithm>

#include "duty.h"
#include "types.h"

namespace hearthward {

/// What the burner is asked for in a step.
struct BurnerRequest {
  float power = 0.0f;  ///< 0 to 1, the largest of what the zones ask for
  float coolant = UNKNOWN;
  float limit = 80.0f;   ///< Of the coolant (°C).
  bool lowest = false;   ///< A sensor is lost: nothing but the lowest power.
  bool blocked = false;  ///< Stop at once, minimum time or not.
};

class BurnerArbiter {
 public:
  static constexpr float START = 0.08f;  ///< Power asked for
  static constexpr float STOP = 0.03f;
  static constexpr float RESTART_BELOW = 20.0f;  ///< K below the coolant limit
  static constexpr float THROTTLE_BAND = 8.0f;   ///< K below the coolant limit
  static constexpr Millis LEVEL_DWELL = MINUTE;
  static constexpr Millis COLD_REST = MINUTE;

  BurnerArbiter() = default;
  explicit BurnerArbiter(const ControllerConfig &config)
      : min_on_(config.min_on),
        min_off_(config.min_off),
        levels_(std::max<uint8_t>(config.power_levels, 1)),
        lowest_(std::clamp(config.lowest_power, 0.05f, 1.0f)) {}

  /// Whether the burner shall run; open a path for its heat while this is true.
  bool wants(const BurnerRequest &request) {
    if (request.coolant >= request.limit)
      hot_ = true;
    else if (!(request.coolant > request.limit - RESTART_BELOW))
      hot_ = false;
    const bool demand = wanted_ ? request.power > STOP : request.power >= START;
    wanted_ = demand && !hot_ && !request.blocked;
    return wanted_;
  }

  /// Command the burner after `wants`; `ready` means that the pump moves water through an open path.
  BurnerCommand step(const BurnerRequest &request, bool ready, Millis now) {
    const bool safe = ready && !request.blocked && !hot_;
    const Millis lasted = now - changed_at_;
    const bool on = command_.on ? safe && (wanted_ || lasted < min_on_) : safe && wanted_ && lasted >= rest();
    if (on != command_.on)
      switch_to(on, now);
    if (on)
      command_.power = power_of(level(request, now));
    return command_;
  }

  bool on() const { return command_.on; }
  const BurnerCommand &command() const { return command_; }
  bool wanted() const { return wanted_; }
  /// Power of the lowest level.
  float lowest_power() const { return power_of(0); }
  Millis changed_at() const { return changed_at_; }
  /// Nothing is known of the time before now: the minimum off time starts again, a shorter one with a cold burner.
  void boot(Millis now) { changed_at_ = booted_at_ = now; }
  void boot_cold() { cold_ = true; }

 private:
  /// How long the burner must have been off.
  Millis rest() const { return cold_ && changed_at_ == booted_at_ ? std::min(min_off_, COLD_REST) : min_off_; }

  void switch_to(bool on, Millis now) {
    command_ = {.on = on, .power = 0.0f};
    level_ = 0;
    changed_at_ = level_at_ = now;
  }

  float power_of(uint8_t level) const {
    if (levels_ == 1)
      return 1.0f;
    return lowest_ + (1.0f - lowest_) * static_cast<float>(level) / static_cast<float>(levels_ - 1);
  }

  /// The level for the power asked for: down at once, up one by one, each a while after the last.
  uint8_t level(const BurnerRequest &request, Millis now) {
    const float power = wanted_ && !request.lowest ? request.power * throttle(request) : 0.0f;
    const float step = levels_ == 1 ? 1.0f : (1.0f - lowest_) / static_cast<float>(levels_ - 1);
    const uint8_t before = level_;
    while (level_ > 0 && power < power_of(level_) - 0.75f * step)
      --level_;
    if (level_ + 1 < levels_ && power > power_of(level_) + 0.5f * step && now - level_at_ >= LEVEL_DWELL)
      ++level_;
    if (level_ != before)
      level_at_ = now;
    return level_;
  }

  static float throttle(const BurnerRequest &request) {
    if (std::isnan(request.coolant))
      return 0.0f;
    return std::clamp((request.limit - request.coolant) / THROTTLE_BAND, 0.0f, 1.0f);
  }

  Millis min_on_ = 5 * MINUTE;
  Millis min_off_ = 5 * MINUTE;
  uint8_t levels_ = 1;
  float lowest_ = 1.0f;
  bool wanted_ = false;
  bool hot_ = false;
  uint8_t level_ = 0;
  bool cold_ = false;
  Millis changed_at_ = 0;
  Millis booted_at_ = 0;
  Millis level_at_ = 0;
  BurnerCommand command_;
};

/// What the burner's feedback says against its command.
class BurnerWatch {
 public:
  static constexpr Millis SILENCE = 15 * SECOND;
  static constexpr Millis IGNITION = 10 * MINUTE;  ///< Until a burner that was told to start must burn.
  static constexpr Millis BURN_OUT = 10 * MINUTE;  ///< Until a burner that was told to stop must rest.
  static constexpr uint8_t ATTEMPTS = 3;

  void update(bool wanted, bool on, const BurnerFeedback &feedback, Millis now) {
    const bool burning = feedback.confirmed && feedback.state == BurnerState::BURNING;
    // Never heard since boot: it is given the same time from when it is wanted.
    const Millis patience = feedback.heard == 0 ? SILENCE : 0;
    silent_ = silence_.update(quiet(feedback, now) && (wanted || on), patience, now);
    stuck_ = burn_out_.update(alight(feedback) && !on, BURN_OUT, now);
    count_failures(ignition_.update(on && feedback.confirmed && !burning, IGNITION, now), burning);
    note_error(feedback.error);
  }

  /// A burner that talks has not been heard for a while.
  static bool quiet(const BurnerFeedback &feedback, Millis now) {
    return feedback.talks && now - std::min(feedback.heard, now) > SILENCE;
  }

  bool silent() const { return silent_; }
  /// Burns although it is told not to: a stuck relay.
  bool stuck() const { return stuck_; }
  /// This attempt to light it failed: stop and try again after the minimum off time.
  bool unlit() const { return unlit_; }
  bool gave_up() const { return failed_ >= ATTEMPTS; }
  /// An error that has come up since the last reset; heaters keep showing one until they burn again.
  uint16_t new_error() const { return new_error_; }
  /// A person has seen to the burner and to this error of it.
  void reset(uint16_t error) {
    failed_ = 0;
    acknowledged_ = error;
  }

 private:
  void count_failures(bool unlit, bool burning) {
    if (burning)
      failed_ = 0;
    else if (unlit && !unlit_)
      ++failed_;
    unlit_ = unlit;
  }
  void note_error(uint16_t error) {
    if (error == 0)
      acknowledged_ = 0;
    new_error_ = error != acknowledged_ ? error : uint16_t{0};
  }

  Held silence_;
  Held burn_out_;
  Held ignition_;
  bool silent_ = false;
  bool stuck_ = false;
  bool unlit_ = false;
  uint8_t failed_ = 0;
  uint16_t acknowledged_ = 0;
  uint16_t new_error_ = 0;
};

}  // namespace hearthward
