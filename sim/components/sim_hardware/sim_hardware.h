#pragma once

#ifdef USE_HOST

#include "esphome/core/component.h"
#include "esphome/core/helpers.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace esphome::sim_hardware {

/// What the plant last said of one channel. Broken wires and absent plants read NaN.
struct Input {
  float value{NAN};
  /// The simulated sensor has stopped answering: nothing is published, so that its owner has to notice the silence.
  bool silent{false};
  std::vector<std::function<void(float)>> listeners;
};

/** The node's wires into the simulated plant.
 *
 * Speaks lines of text over the unix stream socket named by the environment variable HEARTHWARD_PLANT (see
 * docs/simulator.md):
 *
 *   node to plant   `hello 1 NODE`   `want CHANNEL`   `set CHANNEL VALUE`
 *   plant to node   `CHANNEL VALUE`  with VALUE a number, `nan` (wire broken) or `-` (sensor silent)
 *
 * Never blocks: what cannot be sent now is dropped with the connection, and a new connection starts by telling
 * everything. It looks at the socket once per loop() and takes no time from anywhere else, so under the virtual clock a
 * run depends on nothing but what the plant wrote before it granted the time.
 */
class SimHardware : public Component {
 public:
  void setup() override;
  void loop() override;
  void dump_config() override;
  float get_setup_priority() const override { return setup_priority::BUS; }

  void set_socket_path(const char *path) { this->path_ = path; }

  /// Register a channel to be read. The pointer stays valid for the life of the program.
  Input *want(const std::string &channel) { return &this->inputs_[channel]; }
  /// Drive a channel.
  void write(const std::string &channel, float value);

 protected:
  void connect_();
  void disconnect_(const char *reason);
  void send_(const std::string &text);
  void receive_();
  void take_line_(const std::string &line);
  void take_value_(Input &input, float value, bool silent);

  std::string path_;
  int fd_{-1};
  uint32_t last_attempt_{0};
  std::string buffer_;
  std::map<std::string, Input> inputs_;
  std::map<std::string, float> outputs_;
};

}  // namespace esphome::sim_hardware

#endif  // USE_HOST
