"""One prox: torch with an optimiser's steps, NumPy, and the compiled core, on the same arrays."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import taut  # noqa: E402
from taut import penalties as P  # noqa: E402
from taut.nn.prox.config import as_config, from_config  # noqa: E402
from taut.nn.prox.max_norm import MaxNorm  # noqa: E402
from taut.nn.prox.metric import Metric, Workspace  # noqa: E402
from taut.nn.prox.proxes import prox_of  # noqa: E402

WEIGHTS = [0.0, 0.5, 1.0, np.inf]
GROUPS = [0, 1, 0, 2]
SEPARABLE = [
    P.L1(),
    P.L1(weights=WEIGHTS),
    P.L2(),
    P.ElasticNet(0.3, weights=WEIGHTS),
    P.NonNegative(),
    P.L1() + P.Box(-0.5, [0.5, 1.0, 2.0, 3.0]),
]
BY_BLOCK = [
    P.MultiTask(),
    P.MultiTask(weights=WEIGHTS),
    P.GroupLasso(GROUPS),
    P.GroupLasso(GROUPS, weights=[1.0, 0.0, np.inf]),
    P.SparseGroupLasso(GROUPS),
    P.SparseGroupLasso(GROUPS, l1_ratio=0.9, weights=[0.0, 2.0, 1.0]),
]
BY_ENTRY = [P.MCP(), P.SCAD(weights=WEIGHTS)]
OTHERS = [P.SLOPE(), P.FusedLasso(0.5), P.Nuclear(), P.MCP(groups=GROUPS), P.SCAD(groups=GROUPS)]
SUMS = [
    P.GroupLasso(GROUPS, weights=[1.0, 0.0, np.inf]) + P.L2(),
    P.MultiTask() + P.L1(weights=WEIGHTS) + P.NonNegative(),
    P.SparseGroupLasso(GROUPS, l1_ratio=0.9, weights=[0.0, 2.0, 1.0]) + P.ElasticNet(0.3),
    P.SparseGroupLasso(GROUPS, l1_ratio=0.0) + P.L2(),
]
FOLDED_SUMS = [P.MCP() + P.L1(), P.SCAD(weights=WEIGHTS) + P.L2(weights=[0.0, 1.0, 2.0, 3.0])]
REFUSED_SUMS = [
    P.SLOPE() + P.NonNegative(),
    P.TotalVariation() + P.L2(),
    P.MCP(groups=GROUPS) + P.L2(),
    P.MultiTask() + P.L2(weights=[0.0, 1.0, 2.0, 3.0]),
]


def ours(penalty, coef, step, strength, adaptive, lay=torch.tensor):
    prox = prox_of(penalty, len(coef), adaptive, Workspace())
    metric = by_entry(lay(step)) if adaptive else Metric(step)
    return prox(lay(coef), metric, strength).numpy()


def with_gaps(array):
    """A tensor that only torch can reach, entry by entry."""
    return torch.tensor(np.repeat(array, 2, axis=-1))[..., ::2]


def by_columns(array):
    """A tensor whose features, along axis 0, are the columns in memory."""
    return torch.tensor(np.ascontiguousarray(np.moveaxis(array, 0, -1))).movedim(-1, 0)


def by_channels(array):
    """Features in the middle of memory, as the input channels of a convolution are."""
    return torch.tensor(np.ascontiguousarray(np.swapaxes(array, 0, 1))).movedim(1, 0)


LAYOUTS = [torch.tensor, with_gaps, by_columns]


def by_entry(step):
    """As of Adam, which keeps squares of the reciprocals of steps."""
    return Metric(0.3, (0.3 / step) ** 2)


@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 3, 2)], ids=str)
@pytest.mark.parametrize(
    "penalty",
    SEPARABLE + BY_BLOCK + BY_ENTRY + OTHERS + SUMS + FOLDED_SUMS + REFUSED_SUMS,
    ids=repr,
)
def test_one_step_is_that_of_the_penalty(penalty, shape, lay):
    if isinstance(penalty, P.Nuclear) and len(shape) > 2:
        pytest.skip("the nuclear norm is for matrices")
    coef = 2 * np.random.default_rng(0).standard_normal(shape)
    found = ours(penalty, coef, 0.4, 0.9, adaptive=False, lay=lay)
    expected = penalty.scaled_prox(coef, 0.4, 0.9)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)
    assert ((found == 0) == (expected == 0)).all()


@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize("penalty", SEPARABLE + BY_BLOCK + BY_ENTRY + SUMS + FOLDED_SUMS, ids=repr)
def test_equal_steps_by_entry_are_one_step(penalty, lay):
    coef = 2 * np.random.default_rng(1).standard_normal((4, 3))
    found = ours(penalty, coef, np.full((4, 3), 0.4), 0.9, adaptive=True, lay=lay)
    np.testing.assert_allclose(found, penalty.scaled_prox(coef, 0.4, 0.9), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize("penalty", SEPARABLE + BY_ENTRY + FOLDED_SUMS, ids=repr)
def test_steps_by_entry_are_those_of_the_penalty(penalty, lay):
    generator = np.random.default_rng(2)
    coef, steps = 2 * generator.standard_normal((4, 3)), generator.uniform(0, 2, (4, 3))
    found = ours(penalty, coef, steps, 0.9, adaptive=True, lay=lay)
    np.testing.assert_allclose(found, penalty.scaled_prox(coef, steps, 0.9), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize("penalty", BY_ENTRY, ids=repr)
def test_no_step_of_an_optimiser_reaches_gamma(penalty, lay):
    """An eps bounds the steps, from below gamma on by a form of the prox without comparisons."""
    generator = np.random.default_rng(6)
    coef, moments = 3 * generator.standard_normal((4, 200)), generator.uniform(0, 4, (4, 200))
    coef[:, 0] = 0.0
    metric = Metric(0.3, lay(moments), 0.2)
    steps = 0.3 / (np.sqrt(moments) + 0.2)
    assert steps.max() < penalty.gamma - 1
    for strength in (0.0, 0.1, 0.9):
        found = prox_of(penalty, 4, True, Workspace())(lay(coef), metric, strength).numpy()
        expected = penalty.scaled_prox(coef, steps, strength)
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
        assert ((found == 0) == (expected == 0)).all()


@pytest.mark.parametrize("penalty", BY_ENTRY, ids=repr)
def test_folded_penalties_have_their_least_at_any_step(penalty):
    """Also beyond gamma, where two points compete and `proximal` refuses to begin."""
    generator = np.random.default_rng(4)
    coef, steps = 3 * generator.standard_normal((4, 200)), 10 ** generator.uniform(-2, 2, (4, 200))
    found = ours(penalty, coef, steps, 0.9, adaptive=True)
    np.testing.assert_allclose(found, penalty.scaled_prox(coef, steps, 0.9), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("lay", [torch.tensor, by_columns, by_channels])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize(
    "penalty",
    [
        P.L1(),
        P.ElasticNet(weights=np.linspace(0, 2, 70)),
        P.MultiTask(weights=np.linspace(0, 2, 70)),
        P.GroupLasso(np.arange(70) % 9),
        P.SparseGroupLasso(np.arange(70) // 2),
    ],
    ids=repr,
)
def test_the_core_and_torch_agree_in_every_layout(penalty, adaptive, dtype, lay):
    generator = np.random.default_rng(5)
    coef = generator.standard_normal((70, 40, 30)).astype(dtype)
    steps = (10 ** generator.uniform(-4, 0, coef.shape)).astype(dtype) if adaptive else 0.03
    strength = 2.0 if adaptive else 30.0
    found, by_torch = (
        ours(penalty, coef, steps, strength, adaptive, lay=way) for way in (lay, with_gaps)
    )
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, by_torch, rtol=tolerance, atol=tolerance * coef.std())
    assert ((found == 0) == (by_torch == 0)).mean() > 1 - 1e-4


@given(
    coef=st.lists(st.floats(-3, 3), min_size=6, max_size=6),
    exponents=st.lists(st.floats(-4, 4), min_size=6, max_size=6),
    strength=st.floats(1e-3, 3),
)
@settings(max_examples=100, deadline=None)
def test_groups_with_steps_of_their_own_are_stationary(coef, exponents, strength):
    """``0 in (b - z) / t + s w b / |b|``, or ``|z / t| <= s w`` at zero."""
    z, t = np.reshape(coef, (2, 3)), 10.0 ** np.reshape(exponents, (2, 3))
    found = ours(P.MultiTask(), z, t, strength, adaptive=True)
    for b, z, t in zip(found, z, t, strict=True):  # noqa: B020
        norm = np.linalg.norm(b)
        if norm == 0:
            assert np.linalg.norm(z / t) <= strength * (1 + 1e-9)
        else:
            pull = (b - z) / t + strength * b / norm
            assert np.abs(pull).max() <= 1e-7 * (np.abs(z / t).max() + strength)


def test_many_groups_in_single_precision_have_their_roots():
    """Groups that have their root early wait for others, and stay where they are."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(300, 200, generator=generator)
    t = 10 ** torch.empty(300, 200).uniform_(-6, 1, generator=generator)
    found = prox_of(P.MultiTask(), 300, True, Workspace())(z.clone(), by_entry(t), 1.0).double()
    norms = found.norm(dim=1, keepdim=True)
    expected = z.double() / (1 + t.double() / norms)
    assert (norms > 0).all()
    assert ((found - expected).norm(dim=1) <= 1e-5 * norms[:, 0]).all()


@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize(
    "penalty",
    [
        P.SparseGroupLasso([0], l1_ratio=0.4),
        P.SparseGroupLasso([0], l1_ratio=0.4) + P.ElasticNet(0.3),
        P.MultiTask() + P.L2(),
        P.MultiTask(weights=[0.5]) + P.L1() + P.NonNegative(),
    ],
    ids=repr,
)
def test_sums_with_groups_with_steps_of_their_own_are_least(penalty, lay):
    z, t = np.array([[2.0, -0.3, 1.0]]), np.array([[0.5, 2.0, 0.1]])
    found = ours(penalty, z, t, 0.8, adaptive=True, lay=lay)

    def objective(b):
        return 0.5 * ((b - z) ** 2 / t).sum() + 0.8 * penalty.value(b)

    moves = (
        np.random.default_rng(0).standard_normal((500, 1, 3))
        * np.logspace(-4, 0, 500)[:, None, None]
    )
    assert np.isfinite(objective(found))
    assert all(objective(found) <= objective(found + move) for move in moves)


@pytest.mark.parametrize(
    ("penalty", "alpha"),
    [(P.L1(), 0.3), (P.L1(weights=[0.0, 0.5, 1.0, 2.0]), 0.2), (P.ElasticNet(0.5), 0.4)],
    ids=repr,
)
def test_the_compiled_core_takes_the_same_prox(penalty, alpha):
    """On an orthonormal design the solution is the prox of the least squares fit."""
    generator = np.random.default_rng(3)
    basis = np.linalg.qr(generator.standard_normal((20, 4)))[0]
    y = 3 * generator.standard_normal(20)
    core = taut.fit_path(
        np.sqrt(20) * basis, y, penalty=penalty, alphas=[alpha], fit_intercept=False, tol=1e-13
    ).coefs[:, 0]
    fit = basis.T @ y / np.sqrt(20)
    in_numpy = penalty.scaled_prox(fit, 1.0, alpha)
    np.testing.assert_allclose(core, in_numpy, atol=1e-12)
    np.testing.assert_allclose(ours(penalty, fit, 1.0, alpha, adaptive=False), in_numpy, atol=1e-15)
    ones = np.ones(4)
    np.testing.assert_allclose(ours(penalty, fit, ones, alpha, adaptive=True), in_numpy, atol=1e-15)


def test_max_norm_scales_long_rows_back():
    rows = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64)
    found = prox_of(MaxNorm(2.5), 3, True, Workspace())(rows, by_entry(torch.ones_like(rows)), 1.0)
    np.testing.assert_allclose(found, [[1.5, 2.0], [0.3, 0.4], [0.0, 0.0]], rtol=1e-15)
    assert MaxNorm(2.5).value(found) == 0
    assert MaxNorm(2.0).value(found) == torch.inf


@pytest.mark.parametrize("penalty", OTHERS + REFUSED_SUMS, ids=repr)
def test_what_has_no_closed_form_by_entry_is_refused(penalty):
    with pytest.raises(TypeError, match="no prox in closed form"):
        prox_of(penalty, 4, True, Workspace())


@pytest.mark.parametrize("penalty", SUMS[:1] + FOLDED_SUMS + REFUSED_SUMS[:1], ids=repr)
def test_sums_are_written_down_as_their_terms(penalty):
    total = P.L2() + penalty
    assert from_config(json.loads(json.dumps(as_config(total)))) == total
