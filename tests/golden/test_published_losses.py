"""Published figures for other losses and penalties: glmnet, grpreg and ncvreg.

Each tolerance is the one noted beside the reference data: the sources stop their solvers early and
interpolate between the points of a path.
"""

import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import taut
from taut import losses, penalties


@pytest.fixture(scope="module")
def references(data_folder):
    folder = data_folder / "references"
    files = ("glmnet", "grpreg_ncvreg")
    entries = (e for f in files for e in json.loads((folder / f"{f}.json").read_text()))
    return {entry["id"]: entry for entry in entries}


@pytest.fixture
def arrays(data_folder):
    """The arrays of a file."""

    def read(name):
        path = data_folder / f"{name}.npz"
        if not path.exists():
            pytest.skip(f"no real data: {path} does not exist")
        with np.load(path) as data:
            return dict(data)

    return read


def fitted(X, y, alpha, loss, penalty=None):
    """Coefficients with the intercept first, and the path, of columns of unit deviation."""
    path = taut.fit_path(X, y, loss, penalty, alphas=[alpha], standardize=True, tol=1e-9)
    return np.concatenate([path.intercepts[None, ..., 0], path.coefs[..., 0]]), path


def test_binomial(references, arrays):
    entry, data = references["binomial_lasso"], arrays("glmnet_examples/binomial")
    y = data["y"] == data["y"].max()
    coef, _ = fitted(data["x"], y, entry["lam"], "logistic")
    np.testing.assert_allclose(coef, entry["coef"], atol=6e-3)
    for column, alpha in enumerate((0.05, 0.01)):
        _, path = fitted(data["x"], y, alpha, "logistic")
        classes = path.predict(data["x"][:5], alpha=alpha) > 0.5
        assert classes.tolist() == [bool(row[column]) for row in entry["classes_first5"]]


def test_binomial_on_rows_held_out(references, arrays):
    entry, data = references["binomial_assess"], arrays("glmnet_examples/binomial")
    X, y = data["x"], (data["y"] == data["y"].max()).astype(float)
    path = taut.fit_path(X[:70], y[:70], "logistic", n_alphas=5, standardize=True)
    for k in (0, 1):  # what follows was stopped early
        p = path.predict(X[70:], alpha=path.alphas[k])
        deviance = -2 * np.mean(np.log(np.where(y[70:] == 1, p, 1 - p)))
        assert deviance == pytest.approx(entry["deviance"][k], abs=5e-4)
        assert roc_auc_score(y[70:], p) == pytest.approx(entry["auc"][k], abs=1e-7)
        assert np.mean((p > 0.5) != y[70:]) == pytest.approx(entry["misclass"][k], abs=1e-7)
        both = 2 * np.mean((y[70:] - p) ** 2), 2 * np.mean(np.abs(y[70:] - p))
        assert both == pytest.approx((entry["mse"][k], entry["mae"][k]), abs=5e-4)


def test_poisson(references, arrays):
    entry, data = references["poisson_lasso_1"], arrays("glmnet_examples/poisson")
    coef, path = fitted(data["x"], data["y"], 1.0, "poisson")
    np.testing.assert_allclose(coef, entry["coef"], atol=2e-3)
    np.testing.assert_allclose(path.predict(data["x"][:5], 1.0), entry["mean_s_1"], atol=5e-3)
    _, weak = fitted(data["x"], data["y"], 0.01, "poisson")
    np.testing.assert_allclose(weak.predict(data["x"][:5], 0.01), entry["mean_s_0_01"], atol=3e-2)


def test_cox(references, arrays):
    entry, data = references["cox_lasso_0_05"], arrays("glmnet_examples/cox")
    path = taut.fit_path(
        data["x"], data["y"], losses.Cox("breslow"), alphas=[0.05], standardize=True
    )
    np.testing.assert_allclose(path.coefs[:, 0], entry["coef"], atol=3e-4)


def test_several_responses(references, arrays):
    entry, data = references["mgaussian_lasso"], arrays("glmnet_examples/multigaussian")
    for alpha, expected, atol in ((0.1, "pred_s_0_1", 6e-4), (0.01, "pred_s_0_01", 3e-4)):
        _, path = fitted(data["x"], data["y"], alpha, "squared", penalties.MultiTask())
        np.testing.assert_allclose(path.predict(data["x"][:5], alpha), entry[expected], atol=atol)


def orthonormalised(X, labels):
    """Columns whose Gram matrix within each group is n times the identity, and the way back."""
    Z, back = np.empty_like(X), np.zeros((X.shape[1],) * 2)
    for label in np.unique(labels):
        of_group = np.flatnonzero(labels == label)
        q, r = np.linalg.qr(X[:, of_group] - X[:, of_group].mean(axis=0))
        Z[:, of_group] = np.sqrt(len(X)) * q
        back[np.ix_(of_group, of_group)] = np.sqrt(len(X)) * np.linalg.inv(r)
    return Z, back


def test_group_lasso(references, arrays):
    entry, data = references["grpreg_grlasso_gaussian"], arrays("r_small/grpreg_birthwt")
    names, labels = np.unique(data["group"], return_inverse=True)
    Z, back = orthonormalised(data["x"], labels)
    path = taut.fit_path(Z, data["bwt"], penalty=penalties.GroupLasso(labels))
    assert path.alphas[:6] == pytest.approx(entry["lambda_path_head"], abs=1e-6)
    # Between two points of the same path, as the source has it.
    np.testing.assert_allclose(back @ path.at(0.05)[0], entry["coef"][1:], atol=7e-5)
    stronger = taut.GroupLasso(labels, alpha=0.1).fit(Z, data["bwt"])
    used = set(names[np.unique(labels[stronger.coef_ != 0])].tolist())
    assert used == set(entry["groups_at_0_1"])


def test_mcp(references, arrays):
    entry, data = references["ncvreg_mcp_gaussian"], arrays("r_small/ncvreg_prostate")
    X, y = data["x"], data["y"]
    path = taut.fit_path(X, y, penalty=penalties.MCP(), standardize=True, tol=1e-9)
    assert path.alphas[0] == pytest.approx(entry["lambda_max"], abs=1e-5)
    # Along the path, as the source does it: a stationary point is a matter of where one comes from.
    coef, intercept = path.at(0.05)
    np.testing.assert_allclose(np.r_[intercept, coef], entry["coef_lambda_0_05"], atol=8e-4)


def test_lasso_of_ncvreg_for_two_classes(references, arrays):
    entry, data = references["ncvreg_lasso_binomial"], arrays("r_small/ncvreg_heart")
    coef, _ = fitted(data["x"], data["y"], entry["lam"], "logistic")
    np.testing.assert_allclose(coef[1:7], entry["coef_first6"], atol=2e-5)


def test_scad_with_a_ridge(references, arrays):
    entry, data = references["ncvreg_scad_gaussian"], arrays("r_small/ncvreg_prostate")
    X, y = data["x"], data["y"]
    # Its alpha of 0.9 is the share of SCAD in lambda.
    share = np.full(X.shape[1], 0.9)
    penalty = penalties.SCAD(weights=share) + penalties.L2(weights=1 - share)
    path = taut.fit_path(X, y, penalty=penalty, standardize=True, alpha_min_ratio=1e-3, tol=1e-9)
    coef, _ = path.at(entry["lam"])
    np.testing.assert_allclose(coef[:6], entry["coef_first6"], atol=3e-4)


def test_mcp_for_two_classes(references, arrays):
    """ncvreg rescales it: the slope falls by v_j / gamma, v_j the curvature of the loss along j.

    With x_j / sqrt(v_j) in place of x_j the coefficient is c_j = sqrt(v_j) b_j, the slope at zero
    that of lambda |b_j| = lambda / sqrt(v_j) |c_j|, and c_j^2 / gamma falls off it: MCP with
    weights. The curvatures are those at the solution, found in turn with it.
    """
    entry, data = references["ncvreg_mcp_binomial"], arrays("r_small/ncvreg_heart")
    X, y = data["x"], data["y"]
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    Z, root = (X - mean) / deviation, np.full(X.shape[1], 0.5)
    for _ in range(30):
        penalty = penalties.MCP(3.0, weights=1 / root)
        alphas = np.geomspace(0.5, 0.05, 30)
        path = taut.fit_path(Z / root, y, "logistic", penalty, alphas=alphas, tol=1e-9)
        p = path.predict(Z / root, alpha=0.05)
        before, root = root, np.sqrt(p * (1 - p) @ Z**2 / len(y))
        if np.allclose(root, before, rtol=1e-9):
            break
    coef, intercept = path.at(0.05)
    coef = coef / root / deviation
    np.testing.assert_allclose(coef, entry["coef"][1:], atol=2e-4)
    link = intercept + (X[:6] - mean) @ coef
    np.testing.assert_allclose(link, entry["link_first6"], atol=3e-4)
