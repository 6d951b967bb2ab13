"""Sparse signals from few measurements: ``recover``, and ``CompressedSensing`` around it."""

from taut.applications.recovery import Recovery, recover
from taut.applications.sensing_estimator import CompressedSensing

__all__ = ["CompressedSensing", "Recovery", "recover"]
