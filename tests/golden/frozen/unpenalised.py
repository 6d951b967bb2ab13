"""Makes unpenalised.json: fits without penalty by statsmodels and lifelines, on glmnet.json's data.

python unpenalised.py > unpenalised.json
"""

import json
from pathlib import Path

import lifelines
import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm

frozen = json.loads((Path(__file__).parent / "glmnet.json").read_text())
X = np.array(frozen["x"])[:, :3]
counts, binary, weights, offset = (
    np.array(frozen[name]) for name in ("counts", "binary", "weights", "offset")
)
amounts = np.exp(np.array(frozen["targets"])[:, 0])


def glm(y, family, **options):
    fit = sm.GLM(y, sm.add_constant(X), family=family, **options).fit(tol=1e-14, maxiter=500)
    return fit.params.tolist()


table = pd.DataFrame(X).assign(time=frozen["times"], event=frozen["events"])
cox = lifelines.CoxPHFitter().fit(table, "time", "event", fit_options={"precision": 1e-13})
log = sm.families.links.Log()
print(
    json.dumps(
        {
            "statsmodels": statsmodels.__version__,
            "lifelines": lifelines.__version__,
            "logistic": glm(binary, sm.families.Binomial(), freq_weights=weights),
            "poisson": glm(counts, sm.families.Poisson(), offset=offset),
            "gamma": glm(amounts, sm.families.Gamma(log), freq_weights=weights),
            "tweedie": glm(amounts, sm.families.Tweedie(log, var_power=1.5)),
            "cox_efron": cox.params_.tolist(),
        },
        indent=1,
    )
)
