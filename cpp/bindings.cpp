// Python's view of the core: arrays in, arrays out. No mathematics here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/unique_ptr.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "blas.hpp"
#include "block_rows.hpp"
#include "blocks.hpp"
#include "chain.hpp"
#include "cox.hpp"
#include "cuts.hpp"
#include "dense_columns.hpp"
#include "gram.hpp"
#include "interrupt.hpp"
#include "lane_descent.hpp"
#include "losses.hpp"
#include "meeting.hpp"
#include "native.hpp"
#include "newton_descent.hpp"
#include "path.hpp"
#include "prox_descent.hpp"
#include "relay.hpp"
#include "sorted.hpp"
#include "sparse.hpp"
#include "sparse_rows.hpp"
#include "statistics.hpp"
#include "step_groups.hpp"
#include "targets.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Array = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

using Optional = std::optional<Array>;

template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;

template <class T>
using Flat = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// SciPy's Cython modules export their functions as capsules named by their C signature.
template <class F>
void borrow(const nb::object& exported, const char* name, F& target) {
  const nb::object capsule = exported[name];
  target = reinterpret_cast<F>(PyCapsule_GetPointer(capsule.ptr(), PyCapsule_GetName(capsule.ptr())));
  if (!target) throw nb::python_error();
}

void load_blas() {
  const nb::object b = nb::module_::import_("scipy.linalg.cython_blas").attr("__pyx_capi__");
  const nb::object l = nb::module_::import_("scipy.linalg.cython_lapack").attr("__pyx_capi__");
  borrow(b, "dgemm", taut::blas::table.dgemm);
  borrow(b, "dgemv", taut::blas::table.dgemv);
  borrow(b, "dsyrk", taut::blas::table.dsyrk);
  borrow(b, "dsymv", taut::blas::table.dsymv);
  borrow(b, "dtrsm", taut::blas::table.dtrsm);
  borrow(l, "dpotrf", taut::blas::table.dpotrf);
  borrow(l, "dpotri", taut::blas::table.dpotri);
}

taut::Index checked(std::size_t count) {
  if (count > 0x7fffffff) throw nb::value_error("more than 2^31 - 1 rows or columns");
  return static_cast<taut::Index>(count);
}

// A design and the Python arrays that it reads.
struct Handle {
  std::unique_ptr<taut::Design> design;
  nb::tuple owners;
};

template <class T>
Handle dense(Matrix<T> x) {
  const auto n = checked(x.shape(0)), p = checked(x.shape(1));
  const bool column_major = (x.stride(0) == 1 || n <= 1) && (x.stride(1) == n || p <= 1);
  const bool row_major = (x.stride(1) == 1 || p <= 1) && (x.stride(0) == p || n <= 1);
  if (!column_major && !row_major) throw nb::value_error("X must be contiguous");
  return {std::make_unique<taut::DenseDesign<T>>(x.data(), n, p, !column_major),
          nb::make_tuple(nb::cast(x))};
}

// By columns or by rows: its lines, and where in them its entries lie.
template <class Sparse, class T, class I>
Handle sparse(Flat<T> values, Flat<I> places, Flat<I> starts, std::size_t n, std::size_t p, std::size_t lines,
              std::size_t across) {
  const taut::Index n_rows = checked(n), n_columns = checked(p);
  const std::size_t stored = values.shape(0);
  if (places.shape(0) != stored || starts.shape(0) != lines + 1)
    throw nb::value_error("inconsistent sparse arrays");
  const I* s = starts.data();
  bool sound = s[0] == 0 && static_cast<std::size_t>(s[lines]) <= stored;
  for (std::size_t j = 0; sound && j < lines; ++j) sound = s[j] <= s[j + 1];
  for (std::size_t k = 0; sound && k < static_cast<std::size_t>(s[lines]); ++k)
    sound = places.data()[k] >= 0 && static_cast<std::size_t>(places.data()[k]) < across;
  if (!sound) throw nb::value_error("sparse indices out of range");
  return {std::make_unique<Sparse>(values.data(), places.data(), s, n_rows, n_columns),
          nb::make_tuple(nb::cast(values), nb::cast(places), nb::cast(starts))};
}

template <class T, class I>
Handle sparse_columns(Flat<T> values, Flat<I> rows, Flat<I> starts, std::size_t n, std::size_t p) {
  return sparse<taut::SparseDesign<T, I>>(values, rows, starts, n, p, p, n);
}

template <class T, class I>
Handle sparse_rows(Flat<T> values, Flat<I> columns, Flat<I> starts, std::size_t n, std::size_t p) {
  return sparse<taut::SparseRows<T, I>>(values, columns, starts, n, p, n, p);
}

template <class T, class A>
nb::object to_numpy(std::vector<T, A>&& values, std::initializer_list<std::size_t> shape,
                    std::initializer_list<std::int64_t> strides = {}) {
  auto* held = new std::vector<T, A>(std::move(values));
  nb::capsule owner(held, [](void* p) noexcept { delete static_cast<std::vector<T, A>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(held->data(), shape, owner, strides));
}

taut::Interrupt signals(const taut::Cancel* cancel = nullptr) {
  const auto check = [] {
    nb::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  };
  return taut::Interrupt(check, cancel);
}

void require(bool condition, const char* message) {
  if (!condition) throw nb::value_error(message);
}

void require_penalty(std::size_t p, const Array& l1, const Array& l2, const Array& lower, const Array& upper) {
  require(l1.shape(0) == p && l2.shape(0) == p && lower.shape(0) == p && upper.shape(0) == p,
          "penalty arrays need one entry for each column");
}

// Folded where `fall` and `knot` are given.
taut::Penalty checked_penalty(std::size_t p, const Array& l1, const Array& l2, const Array& lower, const Array& upper,
                              const std::optional<Array>& fall, const std::optional<Array>& knot) {
  require_penalty(p, l1, l2, lower, upper);
  require(fall.has_value() == knot.has_value() && (!fall || (fall->shape(0) == p && knot->shape(0) == p)),
          "fall and knot go together, one entry for each column");
  return {l1.data(), l2.data(), lower.data(), upper.data(), fall ? fall->data() : nullptr, knot ? knot->data() : nullptr};
}

taut::Vector given(const std::optional<Array>& alphas) {
  return alphas ? taut::Vector(alphas->data(), alphas->data() + alphas->shape(0)) : taut::Vector();
}

nb::tuple packed(taut::Relay&& path, std::size_t p, taut::Vector&& intercepts) {
  path.settle();
  const std::vector<taut::Certificate>& certificates = path.certificates;
  const std::size_t count = path.grid.size(), intercept_count = intercepts.size();
  taut::Vector gaps(count), relative(count), kkt(count);
  std::vector<int> status(count), iterations(count);
  for (std::size_t k = 0; k < count; ++k) {
    gaps[k] = certificates[k].gap;
    relative[k] = certificates[k].relative_gap;
    kkt[k] = certificates[k].kkt;
    status[k] = static_cast<int>(certificates[k].status);
    iterations[k] = certificates[k].iterations;
  }
  return nb::make_tuple(
      to_numpy(std::move(path.grid), {count}),
      to_numpy(std::move(path.coefs), {p, count}, {1, static_cast<std::int64_t>(p)}),
      to_numpy(std::move(intercepts), {intercept_count}), to_numpy(std::move(gaps), {count}),
      to_numpy(std::move(relative), {count}), to_numpy(std::move(kkt), {count}),
      to_numpy(std::move(status), {count}), to_numpy(std::move(iterations), {count}));
}

nb::tuple solve_path(const Handle& X, Array y, Array weights, bool centre, Array l1, Array l2,
                     Array lower, Array upper, std::optional<Array> alphas, int n_alphas,
                     double alpha_min_ratio, double tol, int max_iter, int engine,
                     const taut::Cancel* cancel, double room, std::optional<Array> start, Optional fall, Optional knot,
                     taut::Meeting* meeting) {
  const std::size_t n = X.design->rows(), p = X.design->cols();
  require(y.shape(0) == n && weights.shape(0) == n, "y and weights need one entry for each row");
  require(n > 0 && p > 0 && max_iter > 0 && n_alphas > 0, "empty problem");
  require(!start || start->shape(0) == p, "start needs one entry for each column");
  const taut::Penalty penalty = checked_penalty(p, l1, l2, lower, upper, fall, knot);
  taut::Relay path(penalty, p, given(alphas), n_alphas, alpha_min_ratio, start ? start->data() : nullptr);
  taut::Vector intercepts, squares;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals(cancel);
    const auto poll = [&interrupt] { interrupt.poll(); };
    const taut::Attended design(*X.design, meeting);
    const taut::View view(design, weights.data(), centre);
    const taut::Response response(view, y.data());
    const taut::Settings settings{tol, max_iter, static_cast<taut::Engine>(engine), room};
    const int strengths = path.grid.empty() ? n_alphas : static_cast<int>(path.grid.size());
    for (const taut::Turn turn : taut::turns(settings.engine, design, strengths, penalty.folded())) {
      if (path.finished()) break;
      const taut::Settings mine = taut::Relay::settings(settings, turn);
      std::unique_ptr<taut::PathSolver> solver;
      if (turn.lanes) solver = std::make_unique<taut::LaneDescent>(view, response, penalty, mine, poll);
      else if (turn.descent) solver = std::make_unique<taut::DescentPath>(view, response, penalty, mine, poll);
      else solver = std::make_unique<taut::PathSolver>(view, response, penalty, mine, poll);
      path.pass(*solver);
      for (const double level : solver->levels()) intercepts.push_back(centre ? response.mean - level : 0.0);
      squares.insert(squares.end(), solver->squares().begin(), solver->squares().end());
    }
    intercepts = path.kept(intercepts, 1);
    squares = path.kept(squares, 1);
  }
  const std::size_t count = squares.size();
  return nb::make_tuple(packed(std::move(path), p, std::move(intercepts)), to_numpy(std::move(squares), {count}));
}

std::unique_ptr<taut::Loss> compiled_loss(int code, double parameter, int targets) {
  std::unique_ptr<taut::Loss> loss = taut::make_loss(code, parameter, targets);
  require(loss != nullptr, "no such loss");
  return loss;
}

// The last event time of each row, -1 for none; whether its event is there; the times that are the
// first of a stratum.
std::unique_ptr<taut::Loss> cox_loss(Flat<std::int32_t> last, Flat<bool> event, Flat<bool> begins, Array weights, bool efron) {
  const std::size_t n = last.shape(0), times = begins.shape(0);
  require(event.shape(0) == n && weights.shape(0) == n, "last, event and weights need one entry for each row");
  require(times > 0 && begins.data()[0], "the first time begins a stratum");
  for (std::size_t i = 0; i < n; ++i)
    require(last.data()[i] >= (event.data()[i] ? 0 : -1) && last.data()[i] < static_cast<std::int64_t>(times), "last out of range");
  return std::make_unique<taut::CoxLoss>(
      taut::NestedRisk{{last.data(), last.data() + n}, {event.data(), event.data() + n}, {begins.data(), begins.data() + times}},
      taut::Vector(weights.data(), weights.data() + n), efron);
}

// Addresses; that of the conjugate may be zero.
std::unique_ptr<taut::Loss> native_loss(std::uintptr_t value, std::uintptr_t gradient, std::uintptr_t hessian,
                                        std::uintptr_t conjugate) {
  require(value && gradient && hessian, "null address");
  const auto at = [](std::uintptr_t address) { return reinterpret_cast<taut::OfTwo>(address); };
  return std::make_unique<taut::NativeLoss>(taut::NativeRow{at(value), at(gradient), at(hessian), at(conjugate)});
}

// Value and slopes of a loss with one linear predictor, and how the slopes change along a change of it.
nb::tuple evaluate_loss(const taut::Loss& loss, Array y, Array eta, Array weights, Array along) {
  const std::size_t n = eta.shape(0);
  require(loss.targets() == 1, "losses with one linear predictor only");
  require(y.shape(0) == n && weights.shape(0) == n && along.shape(0) == n, "arguments need one length");
  const taut::Index rows = checked(n);
  taut::Vector slope(n), change(n), bend(loss.bends(rows));
  double value;
  {
    nb::gil_scoped_release unlocked;
    value = loss.evaluate(rows, weights.data(), y.data(), eta.data(), slope.data(), bend.data());
    loss.apply(rows, bend.data(), along.data(), change.data());
  }
  return nb::make_tuple(value, to_numpy(std::move(slope), {n}), to_numpy(std::move(change), {n}));
}

// A function at an address, entry by entry.
template <class... Columns>
nb::object call_native(std::uintptr_t address, const Array& first, const Columns&... others) {
  const std::size_t n = first.shape(0);
  require(address != 0, "null address");
  require(((others.shape(0) == n) && ...), "arguments need one length");
  taut::Vector out(n);
  {
    nb::gil_scoped_release unlocked;
    const auto function = reinterpret_cast<double (*)(double, decltype(*others.data() + 0.0)...)>(address);
    for (std::size_t i = 0; i < n; ++i) out[i] = function(first.data()[i], others.data()[i]...);
  }
  return to_numpy(std::move(out), {n});
}

// The path of a loss other than least squares: y and offset per row, one target after another;
// penalty arrays have one entry for each feature of each target.
nb::tuple solve_loss_path(const Handle& X, Array y, Array offset, Array weights, bool centre,
                          const taut::Loss& loss, Array l1, Array l2, Array lower, Array upper,
                          std::optional<Array> alphas, int n_alphas, double alpha_min_ratio, double tol,
                          int max_iter, int engine, const taut::Cancel* cancel, double room, std::optional<Array> start,
                          Optional fall, Optional knot, taut::Meeting* meeting) {
  const std::size_t samples = X.design->rows();
  require(samples > 0 && weights.shape(0) == samples, "weights need one entry for each row");
  const std::size_t targets = y.shape(0) / samples, n = samples * targets, p = X.design->cols() * targets;
  require(targets > 0 && y.shape(0) == n && offset.shape(0) == n, "y and offset need one entry for each row of each target");
  checked(std::max(n, p));
  require(p > 0 && max_iter > 0 && n_alphas > 0, "empty problem");
  require(loss.targets() == static_cast<int>(targets), "this loss takes another number of targets");
  require(!start || start->shape(0) == p, "start needs one entry for each column of each target");
  const taut::Penalty penalty = checked_penalty(p, l1, l2, lower, upper, fall, knot);
  taut::Relay path(penalty, p, given(alphas), n_alphas, alpha_min_ratio, start ? start->data() : nullptr);
  taut::Vector intercepts;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals(cancel);
    const taut::Attended own(*X.design, meeting);
    const taut::Targets several(own, static_cast<int>(targets));
    const taut::Design& design = targets == 1 ? static_cast<const taut::Design&>(own) : several;
    taut::Vector v;
    for (std::size_t k = 0; k < targets; ++k) v.insert(v.end(), weights.data(), weights.data() + samples);
    const taut::View view(design, v.data(), centre);
    const taut::Fitted data{loss, y.data(), offset.data()};
    taut::Level null(view, data);
    null.settle(taut::Vector(n, 0.0).data());
    double norm = 0;
    for (std::size_t i = 0; i < n; ++i) norm += v[i] * null.slope[i] * null.slope[i];
    const taut::Response scale(view, taut::null_objective(view, data, null), std::sqrt(norm));
    const taut::Settings settings{tol, max_iter, static_cast<taut::Engine>(engine), room};
    const auto poll = [&interrupt] { interrupt.poll(); };
    for (const taut::Turn turn : taut::turns_of_loss(settings.engine, design)) {
      if (path.finished()) break;
      const taut::Settings mine = taut::Relay::settings(settings, turn);
      std::unique_ptr<taut::NewtonPath> solver;
      if (turn.descent) solver = std::make_unique<taut::NewtonDescent>(view, scale, penalty, mine, poll, data, null);
      else solver = std::make_unique<taut::NewtonPath>(view, scale, penalty, mine, poll, data, null);
      path.pass(*solver);
      intercepts.insert(intercepts.end(), solver->intercepts().begin(), solver->intercepts().end());
    }
  }
  intercepts = path.kept(intercepts, targets);
  return packed(std::move(path), p, std::move(intercepts));
}

// The path of a problem known by its sufficient statistics: G = X'VX, c = X'Vy, and y'Vy, centred.
nb::tuple solve_gram_path(nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu> gram,
                          Array correlation, double squares, Array l1, Array l2, Array lower,
                          Array upper, std::optional<Array> alphas, int n_alphas,
                          double alpha_min_ratio, double tol, int max_iter, Optional fall, Optional knot) {
  const std::size_t p = correlation.shape(0);
  require(p > 0 && gram.shape(0) == p && gram.shape(1) == p, "gram must be features x features");
  require(max_iter > 0 && n_alphas > 0 && squares >= 0, "empty problem");
  const taut::Penalty penalty = checked_penalty(p, l1, l2, lower, upper, fall, knot);
  taut::Relay path(penalty, p, given(alphas), n_alphas, alpha_min_ratio);
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    const taut::GramDesign design(gram.data(), correlation.data(), checked(p));
    const double one = 1.0;
    const taut::View view(design, &one, false);
    const taut::Response response(view, squares);
    taut::PathSolver solver(view, response, penalty, {tol, max_iter, taut::Engine::gram},
                            [&interrupt] { interrupt.poll(); });
    path.pass(solver);
  }
  taut::Vector intercepts(path.grid.size());
  return packed(std::move(path), p, std::move(intercepts));
}

// A quadratic model on a working set: its Gram matrix, column-major in a larger allocation.
using Square = nb::ndarray<const double, nb::ndim<2>, nb::device::cpu>;

std::size_t require_model(const Square& gram, const Array& beta, const Array& z) {
  const std::size_t size = beta.shape(0);
  require(gram.shape(0) == size && gram.shape(1) == size && z.shape(0) == size, "gram must be coordinates x coordinates");
  require(size <= 1 || (gram.stride(0) == 1 && gram.stride(1) >= static_cast<std::int64_t>(size)),
          "gram must be column-major");
  return size;
}

// Coefficients and gradients, one column for each strength, and the rounds that they took.
struct Models {
  taut::Vector betas, gradients;
  std::vector<int> rounds;

  template <class Solver>
  void add(const Solver& solver, int count) {
    betas.insert(betas.end(), solver.beta().begin(), solver.beta().end());
    gradients.insert(gradients.end(), solver.gradient().begin(), solver.gradient().end());
    rounds.push_back(count);
  }

  nb::tuple packed(std::size_t size, std::size_t rows) && {
    const std::size_t k = rounds.size();
    return nb::make_tuple(to_numpy(std::move(betas), {size, k}, {1, static_cast<std::int64_t>(size)}),
                          to_numpy(std::move(gradients), {rows, k}, {1, static_cast<std::int64_t>(rows)}),
                          to_numpy(std::move(rounds), {k}));
  }
};

taut::Groups require_groups(std::size_t size, const Flat<std::int64_t>& starts, const Array& weights, const Array& l1) {
  const std::size_t groups = weights.shape(0);
  require(starts.shape(0) == groups + 1 && l1.shape(0) == size, "starts need one entry for each group, and an end");
  for (std::size_t g = 0; g < groups; ++g) require(starts.data()[g] <= starts.data()[g + 1], "starts must rise");
  require(starts.data()[0] == 0 && starts.data()[groups] == static_cast<std::int64_t>(size), "groups must cover the coordinates");
  return {checked(groups), starts.data(), weights.data(), l1.data()};
}

// The model under norms of groups and l1, at one strength after another.
nb::tuple solve_blocks(Square gram, Array beta, Array z, Flat<std::int64_t> starts, Array weights,
                       Array l1, Array alphas, double tol, int max_iter) {
  const std::size_t size = require_model(gram, beta, z);
  const taut::Groups groups = require_groups(size, starts, weights, l1);
  Models found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::BlockQuadratic model(gram.data(), gram.stride(1), checked(size), groups, beta.data(), z.data(),
                               [&interrupt] { interrupt.poll(); });
    for (std::size_t k = 0; k < alphas.shape(0); ++k) found.add(model, model.solve(alphas.data()[k], tol, max_iter));
  }
  return std::move(found).packed(size, size);
}

// The model under the sorted norm of each target's coordinates, which alternate; `objective` is that of
// the null model.
nb::tuple solve_sorted(Square gram, Array beta, Array z, Array lambdas, Array alphas, double objective, double tol,
                       int max_iter) {
  const std::size_t size = require_model(gram, beta, z), count = lambdas.shape(0);
  require(count > 0 && size % count == 0, "lambdas need one entry for each coordinate of a target");
  for (std::size_t k = 0; k < count; ++k)
    require(lambdas.data()[k] >= 0 && (k == 0 || lambdas.data()[k] <= lambdas.data()[k - 1]), "lambdas must not be negative, nor rise");
  Models found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::SortedQuadratic model(gram.data(), gram.stride(1), checked(size), static_cast<int>(size / count),
                                lambdas.data(), beta.data(), z.data(), [&interrupt] { interrupt.poll(); });
    for (std::size_t k = 0; k < alphas.shape(0); ++k)
      found.add(model, model.solve(alphas.data()[k], objective, tol, max_iter));
  }
  return std::move(found).packed(size, size);
}

// Under norms of groups from rows R with R'R for a Gram matrix, in single precision. `before` and `came` are the
// coefficients of the strength before, and both strengths.
nb::tuple solve_block_rows(Matrix<float> rows, Array beta, Array z, Array before, Array came,
                           Flat<std::int64_t> starts, Array weights, Array l1, Array alphas, double goal,
                           int max_iter) {
  const std::size_t n = rows.shape(0), size = rows.shape(1);
  require(beta.shape(0) == size && z.shape(0) == size, "inconsistent model");
  require(before.shape(0) == size && came.shape(0) == 2, "before needs one entry for each coordinate, came two");
  require((n <= 1 || rows.stride(0) == 1) && (size <= 1 || rows.stride(1) >= static_cast<std::int64_t>(n)),
          "rows must be column-major");
  const taut::Groups groups = require_groups(size, starts, weights, l1);
  Models found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::BlockRows model(rows.data(), rows.stride(1), checked(n), checked(size), groups, beta.data(), z.data(),
                          [&interrupt] { interrupt.poll(); });
    model.come(before.data(), came.data()[0], came.data()[1]);
    for (std::size_t k = 0; k < alphas.shape(0); ++k) found.add(model, model.solve(alphas.data()[k], goal, max_iter));
  }
  return std::move(found).packed(size, size);
}

// The model under a separable penalty. `noise` is what rounding may do to each gradient, `objective`
// that of the null model.
nb::tuple solve_coordinates(Square gram, Array beta, Array z, Array l1, Array l2, Array lower,
                            Array upper, Array noise, Array alphas, double objective, double tol,
                            int max_iter) {
  const std::size_t size = require_model(gram, beta, z);
  require_penalty(size, l1, l2, lower, upper);
  require(noise.shape(0) == size, "noise needs one entry for each coordinate");
  Models found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::Quadratic model(objective, tol, [&interrupt] { interrupt.poll(); });
    model.reserve(checked(size));
    for (std::size_t j = 0; j < size; ++j) {
      std::copy_n(gram.data() + j * gram.stride(1), size, model.gram() + j * model.ld());
      model.extend({l1.data()[j], l2.data()[j], lower.data()[j], upper.data()[j], noise.data()[j]},
                   beta.data()[j], z.data()[j]);
    }
    for (std::size_t k = 0; k < alphas.shape(0); ++k) {
      model.set_alpha(alphas.data()[k]);
      if (k == 0) model.anchor(beta.data(), z.data());
      found.add(model, model.solve(max_iter));
    }
  }
  return std::move(found).packed(size, size);
}

// The model under the prox of single coefficients, by the addresses of prox and value. `goal` is the
// largest move, in units of the columns' norms, of a last sweep.
nb::tuple solve_native(Square gram, Array beta, Array z, std::uintptr_t prox, std::uintptr_t value,
                       Array weights, Array alphas, double goal, int max_iter) {
  const std::size_t size = require_model(gram, beta, z);
  require(weights.shape(0) == size, "weights need one entry for each coordinate");
  require(prox && value, "null address");
  Models found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    const taut::NativePenalty penalty{reinterpret_cast<taut::OfThree>(prox), reinterpret_cast<taut::OfTwo>(value)};
    taut::ProxDescent model(gram.data(), gram.stride(1), checked(size), penalty, weights.data(), beta.data(),
                            z.data(), [&interrupt] { interrupt.poll(); });
    for (std::size_t k = 0; k < alphas.shape(0); ++k) found.add(model, model.solve(alphas.data()[k], goal, max_iter));
  }
  return std::move(found).packed(size, size);
}

// Products of [X - shift, y - shift, 1] for groups of rows, for dense designs; None for others.
nb::object group_statistics(const Handle& X, Array y, Array weights, Flat<std::int32_t> group,
                            int groups, Array shift, const taut::Cancel* cancel) {
  const std::size_t n = X.design->rows(), q = X.design->cols() + 1u;
  require(y.shape(0) == n && weights.shape(0) == n && group.shape(0) == n,
          "y, weights and group need one entry for each row");
  require(shift.shape(0) == q, "shift needs one entry for each column and one for y");
  for (std::size_t i = 0; i < n; ++i) require(group.data()[i] < groups, "group out of range");
  std::vector<taut::Vector> found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals(cancel);
    const auto gather = [&](const auto& design) {
      taut::Gatherer gatherer(design, {y.data(), weights.data(), shift.data(), group.data()}, groups);
      found = gatherer.gather([&interrupt] { interrupt.poll(); });
    };
    if (const auto* wide = dynamic_cast<const taut::DenseDesign<double>*>(X.design.get())) gather(*wide);
    else if (const auto* narrow = dynamic_cast<const taut::DenseDesign<float>*>(X.design.get())) gather(*narrow);
  }
  if (found.empty()) return nb::none();
  nb::list out;
  for (taut::Vector& products : found) out.append(to_numpy(std::move(products), {q + 1, q + 1}));
  return nb::object(out);
}

// Weighted means and root mean squares of the (centred) columns.
nb::tuple moments(const Handle& X, Array weights, bool centre) {
  const std::size_t n = X.design->rows(), p = X.design->cols();
  require(weights.shape(0) == n, "weights need one entry for each row");
  taut::Vector mean, norm;
  {
    nb::gil_scoped_release unlocked;
    taut::View view(*X.design, weights.data(), centre);
    mean = std::move(view.mean);
    norm = std::move(view.norm);
  }
  return nb::make_tuple(to_numpy(std::move(mean), {p}), to_numpy(std::move(norm), {p}));
}

// X'VX and X'Vy of the (centred) view, for dense designs; None for others.
nb::object gram(const Handle& X, Array y, Array weights, bool centre) {
  const std::size_t n = X.design->rows(), p = X.design->cols();
  require(y.shape(0) == n && weights.shape(0) == n, "y and weights need one entry for each row");
  taut::Vector g(p * p), c(p), mean;
  bool offered;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::View view(*X.design, weights.data(), centre);
    offered = X.design->gram(view, y.data(), g.data(), c.data(), [&interrupt] { interrupt.poll(); });
    mean = std::move(view.mean);
  }
  if (!offered) return nb::none();
  return nb::make_tuple(to_numpy(std::move(g), {p, p}), to_numpy(std::move(c), {p}), to_numpy(std::move(mean), {p}));
}

// The inverse of a symmetric positive definite matrix; None where it is none to working precision.
nb::object inverse(nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu> matrix) {
  const std::size_t n = matrix.shape(0);
  require(matrix.shape(1) == n, "matrix must be square");
  const int side = checked(n);
  taut::Zeros out(n * n);
  bool sound;
  {
    nb::gil_scoped_release unlocked;
    std::copy_n(matrix.data(), n * n, out.data());
    sound = taut::blas::cholesky(side, out.data(), side) &&
            taut::blas::inverse_from_cholesky(side, out.data(), side);
    taut::mirror(out.data(), side, 0, side);
  }
  return sound ? to_numpy(std::move(out), {n, n}) : nb::none();
}

// The prox of the total variation of a sequence.
nb::object chain_prox(Array y, Array radii) {
  const std::size_t n = y.shape(0);
  require(n > 0 && radii.shape(0) == n - 1, "radii need one entry for each pair of neighbours");
  std::vector<double> x(n);
  taut::chain_prox(y.data(), radii.data(), n, x.data());
  return to_numpy(std::move(x), {n});
}

using Edges = nb::ndarray<const std::int64_t, nb::shape<-1, 2>, nb::c_contig, nb::device::cpu>;

void require_edges(std::size_t nodes, const Edges& edges, const Array& capacities) {
  require(edges.shape(0) == capacities.shape(0), "capacities need one entry for each edge");
  for (std::size_t a = 0; a < 2 * edges.shape(0); ++a)
    require(edges.data()[a] >= 0 && edges.data()[a] < static_cast<std::int64_t>(nodes), "edges must join nodes");
}

// The prox of the total variation on a graph.
nb::object graph_prox(Array y, Edges edges, Array radii) {
  require_edges(y.shape(0), edges, radii);
  std::vector<double> x(y.shape(0));
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::Cuts(x.size(), edges.data(), edges.shape(0), [&interrupt] { interrupt.poll(); })
        .prox(y.data(), radii.data(), x.data());
  }
  return to_numpy(std::move(x), {y.shape(0)});
}

// Nodes that gain most in each piece, as ones.
nb::object best_cut(Array excess, Edges edges, Array capacities, Flat<std::int64_t> labels, Array noise) {
  const std::size_t n = excess.shape(0);
  require_edges(n, edges, capacities);
  require(labels.shape(0) == n, "labels need one entry for each node");
  for (std::size_t i = 0; i < n; ++i)
    require(labels.data()[i] >= 0 && labels.data()[i] < static_cast<std::int64_t>(noise.shape(0)), "noise needs one entry for each label");
  std::vector<char> chosen;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    taut::Cuts cuts(n, edges.data(), edges.shape(0), [&interrupt] { interrupt.poll(); });
    chosen = cuts.best({excess.data(), excess.data() + n}, {capacities.data(), capacities.data() + capacities.shape(0)},
                       {labels.data(), labels.data() + n}, {noise.data(), noise.data() + noise.shape(0)});
  }
  return to_numpy(std::vector<std::uint8_t>(chosen.begin(), chosen.end()), {n});
}

// Certificates of given coefficients (features x strengths, column-major).
nb::tuple certify(const Handle& X, Array y, Array weights, bool centre, Array l1, Array l2,
                  Array lower, Array upper, Array alphas,
                  nb::ndarray<const double, nb::ndim<2>, nb::f_contig, nb::device::cpu> coefs) {
  const std::size_t n = X.design->rows(), p = X.design->cols(), count = alphas.shape(0);
  require(y.shape(0) == n && weights.shape(0) == n, "y and weights need one entry for each row");
  require_penalty(p, l1, l2, lower, upper);
  require(coefs.shape(0) == p && coefs.shape(1) == count, "coefs must be features x alphas");
  taut::Vector gaps(count), relative(count), kkt(count);
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    const taut::View view(*X.design, weights.data(), centre);
    const taut::Response response(view, y.data());
    // A few points at a time: matrix products, with room for no more than a few columns.
    std::vector<taut::Certificate> found(count);
    const std::size_t most = std::max<std::size_t>(1, (1 << 22) / std::max(n, p));
    for (std::size_t first = 0; first < count; first += most) {
      interrupt.poll();
      const int block = static_cast<int>(std::min(most, count - first));
      taut::certify_points(view, response, {l1.data(), l2.data(), lower.data(), upper.data()},
                           alphas.data() + first, coefs.data() + first * p, block, found.data() + first);
    }
    for (std::size_t k = 0; k < count; ++k) {
      gaps[k] = found[k].gap;
      relative[k] = found[k].relative_gap;
      kkt[k] = found[k].kkt;
    }
  }
  return nb::make_tuple(to_numpy(std::move(gaps), {count}), to_numpy(std::move(relative), {count}),
                        to_numpy(std::move(kkt), {count}));
}

// Weights of a network, in place: (before, features, after) as they lie in memory.
template <class T>
using Weights = nb::ndarray<T, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

template <class T>
taut::step::Shape shape_of(const Weights<T>& weights) {
  return {static_cast<std::ptrdiff_t>(weights.shape(0)), static_cast<std::ptrdiff_t>(weights.shape(1)),
          static_cast<std::ptrdiff_t>(weights.shape(2))};
}

template <class T>
taut::step::Metric<T> metric_of(const Weights<T>& weights, const std::optional<Flat<T>>& moments, bool squared,
                                     double shift) {
  require(!moments || moments->shape(0) == weights.size(), "moments need one number for each weight");
  return {moments ? moments->data() : nullptr, squared, static_cast<T>(shift)};
}

template <class T>
std::ptrdiff_t require_slopes(const Weights<T>& weights, const Flat<T>& first, const Flat<T>& second) {
  const std::size_t count = first.shape(0);
  require(second.shape(0) == count && (count == 1 || count == weights.shape(1)),
          "a penalty needs one number for each feature, or one for all");
  return static_cast<std::ptrdiff_t>(count);
}

template <class T>
void shrink_slopes(Weights<T> weights, std::optional<Flat<T>> moments, bool squared, double shift, double amount,
                   Flat<T> l1, Flat<T> l2) {
  const auto metric = metric_of(weights, moments, squared, shift);
  const taut::step::Slopes<T> penalty{static_cast<T>(amount), l1.data(), l2.data(), require_slopes(weights, l1, l2)};
  nb::gil_scoped_release unlocked;
  taut::step::shrink_entries(weights.data(), shape_of(weights), metric, penalty);
}

template <class T>
void shrink_folds(Weights<T> weights, std::optional<Flat<T>> moments, bool squared, double shift, double amount,
                  double strength, double fall, Flat<T> l1, Flat<T> knots) {
  const auto metric = metric_of(weights, moments, squared, shift);
  const taut::step::Folds<T> penalty{static_cast<T>(amount), static_cast<T>(strength), static_cast<T>(fall),
                                     l1.data(), knots.data(), require_slopes(weights, l1, knots)};
  nb::gil_scoped_release unlocked;
  taut::step::shrink_entries(weights.data(), shape_of(weights), metric, penalty);
}

// Without labels each feature is a group.
template <class T>
void shrink_groups(Weights<T> weights, std::optional<Flat<T>> moments, bool squared, double shift, double amount,
                   Array of_groups, std::optional<Flat<std::int64_t>> labels) {
  const std::size_t features = weights.shape(1), count = of_groups.shape(0);
  require(labels ? labels->shape(0) == features : count == features, "groups are for another number of features");
  for (std::size_t j = 0; labels && j < features; ++j)
    require(labels->data()[j] >= 0 && static_cast<std::size_t>(labels->data()[j]) < count, "label out of range");
  const auto metric = metric_of(weights, moments, squared, shift);
  nb::gil_scoped_release unlocked;
  taut::step::Groups<T>(weights.data(), shape_of(weights), metric, amount, of_groups.data(),
                             static_cast<std::ptrdiff_t>(count), labels ? labels->data() : nullptr)
      .shrink();
}

}  // namespace

NB_MODULE(_core, m) {
  load_blas();
  nb::class_<taut::Cancel>(m, "Cancel", "A flag that ends a long call from another thread: set() it.")
      .def(nb::init<>())
      .def("set", &taut::Cancel::set);
  nb::class_<taut::Meeting>(m, "Meeting", "Paths on one matrix that pass over it together, each called from a thread of its own.")
      .def(nb::init<>())
      .def_prop_ro("present", &taut::Meeting::present, "How many are there.")
      .def("widen", &taut::Meeting::widen, "Gives it one core more.");
  nb::class_<Handle>(m, "Design")
      .def_prop_ro("shape", [](const Handle& X) { return nb::make_tuple(X.design->rows(), X.design->cols()); });
  m.def("dense", &dense<double>, nb::arg("x").noconvert());
  m.def("dense", &dense<float>, nb::arg("x").noconvert());
  const auto by_columns = [&](auto f) {
    m.def("sparse", f, nb::arg("values").noconvert(), nb::arg("rows").noconvert(),
          nb::arg("starts").noconvert(), "n_rows"_a, "n_columns"_a);
  };
  const auto by_rows = [&](auto f) {
    m.def("sparse_rows", f, nb::arg("values").noconvert(), nb::arg("columns").noconvert(),
          nb::arg("starts").noconvert(), "n_rows"_a, "n_columns"_a);
  };
  by_columns(&sparse_columns<double, std::int32_t>);
  by_columns(&sparse_columns<double, std::int64_t>);
  by_columns(&sparse_columns<float, std::int32_t>);
  by_columns(&sparse_columns<float, std::int64_t>);
  by_rows(&sparse_rows<double, std::int32_t>);
  by_rows(&sparse_rows<double, std::int64_t>);
  by_rows(&sparse_rows<float, std::int32_t>);
  by_rows(&sparse_rows<float, std::int64_t>);
  nb::class_<taut::Loss>(m, "Loss");
  m.def("compiled_loss", &compiled_loss, "code"_a, "parameter"_a = 0.0, "targets"_a = 1);
  m.def("cox_loss", &cox_loss, nb::arg("last").noconvert(), nb::arg("event").noconvert(), nb::arg("begins").noconvert(),
        nb::arg("weights").noconvert(), "efron"_a);
  m.def("native_loss", &native_loss, "value"_a, "gradient"_a, "hessian"_a, "conjugate"_a);
  m.def("evaluate_loss", &evaluate_loss, "loss"_a, nb::arg("y").noconvert(), nb::arg("eta").noconvert(),
        nb::arg("weights").noconvert(), nb::arg("along").noconvert());
  m.def("call_native", &call_native<Array>, "address"_a, nb::arg("first").noconvert(), nb::arg("second").noconvert());
  m.def("call_native", &call_native<Array, Array>, "address"_a, nb::arg("first").noconvert(),
        nb::arg("second").noconvert(), nb::arg("third").noconvert());
  m.def("solve_native", &solve_native, nb::arg("gram").noconvert(), nb::arg("beta").noconvert(),
        nb::arg("z").noconvert(), "prox"_a, "value"_a, nb::arg("weights").noconvert(),
        nb::arg("alphas").noconvert(), "goal"_a, "max_iter"_a);
  m.def("solve_loss_path", &solve_loss_path, "design"_a, nb::arg("y").noconvert(),
        nb::arg("offset").noconvert(), nb::arg("weights").noconvert(), "centre"_a, "loss"_a,
        nb::arg("l1").noconvert(), nb::arg("l2").noconvert(),
        nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert().none(), "n_alphas"_a, "alpha_min_ratio"_a, "tol"_a,
        "max_iter"_a, "engine"_a = 0, nb::arg("cancel").none() = nb::none(),
        "room"_a = std::numeric_limits<double>::infinity(), nb::arg("start").noconvert().none() = nb::none(),
        nb::arg("fall").noconvert().none() = nb::none(), nb::arg("knot").noconvert().none() = nb::none(),
        nb::arg("meeting").none() = nb::none());
  m.def("solve_gram_path", &solve_gram_path, nb::arg("gram").noconvert(),
        nb::arg("correlation").noconvert(), "squares"_a, nb::arg("l1").noconvert(),
        nb::arg("l2").noconvert(), nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert().none(), "n_alphas"_a, "alpha_min_ratio"_a, "tol"_a,
        "max_iter"_a,
        nb::arg("fall").noconvert().none() = nb::none(), nb::arg("knot").noconvert().none() = nb::none());
  m.def("solve_blocks", &solve_blocks, nb::arg("gram").noconvert(), nb::arg("beta").noconvert(),
        nb::arg("z").noconvert(), nb::arg("starts").noconvert(), nb::arg("weights").noconvert(),
        nb::arg("l1").noconvert(), nb::arg("alphas").noconvert(), "tol"_a, "max_iter"_a);
  m.def("solve_block_rows", &solve_block_rows, nb::arg("rows").noconvert(),
        nb::arg("beta").noconvert(), nb::arg("z").noconvert(), nb::arg("before").noconvert(),
        nb::arg("came").noconvert(), nb::arg("starts").noconvert(), nb::arg("weights").noconvert(),
        nb::arg("l1").noconvert(), nb::arg("alphas").noconvert(), "goal"_a, "max_iter"_a);
  m.def("solve_sorted", &solve_sorted, nb::arg("gram").noconvert(), nb::arg("beta").noconvert(),
        nb::arg("z").noconvert(), nb::arg("lambdas").noconvert(), nb::arg("alphas").noconvert(),
        "objective"_a, "tol"_a, "max_iter"_a);
  m.def("solve_coordinates", &solve_coordinates, nb::arg("gram").noconvert(),
        nb::arg("beta").noconvert(), nb::arg("z").noconvert(), nb::arg("l1").noconvert(),
        nb::arg("l2").noconvert(), nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("noise").noconvert(), nb::arg("alphas").noconvert(), "objective"_a, "tol"_a,
        "max_iter"_a);
  m.def("group_statistics", &group_statistics, "design"_a, nb::arg("y").noconvert(),
        nb::arg("weights").noconvert(), nb::arg("group").noconvert(), "groups"_a,
        nb::arg("shift").noconvert(), nb::arg("cancel").none() = nb::none());
  m.def("moments", &moments, "design"_a, nb::arg("weights").noconvert(), "centre"_a);
  m.def("gram", &gram, "design"_a, nb::arg("y").noconvert(), nb::arg("weights").noconvert(), "centre"_a);
  m.def("chain_prox", &chain_prox, nb::arg("y").noconvert(), nb::arg("radii").noconvert());
  m.def("graph_prox", &graph_prox, nb::arg("y").noconvert(), nb::arg("edges").noconvert(),
        nb::arg("radii").noconvert());
  m.def("best_cut", &best_cut, nb::arg("excess").noconvert(), nb::arg("edges").noconvert(),
        nb::arg("capacities").noconvert(), nb::arg("labels").noconvert(), nb::arg("noise").noconvert());
  m.def("inverse", &inverse, nb::arg("matrix").noconvert());
  const auto of_weights = [&](auto slopes, auto folds, auto groups) {
    m.def("shrink_slopes", slopes, nb::arg("weights").noconvert(), nb::arg("moments").noconvert().none(), "squared"_a,
          "shift"_a, "amount"_a, nb::arg("l1").noconvert(), nb::arg("l2").noconvert());
    m.def("shrink_folds", folds, nb::arg("weights").noconvert(), nb::arg("moments").noconvert().none(), "squared"_a,
          "shift"_a, "amount"_a, "strength"_a, "fall"_a, nb::arg("l1").noconvert(), nb::arg("knots").noconvert());
    m.def("shrink_groups", groups, nb::arg("weights").noconvert(), nb::arg("moments").noconvert().none(), "squared"_a,
          "shift"_a, "amount"_a, nb::arg("of_groups").noconvert(), nb::arg("labels").noconvert().none());
  };
  of_weights(&shrink_slopes<double>, &shrink_folds<double>, &shrink_groups<double>);
  of_weights(&shrink_slopes<float>, &shrink_folds<float>, &shrink_groups<float>);
  m.def("certify", &certify, "design"_a, nb::arg("y").noconvert(), nb::arg("weights").noconvert(),
        "centre"_a, nb::arg("l1").noconvert(), nb::arg("l2").noconvert(),
        nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert(), nb::arg("coefs").noconvert());
  m.def("solve_path", &solve_path, "design"_a, nb::arg("y").noconvert(),
        nb::arg("weights").noconvert(), "centre"_a, nb::arg("l1").noconvert(),
        nb::arg("l2").noconvert(), nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert().none(), "n_alphas"_a, "alpha_min_ratio"_a, "tol"_a,
        "max_iter"_a, "engine"_a = 0, nb::arg("cancel").none() = nb::none(),
        "room"_a = std::numeric_limits<double>::infinity(), nb::arg("start").noconvert().none() = nb::none(),
        nb::arg("fall").noconvert().none() = nb::none(), nb::arg("knot").noconvert().none() = nb::none(),
        nb::arg("meeting").none() = nb::none());
}
