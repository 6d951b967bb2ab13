// Ctrl-C inside long loops: the caller supplies a check that throws; it is asked a few times a
// second, since asking means taking the interpreter's lock. Only the main thread hears of signals:
// solves in other threads share a flag that the main thread raises.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>

namespace taut {

class Cancel {
 public:
  void set() { raised_ = true; }
  bool raised() const { return raised_; }

 private:
  std::atomic<bool> raised_{false};
};

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

class Interrupt {
 public:
  explicit Interrupt(std::function<void()> check, const Cancel* cancel = nullptr)
      : check_(std::move(check)), cancel_(cancel) {}

  void poll() {
    if (cancel_ && cancel_->raised()) throw Cancelled();
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    check_();
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::function<void()> check_;
  const Cancel* cancel_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace taut
