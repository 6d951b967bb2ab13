"""Networks as scikit-learn estimators, and the files that they are saved to."""
