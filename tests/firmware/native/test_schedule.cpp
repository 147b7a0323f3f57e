#include <doctest/doctest.h>

#include "control/schedule.h"
#include "house.h"

using namespace hearthward;
using hearthward::test::Random;

namespace {

WallClock at(uint8_t weekday, uint16_t hour, uint16_t minute) {
  return {.valid = true, .weekday = weekday, .second = 0, .minute = static_cast<uint16_t>(hour * 60 + minute)};
}

WallClock at_minute(uint32_t minute) {
  const uint32_t wrapped = minute % MINUTES_PER_WEEK;
  return at(static_cast<uint8_t>(wrapped / MINUTES_PER_DAY), static_cast<uint16_t>(wrapped % MINUTES_PER_DAY / 60),
            static_cast<uint16_t>(wrapped % 60));
}

WeekSchedule every_day(std::string_view text) {
  WeekSchedule week;
  week.days.fill(parse_day(text).day);
  return week;
}

/// A follower and what it has applied.
struct Follower {
  WeekSchedule week;
  ScheduleFollower follower;
  uint16_t applied = NO_SLOT;
  int count = 0;
  Preset preset = Preset::NONE;

  explicit Follower(const WeekSchedule &schedule = {}) : week(schedule) {}
  void see(const WallClock &clock) {
    if (const auto slot = follower.due(week, clock, applied)) {
      ++count;
      preset = slot->preset;
    }
  }
  /// Let the clock run from one minute of the week up to another.
  void run(uint32_t from, uint32_t to) {
    for (uint32_t minute = from; minute <= to; ++minute)
      see(at_minute(minute));
  }
};

}  // namespace

TEST_CASE("schedule text: what is written is read") {
  const ParsedDay parsed = parse_day("06:30 normal, 8:30 ECO,16:00 Normal ; 22:30 eco");
  CHECK(parsed.error == "");
  CHECK(format_day(parsed.day) == "06:30 normal, 08:30 eco, 16:00 normal, 22:30 eco");
  CHECK(format_day(parse_day("").day) == "");
  CHECK(format_day(parse_day("  \t").day) == "");
  CHECK(format_day(parse_day("22:00 eco, 06:00 boost").day) == "06:00 boost, 22:00 eco");
  CHECK(format_day(parse_day("00:00 eco, 23:59 normal,").day) == "00:00 eco, 23:59 normal");
  CHECK(format_day(parse_day("7:05=eco").day) == "07:05 eco");
}

TEST_CASE("schedule text: an error names what is wrong and what to write") {
  const auto error = [](std::string_view text) { return parse_day(text).error; };
  CHECK(error("24:00 eco").find("24:00 eco") != std::string::npos);
  CHECK(error("06:60 eco").find("00:00 to 23:59") != std::string::npos);
  CHECK(error("630 eco").find("06:30 normal") != std::string::npos);
  CHECK(error("06:3 eco") != "");
  CHECK(error("-6:30 eco") != "");
  CHECK(error("06:30").find("eco, normal or boost") != std::string::npos);
  CHECK(error("06:30 warm").find("eco, normal or boost") != std::string::npos);
  CHECK(error("06:30 none") != "");
  CHECK(error("06:30 eco,,").find("time") != std::string::npos);
  CHECK(error("06:30 eco, 6:30 normal").find("same time") != std::string::npos);
  CHECK(error("1:00 eco,2:00 eco,3:00 eco,4:00 eco,5:00 eco,6:00 eco,7:00 eco,8:00 eco,9:00 eco").find("at most 8") !=
        std::string::npos);
  CHECK(error(std::string(5000, 'x')).size() < 200);
}

TEST_CASE("schedule text: random bytes never do more than give an error or a readable day") {
  Random random(7);
  constexpr std::string_view ALPHABET = "0123456789:, ;=ecormalbstEN\t\n-+.\xff";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (uint32_t n = random.below(40); n > 0; --n)
      text += ALPHABET[random.below(ALPHABET.size())];
    const ParsedDay parsed = parse_day(text);
    if (parsed.ok())
      REQUIRE(parse_day(format_day(parsed.day)).day == parsed.day);
  }
}

TEST_CASE("schedule: fits into a preference record") {
  static_assert(sizeof(WeekSchedule) < 255 && sizeof(ZoneSettings) < 255);
  static_assert(sizeof(ZoneMemory) < 255 && sizeof(NodeMemory) < 255);
  static_assert(std::is_trivially_copyable_v<WeekSchedule> && std::is_trivially_copyable_v<ZoneSettings>);
  static_assert(std::is_trivially_copyable_v<ZoneMemory> && std::is_trivially_copyable_v<NodeMemory>);
}

TEST_CASE("schedule: current and next slot, also over the end of the week") {
  WeekSchedule week;
  week.days[0] = parse_day("06:30 normal, 22:00 eco").day;
  week.days[5] = parse_day("09:00 boost").day;
  const auto current = [&](const WallClock &clock) { return *current_slot(week, minute_of_week(clock)); };
  const auto next = [&](const WallClock &clock) { return *next_slot(week, minute_of_week(clock)); };
  CHECK(current(at(0, 6, 29)).preset == Preset::BOOST);
  CHECK(current(at(0, 6, 30)).preset == Preset::NORMAL);
  CHECK(current(at(4, 0, 0)).preset == Preset::ECO);
  CHECK(current(at(6, 23, 59)).preset == Preset::BOOST);
  CHECK(next(at(0, 6, 29)).preset == Preset::NORMAL);
  CHECK(next(at(0, 6, 30)).preset == Preset::ECO);
  CHECK(next(at(6, 23, 59)).minute == 6 * 60 + 30);
  CHECK_FALSE(current_slot(WeekSchedule{}, 0));
  CHECK_FALSE(next_slot(WeekSchedule{}, 0));
}

TEST_CASE("schedule: each slot is applied once, at its minute") {
  Follower f(every_day("06:30 normal, 08:30 eco, 16:00 normal, 22:30 eco"));
  f.run(0, MINUTES_PER_WEEK - 1);
  CHECK(f.count == 1 + 7 * 4);  // The one that applied at the start, and all others.
  f.run(MINUTES_PER_WEEK, 2 * MINUTES_PER_WEEK - 1);
  CHECK(f.count == 1 + 2 * 7 * 4);
}

TEST_CASE("schedule: a week with a single slot applies it every week anew") {
  Follower f;
  f.week.days[2] = parse_day("06:30 normal").day;
  f.run(0, 3 * MINUTES_PER_WEEK);
  CHECK(f.count == 1 + 3);
}

TEST_CASE("schedule: the slot of now applies at boot, unless it did before the reboot") {
  Follower f(every_day("06:30 normal, 22:30 eco"));
  f.see(at(1, 12, 0));
  CHECK(f.preset == Preset::NORMAL);
  CHECK(f.count == 1);
  f.follower = {};
  f.see(at(1, 12, 5));
  CHECK(f.count == 1);
  f.follower = {};
  f.see(at(1, 23, 0));
  CHECK(f.count == 2);
  CHECK(f.preset == Preset::ECO);
}

TEST_CASE("schedule: nothing starts on an invalid clock") {
  Follower f(every_day("06:30 normal, 22:30 eco"));
  WallClock clock = at(1, 12, 0);
  clock.valid = false;
  f.see(clock);
  CHECK(f.count == 0);
  CHECK_FALSE(f.follower.next(f.week, clock));
}

TEST_CASE("schedule: a slot that came while the clock was lost applies when it is back") {
  Follower f(every_day("06:30 normal, 22:30 eco"));
  f.run(20 * 60, 21 * 60);
  f.see({});
  f.see(at(0, 23, 10));
  CHECK(f.preset == Preset::ECO);
  CHECK(f.count == 2);
}

TEST_CASE("schedule: summer time jumps over a slot and applies it once") {
  Follower f(every_day("02:30 normal, 22:30 eco"));
  const uint32_t sunday = 6 * MINUTES_PER_DAY;
  f.run(sunday, sunday + 119);  // up to 01:59
  const int before = f.count;
  f.run(sunday + 180, sunday + 600);
  CHECK(f.count == before + 1);
  CHECK(f.preset == Preset::NORMAL);
}

TEST_CASE("schedule: winter time passes a slot twice and applies it once") {
  Follower f(every_day("01:00 eco, 02:30 normal"));
  const uint32_t sunday = 6 * MINUTES_PER_DAY;
  f.run(sunday, sunday + 179);  // up to 02:59
  const int before = f.count;
  CHECK(f.preset == Preset::NORMAL);
  f.see(at(6, 2, 10));
  CHECK(f.follower.next(f.week, at(6, 2, 10))->minute == 60);  // Monday 01:00, not 02:30 again.
  f.run(sunday + 120, sunday + 600);
  CHECK(f.count == before);
  CHECK(f.preset == Preset::NORMAL);
}

TEST_CASE("schedule: a clock put back by hours applies what is current then") {
  Follower f(every_day("06:30 normal, 12:00 boost, 22:30 eco"));
  f.run(9 * 60, 13 * 60);
  f.see(at(0, 8, 0));
  CHECK(f.preset == Preset::NORMAL);
  f.run(8 * 60 + 1, 12 * 60);
  CHECK(f.preset == Preset::BOOST);
}

namespace {

/// Up to four slots at full or half hours.
DaySchedule random_day(Random &random) {
  std::string text;
  uint32_t hour = random.below(5);
  for (uint32_t n = random.below(5); n > 0 && hour < 24; --n) {
    const char *minute = random.chance(0.5f) ? ":00" : ":30";
    text += (text.empty() ? "" : ",") + std::to_string(hour) + minute + (random.chance(0.5f) ? " eco" : " normal");
    hour += 1 + random.below(6);
  }
  return parse_day(text).day;
}

}  // namespace

TEST_CASE("schedule property: however the clock jumps forward, the last slot passed is what applies") {
  Random random(11);
  for (int round = 0; round < 300; ++round) {
    Follower f;
    for (DaySchedule &day : f.week.days)
      day = random_day(random);
    uint32_t minute = random.below(MINUTES_PER_WEEK);
    for (int i = 0; i < 400; ++i) {
      minute += 1 + (random.chance(0.05f) ? random.below(2000) : 0);
      f.see(at_minute(minute));
      if (const auto slot = current_slot(f.week, minute_of_week(at_minute(minute))))
        REQUIRE(f.preset == slot->preset);
    }
  }
}
