#pragma once

// The week schedule of a zone: time and preset, per day of week. Whether a slot applies is decided by comparing the
// slot that is current now with the slot that was applied last, so a jump of the clock neither skips a slot nor
// applies one twice.

#include <optional>
#include <string>
#include <string_view>

#include "types.h"

namespace hearthward {

inline constexpr size_t DAYS = 7;
inline constexpr size_t SLOTS_PER_DAY = 8;
inline constexpr uint16_t MINUTES_PER_DAY = 24 * 60;
inline constexpr uint16_t MINUTES_PER_WEEK = DAYS * MINUTES_PER_DAY;
inline constexpr uint16_t NO_SLOT = 0xFFFF;

/// Minute of the day (11 bits) and preset (2 bits) in one word, to keep a week below 255 bytes.
struct Slot {
  uint16_t packed = NO_SLOT;

  static constexpr Slot at(uint16_t minute, Preset preset) {
    return {static_cast<uint16_t>(minute | static_cast<uint16_t>(preset) << 11)};
  }
  constexpr bool used() const { return packed != NO_SLOT; }
  constexpr uint16_t minute() const { return packed & 0x7FF; }
  constexpr Preset preset() const { return static_cast<Preset>(packed >> 11 & 0x3); }
  constexpr bool operator==(const Slot &) const = default;
};

/// Slots of one day in order of time, unused ones last.
using DaySchedule = std::array<Slot, SLOTS_PER_DAY>;

/// Persisted as it is: 113 bytes and a version.
struct WeekSchedule {
  uint8_t version = RECORD_VERSION;
  std::array<DaySchedule, DAYS> days{};
};

/// A day as parsed, or what is wrong with the text and how to write it.
struct ParsedDay {
  DaySchedule day{};
  std::string error;
  bool ok() const { return error.empty(); }
};

/// Parse "06:30 normal, 08:30 eco"; an empty text is a day without slots.
ParsedDay parse_day(std::string_view text);
/// Write a day the way `parse_day` reads it.
std::string format_day(const DaySchedule &day);
const char *to_string(Preset preset);

}  // namespace hearthward
