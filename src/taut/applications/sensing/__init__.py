"""Sparse signals from few measurements."""
