// Solvers on one matrix that pass over it together.
//
// The paths of the folds of a cross-validation read the same X, each a few times for every strength, and
// wait for memory rather than for the processor. Those in a meeting take turns: one computes; where it
// needs a product with all of X it gives way to the next; and when all of them wait for one, X is read
// once for all. Each sits in a thread of its own, but no more than one is at work.
//
// Who is there changes no digit: X'r is rounded as if each had been alone (Design::cross_each).
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "design.hpp"

namespace taut {

class Meeting {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    ++present_;
    changed_.wait(lock, [this] { return !at_work_; });
    at_work_ = true;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    --present_;
    give_way();
  }

  // out = X'r, by whoever is there when all wait.
  void cross(const Design& X, const double* r, double* out) {
    std::unique_lock lock(mutex_);
    Wish wish{&X, r, out};
    wishes_.push_back(&wish);
    give_way();
    changed_.wait(lock, [&] { return !at_work_ && (wish.granted || wishes_.size() == present_); });
    at_work_ = true;
    if (wish.granted) return;
    try {
      grant_all();
    } catch (...) {
      // The others' wishes stay: the next of them tries again.
      wishes_.erase(std::find(wishes_.begin(), wishes_.end(), &wish));
      throw;
    }
  }

 private:
  struct Wish {
    const Design* X;
    const double* r;
    double* out;
    bool granted = false;
  };

  void give_way() {
    at_work_ = false;
    changed_.notify_all();
  }

  // Wishes for the same matrix with one pass over it.
  void grant_all() {
    std::vector<Wish*> rest = wishes_;
    while (!rest.empty()) {
      const Design& X = *rest.front()->X;
      const auto others = std::stable_partition(rest.begin(), rest.end(), [&](Wish* wish) { return wish->X == &X; });
      grant(X, {rest.begin(), others});
      rest.erase(rest.begin(), others);
    }
    for (Wish* wish : wishes_) wish->granted = true;
    wishes_.clear();
  }

  void grant(const Design& X, const std::vector<Wish*>& wishes) {
    const int count = static_cast<int>(wishes.size());
    residuals_.resize(static_cast<std::size_t>(X.rows()) * count);
    found_.resize(static_cast<std::size_t>(X.cols()) * count);
    for (int c = 0; c < count; ++c) std::copy_n(wishes[c]->r, X.rows(), residuals_.begin() + static_cast<std::ptrdiff_t>(c) * X.rows());
    X.cross_each(residuals_.data(), count, found_.data());
    for (int c = 0; c < count; ++c) std::copy_n(found_.begin() + static_cast<std::ptrdiff_t>(c) * X.cols(), X.cols(), wishes[c]->out);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t present_ = 0;
  bool at_work_ = false;  // one of those present
  std::vector<Wish*> wishes_;
  Vector residuals_, found_;
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
