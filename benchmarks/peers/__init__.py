"""One adapter a solver.

An adapter has one function for each task (a key of ``TASKS``) that the solver has a path for:
``logistic(X, y, alphas, tol)`` returns coefficients of shape (n_features, n_alphas) and intercepts,
or for several classes (n_features, n_classes, n_alphas) and (n_classes, n_alphas), with alphas on
taut's scale. Where the solver can cross-validate a lasso, ``cv(X, y, alphas, fold, tol)`` returns
the mean squared error of each alpha and the refitted coefficients and intercept. ``refuses(X)`` is
a reason not to try, or None, and ``LACKS`` says why a task that seems to be there is not.
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
    "sortedl1": ("sortedl1", "sortedl1", "sortedl1"),
}

# Those that the quick benchmark takes: none compiles for half a minute before it begins.
QUICK = ("taut", "sklearn", "celer", "adelie", "glmnet-r", "glmnet-py", "sortedl1")
