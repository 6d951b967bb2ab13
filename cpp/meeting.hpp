// Solvers on one matrix that pass over it together.
//
// The paths of the folds of a cross-validation read the same X, each a few times for every strength, and
// wait for memory rather than for the processor. Those in a meeting take turns: one computes; where it
// needs a product with all of X it gives way to the next; and when all of them wait for one, X is read
// once for all. Each sits in a thread of its own, but no more than one is at work, until another meeting
// is over and leaves its core to this one.
//
// Who is there changes no digit: X'r is rounded as if each had been alone (Design::cross_each).
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

#include "design.hpp"

namespace taut {

class Meeting {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    Seat seat;
    ++present_;
    ready_.push_back(&seat);
    call();
    seat.wait(lock);
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    --present_;
    --at_work_;
    call();
  }

  int present() const {
    const std::lock_guard lock(mutex_);
    return present_;
  }

  // One core more, which others have no use for.
  void widen() {
    const std::lock_guard lock(mutex_);
    ++cores_;
    call();
  }

  // out = X'r, read by whoever wishes last, when nobody could go on without.
  void cross(const Design& X, const double* r, double* out) {
    std::unique_lock lock(mutex_);
    Seat seat{&X, r, out};
    wishes_.push_back(&seat);
    --at_work_;
    call();
    seat.wait(lock);
    if (seat.reads) read_for_all(lock, &seat);
  }

 private:
  // Where one of those present waits for its turn, and what it wishes to know by then.
  struct Seat {
    const Design* X = nullptr;
    const double* r = nullptr;
    double* out = nullptr;
    bool at_work = false, reads = false;
    std::condition_variable turn = {};
    void wait(std::unique_lock<std::mutex>& lock) {
      turn.wait(lock, [this] { return at_work; });
    }
  };

  // Whoever can go on where there is a core; it alone is woken.
  void call() {
    while (at_work_ < cores_) {
      Seat* next;
      if (!ready_.empty()) {
        next = ready_.front();
        ready_.pop_front();
      } else if (!wishes_.empty() && !reading_) {
        next = wishes_.back();
        next->reads = reading_ = true;
      } else {
        return;
      }
      ++at_work_;
      next->at_work = true;
      next->turn.notify_one();
    }
  }

  // What all wish for by now; those who wish while X is read wait for the next time.
  void read_for_all(std::unique_lock<std::mutex>& lock, const Seat* own) {
    std::vector<Seat*> taken;
    taken.swap(wishes_);
    lock.unlock();
    std::exception_ptr failure;
    try {
      read(taken);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    reading_ = false;
    for (Seat* seat : taken) {
      if (seat == own) continue;
      // After a failure the next of them tries again.
      if (failure) wishes_.push_back(seat);
      else ready_.push_back(seat);
    }
    call();
    if (failure) std::rethrow_exception(failure);
  }

  // Wishes for the same matrix with one pass over it.
  static void read(std::vector<Seat*> wishes) {
    while (!wishes.empty()) {
      const Design& X = *wishes.front()->X;
      const auto others = std::stable_partition(wishes.begin(), wishes.end(), [&](Seat* wish) { return wish->X == &X; });
      read(X, {wishes.begin(), others});
      wishes.erase(wishes.begin(), others);
    }
  }

  static void read(const Design& X, const std::vector<Seat*>& wishes) {
    const std::ptrdiff_t n = X.rows(), p = X.cols();
    const int count = static_cast<int>(wishes.size());
    Unwritten residuals(n * count), found(p * count);
    for (int c = 0; c < count; ++c) std::copy_n(wishes[c]->r, n, residuals.begin() + c * n);
    X.cross_each(residuals.data(), count, found.data());
    for (int c = 0; c < count; ++c) std::copy_n(found.begin() + c * p, p, wishes[c]->out);
  }

  mutable std::mutex mutex_;
  int cores_ = 1, present_ = 0, at_work_ = 0;
  bool reading_ = false;
  std::deque<Seat*> ready_;     // who would go on if there were a core
  std::vector<Seat*> wishes_;   // who waits for a product
};

// The matrix as one who is in a meeting sees it; alone, where there is none.
class Attended final : public Design {
 public:
  Attended(const Design& X, Meeting* meeting) : Design(X.rows(), X.cols()), X_(X), meeting_(meeting) {
    if (meeting_) meeting_->enter();
  }
  ~Attended() override {
    if (meeting_) meeting_->leave();
  }
  Attended(const Attended&) = delete;

  int targets() const override { return X_.targets(); }
  double entries() const override { return X_.entries(); }
  bool has_gram() const override { return X_.has_gram(); }
  bool has_lanes() const override { return X_.has_lanes(); }
  bool has_rows() const override { return X_.has_rows(); }
  void moments(const double* v, bool centre, double* mean, double* norm) const override { X_.moments(v, centre, mean, norm); }
  void cross(const double* R, int count, double* out) const override {
    if (meeting_ && count == 1) meeting_->cross(X_, R, out);
    else X_.cross(R, count, out);
  }
  void cross_some(const std::vector<Index>& features, const double* r, double* out) const override { X_.cross_some(features, r, out); }
  void product(const double* coefs, int count, double* out) const override { X_.product(coefs, count, out); }
  std::unique_ptr<Columns> columns(const View& view) const override { return X_.columns(view); }
  std::unique_ptr<Columns> lying_columns(const View& view) const override { return X_.lying_columns(view); }
  bool gram(const View& view, const double* centred_y, double* gram, double* correlation,
            const std::function<void()>& poll) const override {
    return X_.gram(view, centred_y, gram, correlation, poll);
  }

 private:
  const Design& X_;
  Meeting* meeting_;
};

}  // namespace taut
