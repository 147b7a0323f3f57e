#pragma once

// The week schedule of a zone: time and preset, per day of week. Whether a slot applies is decided by comparing the
// slot that is current now with the slot that was applied last, so a jump of the clock neither skips a slot nor
// applies one twice.

#include <algorithm>
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

inline const char *to_string(Preset preset) {
  switch (preset) {
    case Preset::ECO:
      return "eco";
    case Preset::NORMAL:
      return "normal";
    case Preset::BOOST:
      return "boost";
    case Preset::NONE:
      break;
  }
  return "none";
}

namespace detail {

inline std::string_view trim(std::string_view text) {
  constexpr std::string_view BLANK = " \t\r\n";
  const size_t first = text.find_first_not_of(BLANK);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(BLANK) - first + 1);
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// "6:30" or "06:30" as minute of the day.
inline std::optional<uint16_t> parse_time(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 1 || colon > 2 || text.size() != colon + 3)
    return {};
  uint16_t parts[2] = {0, 0};
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == colon)
      continue;
    if (!is_digit(text[i]))
      return {};
    uint16_t &part = parts[i > colon];
    part = static_cast<uint16_t>(part * 10 + (text[i] - '0'));
  }
  if (parts[0] > 23 || parts[1] > 59)
    return {};
  return static_cast<uint16_t>(parts[0] * 60 + parts[1]);
}

inline std::optional<Preset> parse_preset(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  for (const Preset preset : {Preset::ECO, Preset::NORMAL, Preset::BOOST}) {
    if (lower == to_string(preset))
      return preset;
  }
  return {};
}

/// Text for an error message: short, however long the input was.
inline std::string quote(std::string_view text) {
  constexpr size_t SHOWN = 24;
  return "\"" + std::string(text.substr(0, SHOWN)) + (text.size() > SHOWN ? "..." : "") + "\"";
}

/// Read "06:30 normal" into `slot`; returns what is wrong with it.
inline std::string parse_slot(std::string_view text, Slot &slot) {
  const size_t space = text.find_first_of(" \t=");
  const auto minute = parse_time(text.substr(0, space));
  if (!minute)
    return quote(text) + " does not start with a time from 00:00 to 23:59; write for example 06:30 normal";
  const std::string_view name = space == std::string_view::npos ? std::string_view{} : trim(text.substr(space + 1));
  const auto preset = parse_preset(name);
  if (!preset)
    return quote(text) + " needs one of eco, normal or boost after the time; write for example 06:30 normal";
  slot = Slot::at(*minute, *preset);
  return {};
}

}  // namespace detail

/// Parse "06:30 normal, 08:30 eco", in any order of time; an empty text is a day without slots.
inline ParsedDay parse_day(std::string_view text) {
  ParsedDay parsed;
  size_t count = 0;
  text = detail::trim(text);
  while (!text.empty()) {
    const size_t comma = std::min(text.find_first_of(",;"), text.size());
    Slot slot;
    parsed.error = count == SLOTS_PER_DAY ? "a day has at most 8 slots; remove some"
                                          : detail::parse_slot(detail::trim(text.substr(0, comma)), slot);
    if (!parsed.ok())
      return parsed;
    parsed.day[count++] = slot;
    text = detail::trim(text.substr(std::min(comma + 1, text.size())));
  }
  const auto end = parsed.day.begin() + count;
  std::sort(parsed.day.begin(), end, [](Slot a, Slot b) { return a.minute() < b.minute(); });
  const auto twice =
      std::adjacent_find(parsed.day.begin(), end, [](Slot a, Slot b) { return a.minute() == b.minute(); });
  if (twice != end)
    parsed.error = "two slots start at the same time; keep one of them";
  return parsed;
}

/// Write a day the way `parse_day` reads it.
inline std::string format_day(const DaySchedule &day) {
  std::string text;
  for (const Slot slot : day) {
    if (!slot.used())
      break;
    const uint16_t minute = slot.minute();
    const char time[] = {static_cast<char>('0' + minute / 600),     static_cast<char>('0' + minute / 60 % 10), ':',
                         static_cast<char>('0' + minute % 60 / 10), static_cast<char>('0' + minute % 10),      '\0'};
    text += (text.empty() ? "" : ", ") + std::string(time) + " " + to_string(slot.preset());
  }
  return text;
}

/// A slot of the week by the minute (0 to 10079) at which it starts.
struct WeekSlot {
  uint16_t minute = NO_SLOT;
  Preset preset = Preset::NONE;
  bool operator==(const WeekSlot &) const = default;
};

constexpr uint16_t minute_of_week(const WallClock &clock) {
  return static_cast<uint16_t>(clock.weekday % DAYS * MINUTES_PER_DAY + clock.minute % MINUTES_PER_DAY);
}

/// Minutes from one minute of the week forward to another.
constexpr uint16_t minutes_until(uint16_t from, uint16_t to) {
  return static_cast<uint16_t>((to + MINUTES_PER_WEEK - from) % MINUTES_PER_WEEK);
}

/// The slot at which `distance(slot)` is smallest; none when the week is empty.
template <typename Distance>
std::optional<WeekSlot> nearest_slot(const WeekSchedule &schedule, Distance distance) {
  std::optional<WeekSlot> best;
  for (size_t day = 0; day < DAYS; ++day) {
    for (const Slot slot : schedule.days[day]) {
      if (!slot.used())
        break;
      const WeekSlot candidate{static_cast<uint16_t>(day * MINUTES_PER_DAY + slot.minute()), slot.preset()};
      if (!best || distance(candidate.minute) < distance(best->minute))
        best = candidate;
    }
  }
  return best;
}

/// The slot that applies at `now`: the last one that started, if need be in the week before.
inline std::optional<WeekSlot> current_slot(const WeekSchedule &schedule, uint16_t now) {
  return nearest_slot(schedule, [now](uint16_t minute) { return minutes_until(minute, now); });
}

/// The slot that starts next after `now`, if need be in the week after.
inline std::optional<WeekSlot> next_slot(const WeekSchedule &schedule, uint16_t now) {
  const auto from = static_cast<uint16_t>((now + 1) % MINUTES_PER_WEEK);
  return nearest_slot(schedule, [from](uint16_t minute) { return minutes_until(from, minute); });
}

/// Says when a slot is due: as its minute comes, or as the clock comes to be after it.
///
/// A clock put forward (summer time, a late synchronisation) applies the last of the slots jumped over. A clock put
/// back by up to an hour (winter time) applies nothing until it has caught up. Any other jump starts anew: the slot
/// that applies now is due unless it was the one applied last.
class ScheduleFollower {
 public:
  /// An hour of winter time, and the minute that may pass meanwhile.
  static constexpr uint16_t HELD_BACK = 61;

  /// `applied` is the minute of the slot applied last (NO_SLOT: none), kept by the caller over reboots.
  std::optional<WeekSlot> due(const WeekSchedule &schedule, const WallClock &clock, uint16_t &applied) {
    if (!clock.valid)
      return {};
    const uint16_t now = minute_of_week(clock);
    if (held(now))
      return {};
    const auto slot = current_slot(schedule, now);
    // Forward means less than half a week: beyond that it was a jump back.
    const uint16_t passed = mark_ == NO_SLOT ? 0 : minutes_until(mark_, now);
    const bool forward = mark_ != NO_SLOT && passed < MINUTES_PER_WEEK / 2;
    mark_ = now;
    if (!slot)
      return {};
    const bool crossed = forward && minutes_until(slot->minute, now) < passed;
    if (!crossed && applied == slot->minute)
      return {};
    applied = slot->minute;
    return slot;
  }

  /// The next slot as seen from how far the schedule has been followed; none while the clock is invalid.
  std::optional<WeekSlot> next(const WeekSchedule &schedule, const WallClock &clock) const {
    if (!clock.valid)
      return {};
    const uint16_t now = minute_of_week(clock);
    return next_slot(schedule, held(now) ? mark_ : now);
  }

 private:
  bool held(uint16_t now) const { return mark_ != NO_SLOT && mark_ != now && minutes_until(now, mark_) <= HELD_BACK; }

  uint16_t mark_ = NO_SLOT;
};

}  // namespace hearthward
