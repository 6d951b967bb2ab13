// Ctrl-C inside long loops: the caller supplies a check that throws; it is asked a few times a
// second, since asking means taking the interpreter's lock.
#pragma once

#include <chrono>
#include <functional>

namespace taut {

class Interrupt {
 public:
  explicit Interrupt(std::function<void()> check) : check_(std::move(check)) {}

  void poll() {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    check_();
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::function<void()> check_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace taut
