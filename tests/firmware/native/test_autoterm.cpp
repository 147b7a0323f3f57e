#include <doctest/doctest.h>

#include <vector>

#include "control/autoterm.h"
#include "house.h"

using namespace hearthward;
using hearthward::test::Random;

namespace {

/// A heater on the other end of the bus: answers, takes minutes to start and stop, can fail and fall silent.
class Emulator {
 public:
  uint8_t state = 0;
  uint8_t error = 0;
  uint8_t power = 0;
  bool silent = false;
  bool deaf = false;  ///< To everything but the question for its status.
  int starts = 0;
  int stops = 0;

  /// Take the panel's bytes; returns the answer's.
  std::vector<uint8_t> receive(const AutotermFrame &sent) {
    std::vector<uint8_t> answer;
    for (size_t i = 0; i < sent.size; ++i) {
      const auto frame = parser_.feed(sent.bytes[i]);
      if (frame && !silent && !(deaf && frame->type() != AutotermType::STATUS))
        answer = respond(*frame);
    }
    return answer;
  }

 private:
  std::vector<uint8_t> respond(const AutotermFrame &frame) {
    AutotermFrame answer = autoterm_frame(AutotermSender::HEATER, frame.type());
    switch (frame.type()) {
      case AutotermType::START:
        ++starts;
        state = 2;
        power = frame.payload(5);
        break;
      case AutotermType::SETTINGS:
        power = frame.payload(5);
        break;
      case AutotermType::STOP:
        ++stops;
        state = 4;
        break;
      case AutotermType::STATUS:
        answer =
            autoterm_frame(AutotermSender::HEATER, AutotermType::STATUS, {state, 0, error, 65, 64, 0, 124, 0, 0, 0});
        break;
      default:
        break;
    }
    return {answer.bytes.begin(), answer.bytes.begin() + static_cast<std::ptrdiff_t>(answer.size)};
  }

  AutotermParser parser_;
};

struct Bus {
  AutotermDriver driver;
  Emulator heater;
  Millis now = 0;

  void run(Millis duration) {
    for (const Millis end = now + duration; now < end; now += 100) {
      const auto frame = driver.transmit(now);
      if (!frame)
        continue;
      for (const uint8_t byte : heater.receive(*frame))
        driver.receive(byte, now);
    }
  }
};

}  // namespace

TEST_CASE("autoterm: the CRC is CRC-16/Modbus") {
  const std::array<uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  CHECK(crc16_modbus(digits.data(), digits.size()) == 0x4B37);
}

TEST_CASE("autoterm: a frame is built and found again, also in noise") {
  const AutotermFrame frame = autoterm_frame(AutotermSender::HEATER, AutotermType::STATUS, {1, 2, 3, 0xAA, 5, 6, 7});
  CHECK(frame.size == 14);
  CHECK(frame.bytes[0] == 0xAA);
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    AutotermParser parser;
    int found = 0;
    for (uint32_t n = random.below(20); n > 0; --n) {
      const auto byte = static_cast<uint8_t>(random.below(256));
      found += parser.feed(byte == 0xAA ? uint8_t{0x55} : byte).has_value();
    }
    for (size_t i = 0; i < frame.size; ++i)
      found += parser.feed(frame.bytes[i]).has_value();
    REQUIRE(found == 1);
  }
}

TEST_CASE("autoterm: noise with preambles in it delays a frame but never loses the bus") {
  Random random(5);
  const AutotermFrame frame = autoterm_frame(AutotermSender::HEATER, AutotermType::STATUS, {0, 1, 0, 20, 0, 0, 120});
  AutotermParser parser;
  for (int round = 0; round < 500; ++round) {
    for (uint32_t n = random.below(80); n > 0; --n)
      parser.feed(random.chance(0.3f) ? uint8_t{0xAA} : static_cast<uint8_t>(random.below(256)));
    int found = 0;
    for (int again = 0; again < 12; ++again) {
      for (size_t i = 0; i < frame.size; ++i)
        found += parser.feed(frame.bytes[i]).has_value();
    }
    REQUIRE(found >= 1);
  }
}

TEST_CASE("autoterm: frames that noise has swallowed are found in it") {
  const AutotermFrame frame = autoterm_frame(AutotermSender::HEATER, AutotermType::STATUS, {0, 1, 0, 20, 0, 0, 120});
  AutotermParser parser;
  int found = 0;
  for (const int byte : {0xAA, 0x04, static_cast<int>(AutotermFrame::MAX_PAYLOAD), 0x00})
    found += parser.feed(static_cast<uint8_t>(byte)).has_value();
  for (int again = 0; again < 6; ++again) {
    for (size_t i = 0; i < frame.size; ++i) {
      const auto heard = parser.feed(frame.bytes[i]);
      found += heard.has_value();
      REQUIRE((!heard || (heard->size == frame.size && heard->payload(6) == 120)));
    }
  }
  CHECK(found == 6);
}

TEST_CASE("autoterm: a flipped bit is noticed") {
  const AutotermFrame frame = autoterm_frame(AutotermSender::HEATER, AutotermType::STATUS, {0, 1, 0, 20, 0, 0, 120});
  for (size_t bit = 0; bit < frame.size * 8; ++bit) {
    AutotermFrame spoiled = frame;
    spoiled.bytes[bit / 8] = static_cast<uint8_t>(spoiled.bytes[bit / 8] ^ 1u << bit % 8);
    AutotermParser parser;
    for (size_t i = 0; i < spoiled.size; ++i)
      REQUIRE_FALSE(parser.feed(spoiled.bytes[i]).has_value());
  }
}

TEST_CASE("autoterm: starts, sets the power and stops") {
  Bus bus;
  bus.run(5 * SECOND);
  CHECK(bus.driver.poll(bus.now).state == BurnerState::OFF);
  CHECK(bus.driver.poll(bus.now).voltage == doctest::Approx(12.4f));
  CHECK(bus.driver.poll(bus.now).core_temperature == 65.0f);
  CHECK(bus.heater.starts == 0);
  bus.driver.command({.on = true, .power = 1.0f}, bus.now);
  bus.run(5 * SECOND);
  CHECK(bus.heater.starts == 1);
  CHECK(bus.heater.power == 9);
  CHECK(bus.driver.poll(bus.now).state == BurnerState::STARTING);
  bus.heater.state = 3;
  bus.driver.command({.on = true, .power = 0.33f}, bus.now);
  bus.run(5 * SECOND);
  CHECK(bus.heater.power == 3);
  CHECK(bus.driver.poll(bus.now).state == BurnerState::BURNING);
  bus.driver.command({}, bus.now);
  bus.run(5 * SECOND);
  CHECK(bus.heater.stops == 1);
  CHECK(bus.driver.poll(bus.now).state == BurnerState::STOPPING);
  bus.run(MINUTE);
  CHECK(bus.heater.stops == 1);
}

TEST_CASE("autoterm: an order is repeated until the heater follows") {
  Bus bus;
  bus.run(2 * SECOND);
  bus.heater.silent = true;
  bus.driver.command({.on = true, .power = 1.0f}, bus.now);
  bus.run(10 * SECOND);
  CHECK(bus.heater.starts == 0);
  bus.heater.silent = false;
  bus.run(5 * SECOND);
  CHECK(bus.heater.starts == 1);
}

TEST_CASE("autoterm: a power that the heater did not hear is ordered again") {
  Bus bus;
  bus.run(2 * SECOND);
  bus.driver.command({.on = true, .power = 1.0f}, bus.now);
  bus.run(5 * SECOND);
  bus.heater.state = 3;
  bus.heater.deaf = true;
  bus.driver.command({.on = true, .power = 0.33f}, bus.now);
  bus.run(5 * SECOND);
  CHECK(bus.heater.power == 9);
  bus.heater.deaf = false;
  bus.run(5 * SECOND);
  CHECK(bus.heater.power == 3);
}

TEST_CASE("autoterm: the order to stop follows the order to start at once, before any status in between") {
  Bus bus;
  bus.run(2 * SECOND);
  bus.driver.command({.on = true, .power = 1.0f}, bus.now);
  REQUIRE(bus.driver.transmit(bus.now)->type() == AutotermType::START);
  bus.driver.command({}, bus.now);
  const auto next = bus.driver.transmit(bus.now);
  REQUIRE(next.has_value());
  CHECK(next->type() == AutotermType::STOP);
}

TEST_CASE("autoterm: a heater that runs unasked is stopped") {
  Bus bus;
  bus.heater.state = 3;
  bus.run(5 * SECOND);
  CHECK(bus.heater.stops >= 1);
}

TEST_CASE("autoterm: nothing is ordered before the heater's state is known") {
  Bus bus;
  bus.heater.silent = true;
  bus.driver.command({.on = true, .power = 1.0f}, 0);
  for (Millis now = 0; now < MINUTE; now += 100) {
    const auto frame = bus.driver.transmit(now);
    if (frame)
      REQUIRE(frame->type() == AutotermType::STATUS);
  }
}

TEST_CASE("autoterm: errors and silence are passed on") {
  Bus bus;
  bus.heater.error = 78;
  bus.run(5 * SECOND);
  CHECK(bus.driver.poll(bus.now).error == 78);
  const Millis heard = bus.driver.poll(bus.now).heard;
  CHECK(bus.now - heard < 2 * SECOND);
  bus.heater.silent = true;
  bus.run(20 * SECOND);
  CHECK(bus.now - bus.driver.poll(bus.now).heard > 15 * SECOND);
  CHECK(bus.driver.poll(bus.now).talks);
}
