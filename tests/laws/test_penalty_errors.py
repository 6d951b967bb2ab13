"""Bad input: each error names the argument, the value and the fix."""

from __future__ import annotations

import numpy as np
import pytest

from taut.penalties import L1, L2, Box, ElasticNet, NonNegative, Penalty, Sum

BAD_PARAMETERS = [
    (lambda: L1(weights=[1.0, -2.0]), ValueError, r"weights.*-2\.0 at index 1.*use 0"),
    (lambda: L2(weights=[np.nan]), ValueError, r"weights.*nan at index 0.*use 0"),
    (lambda: NonNegative(weights=2.0), ValueError, r"weights.*shape \(\).*one weight per feature"),
    (lambda: L1(weights=[[1.0]]), ValueError, r"weights.*shape \(1, 1\).*one weight per feature"),
    (lambda: L1(weights="heavy"), TypeError, "weights.*real.*numeric array"),
    (lambda: L1(weights=[1.0, None]), TypeError, "weights.*real.*numeric array"),
    (lambda: L1(weights=[1j]), TypeError, "weights.*complex.*numeric array"),
    (lambda: ElasticNet(1.5), ValueError, r"l1_ratio.*\[0, 1\].*1\.5.*use 0 for"),
    (lambda: ElasticNet(-0.1), ValueError, r"l1_ratio.*-0\.1"),
    (lambda: ElasticNet(np.nan), ValueError, "l1_ratio.*nan"),
    (lambda: ElasticNet("half"), TypeError, "l1_ratio.*'half'.*pass a float"),
    (lambda: ElasticNet([0.1, 0.5]), TypeError, r"l1_ratio.*\[0\.1, 0\.5\].*pass a float"),
    (lambda: ElasticNet(True), TypeError, "l1_ratio.*True.*pass a float"),
    (lambda: Box(1, 0), ValueError, r"lower=1\.0 and upper=0\.0.*lower <= upper"),
    (lambda: Box([0, 3], [1, 2]), ValueError, r"lower=3\.0 and upper=2\.0 \(index 1\)"),
    (lambda: Box(np.inf, np.inf), ValueError, "no real number.*lower=inf"),
    (lambda: Box(np.nan, 1), ValueError, "lower.*NaN.*-inf or inf"),
    (lambda: Box(0, [1, np.nan]), ValueError, "upper.*NaN at index 1.*-inf or inf"),
    (lambda: Box([[0.0]], 1), ValueError, r"lower.*shape \(1, 1\).*one bound per feature"),
    (lambda: Box(None, 1), TypeError, "lower.*real"),
    (lambda: Box([0, 0], [1, 1, 1]), ValueError, "lower has 2, upper has 3.*one length"),
    (lambda: Box([0], 1, weights=[1, 1]), ValueError, "lower has 1, weights has 2.*one length"),
]

BAD_SUMS = [
    (lambda: Box(0, 1) + Box(2, 3), ValueError, r"lower=2\.0 and upper=1\.0.*drop or widen"),
    (lambda: Box(1, 2) + L1([1, np.inf]), ValueError, r"lower=1\.0 and upper=0\.0 \(index 1\)"),
    (lambda: L1([1, 1]) + L2([1, 1, 1]), ValueError, r"numbers of features, \[2, 3\].*one length"),
    (lambda: L1() + 3, TypeError, "cannot add L1 and int.*separable"),
    (lambda: 3 + L1(), TypeError, "cannot add int and L1.*separable"),
    (lambda: L1() + Penalty(), TypeError, "cannot add L1 and Penalty.*separable"),
    (lambda: Penalty() + L1(), TypeError, "cannot add Penalty and L1.*separable"),
    (lambda: Sum([L1(), 3]), TypeError, "terms.*separable.*3"),
    (lambda: Sum([]), TypeError, "terms.*at least one"),
]

BAD_ARGUMENTS = [
    (lambda: L1().prox([1.0], -0.5), ValueError, r"step.*non-negative.*-0\.5.*use 0"),
    (lambda: L1().prox([1.0], np.nan), ValueError, "step.*nan"),
    (lambda: L1().prox([1.0], np.inf), ValueError, "step.*finite.*inf"),
    (lambda: L1().prox([1.0, 2.0], [1.0, -1.0]), ValueError, r"step.*-1\."),
    (lambda: L1().prox([1.0, 2.0], [1.0] * 3), ValueError, r"step of shape \(3,\).*shape \(2,\)"),
    (lambda: L1().prox([1.0, 2.0], [[1.0, 2.0]]), ValueError, r"step of shape \(1, 2\)"),
    (lambda: L1().prox([1.0], "far"), TypeError, "step.*real"),
    (lambda: L1().prox(["a"], 1.0), TypeError, "coef.*real"),
    (lambda: L1().prox(3.0, 1.0), ValueError, r"coef.*axis 0.*3\.0.*shape \(1,\)"),
    (lambda: L1([1, 2, 3]).prox([1.0], 1.0), ValueError, "weights.*3 features.*coef has 1"),
    (lambda: L1([2.0]).value([1.0, 1.0]), ValueError, "weights.*1 features.*coef has 2"),
    (lambda: Box([0, 0], 1).coordinates(3), ValueError, "bounds.*2 features.*X has 3.*length 3"),
    (lambda: (L1() + L2([1, 1])).coordinates(3), ValueError, "weights.*2 features.*X has 3"),
]


@pytest.mark.parametrize(("act", "error", "message"), BAD_PARAMETERS + BAD_SUMS + BAD_ARGUMENTS)
def test_bad_input(act, error, message):
    with pytest.raises(error, match=message):
        act()
