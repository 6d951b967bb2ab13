"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import taut

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
]

# A criterion counts the rows with a weight, as R's nobs() does, and repeated rows are more rows.
# Folds are cut from the rows as they come, and repeated rows are cut elsewhere.
WEIGHTS_ARE_NOT_REPEATS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)


def _cases():
    for estimator in ESTIMATORS:
        rule = getattr(estimator, "alpha", None)
        for model, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if not (isinstance(rule, taut.selection.Rule) and name in WEIGHTS_ARE_NOT_REPEATS):
                yield pytest.param(model, check, id=f"{estimator!r}-{name}")


@pytest.mark.parametrize(("model", "check"), list(_cases()))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check(model, check):
    check(model)
