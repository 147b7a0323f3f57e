#include "sim_hardware.h"

#ifdef USE_HOST

#include "esphome/core/application.h"
#include "esphome/core/log.h"

#include <cerrno>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace esphome::sim_hardware {

static const char *const TAG = "sim_hardware";

static constexpr uint32_t RECONNECT_INTERVAL_MS = 1000;
// The plant writes a few hundred bytes a tick; a line that never ends is a broken peer.
static constexpr size_t LINE_MAX_BYTES = 4096;

static std::string set_line(const std::string &channel, float value) {
  char number[32];
  snprintf(number, sizeof(number), " %.6g\n", value);
  return "set " + channel + number;
}

void SimHardware::setup() {
  if (const char *path = getenv("HEARTHWARD_PLANT"); path != nullptr && *path != '\0')
    this->path_ = path;
  this->connect_();
}

void SimHardware::dump_config() {
  ESP_LOGCONFIG(TAG, "Simulated hardware: plant '%s', %zu inputs, %zu outputs", this->path_.c_str(),
                this->inputs_.size(), this->outputs_.size());
}

void SimHardware::loop() {
  if (this->fd_ < 0) {
    if (millis() - this->last_attempt_ >= RECONNECT_INTERVAL_MS)
      this->connect_();
    return;
  }
  this->receive_();
}

void SimHardware::write(const std::string &channel, float value) {
  auto [it, added] = this->outputs_.try_emplace(channel, value);
  if (!added && it->second == value)
    return;
  it->second = value;
  this->send_(set_line(channel, value));
}

void SimHardware::connect_() {
  this->last_attempt_ = millis();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (this->path_.empty() || this->path_.size() >= sizeof(address.sun_path))
    return;
  memcpy(address.sun_path, this->path_.c_str(), this->path_.size());

  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  if (::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) {
    ::close(fd);
    return;
  }
  this->fd_ = fd;
  this->buffer_.clear();
  std::string text = "hello 1 " + std::string(App.get_name().c_str()) + "\n";
  for (const auto &[channel, input] : this->inputs_)
    text += "want " + channel + "\n";
  for (const auto &[channel, value] : this->outputs_)
    text += set_line(channel, value);
  this->send_(text);
  ESP_LOGI(TAG, "Connected to the plant");
}

void SimHardware::disconnect_(const char *reason) {
  ESP_LOGW(TAG, "Lost the plant: %s", reason);
  ::close(this->fd_);
  this->fd_ = -1;
  for (auto &[channel, input] : this->inputs_)
    this->take_value_(input, NAN, false);
}

void SimHardware::send_(const std::string &text) {
  if (this->fd_ < 0)
    return;
  ssize_t sent;
  do {
    sent = ::send(this->fd_, text.data(), text.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  // Half a line cannot be taken back. A plant that lets the whole socket buffer fill has stopped listening.
  if (sent != static_cast<ssize_t>(text.size()))
    this->disconnect_(sent < 0 ? strerror(errno) : "the plant does not read");
}

void SimHardware::receive_() {
  char chunk[2048];
  while (true) {
    ssize_t got = ::recv(this->fd_, chunk, sizeof(chunk), 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return;
    if (got <= 0) {
      this->disconnect_(got == 0 ? "closed by the plant" : strerror(errno));
      return;
    }
    this->buffer_.append(chunk, got);
    size_t start = 0;
    for (size_t end; (end = this->buffer_.find('\n', start)) != std::string::npos; start = end + 1)
      this->take_line_(this->buffer_.substr(start, end - start));
    this->buffer_.erase(0, start);
    // A listener may have written and thereby lost the connection.
    if (this->fd_ < 0)
      return;
    if (this->buffer_.size() > LINE_MAX_BYTES) {
      this->disconnect_("line too long");
      return;
    }
  }
}

void SimHardware::take_line_(const std::string &line) {
  const size_t space = line.find(' ');
  if (space == std::string::npos) {
    ESP_LOGW(TAG, "Ignored '%s'", line.c_str());
    return;
  }
  auto it = this->inputs_.find(line.substr(0, space));
  if (it == this->inputs_.end())
    return;
  const char *text = line.c_str() + space + 1;
  if (strcmp(text, "-") == 0) {
    this->take_value_(it->second, it->second.value, true);
    return;
  }
  char *end;
  const float value = strtof(text, &end);
  if (end == text || *end != '\0') {
    ESP_LOGW(TAG, "Ignored '%s'", line.c_str());
    return;
  }
  this->take_value_(it->second, value, false);
}

void SimHardware::take_value_(Input &input, float value, bool silent) {
  input.value = value;
  input.silent = silent;
  if (silent)
    return;
  for (const auto &listener : input.listeners)
    listener(value);
}

}  // namespace esphome::sim_hardware

#endif  // USE_HOST
