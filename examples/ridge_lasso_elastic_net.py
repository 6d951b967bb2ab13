"""Coefficients of ridge, lasso and elastic net against the strength of the penalty.

Ridge shrinks all coefficients and zeroes none; the lasso zeroes one after another; the elastic net
does both, and keeps correlated features (here the blood values s1 and s2) together.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

import taut
from taut import penalties
from taut.plots import PathDisplay, style

options = arguments(__doc__)
X, y = load_diabetes(return_X_y=True, as_frame=True)
X[:] = StandardScaler().fit_transform(X)

figure, axes = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained", sharey=True)
axes[0].set(ylim=(-40, 40), autoscaley_on=False)
n_alphas = 40 if options.quick else 120
named = [X.columns.get_loc(name) for name in ("s5", "bmi", "s1", "bp", "sex", "s2", "s3")]
print(f"{'penalty':<28}{'alpha':>9}  coefficients that are not zero")
models = {
    "ridge: all shrink, none to zero": penalties.L2(),
    "lasso: one enters after another": penalties.L1(),
    "elastic net, l1_ratio 0.3: both": penalties.ElasticNet(l1_ratio=0.3),
}
for ax, (title, penalty) in zip(axes, models.items(), strict=True):
    alphas = np.geomspace(200, 0.01, n_alphas)
    path = taut.fit_path(X, y, penalty=penalty, alphas=alphas)
    assert all(certificate.solved for certificate in path.certificates)
    PathDisplay(path).plot(ax, features=named)
    ax.set_ylabel("coefficient, of standardised features" if ax is axes[0] else "")
    style.title(ax, title)
    for alpha in (30.0, 3.0, 0.3):
        coef = path.at(alpha)[0]
        print(f"{penalty!r:<28}{alpha:>9g}  {np.count_nonzero(coef)} of {len(coef)}")

picture = options.output / "ridge_lasso_elastic_net.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")
