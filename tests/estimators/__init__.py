"""The estimators against scikit-learn's, its checks, and their own promises."""
