"""Recovery from few measurements: every form, every kind of operator, proofs that hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.linalg import LinearOperator, aslinearoperator
from sklearn.utils.estimator_checks import parametrize_with_checks

import taut
from taut.applications import CompressedSensing, recover
from taut.applications.sensing import projections
from taut.applications.sensing.operators import (
    convolution,
    gradient,
    partial_dct,
    partial_fourier,
)
from taut.penalties import L1, GroupLasso, NonNegative

KINDS = {
    "dense": lambda A: A,
    "fortran": np.asfortranarray,
    "sparse": sparse.csc_matrix,
    "operator": aslinearoperator,
}
PENALTIES = {
    "l1": (L1(), lambda x: x),
    "weighted": (L1(weights=1 + np.arange(120) % 3), lambda x: x),
    "non-negative": (L1() + NonNegative(), np.abs),
    "groups": (GroupLasso(np.arange(120) // 4), lambda x: np.repeat(x[:30], 4)),
}


def measured(seed=0, m=60, n=120, k=8, sigma=0.0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((m, n)) / np.sqrt(m)
    x = np.zeros(n)
    x[rng.choice(30, k // 2, replace=False)] = rng.choice([-1.0, 1.0], k // 2) * 2
    return A, x, sigma * rng.standard_normal(m)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_equality_recovers_the_signal(kind, penalty):
    A, x, _ = measured()
    penalty, shape = PENALTIES[penalty]
    x = shape(x)
    found = recover(KINDS[kind](A), A @ x, penalty=penalty)
    assert found.solved
    assert_allclose(found.x, x, atol=1e-7)
    assert_array_equal(found.support, np.flatnonzero(x))
    assert found.distance <= 1e-9 * np.linalg.norm(A @ x)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bound_on_the_noise_is_met_and_certified(kind, penalty):
    A, x, noise = measured(sigma=0.05)
    penalty, shape = PENALTIES[penalty]
    x, bound = shape(x), np.linalg.norm(noise)
    y = A @ x + noise
    found = recover(KINDS[kind](A), y, noise=bound, penalty=penalty)
    assert found.solved
    assert found.distance <= bound * (1 + 1e-5)
    # The truth meets the bound, too: it cannot be cheaper than the minimum.
    assert penalty.value(found.x) <= penalty.value(x) * (1 + 1e-5)
    # It is the lasso of its own strength.
    lasso = recover(A, y, alpha=found.alpha, penalty=penalty)
    assert_allclose(lasso.x, found.x, atol=1e-3)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("kind", KINDS)
def test_with_alpha_it_is_the_lasso_of_fit_path(kind, penalty):
    A, x, noise = measured(sigma=0.05)
    penalty, shape = PENALTIES[penalty]
    y = A @ shape(x) + noise
    alpha = 0.05 * penalty.dual_norm(A.T @ y) / len(y)
    found = recover(KINDS[kind](A), y, alpha=alpha, penalty=penalty)
    path = taut.fit_path(A, y, penalty=penalty, alphas=[alpha], fit_intercept=False, tol=1e-12)
    assert found.solved
    assert_allclose(found.x, path.coefs[:, 0], atol=2e-3)


@pytest.mark.parametrize("bound", [0.0, 0.4])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_minimum_agrees_with_cvxpy(bound, seed):
    cvxpy = pytest.importorskip("cvxpy")
    rng = np.random.default_rng(seed)
    A, y = rng.standard_normal((15, 40)), rng.standard_normal(15)
    x = cvxpy.Variable(40)
    near = [cvxpy.norm(A @ x - y) <= bound] if bound else [A @ x == y]
    best = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm1(x)), near).solve(solver="CLARABEL")
    for kind in ("dense", "operator"):
        assert recover(KINDS[kind](A), y, noise=bound).objective == pytest.approx(best, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3))
def test_signals_scale_with_their_measurements(seed, scale):
    A, _, noise = measured(seed, m=20, n=50, sigma=1.0)
    found = recover(A, noise, noise=0.3)
    larger = recover(A, scale * noise, noise=0.3 * scale)
    assert_allclose(larger.x, scale * found.x, atol=1e-6 * scale)


@pytest.mark.parametrize("goal", [{}, {"noise": 0.1}, {"alpha": 1e-3}])
@pytest.mark.parametrize("kind", KINDS)
def test_complex_measurements_are_twice_as_many_real_ones(kind, goal):
    A, x, noise = measured(m=30, sigma=0.01)
    rng = np.random.default_rng(7)
    complex_A = A + 1j * rng.standard_normal(A.shape) / np.sqrt(30)
    y = complex_A @ x + (noise if goal else 0) * (1 + 1j)
    found = recover(KINDS[kind](complex_A), y, **goal)
    stacked, parts = (np.concatenate([z.real, z.imag]) for z in (complex_A, y))
    assert found.solved
    assert_allclose(found.x, recover(stacked, parts, **goal).x, atol=1e-4)
    assert found.distance == pytest.approx(np.linalg.norm(y - complex_A @ found.x), abs=1e-9)


def test_debiasing_is_least_squares_on_the_support():
    A, x, noise = measured(sigma=0.02)
    y = A @ x + noise
    found = recover(A, y, noise=2 * np.linalg.norm(noise), debias=True)
    support = found.support
    assert_allclose(found.x[support], np.linalg.lstsq(A[:, support], y, rcond=None)[0])
    assert np.linalg.norm(found.x - x) < np.linalg.norm(found.optimum - x)
    bounded = recover(A, y, alpha=0.02, penalty=L1() + NonNegative(), debias=True)
    assert bounded.x.min() >= 0


@pytest.mark.parametrize("goal", [{"noise": 0.0}, {"noise": 0.1}, {"alpha": 1e-3}])
def test_total_variation_recovers_steps(goal):
    rng = np.random.default_rng(0)
    x = np.repeat([0.0, 3.0, 1.0, 2.0], 25)
    A = rng.standard_normal((50, 100)) / np.sqrt(50)
    found = recover(A, A @ x, analysis=gradient(100), tol=1e-5, **goal)
    assert found.solved
    assert_allclose(found.x, x, atol=0.2)


@pytest.mark.parametrize("bound", [0.0, 0.1])
def test_many_jumps_along_a_line_are_certified(bound):
    rng, n = np.random.default_rng(0), 400
    kept = np.r_[0, 1 + rng.choice(n - 1, n // 2, replace=False)]
    x = np.cumsum(rng.standard_normal(n) * (rng.random(n) < 0.1))
    A = partial_dct(n, kept)
    y = A @ x + bound / np.sqrt(len(kept)) * rng.standard_normal(len(kept))
    size = np.linalg.norm(y - A @ x)
    found = recover(A, y, noise=size, analysis=gradient(n), tol=1e-6)
    assert found.solved
    assert found.distance <= size + 1e-9
    assert np.abs(np.diff(found.x)).sum() <= np.abs(np.diff(x)).sum() * (1 + 1e-5)
    cvxpy = pytest.importorskip("cvxpy")
    free = cvxpy.Variable(n)
    residual = (A @ np.eye(n)) @ free - y
    near = [cvxpy.norm(residual) <= size] if bound else [residual == 0]
    best = cvxpy.Problem(cvxpy.Minimize(cvxpy.tv(free)), near).solve(solver="CLARABEL")
    assert found.objective == pytest.approx(best, rel=1e-5)


def test_the_analysis_form_with_the_identity_is_the_other_form():
    A, x, noise = measured(sigma=0.05)
    y, bound = A @ x + noise, np.linalg.norm(noise)
    found = recover(A, y, noise=bound, analysis=np.eye(120), tol=1e-6)
    assert_allclose(found.x, recover(A, y, noise=bound).x, atol=1e-3)
    lasso = recover(A, y, alpha=1e-3, analysis=np.eye(120), tol=1e-6)
    assert lasso.objective == pytest.approx(recover(A, y, alpha=1e-3).objective, rel=1e-5)


def test_a_rule_chooses_the_strength():
    A, x, noise = measured(sigma=0.05)
    found = recover(A, A @ x + noise, alpha=taut.CV())
    model = taut.Lasso(alpha=taut.CV(), fit_intercept=False).fit(A, A @ x + noise)
    assert found.alpha == pytest.approx(model.alpha_)
    assert_allclose(found.x, model.coef_, atol=1e-4)


@pytest.mark.parametrize("rule", [taut.CV(), taut.CV(rule="1se"), taut.BIC(), taut.EBIC()])
def test_a_rule_holds_out_the_measurements_of_an_operator(rule):
    A, x, noise = measured(sigma=0.05)
    y = A @ x + noise
    found, matrix = (recover(form, y, alpha=rule) for form in (aslinearoperator(A), A))
    assert found.solved
    assert found.choice.alphas.max() / found.choice.alphas.min() > 100
    assert found.alpha in found.choice.alphas
    # Other folds and another grid: the choice is near that of the path engine, no more.
    assert found.alpha == pytest.approx(matrix.alpha, rel=0.6)
    model = CompressedSensing(alpha=rule).fit(aslinearoperator(A), y)
    assert getattr(model, rule.results_name).alphas[0] == pytest.approx(found.choice.alphas[0])


def test_a_rule_holds_out_the_measurements_of_an_analysis_form():
    rng = np.random.default_rng(0)
    x = np.repeat([0.0, 3.0, 1.0, 2.0], 25)
    A = rng.standard_normal((50, 100)) / np.sqrt(50)
    y = A @ x + 0.1 * rng.standard_normal(50)
    one, other = (
        recover(form, y, alpha=taut.CV(n_alphas=8, folds=3), analysis=gradient(100))
        for form in (A, aslinearoperator(A))
    )
    assert one.alpha == pytest.approx(other.alpha)
    assert one.choice.index_min not in (0, 7)
    assert np.linalg.norm(one.x - x) < 0.1 * np.linalg.norm(x)


COMPRESSIBLE = {"dense": (100, 400), "turned": (100, 400), "cosines": (256, 1024)}


@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-7, 1e-5, 1e-3])
@pytest.mark.parametrize("kind", COMPRESSIBLE)
def test_signals_that_are_not_sparse_are_certified_at_any_noise(kind, noise):
    m, n = COMPRESSIBLE[kind]
    rng = np.random.default_rng(0)
    kept = np.sort(rng.choice(n, m, replace=False))
    matrix = rng.standard_normal((m, n))
    forms = {"dense": matrix, "turned": aslinearoperator(matrix), "cosines": partial_dct(n, kept)}
    A = forms[kind]
    x = rng.permutation(np.arange(1.0, n + 1) ** -1.0 * rng.choice([-1.0, 1.0], n))
    y = A @ x
    bound = noise * np.linalg.norm(y)
    found = recover(A, y, noise=bound)
    assert found.solved
    assert found.distance <= 1.01 * bound + (1e-9 if noise else 1e-6) * np.linalg.norm(y)
    # As many entries as measurements, but for the tolerance: the others are zero, exactly.
    assert len(found.support) <= 1.05 * m
    assert np.abs(found.x).sum() <= np.abs(x).sum() * (1 + 1e-5)


def test_many_entries_agree_with_a_linear_programme():
    rng = np.random.default_rng(0)
    A, y = rng.standard_normal((30, 80)), rng.standard_normal(30)
    halves = linprog(np.ones(160), A_eq=np.hstack([A, -A]), b_eq=y, bounds=(0, None))
    assert recover(A, y).objective == pytest.approx(halves.fun, rel=1e-8)
    assert recover(sparse.csc_matrix(A), y).objective == pytest.approx(halves.fun, rel=1e-8)
    one_sided = linprog(np.ones(80), A_eq=A, b_eq=A @ np.abs(A[0]), bounds=(0, None))
    found = recover(A, A @ np.abs(A[0]), penalty=L1() + NonNegative())
    assert found.objective == pytest.approx(one_sided.fun, rel=1e-8)
    assert found.x.min() >= 0


def test_rows_that_say_the_same_twice_share_the_bound():
    A, x, _ = measured()
    noise = 0.05 * np.random.default_rng(1).standard_normal(120)
    twice, y = np.vstack([A, A]), np.tile(A @ x, 2) + noise
    bound = np.linalg.norm(noise)
    found = recover(aslinearoperator(twice), y, noise=bound)
    assert found.solved
    assert found.objective == pytest.approx(recover(twice, y, noise=bound).objective, rel=1e-5)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("bound", [0.0, 0.3])
def test_orthogonal_rows_give_what_other_operators_give(penalty, bound):
    penalty, shape = PENALTIES[penalty]
    rng = np.random.default_rng(3)
    rows = np.linalg.qr(rng.standard_normal((120, 50)))[0].T
    rows = rows * rng.uniform(0.5, 2.0, 50)[:, None]
    y = rows @ shape(measured()[1]) + 0.05 * rng.standard_normal(50)
    found = recover(aslinearoperator(rows), y, noise=bound, penalty=penalty, tol=1e-8)
    assert found.solved
    other = recover(rows, y, noise=bound, penalty=penalty, tol=1e-8)
    assert found.objective == pytest.approx(other.objective, rel=1e-6)


def test_a_bound_that_zero_meets_gives_zero():
    A, x, _ = measured()
    found = recover(A, A @ x, noise=100.0)
    assert found.solved
    assert len(found.support) == 0


def test_a_large_operator_is_used_through_products_only():
    rng = np.random.default_rng(0)
    n, m = 4096, 1024
    A = partial_dct(n, np.sort(rng.choice(n, m, replace=False)))
    x = np.zeros(n)
    x[rng.choice(n, 100, replace=False)] = rng.standard_normal(100)
    found = recover(A, A @ x)
    assert found.solved
    assert_allclose(found.x, x, atol=1e-8)
    assert found.n_products < 2000


@pytest.mark.parametrize("bound", [0.0, 0.1])
@pytest.mark.parametrize("kept", ["half a plane", "pairs"])
def test_rows_of_zeros_and_twins_are_orthogonal_rows_for_all_that(kept, bound):
    rng, n = np.random.default_rng(0), 2048
    half = np.r_[0, 1 + rng.choice(n // 2 - 1, 400, replace=False)]
    A = partial_fourier(n, half if kept == "half a plane" else np.unique([half, -half % n]))
    x = np.zeros(n)
    x[rng.choice(n, 40, replace=False)] = rng.standard_normal(40)
    noise = A @ rng.standard_normal(n)
    found = recover(A, A @ x + bound * noise / np.linalg.norm(noise), noise=bound)
    assert found.solved
    assert found.n_products < 600
    assert np.linalg.norm(found.x - x) <= 1e-7 + 2 * bound


@pytest.mark.parametrize("sigma", [0.0, 1e-8, 1e-4])
def test_a_blur_that_hides_most_of_the_signal_is_certified(sigma):
    rng, n = np.random.default_rng(0), 400
    A = convolution(np.exp(-0.5 * (np.arange(-15, 16) / 3.0) ** 2), n)
    x = np.zeros(n)
    x[20::40] = rng.standard_normal(10)
    noise = sigma * rng.standard_normal(n)
    found = recover(A, A @ x + noise, noise=np.linalg.norm(noise))
    assert found.solved
    assert np.abs(found.x).sum() <= np.abs(x).sum() * (1 + 1e-5)


def wrong_adjoint():
    A = measured()[0]
    return LinearOperator(A.shape, matvec=A.dot, rmatvec=lambda v: 2 * A.T @ v, dtype=float)


def no_adjoint():
    return LinearOperator((60, 120), matvec=measured()[0].dot, dtype=float)


def returning(values):
    """An operator that returns these, whatever it is given."""
    return LinearOperator(
        (60, 120), matvec=lambda x: values, rmatvec=wrong_adjoint().rmatvec, dtype=float
    )


Y = measured()[0] @ measured()[1]
TALL = np.random.default_rng(5).standard_normal((60, 20))
BAD = {
    "adjoint": (wrong_adjoint(), Y, {}, "fails the dot test"),
    "no adjoint": (no_adjoint(), Y, {}, "no rmatvec"),
    "nan from operator": (
        returning(np.full(60, np.nan)), Y, {}, "A.matvec must return finite numbers, got nan at"
    ),
    "operator of another length": (returning(np.ones(7)), Y, {}, "take 120 numbers and return 60"),
    "nothing measured": (np.zeros((60, 20)), Y, {}, "noise must be a distance"),
    "nan in A": (np.where(TALL > 2, np.nan, TALL), Y, {}, "of A"),
    "complex A, y too short": (TALL + 1j, Y[:7], {}, r"y must have shape \(60,\)"),
    "complex analysis": (TALL, Y, {"analysis": np.eye(20) * 1j}, "analysis must be real"),
    "A of one axis": (TALL[0], Y, {}, r"A must have shape \(m, n\)"),
    "y too short": (TALL, Y[:7], {}, r"y must have shape \(60,\)"),
    "nan in y": (TALL, np.where(abs(Y) > 1, np.nan, Y), {}, "of y"),
    "complex y": (TALL, Y + 1j, {}, "y must be real where A is"),
    "infeasible": (TALL, Y, {"noise": 0.01}, "noise must be a distance that some signal reaches"),
    "infeasible equality": (TALL, Y, {}, "noise must be a distance"),
    "infeasible operator": (aslinearoperator(TALL), Y, {}, "noise must be a distance"),
    "infeasible groups": (
        TALL, Y, {"noise": 0.01, "penalty": GroupLasso(np.arange(20) // 2)}, "noise must be a"
    ),
    "negative noise": (TALL, Y, {"noise": -1.0}, "noise must be finite"),
    "zero alpha": (TALL, Y, {"alpha": 0.0}, "alpha must be finite and > 0"),
    "noise and alpha": (TALL, Y, {"alpha": 0.1, "noise": 0.1}, "noise must be None where alpha"),
    "ridge": (TALL, Y, {"penalty": taut.penalties.L2()}, "penalty must be a norm"),
    "text": (TALL, Y, {"penalty": "l1"}, "penalty must be a taut penalty"),
    "box": (TALL, Y, {"penalty": L1() + taut.penalties.Box(0, 1)}, "bounds at zero"),
    "criterion and analysis": (
        TALL, Y, {"alpha": taut.BIC(), "analysis": np.eye(20)}, "needs known degrees of freedom"
    ),
    "criterion, operator and groups": (
        aslinearoperator(TALL), Y, {"alpha": taut.AIC(), "penalty": GroupLasso(np.arange(20) // 2)},
        r"alpha=AIC\(\) needs known degrees of freedom, which those of GroupLasso",
    ),
    "folds beyond the measurements": (
        aslinearoperator(TALL), Y, {"alpha": taut.CV(folds=61)}, "folds must be between 2 and"
    ),
    "infeasible analysis": (
        TALL, Y, {"analysis": np.eye(20), "max_iter": 40}, "noise must be a distance that some"
    ),
    "analysis of another length": (TALL, Y, {"analysis": np.eye(7)}, "for each of the 20"),
    "analysis and debias": (TALL, Y, {"analysis": np.eye(20), "debias": True}, "debias must be"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    A, y, options, message = BAD[case]
    with pytest.raises((TypeError, ValueError), match=message):
        recover(A, y, **options)


def test_too_few_steps_are_a_warning_with_the_certificate():
    A, x, _ = measured()
    with pytest.warns(taut.ConvergenceWarning, match="did not reach tol"):
        found = recover(A, A @ x, analysis=np.vstack([np.eye(120)] * 2), max_iter=20)
    assert not found.solved


@parametrize_with_checks([CompressedSensing(alpha=0.1)])
def test_scikit_learn_accepts_the_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimator_is_recover(kind):
    A, x, _ = measured()
    model = CompressedSensing().fit(KINDS[kind](A), A @ x)
    assert_allclose(model.coef_, x, atol=1e-7)
    assert_allclose(model.predict(KINDS[kind](A)), A @ x, atol=1e-7)


def test_the_plot_shows_signal_and_truth():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    A, x, _ = measured()
    display = recover(A, A @ x).plot(x)
    assert len(display.stems_.get_segments()) == np.count_nonzero(x)
    plt.close("all")


def small_errors(seed=1):
    rng = np.random.default_rng(seed)
    A, x = rng.standard_normal((100, 400)), np.zeros(400)
    x[:8] = rng.standard_normal(8)
    return A, x, rng


def test_single_precision_is_recovered_to_its_digits():
    A, x, _ = small_errors()
    A, x = A.astype(np.float32), x.astype(np.float32)
    found = recover(A, A @ x)
    assert found.solved
    assert_allclose(found.x, x, atol=1e-6)


@pytest.mark.parametrize("size", [1e-4, 1e-6, 1e-7, 1e-8, 1e-10])
def test_errors_far_below_the_signal_do_not_keep_an_equality_from_its_end(size):
    A, x, rng = small_errors()
    found = recover(A, A @ x + size * rng.standard_normal(100))
    assert found.solved
    assert_allclose(found.x, x, atol=10 * size)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.0, 0.01])
def test_no_worse_than_spgl1(sigma):
    spgl1 = pytest.importorskip("spgl1")
    rng = np.random.default_rng(0)
    A = rng.standard_normal((200, 1000)) / np.sqrt(200)
    x = np.zeros(1000)
    x[rng.choice(1000, 30, replace=False)] = rng.standard_normal(30)
    y, bound = A @ x + sigma * rng.standard_normal(200), sigma * np.sqrt(200)
    other = spgl1.spgl1(A, y, 0, bound, verbosity=0, opt_tol=1e-6, bp_tol=1e-6, iter_lim=5000)[0]
    found = recover(A, y, noise=bound).x
    assert np.linalg.norm(found - x) <= np.linalg.norm(other - x) * 1.001
    assert np.abs(found).sum() <= np.abs(other).sum() * (1 + 1e-5)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_measurements_that_no_non_negative_signal_gives_come_to_an_end():
    random = np.random.default_rng(0)
    A, y = np.abs(random.standard_normal((20, 50))), random.standard_normal(20)
    with pytest.warns(taut.ConvergenceWarning):
        found = recover(A, y, penalty=L1() + NonNegative())
    assert not found.solved


def test_no_basis_is_made_where_steps_soon_reach_the_gap_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(projections, "solution_near", lambda *_: pytest.fail("a basis was made"))
    rng, n, m = np.random.default_rng(0), 2048, 600
    x = rng.permutation(np.arange(1.0, n + 1) ** -1.5 * rng.choice([-1.0, 1.0], n))
    A = partial_dct(n, np.sort(rng.choice(n, m, replace=False)))
    found = recover(A, A @ x, tol=1e-4)
    assert found.solved
    assert found.n_products > m


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_no_basis_is_made_where_a_feasible_pair_costs_less(power, monkeypatch):
    monkeypatch.setattr(projections, "solution_near", lambda *_: pytest.fail("a basis was made"))
    rng, n, m = np.random.default_rng(0), 8192, 2048
    x = rng.permutation(np.arange(1.0, n + 1) ** -power * rng.choice([-1.0, 1.0], n))
    A = partial_dct(n, np.sort(rng.choice(n, m, replace=False)))
    found = recover(A, A @ x)
    assert found.solved
    # Steps alone take 10,000 products or more.
    assert m < found.n_products < 3 * m


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_a_compressible_signal_of_cosines_ends_at_a_vertex(power):
    rng, n, m = np.random.default_rng(0), 2048, 600
    x = rng.permutation(np.arange(1.0, n + 1) ** -power * rng.choice([-1.0, 1.0], n))
    A = partial_dct(n, np.sort(rng.choice(n, m, replace=False)))
    found = recover(A, A @ x)
    assert found.relative_gap < 1e-9
    assert len(found.support) <= m
    assert found.distance <= 1e-9 * np.linalg.norm(A @ x)
    # Steps alone take several times as many as there are rows.
    assert found.n_products < 4 * m


def test_too_many_entries_for_their_measurements_are_solved_all_the_same():
    rng, n, m = np.random.default_rng(0), 1024, 520
    x = np.zeros(n)
    x[rng.choice(n, 400, replace=False)] = rng.standard_normal(400)
    A = partial_dct(n, np.sort(rng.choice(n, m, replace=False)))
    found = recover(A, A @ x)
    assert found.solved
    assert found.objective < np.abs(x).sum()
