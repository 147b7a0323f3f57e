#include <doctest/doctest.h>

#include <deque>

#include "control/autotune.h"
#include "control/pid.h"

using namespace hearthward;

namespace {

/// A first-order process with a dead time: a room behind a radiator.
struct Process {
  double temperature = 15.0;
  double gain = 30.0;  ///< K above outside at full output
  double outside = 5.0;
  double lag = 3600.0;
  std::deque<float> delay = std::deque<float>(30, 0.0f);  ///< 30 steps of 10 s

  float step(float output) {
    delay.push_back(output);
    temperature += 10.0 * (gain * static_cast<double>(delay.front()) + outside - temperature) / lag;
    delay.pop_front();
    return static_cast<float>(temperature);
  }
};

}  // namespace

TEST_CASE("pid: reaches the target and stays") {
  Pid pid;
  pid.set_gains({0.4f, 0.4f / 3600.0f, 0.0f});
  Process process;
  float measured = 15.0f;
  float highest = 0.0f;
  for (int i = 0; i < 8640; ++i) {
    measured = process.step(pid.step(20.0f, measured, 10.0f));
    highest = std::max(highest, measured);
  }
  CHECK(measured == doctest::Approx(20.0).epsilon(0.005));
  CHECK(highest < 21.0f);
}

TEST_CASE("pid: does not wind up while saturated") {
  Pid pid;
  pid.set_gains({0.4f, 0.4f / 3600.0f, 0.0f});
  for (int i = 0; i < 10000; ++i)
    pid.step(20.0f, 5.0f, 10.0f);
  CHECK(pid.integral() <= 1.0f);
  int steps = 0;
  while (pid.step(20.0f, 21.5f, 10.0f) > 0.0f)
    REQUIRE(++steps < 400);
}

TEST_CASE("pid: a change of target gives no kick of the derivative") {
  Pid pid;
  pid.set_gains({0.05f, 0.0f, 50.0f});
  for (int i = 0; i < 10; ++i)
    pid.step(20.0f, 18.0f, 10.0f);
  CHECK(pid.step(22.0f, 18.0f, 10.0f) == doctest::Approx(0.2f));
}

TEST_CASE("pid: the derivative acts against a rising measurement") {
  Pid without, with;
  without.set_gains({0.2f, 0.0f, 0.0f});
  with.set_gains({0.2f, 0.0f, 30.0f});
  float plain = 0.0f, damped = 0.0f;
  for (float measured = 17.0f; measured < 18.0f; measured += 0.05f) {
    plain = without.step(20.0f, measured, 10.0f);
    damped = with.step(20.0f, measured, 10.0f);
  }
  CHECK(damped < plain);
}

TEST_CASE("pid: taking over is bumpless") {
  Pid pid;
  pid.set_gains({0.4f, 0.0001f, 0.0f});
  pid.take_over(0.35f, 20.0f, 19.8f);
  CHECK(pid.step(20.0f, 19.8f, 1.0f) == doctest::Approx(0.35f).epsilon(0.01));
}

TEST_CASE("pid: a reading or target that is no number gives no output") {
  Pid pid;
  pid.set_gains({0.4f, 0.0001f, 0.0f});
  pid.step(20.0f, 15.0f, 10.0f);
  CHECK(pid.step(20.0f, UNKNOWN, 10.0f) == 0.0f);
  CHECK(pid.step(UNKNOWN, 15.0f, 10.0f) == 0.0f);
  CHECK(pid.step(20.0f, 15.0f, 10.0f) == 1.0f);
}

TEST_CASE("autotune: finds gains that regulate the process it was tried on") {
  Process process;
  Autotune tune;
  tune.start(20.0f, 0);
  float measured = 15.0f;
  Millis now = 0;
  while (tune.running()) {
    now += 10 * SECOND;
    measured = process.step(tune.step(measured, now));
    REQUIRE(now < Autotune::TIMEOUT);
  }
  REQUIRE(tune.state() == AutotuneState::DONE);
  CHECK(tune.gains().kp > 0.02f);
  CHECK(tune.gains().ki > 0.0f);
  CHECK(tune.gains().kd > 0.0f);

  Pid pid;
  pid.set_gains(tune.gains());
  pid.take_over(0.5f, 22.0f, measured);
  float highest = 0.0f;
  for (int i = 0; i < 8640; ++i) {
    measured = process.step(pid.step(22.0f, measured, 10.0f));
    highest = std::max(highest, measured);
  }
  CHECK(measured == doctest::Approx(22.0).epsilon(0.01));
  CHECK(highest < 23.5f);
}

TEST_CASE("autotune: gives up and keeps out of the way") {
  Autotune tune;
  tune.start(20.0f, 0);
  SUBCASE("after a day") { tune.step(15.0f, Autotune::TIMEOUT + 1); }
  SUBCASE("when the temperature runs away") { tune.step(28.5f, SECOND); }
  SUBCASE("without a reading") { tune.step(UNKNOWN, SECOND); }
  SUBCASE("when cycles differ too much") {
    Millis now = 0;
    for (const Millis period : {HOUR, HOUR, 3 * HOUR, HOUR, 4 * HOUR, HOUR}) {
      tune.step(20.5f, now += period / 2);
      tune.step(19.5f, now += period / 2);
    }
  }
  CHECK(tune.state() == AutotuneState::FAILED);
  CHECK(tune.step(15.0f, DAY * 2) == 0.0f);
}
