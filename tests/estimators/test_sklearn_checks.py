"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import taut
from taut import losses, penalties
from taut.selection.rule import Rule

ESTIMATORS = [
    taut.LinearRegression(),
    taut.Ridge(),
    taut.Ridge(positive=True),
    taut.Lasso(),
    taut.Lasso(alpha=0.01, positive=True, standardize=True),
    taut.ElasticNet(),
    taut.RidgeCV(),
    taut.LassoCV(),
    taut.ElasticNetCV(),
    taut.ElasticNetCV(l1_ratio=[0.5, 1.0]),
    taut.Ridge(alpha=taut.CV()),
    taut.Lasso(alpha=taut.CV()),
    taut.ElasticNet(alpha=taut.CV(rule="1se")),
    taut.Lasso(alpha=taut.BIC()),
    taut.AdaptiveLasso(),
    taut.CoxRegression(),
    taut.CoxRegression(penalty=penalties.SLOPE()),
    taut.GammaRegressor(),
    taut.GammaRegressor(alpha=0.1, l1_ratio=0.5),
    taut.GroupLasso(alpha=0.1),
    taut.HuberRegressor(alpha=1.0),
    taut.LogisticRegression(),
    taut.LogisticRegression(l1_ratio=1.0, class_weight="balanced"),
    taut.LogisticRegression(C=taut.CV(3)),
    taut.LogisticRegressionCV(cv=3, Cs=[0.1, 1.0]),
    taut.LogisticRegressionCV(
        cv=3, Cs=[0.1, 1.0], l1_ratios=[0.5, 1.0], use_legacy_attributes=False
    ),
    taut.MultiTaskElasticNet(alpha=0.1),
    taut.MultiTaskElasticNetCV(alphas=[0.2, 0.1]),
    taut.MultiTaskLasso(alpha=0.1),
    taut.MultiTaskLassoCV(alphas=[0.2, 0.1]),
    taut.PenalizedClassifier(),
    taut.PenalizedClassifier("squared_hinge"),
    taut.PenalizedRegressor(alpha=0.1),
    taut.PenalizedRegressor(losses.Huber(0.5), penalties.MCP(), alpha=0.1),
    taut.PoissonRegressor(),
    taut.PoissonRegressor(alpha=0.1, l1_ratio=1.0),
    taut.PoissonRegressor(alpha=taut.CV(3, n_alphas=5), l1_ratio=1.0, penalty_weights="adaptive"),
    taut.QuantileRegressor(alpha=0.01),
    taut.RelaxedLasso(),
    taut.SparseGroupLasso(alpha=0.1),
    taut.TweedieRegressor(),
    taut.TweedieRegressor(power=1.5),
]

# These checks give estimators with a parameter `cv` folds that repeated rows do not move. They know
# of no such place in a rule, whose folds are cut from the rows as they come: `test_rules` does it.
# A criterion counts the rows with a weight, as R's nobs() does, and repeated rows are more rows.
WEIGHTS_ARE_NOT_REPEATS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)


def _cases():
    for estimator in ESTIMATORS:
        rule = getattr(estimator, "alpha", getattr(estimator, "C", None))
        for model, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if not (isinstance(rule, Rule) and name in WEIGHTS_ARE_NOT_REPEATS):
                yield pytest.param(model, check, id=f"{estimator!r}-{name}")


@pytest.mark.parametrize(("model", "check"), list(_cases()))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check(model, check):
    check(model)
