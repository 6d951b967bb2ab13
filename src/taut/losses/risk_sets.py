"""Who is at risk when: sums over risk sets and over times at risk, without subtraction.

The event times of all strata stand in one line, stratum after stratum. Each sample is at risk at
an interval of them: from the first after its entry to the last before or at its own time, within
its stratum. All that a partial likelihood asks are sums over the samples at risk at each event
time, and sums over the event times at which each sample is at risk. Both are taken of logarithms,
so that nothing overflows, and by addition only, as differences of cumulative sums would lose all
digits where one sample outweighs the others.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["RiskSets", "risk_sets"]


class RiskSets:
    """The intervals at risk, and sums along them; depends on the response alone.

    Parameters
    ----------
    y : ndarray of shape (n_samples, 2 to 4)
        Columns time, event, entry, stratum.

    Attributes
    ----------
    n_times : int
        Number of event times, of all strata together.
    first, last : ndarray of int, shape (n_samples,)
        Interval at risk, both ends included; empty where ``first > last``.
    start : ndarray of int, shape (n_samples,)
        First event time of the sample's stratum.
    events : ndarray of int
        Rows with an event, ordered by event time.
    event_times : ndarray of int, shape (n_events,)
        Event time of each of them.
    begins : ndarray of bool, shape (n_times,)
        Whether an event time is the first of its stratum.
    is_truncated : bool
        Whether some sample enters after the first event time of its stratum.
    """

    def __init__(self, y):
        time, is_event = y[:, 0], y[:, 1] > 0
        entry = y[:, 2] if y.shape[1] > 2 else np.full(len(y), -np.inf)
        stratum = np.unique(y[:, 3], return_inverse=True)[1] if y.shape[1] > 3 else 0
        # Ranks make one key of stratum and time, with key 0 of a stratum before all its times.
        moments = np.unique(np.concatenate([time, entry]))
        before = stratum * (len(moments) + 1) + np.zeros(len(y), dtype=np.int64)
        key = before + 1 + np.searchsorted(moments, time)
        event_keys = np.unique(key[is_event])
        entry_key = before + 1 + np.searchsorted(moments, entry)

        self.n_times = len(event_keys)
        stratum_of_times = (event_keys - 1) // (len(moments) + 1)
        self.start = np.searchsorted(event_keys, before)
        self.first = np.searchsorted(event_keys, entry_key, side="right")
        self.last = np.searchsorted(event_keys, key, side="right") - 1
        self.begins = np.diff(stratum_of_times, prepend=-1) > 0
        events = np.flatnonzero(is_event)
        self.events = events[np.argsort(self.last[events], kind="stable")]
        self.event_times = self.last[self.events]
        at_risk = np.flatnonzero(self.first <= self.last)
        self.is_truncated = bool(np.any(self.first[at_risk] > self.start[at_risk]))
        kind = _Intervals if self.first[at_risk].any() else _Nested
        self._sums = kind(self, at_risk)

    def at_risk(self, logs) -> np.ndarray:
        """Log of the sum over the samples at risk, for each event time."""
        return self._sums.at_risk(logs)

    def along(self, logs) -> np.ndarray:
        """Log of the sum over the event times at which it is at risk, for each sample."""
        return self._sums.along(logs)

    def at_event(self, logs) -> np.ndarray:
        """Log of the sum over the samples with an event, for each event time."""
        # Every event time has an event, so no group is empty.
        groups = np.flatnonzero(np.diff(self.event_times, prepend=-1))
        return np.logaddexp.reduceat(logs[self.events], groups)

    def cumulative(self, values) -> np.ndarray:
        """Plain sums of rows over the samples at risk, shape (n_times, ...)."""
        return self._sums.cumulative(values)

    def of_events(self, values) -> np.ndarray:
        """Plain sums of rows over the samples with an event, for each event time."""
        groups = np.flatnonzero(np.diff(self.event_times, prepend=-1))
        return np.add.reduceat(values[self.events], groups)


@lru_cache(maxsize=8)
def _of_content(content: bytes, n_columns: int) -> RiskSets:
    return RiskSets(np.frombuffer(content).reshape(-1, n_columns))


def risk_sets(y) -> RiskSets:
    """The risk sets of a response; made once for all evaluations with the same response."""
    y = np.ascontiguousarray(y, dtype=np.float64)
    return _of_content(y.tobytes(), y.shape[1])


class _Nested:
    """All intervals begin at the first event time: cumulative sums from the right."""

    def __init__(self, risk, rows):
        self.n_samples = len(risk.last)
        self.rows = rows[np.argsort(-risk.last[rows], kind="stable")]
        self.last = risk.last[self.rows]
        # The samples at risk at event time t are the first so many of these rows.
        self.counts = np.searchsorted(-self.last, -np.arange(risk.n_times), side="right")

    def at_risk(self, logs):
        return np.logaddexp.accumulate(logs[self.rows])[self.counts - 1]

    def cumulative(self, values):
        return np.cumsum(values[self.rows], axis=0)[self.counts - 1]

    def along(self, logs):
        sums = np.full(self.n_samples, -np.inf)
        sums[self.rows] = np.logaddexp.accumulate(logs)[self.last]
        return sums


class _Intervals:
    """Any intervals: each is the disjoint union of O(log n_times) nodes of a binary tree.

    Node 1 is the root, nodes 2k and 2k + 1 are the halves of node k, and the leaves are the event
    times.
    """

    def __init__(self, risk, rows):
        self.n_samples, self.n_times = len(risk.last), risk.n_times
        self.size = 1 << max(risk.n_times - 1, 0).bit_length()
        rows, nodes = _covers(rows, risk.first[rows] + self.size, risk.last[rows] + self.size + 1)
        self.of_rows = _Groups(rows, members=nodes)
        self.of_nodes = _Groups(nodes, members=rows)

    def at_risk(self, logs):
        tree = self.of_nodes.sums(logs, 2 * self.size)
        half = 1
        while half < self.size:  # what covers a node covers its halves
            halves = slice(2 * half, 4 * half)
            tree[halves] = np.logaddexp(tree[halves], np.repeat(tree[half : 2 * half], 2))
            half *= 2
        return tree[self.size : self.size + self.n_times]

    def cumulative(self, values):
        tree = self.of_nodes.plain_sums(values, 2 * self.size)
        half = 1
        while half < self.size:
            tree[2 * half : 4 * half] += np.repeat(tree[half : 2 * half], 2, axis=0)
            half *= 2
        return tree[self.size : self.size + self.n_times]

    def along(self, logs):
        tree = np.full(2 * self.size, -np.inf)
        tree[self.size : self.size + self.n_times] = logs
        half = self.size // 2
        while half:  # a node is the sum of its halves
            left, right = tree[2 * half : 4 * half : 2], tree[2 * half + 1 : 4 * half : 2]
            tree[half : 2 * half] = np.logaddexp(left, right)
            half //= 2
        return self.of_rows.sums(tree, self.n_samples)


def _covers(rows, low, high):
    """Pairs of rows and nodes; the nodes of a row cover the leaves from ``low`` to ``high - 1``."""
    all_rows, all_nodes = [], []
    while len(rows):
        odd = low % 2 == 1  # a right half whose left neighbour is outside
        all_rows.append(rows[odd])
        all_nodes.append(low[odd])
        odd = high % 2 == 1  # the end, excluded, is a right half: its left neighbour is inside
        all_rows.append(rows[odd])
        all_nodes.append(high[odd] - 1)
        low, high = (low + 1) // 2, high // 2
        left = low < high
        rows, low, high = rows[left], low[left], high[left]
    return np.concatenate(all_rows), np.concatenate(all_nodes)


class _Groups:
    """Sums over the members of each group."""

    def __init__(self, groups, members):
        order = np.argsort(groups, kind="stable")
        self.members = members[order]
        self.groups, self.starts = np.unique(groups[order], return_index=True)

    def sums(self, logs, n_groups):
        sums = np.full(n_groups, -np.inf)
        sums[self.groups] = np.logaddexp.reduceat(logs[self.members], self.starts)
        return sums

    def plain_sums(self, values, n_groups):
        sums = np.zeros((n_groups, *values.shape[1:]))
        sums[self.groups] = np.add.reduceat(values[self.members], self.starts)
        return sums
