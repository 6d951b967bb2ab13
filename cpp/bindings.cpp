// Python's view of the core: arrays in, arrays out. No mathematics here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "blas.hpp"
#include "dense.hpp"
#include "descent.hpp"
#include "gram.hpp"
#include "interrupt.hpp"
#include "newton.hpp"
#include "path.hpp"
#include "sparse.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Array = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

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

template <class T, class I>
Handle sparse(Flat<T> values, Flat<I> rows, Flat<I> starts, std::size_t n, std::size_t p) {
  const taut::Index n_rows = checked(n), n_columns = checked(p);
  const std::size_t stored = values.shape(0);
  if (rows.shape(0) != stored || starts.shape(0) != p + 1)
    throw nb::value_error("inconsistent sparse arrays");
  const I* s = starts.data();
  bool sound = s[0] == 0 && static_cast<std::size_t>(s[p]) <= stored;
  for (std::size_t j = 0; sound && j < p; ++j) sound = s[j] <= s[j + 1];
  for (std::size_t k = 0; sound && k < static_cast<std::size_t>(s[p]); ++k)
    sound = rows.data()[k] >= 0 && static_cast<std::size_t>(rows.data()[k]) < n;
  if (!sound) throw nb::value_error("sparse indices out of range");
  return {std::make_unique<taut::SparseDesign<T, I>>(values.data(), rows.data(), s, n_rows,
                                                     n_columns),
          nb::make_tuple(nb::cast(values), nb::cast(rows), nb::cast(starts))};
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

taut::Vector given(const std::optional<Array>& alphas) {
  return alphas ? taut::Vector(alphas->data(), alphas->data() + alphas->shape(0)) : taut::Vector();
}

// `count` strengths down from alpha_max, in geometric steps
taut::Vector geometric(double alpha_max, double ratio, int count) {
  taut::Vector grid(count, alpha_max);
  for (int k = 1; k < count; ++k) grid[k] = alpha_max * std::pow(ratio, k / (count - 1.0));
  return grid;
}

// Coefficients before anything moves: zero, or the bound nearest to it.
void fill_resting(taut::Zeros& coefs, std::size_t p, const double* lower, const double* upper) {
  for (std::size_t j = 0; j < p; ++j)
    if (const double rest = std::clamp(0.0, lower[j], upper[j]); rest != 0.0)
      for (std::size_t k = j; k < coefs.size(); k += p) coefs[k] = rest;
}

nb::tuple packed(taut::Vector&& grid, taut::Zeros&& coefs, std::size_t p, taut::Vector&& intercepts,
                 const std::vector<taut::Certificate>& certificates) {
  const std::size_t count = grid.size();
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
      to_numpy(std::move(grid), {count}),
      to_numpy(std::move(coefs), {p, count}, {1, static_cast<std::int64_t>(p)}),
      to_numpy(std::move(intercepts), {count}), to_numpy(std::move(gaps), {count}),
      to_numpy(std::move(relative), {count}), to_numpy(std::move(kkt), {count}),
      to_numpy(std::move(status), {count}), to_numpy(std::move(iterations), {count}));
}

nb::tuple solve_path(const Handle& X, Array y, Array weights, bool centre, Array l1, Array l2,
                     Array lower, Array upper, std::optional<Array> alphas, int n_alphas,
                     double alpha_min_ratio, double tol, int max_iter, int engine,
                     const taut::Cancel* cancel, double room) {
  const std::size_t n = X.design->rows(), p = X.design->cols();
  require(y.shape(0) == n && weights.shape(0) == n, "y and weights need one entry for each row");
  require_penalty(p, l1, l2, lower, upper);
  require(n > 0 && p > 0 && max_iter > 0 && n_alphas > 0, "empty problem");
  taut::Vector grid = given(alphas);
  taut::Zeros coefs;
  taut::Vector intercepts;
  std::vector<taut::Certificate> certificates;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals(cancel);
    const taut::blas::SideBySide sharing(cancel != nullptr);
    const auto poll = [&interrupt] { interrupt.poll(); };
    const taut::View view(*X.design, weights.data(), centre);
    const taut::Response response(view, y.data());
    const taut::Penalty penalty{l1.data(), l2.data(), lower.data(), upper.data()};
    const taut::Settings settings{tol, max_iter, static_cast<taut::Engine>(engine), room};
    const int strengths = grid.empty() ? n_alphas : static_cast<int>(grid.size());
    const auto make = [&](bool descent) -> std::unique_ptr<taut::PathSolver> {
      if (descent) return std::make_unique<taut::DescentPath>(view, response, penalty, settings, poll);
      return std::make_unique<taut::PathSolver>(view, response, penalty, settings, poll);
    };
    std::unique_ptr<taut::PathSolver> solver = make(settings.engine == taut::Engine::descent);
    double alpha_max;
    try {
      alpha_max = solver->start(strengths);
    } catch (const taut::Outgrown&) {  // too many features without an L1 penalty
      solver = make(true);
      alpha_max = solver->start(strengths);
    }
    if (grid.empty()) grid = geometric(alpha_max, alpha_min_ratio, n_alphas);
    const std::size_t count = grid.size();
    coefs.resize(p * count);
    fill_resting(coefs, p, lower.data(), upper.data());
    certificates.resize(count);
    const std::size_t done = solver->run(grid.data(), static_cast<int>(count), coefs.data(), certificates.data());
    if (done < count) {
      // The rest without a Gram matrix, from where the path has come.
      solver.reset();
      taut::DescentPath rest(view, response, penalty, settings, poll);
      rest.start(strengths);
      if (done > 0) rest.begin_at(coefs.data() + (done - 1) * p);
      rest.run(grid.data() + done, static_cast<int>(count - done), coefs.data() + done * p, certificates.data() + done);
    }
    intercepts.assign(count, 0.0);
    if (centre)
      for (std::size_t k = 0; k < count; ++k)
        intercepts[k] = response.mean - taut::simd::dot(view.mean.data(), coefs.data() + k * p, p);
  }
  return packed(std::move(grid), std::move(coefs), p, std::move(intercepts), certificates);
}

// The path of a loss other than least squares: y and offset per row, `loss` and `parameter` as
// make_loss() takes them.
nb::tuple solve_loss_path(const Handle& X, Array y, Array offset, Array weights, bool centre, int loss,
                          double parameter, Array l1, Array l2, Array lower, Array upper,
                          std::optional<Array> alphas, int n_alphas, double alpha_min_ratio, double tol,
                          int max_iter, int engine, const taut::Cancel* cancel, double room) {
  const std::size_t n = X.design->rows(), p = X.design->cols();
  require(y.shape(0) == n && weights.shape(0) == n && offset.shape(0) == n, "y, offset and weights need one entry for each row");
  require_penalty(p, l1, l2, lower, upper);
  require(n > 0 && p > 0 && max_iter > 0 && n_alphas > 0, "empty problem");
  const std::unique_ptr<taut::Loss> rows = taut::make_loss(loss, parameter);
  require(rows != nullptr, "no such loss");
  taut::Vector grid = given(alphas), intercepts;
  taut::Zeros coefs;
  std::vector<taut::Certificate> certificates;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals(cancel);
    const taut::blas::SideBySide sharing(cancel != nullptr);
    const taut::View view(*X.design, weights.data(), centre);
    const taut::Fitted data{*rows, y.data(), offset.data()};
    taut::Level null(view, data);
    null.settle(taut::Vector(n, 0.0).data());
    double norm = 0;
    for (std::size_t i = 0; i < n; ++i) norm += weights.data()[i] * null.slope[i] * null.slope[i];
    const double objective = null.value - rows->lowest(static_cast<int>(n), weights.data(), y.data());
    const taut::Response scale(view, std::max(objective, 0.0), std::sqrt(norm));
    taut::NewtonPath solver(view, scale, {l1.data(), l2.data(), lower.data(), upper.data()},
                            {tol, max_iter, static_cast<taut::Engine>(engine), room},
                            [&interrupt] { interrupt.poll(); }, data, null);
    const double alpha_max = solver.start(grid.empty() ? n_alphas : static_cast<int>(grid.size()));
    if (grid.empty()) grid = geometric(alpha_max, alpha_min_ratio, n_alphas);
    coefs.resize(p * grid.size());
    fill_resting(coefs, p, lower.data(), upper.data());
    certificates.resize(grid.size());
    const int count = static_cast<int>(grid.size());
    if (solver.run(grid.data(), count, coefs.data(), certificates.data()) < count) throw std::bad_alloc();
    intercepts = solver.intercepts();
  }
  return packed(std::move(grid), std::move(coefs), p, std::move(intercepts), certificates);
}

// The path of a problem known by its sufficient statistics: G = X'VX, c = X'Vy, and y'Vy, centred.
nb::tuple solve_gram_path(nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu> gram,
                          Array correlation, double squares, Array l1, Array l2, Array lower,
                          Array upper, std::optional<Array> alphas, int n_alphas,
                          double alpha_min_ratio, double tol, int max_iter) {
  const std::size_t p = correlation.shape(0);
  require(p > 0 && gram.shape(0) == p && gram.shape(1) == p, "gram must be features x features");
  require_penalty(p, l1, l2, lower, upper);
  require(max_iter > 0 && n_alphas > 0 && squares >= 0, "empty problem");
  taut::Vector grid = given(alphas);
  taut::Zeros coefs;
  std::vector<taut::Certificate> certificates;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    const taut::GramDesign design(gram.data(), correlation.data(), checked(p));
    const double one = 1.0;
    const taut::View view(design, &one, false);
    const taut::Response response(view, squares);
    taut::PathSolver solver(view, response, {l1.data(), l2.data(), lower.data(), upper.data()},
                            {tol, max_iter, taut::Engine::gram}, [&interrupt] { interrupt.poll(); });
    const double alpha_max = solver.start(grid.empty() ? n_alphas : static_cast<int>(grid.size()));
    if (grid.empty()) grid = geometric(alpha_max, alpha_min_ratio, n_alphas);
    coefs.resize(p * grid.size());
    fill_resting(coefs, p, lower.data(), upper.data());
    certificates.resize(grid.size());
    solver.run(grid.data(), static_cast<int>(grid.size()), coefs.data(), certificates.data());
  }
  taut::Vector intercepts(grid.size());
  return packed(std::move(grid), std::move(coefs), p, std::move(intercepts), certificates);
}

// Weights, sums and products of [X y] - shift for groups of rows, for dense designs; None for others.
nb::object group_statistics(const Handle& X, Array y, Array weights, Flat<std::int32_t> group,
                            int groups, Array shift) {
  const std::size_t n = X.design->rows(), q = X.design->cols() + 1u;
  require(y.shape(0) == n && weights.shape(0) == n && group.shape(0) == n,
          "y, weights and group need one entry for each row");
  require(shift.shape(0) == q, "shift needs one entry for each column and one for y");
  for (std::size_t i = 0; i < n; ++i) require(group.data()[i] < groups, "group out of range");
  std::vector<taut::GroupStatistics> found;
  {
    nb::gil_scoped_release unlocked;
    taut::Interrupt interrupt = signals();
    const auto gather = [&](const auto& design) {
      found = taut::group_statistics(design, y.data(), weights.data(), group.data(), groups,
                                     shift.data(), [&interrupt] { interrupt.poll(); });
    };
    if (const auto* wide = dynamic_cast<const taut::DenseDesign<double>*>(X.design.get())) gather(*wide);
    else if (const auto* narrow = dynamic_cast<const taut::DenseDesign<float>*>(X.design.get())) gather(*narrow);
  }
  if (found.empty()) return nb::none();
  nb::list out;
  for (taut::GroupStatistics& g : found)
    out.append(nb::make_tuple(g.weight, to_numpy(std::move(g.sums), {q}), to_numpy(std::move(g.products), {q, q})));
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

}  // namespace

NB_MODULE(_core, m) {
  load_blas();
  nb::class_<taut::Cancel>(m, "Cancel").def(nb::init<>()).def("set", &taut::Cancel::set);
  nb::class_<Handle>(m, "Design")
      .def_prop_ro("shape", [](const Handle& X) { return nb::make_tuple(X.design->rows(), X.design->cols()); });
  m.def("dense", &dense<double>, nb::arg("x").noconvert());
  m.def("dense", &dense<float>, nb::arg("x").noconvert());
  const auto sparse_args = [&](auto f) {
    m.def("sparse", f, nb::arg("values").noconvert(), nb::arg("rows").noconvert(),
          nb::arg("starts").noconvert(), "n_rows"_a, "n_columns"_a);
  };
  sparse_args(&sparse<double, std::int32_t>);
  sparse_args(&sparse<double, std::int64_t>);
  sparse_args(&sparse<float, std::int32_t>);
  sparse_args(&sparse<float, std::int64_t>);
  m.def("solve_loss_path", &solve_loss_path, "design"_a, nb::arg("y").noconvert(),
        nb::arg("offset").noconvert(), nb::arg("weights").noconvert(), "centre"_a, "loss"_a,
        "parameter"_a, nb::arg("l1").noconvert(), nb::arg("l2").noconvert(),
        nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert().none(), "n_alphas"_a, "alpha_min_ratio"_a, "tol"_a,
        "max_iter"_a, "engine"_a = 0, nb::arg("cancel").none() = nb::none(),
        "room"_a = std::numeric_limits<double>::infinity());
  m.def("solve_gram_path", &solve_gram_path, nb::arg("gram").noconvert(),
        nb::arg("correlation").noconvert(), "squares"_a, nb::arg("l1").noconvert(),
        nb::arg("l2").noconvert(), nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert().none(), "n_alphas"_a, "alpha_min_ratio"_a, "tol"_a,
        "max_iter"_a);
  m.def("group_statistics", &group_statistics, "design"_a, nb::arg("y").noconvert(),
        nb::arg("weights").noconvert(), nb::arg("group").noconvert(), "groups"_a,
        nb::arg("shift").noconvert());
  m.def("moments", &moments, "design"_a, nb::arg("weights").noconvert(), "centre"_a);
  m.def("gram", &gram, "design"_a, nb::arg("y").noconvert(), nb::arg("weights").noconvert(), "centre"_a);
  m.def("certify", &certify, "design"_a, nb::arg("y").noconvert(), nb::arg("weights").noconvert(),
        "centre"_a, nb::arg("l1").noconvert(), nb::arg("l2").noconvert(),
        nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert(), nb::arg("coefs").noconvert());
  m.def("solve_path", &solve_path, "design"_a, nb::arg("y").noconvert(),
        nb::arg("weights").noconvert(), "centre"_a, nb::arg("l1").noconvert(),
        nb::arg("l2").noconvert(), nb::arg("lower").noconvert(), nb::arg("upper").noconvert(),
        nb::arg("alphas").noconvert().none(), "n_alphas"_a, "alpha_min_ratio"_a, "tol"_a,
        "max_iter"_a, "engine"_a = 0, nb::arg("cancel").none() = nb::none(),
        "room"_a = std::numeric_limits<double>::infinity());
}
