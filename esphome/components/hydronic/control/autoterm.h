#pragma once

// The bus of Autoterm-style heaters: 2400 8N1, frames of 0xAA, sender, length, 0, type, payload and CRC-16/Modbus (high
// byte first). Collected from what owners have published of their captures; never tried on a heater by us.

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "burner_driver.h"

namespace hearthward {

/// CRC-16/Modbus: polynomial 0xA001 (reflected), starting at 0xFFFF.
inline uint16_t crc16_modbus(const uint8_t *data, size_t size) {
  uint16_t crc = 0xFFFF;
  for (size_t i = 0; i < size; ++i) {
    crc = static_cast<uint16_t>(crc ^ data[i]);
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<uint16_t>(crc >> 1 ^ ((crc & 1) != 0 ? 0xA001 : 0));
  }
  return crc;
}

enum class AutotermSender : uint8_t { PANEL = 0x03, HEATER = 0x04 };
enum class AutotermType : uint8_t {
  START = 0x01,
  SETTINGS = 0x02,
  STOP = 0x03,
  STATUS = 0x0F,
  PANEL_TEMPERATURE = 0x11,
  VENTILATION = 0x23,
};

/// A frame as it is on the wire.
struct AutotermFrame {
  static constexpr uint8_t PREAMBLE = 0xAA;
  static constexpr size_t HEADER = 5;
  static constexpr size_t CRC = 2;
  static constexpr size_t MAX_PAYLOAD = 58;

  std::array<uint8_t, HEADER + MAX_PAYLOAD + CRC> bytes{};
  size_t size = 0;

  AutotermSender sender() const { return static_cast<AutotermSender>(bytes[1]); }
  AutotermType type() const { return static_cast<AutotermType>(bytes[4]); }
  size_t payload_size() const { return bytes[2]; }
  uint8_t payload(size_t i) const { return bytes[HEADER + i]; }
};

/// Build a frame; `payload` is at most MAX_PAYLOAD long.
inline AutotermFrame autoterm_frame(AutotermSender sender, AutotermType type,
                                    std::initializer_list<uint8_t> payload = {}) {
  AutotermFrame frame;
  frame.bytes[0] = AutotermFrame::PREAMBLE;
  frame.bytes[1] = static_cast<uint8_t>(sender);
  frame.bytes[2] = static_cast<uint8_t>(payload.size());
  frame.bytes[4] = static_cast<uint8_t>(type);
  std::copy(payload.begin(), payload.end(), frame.bytes.begin() + AutotermFrame::HEADER);
  frame.size = AutotermFrame::HEADER + payload.size();
  const uint16_t crc = crc16_modbus(frame.bytes.data(), frame.size);
  frame.bytes[frame.size++] = static_cast<uint8_t>(crc >> 8);
  frame.bytes[frame.size++] = static_cast<uint8_t>(crc & 0xFF);
  return frame;
}

/// Finds frames in a stream of bytes; after noise or a bad CRC it starts again at the next preamble.
class AutotermParser {
 public:
  std::optional<AutotermFrame> feed(uint8_t byte) {
    frame_.bytes[frame_.size++] = byte;
    for (;;) {
      while (frame_.size > 0 && !plausible())
        drop(next_preamble());
      if (frame_.size < AutotermFrame::HEADER || frame_.size < length())
        return {};
      if (intact())
        return take();
      ++bad_;
      drop(next_preamble());
    }
  }
  /// Frames thrown away for their CRC.
  uint32_t bad() const { return bad_; }

 private:
  size_t length() const { return AutotermFrame::HEADER + frame_.bytes[2] + AutotermFrame::CRC; }
  bool plausible() const {
    return frame_.bytes[0] == AutotermFrame::PREAMBLE &&
           (frame_.size < 3 || frame_.bytes[2] <= AutotermFrame::MAX_PAYLOAD) &&
           (frame_.size < 4 || frame_.bytes[3] == 0);
  }
  bool intact() const {
    const size_t end = length() - AutotermFrame::CRC;
    return crc16_modbus(frame_.bytes.data(), end) == (frame_.bytes[end] << 8 | frame_.bytes[end + 1]);
  }
  /// Where the next preamble after the first byte stands, or the end.
  size_t next_preamble() const {
    const auto end = frame_.bytes.begin() + static_cast<std::ptrdiff_t>(frame_.size);
    return static_cast<size_t>(std::find(frame_.bytes.begin() + 1, end, AutotermFrame::PREAMBLE) -
                               frame_.bytes.begin());
  }
  void drop(size_t count) {
    const auto begin = frame_.bytes.begin();
    std::copy(begin + static_cast<std::ptrdiff_t>(count), begin + static_cast<std::ptrdiff_t>(frame_.size), begin);
    frame_.size -= count;
  }
  /// The frame in front; what came after it in the same noise stays.
  AutotermFrame take() {
    AutotermFrame frame = frame_;
    frame.size = length();
    drop(frame.size);
    return frame;
  }

  AutotermFrame frame_;
  uint32_t bad_ = 0;
};

/// Plays the panel: asks for the status every second and repeats an order until the heater has followed it.
///
/// A heater that is found running unasked is stopped. Silence is judged by the controller from `heard`.
class AutotermDriver : public BurnerDriver {
 public:
  static constexpr Millis STATUS_INTERVAL = SECOND;
  static constexpr Millis ORDER_INTERVAL = 3 * SECOND;
  static constexpr uint8_t HIGHEST_POWER = 9;

  void command(const BurnerCommand &command, Millis) override {
    // An order to stop waits for no other.
    if (wanted_.on && !command.on)
      ordered_at_.reset();
    wanted_ = command;
    power_ = static_cast<uint8_t>(std::lround(std::clamp(command.power, 0.0f, 1.0f) * HIGHEST_POWER));
  }
  BurnerFeedback poll(Millis) override { return feedback_; }

  /// Take a byte from the bus.
  void receive(uint8_t byte, Millis now) {
    const auto frame = parser_.feed(byte);
    if (!frame || frame->sender() != AutotermSender::HEATER)
      return;
    feedback_.heard = now;
    if (frame->type() == AutotermType::START || frame->type() == AutotermType::SETTINGS)
      power_taken_ = true;
    if (frame->type() == AutotermType::STATUS && frame->payload_size() >= STATUS_SIZE)
      read_status(*frame);
  }

  /// The next frame to put on the bus, if it is time for one.
  std::optional<AutotermFrame> transmit(Millis now) {
    if (status_known_ && due(ordered_at_, ORDER_INTERVAL, now)) {
      if (const auto order = next_order()) {
        ordered_at_ = now;
        return order;
      }
    }
    if (!due(asked_at_, STATUS_INTERVAL, now))
      return {};
    asked_at_ = now;
    return autoterm_frame(AutotermSender::PANEL, AutotermType::STATUS);
  }

  uint32_t bad_frames() const { return parser_.bad(); }

 private:
  static constexpr size_t STATUS_SIZE = 7;  ///< Up to the voltage; models send more.

  static bool due(std::optional<Millis> last, Millis interval, Millis now) { return !last || now - *last >= interval; }

  void read_status(const AutotermFrame &frame) {
    status_known_ = true;
    feedback_.confirmed = true;
    feedback_.state = state(frame.payload(0));
    feedback_.error = frame.payload(2);
    feedback_.core_temperature = static_cast<float>(static_cast<int8_t>(frame.payload(3)));
    feedback_.voltage = static_cast<float>(frame.payload(6)) / 10.0f;
    feedback_.power = running() ? static_cast<float>(ordered_power_) / HIGHEST_POWER : 0.0f;
  }
  static BurnerState state(uint8_t main) {
    switch (main) {
      case 0:
        return BurnerState::OFF;
      case 1:
      case 2:
        return BurnerState::STARTING;
      case 3:
        return BurnerState::BURNING;
      default:
        return BurnerState::STOPPING;
    }
  }
  bool running() const { return feedback_.state == BurnerState::STARTING || feedback_.state == BurnerState::BURNING; }

  std::optional<AutotermFrame> next_order() {
    if (!wanted_.on) {
      if (!running() && !start_ordered_)
        return {};
      start_ordered_ = false;
      return autoterm_frame(AutotermSender::PANEL, AutotermType::STOP);
    }
    if (feedback_.state == BurnerState::OFF) {
      start_ordered_ = true;
      return settings(AutotermType::START);
    }
    if (running() && (power_ != ordered_power_ || !power_taken_))
      return settings(AutotermType::SETTINGS);
    return {};
  }
  AutotermFrame settings(AutotermType type) {
    constexpr uint8_t NO_TIMER = 0xFF, BY_POWER = 0x04, NO_TARGET = 0xFF, NO_VENTILATION = 0x02;
    ordered_power_ = power_;
    power_taken_ = false;
    return autoterm_frame(AutotermSender::PANEL, type,
                          {NO_TIMER, NO_TIMER, BY_POWER, NO_TARGET, NO_VENTILATION, power_});
  }

  AutotermParser parser_;
  BurnerFeedback feedback_{.talks = true};
  BurnerCommand wanted_;
  uint8_t power_ = 0;
  uint8_t ordered_power_ = 0;
  bool power_taken_ = false;    ///< The heater has acknowledged it.
  bool start_ordered_ = false;  ///< It may start although its last status does not say so.
  bool status_known_ = false;
  std::optional<Millis> asked_at_;
  std::optional<Millis> ordered_at_;
};

}  // namespace hearthward
