// The inverse of the active block H_AA = G_AA + diag(ridge), kept while features come and go.
//
// Bordering. For a block B that enters, with Y = M C, C = G_AB and the Schur complement
// S = H_BB - C'Y,
//     new inverse = [ M + Y S^-1 Y'   -Y S^-1 ]
//                   [   -S^-1 Y'        S^-1  ],
// and for a block that leaves, inverse = [P Q; Q' R] becomes P - Q R^-1 Q'. Both cost |A|^2 |B| in
// matrix products, where triangular factors would pay the same in memory-bound rotations. Only the
// upper triangle is kept: half the work, and half the memory traffic of every solve. The
// errors that this gathers do not matter: a solve is one Newton step of the caller, who measures
// the true gradient after it and steps again, and asks for refactor() when steps stop contracting.
#pragma once

#include <algorithm>
#include <vector>

#include "blas.hpp"
#include "design.hpp"

namespace taut {

// A symmetric matrix inside a larger allocation, with what is added to its diagonal.
struct Gram {
  const double* entries;
  std::ptrdiff_t ld;
  const double* ridge;
  double operator()(int i, int j) const { return entries[i + j * ld] + (i == j ? ridge[i] : 0.0); }
};

class BlockInverse {
 public:
  const std::vector<int>& members() const { return members_; }
  int size() const { return static_cast<int>(members_.size()); }

  void clear() { members_.clear(); }

  // out = inverse * x
  void apply(const double* x, double* out) const {
    blas::symv(size(), m_.data(), std::max(capacity_, 1), x, out);
  }

  // Adds what is linearly independent of the members; returns what is not.
  std::vector<int> append(const Gram& g, std::vector<int> fresh) {
    std::vector<int> dependent;
    if (fresh.empty()) return dependent;
    const int a = size(), k = static_cast<int>(fresh.size());
    Vector C(static_cast<std::size_t>(a) * k), Y(C.size()), S(static_cast<std::size_t>(k) * k);
    for (int c = 0; c < k; ++c)
      for (int i = 0; i < a; ++i) C[i + static_cast<std::size_t>(c) * a] = g.entries[members_[i] + fresh[c] * g.ld];
    blas::symm(a, k, m_.data(), std::max(capacity_, 1), C.data(), std::max(a, 1), Y.data(), std::max(a, 1));
    for (int c = 0; c < k; ++c)
      for (int i = 0; i < k; ++i) S[i + static_cast<std::size_t>(c) * k] = g(fresh[i], fresh[c]);
    if (a > 0) blas::gemm('T', 'N', k, k, a, -1.0, C.data(), a, Y.data(), a, 1.0, S.data(), k);
    const std::vector<int> keep = independent(g, fresh, S);
    if (static_cast<int>(keep.size()) < k) {
      std::vector<int> kept;
      for (int c = 0, next = 0; c < k; ++c) {
        if (next < static_cast<int>(keep.size()) && keep[next] == c) kept.push_back(fresh[c]), ++next;
        else dependent.push_back(fresh[c]);
      }
      for (int j : append(g, std::move(kept))) dependent.push_back(j);
      return dependent;
    }
    border(Y, S, k);
    members_.insert(members_.end(), fresh.begin(), fresh.end());
    return dependent;
  }

  // Removes the members at these positions.
  void remove(std::vector<int> positions) {
    const int k = static_cast<int>(positions.size()), a = size() - k;
    if (k == 0) return;
    std::sort(positions.begin(), positions.end());
    for (int c = k - 1; c >= 0; --c) swap(positions[c], a + c);
    members_.resize(a);
    if (a == 0) return;
    Vector R(static_cast<std::size_t>(k) * k);
    for (int c = 0; c < k; ++c)
      for (int i = 0; i <= c; ++i) R[i + static_cast<std::size_t>(c) * k] = at(a + i, a + c);
    if (!blas::cholesky(k, R.data(), k)) {
      stale_ = true;
      return;
    }
    double* Q = m_.data() + static_cast<std::size_t>(a) * capacity_;
    blas::solve_right('N', a, k, R.data(), k, Q, capacity_);
    blas::syrk('N', a, k, -1.0, Q, capacity_, 1.0, m_.data(), capacity_);
  }

  // Forgets gathered rounding: the members' inverse from a fresh factor. Returns the members that
  // turn out to be dependent on the rest, which leave.
  std::vector<int> refactor(const Gram& g) {
    stale_ = false;
    std::vector<int> all = std::move(members_);
    members_.clear();
    const int a = static_cast<int>(all.size());
    reserve(a);
    for (int j = 0; j < a; ++j)
      for (int i = 0; i <= j; ++i) at(i, j) = g(all[i], all[j]);
    if (blas::cholesky(a, m_.data(), std::max(capacity_, 1)) && well_conditioned(g, all) &&
        blas::inverse_from_cholesky(a, m_.data(), std::max(capacity_, 1))) {
      members_ = std::move(all);
      return {};
    }
    return append(g, std::move(all));
  }

  bool stale() const { return stale_; }

 private:
  // A column counts as dependent when less than this share of its squared norm is left.
  static constexpr double kPivot = 1e-11;

  double& at(std::ptrdiff_t i, std::ptrdiff_t j) { return m_[i + j * capacity_]; }

  bool well_conditioned(const Gram& g, const std::vector<int>& all) {
    for (int i = 0; i < static_cast<int>(all.size()); ++i)
      if (at(i, i) * at(i, i) <= kPivot * g(all[i], all[i])) return false;
    return true;
  }

  // Cholesky of S that skips small pivots: which of `fresh` are independent, given the members.
  static std::vector<int> independent(const Gram& g, const std::vector<int>& fresh, Vector S) {
    const int k = static_cast<int>(fresh.size());
    std::vector<int> keep;
    // As a rule all are, and a plain factor shows it.
    Vector factor = S;
    bool sound = blas::cholesky(k, factor.data(), k);
    for (int c = 0; sound && c < k; ++c) {
      const double root = factor[c + static_cast<std::size_t>(c) * k];
      sound = root * root > kPivot * g(fresh[c], fresh[c]);
      keep.push_back(c);
    }
    if (sound) return keep;
    keep.clear();
    for (int c = 0; c < k; ++c) {
      const double pivot = S[c + static_cast<std::size_t>(c) * k];
      if (!(pivot > kPivot * g(fresh[c], fresh[c]))) continue;
      keep.push_back(c);
      for (int j = c + 1; j < k; ++j) {
        const double f = S[c + static_cast<std::size_t>(j) * k] / pivot;
        if (f == 0.0) continue;
        for (int i = c + 1; i < k; ++i) S[i + static_cast<std::size_t>(j) * k] -= f * S[c + static_cast<std::size_t>(i) * k];
      }
    }
    return keep;
  }

  void border(const Vector& Y, Vector& S, int k) {
    const int a = size();
    reserve(a + k);
    // With S = R'R and F = Y R^-1: Y S^-1 Y' = F F', and the new columns are -F R^-T over S^-1.
    blas::cholesky(k, S.data(), k);
    Vector F = Y;
    blas::solve_right('N', a, k, S.data(), k, F.data(), std::max(a, 1));
    blas::syrk('N', a, k, 1.0, F.data(), std::max(a, 1), 1.0, m_.data(), capacity_);
    blas::solve_right('T', a, k, S.data(), k, F.data(), std::max(a, 1));
    blas::inverse_from_cholesky(k, S.data(), k);
    for (int c = 0; c < k; ++c) {
      for (int i = 0; i < a; ++i) at(i, a + c) = -F[i + static_cast<std::size_t>(c) * a];
      for (int i = 0; i <= c; ++i) at(a + i, a + c) = S[i + static_cast<std::size_t>(c) * k];
    }
  }

  // Exchanges members i < j, in the upper triangle alone.
  void swap(int i, int j) {
    if (i == j) return;
    for (int k = 0; k < i; ++k) std::swap(at(k, i), at(k, j));
    for (int k = i + 1; k < j; ++k) std::swap(at(i, k), at(k, j));
    for (int k = j + 1; k < size(); ++k) std::swap(at(i, k), at(j, k));
    std::swap(at(i, i), at(j, j));
    std::swap(members_[i], members_[j]);
  }

  void reserve(int needed) {
    if (needed <= capacity_) return;
    const int larger = std::max(needed, capacity_ + capacity_ / 2 + 16);
    Zeros wider(static_cast<std::size_t>(larger) * larger);
    for (int j = 0; j < size(); ++j)
      std::copy_n(&at(0, j), j + 1, wider.data() + static_cast<std::size_t>(j) * larger);
    m_ = std::move(wider);
    capacity_ = larger;
  }

  std::vector<int> members_;
  Zeros m_;
  int capacity_ = 0;
  bool stale_ = false;
};

}  // namespace taut
