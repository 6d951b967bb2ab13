"""The loosest tolerance at which a solver's whole path is as accurate as asked."""

from __future__ import annotations

import time

from benchmarks.process import TooSlow, Unusable

# Exponents of ten: two decades at a time, then halves of a decade between the last two.
FIRST, LAST, STRIDE, STEP = -4.0, -20.0, 2.0, 0.5


def loosest_tolerance(gap_at, required, seconds):
    """The loosest of the tolerances ``10^(-k/2)`` that suffices, and the gap there.

    Parameters
    ----------
    gap_at : callable
        Solves at a tolerance and returns the largest relative gap of the path.
    required : float
    seconds : float
        No other tolerance is tried after this time.

    Raises
    ------
    Unusable
        No tolerance that was tried suffices.
    """
    gaps, end = [], time.perf_counter() + seconds
    enough, failed, stride = FIRST, 0.0, STRIDE
    gaps.append(gap_at(10.0**enough))
    while gaps[-1] > required:
        best = min(gaps)
        if enough - stride < LAST or _stalled(gaps):
            raise Unusable(f"never reached, best gap {best:.0e}")
        if time.perf_counter() > end:
            raise Unusable(f"not reached in {seconds:.0f} s, best gap {best:.0e}")
        try:
            gaps.append(gap_at(10.0 ** (enough - stride)))
            enough, failed = enough - stride, enough
        except TooSlow:
            # Something looser may be quick enough, and tight enough.
            stride /= 2
            if stride < STEP:
                raise
    return _loosened(gap_at, required, end, (enough, failed, gaps[-1]))


def _stalled(gaps):
    """Tighter tolerances have stopped to help."""
    return len(gaps) > 3 and min(gaps[-2:]) > 0.5 * min(gaps[:-2])


def _loosened(gap_at, required, end, bracket):
    """Bisection between an exponent that suffices and one that does not, while there is time."""
    enough, failed, reached = bracket
    while failed - enough > STEP and time.perf_counter() < end:
        middle = enough + STEP * round((failed - enough) / STEP / 2)
        gap = gap_at(10.0**middle)
        if gap <= required:
            enough, reached = middle, gap
        else:
            failed = middle
    return 10.0**enough, reached
