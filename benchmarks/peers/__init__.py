"""One adapter a solver.

An adapter has ``path(X, y, alphas, tol)``, which returns coefficients of shape
(n_features, n_alphas) and intercepts of the lasso, with alphas on scikit-learn's scale; where the
solver can cross-validate, ``cv(X, y, alphas, fold, tol)``, which returns the mean squared error of
each alpha and the refitted coefficients and intercept; and where it cannot take everything,
``refuses(X)``, a reason or None.
``tol`` is whatever the solver means by its tolerance.
"""

# Title, the package to import, and the module of the adapter; glmnet in R has a worker of its own.
PEERS = {
    "taut": ("taut", "taut", "taut"),
    "sklearn": ("scikit-learn", "sklearn", "scikit_learn"),
    "celer": ("celer", "celer", "celer"),
    "skglm": ("skglm", "skglm", "skglm"),
    "adelie": ("adelie", "adelie", "adelie"),
    "adelie-gram": ("adelie on X'X", "adelie", "adelie_gram"),
    "glmnet-r": ("glmnet (R)", None, None),
    "glmnet-py": ("python-glmnet", "glmnet", "glmnet"),
    "skein": ("skein-glm", "skein_glm", "skein"),
    "glum": ("glum", "glum", "glum"),
}
