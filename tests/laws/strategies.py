"""What the laws are tried on."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from .registry import N_FEATURES

# How often a law is tried on each member of a registry; shared machines make no promise of time.
tried = settings(max_examples=30, deadline=None)
steps = st.floats(1e-3, 1e3)


def numbers(low, high):
    """Floats with exact zeros, ties at small integers, and no subnormals."""
    whole = st.integers(int(np.ceil(low)), int(np.floor(high))).map(float)
    return whole | st.floats(low, high, allow_subnormal=False)


def coefs(shape=N_FEATURES):
    return arrays(np.float64, shape, elements=numbers(-8, 8))
