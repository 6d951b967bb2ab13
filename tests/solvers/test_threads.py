"""Jobs side by side: within the limits, on one thread of BLAS each, and what they leave behind."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, current_thread

import numpy as np
import pytest
from numpy.testing import assert_allclose
from threadpoolctl import threadpool_info, threadpool_limits

from taut import fit_path
from taut.designs import as_design
from taut.designs.moments import Moments, Rows
from taut.losses import Squared
from taut.penalties import L1
from taut.problem import Problem
from taut.solvers import Controls, path_engine, threads
from taut.solvers.products import row_moments
from taut.solvers.threads import one_at_a_time, side_by_side

MANY = 10**9
N, P = 1000, 9
X = np.random.default_rng(0).normal(size=(N, P))
Y = X[:, 0] + 1.0
ROWS = Rows.of(X, Y)


@pytest.fixture
def two_threads(monkeypatch):
    """Two, on a machine of any size."""
    monkeypatch.setattr(threads, "_openmp_effective_n_threads", lambda: 2)


def blas_threads():
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]


def names_of(n_entries=MANY):
    """The thread of each of two jobs."""
    return side_by_side([lambda controls: current_thread().name] * 2, Controls(), n_entries)


def test_jobs_meet_in_two_threads_with_one_of_blas_each(two_threads):
    meet = Barrier(2, timeout=30)

    def job(controls):
        meet.wait()
        return blas_threads()

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        found = side_by_side([job, job], Controls(), MANY)
        assert all(count == 1 for counts in found for count in counts)
        assert blas_threads() == before


def test_little_work_and_jobs_of_jobs_stay_in_their_thread(two_threads):
    here = current_thread().name
    assert names_of(n_entries=1000) == [here] * 2
    inner = side_by_side(
        [lambda controls: [current_thread().name, *names_of()]] * 2, Controls(), MANY
    )
    for names in inner:
        assert len(set(names)) == 1
        assert names[0] != here


def test_a_limit_of_one_thread_is_kept():
    with threadpool_limits(1):
        assert names_of() == [current_thread().name] * 2


def test_who_comes_meanwhile_stays_in_its_thread(two_threads):
    entered, left = Event(), Event()

    def waits(controls):
        entered.set()
        assert left.wait(30)

    with ThreadPoolExecutor(1) as pool:
        longer = pool.submit(side_by_side, [waits, waits], Controls(), MANY)
        assert entered.wait(30)
        meanwhile = names_of()
        left.set()
        longer.result()
    assert meanwhile == [current_thread().name] * 2
    assert current_thread().name not in names_of()


def test_an_exception_ends_the_other_jobs(two_threads):
    def fails(controls):
        raise ZeroDivisionError

    def goes_on(controls):
        while True:
            Moments.of_groups(ROWS, np.zeros(N, dtype=np.int32), 1, controls.cancel)

    with pytest.raises(ZeroDivisionError):
        side_by_side([fails, goes_on], Controls(), MANY)


@pytest.mark.parametrize("form", [np.asfortranarray, np.ascontiguousarray], ids=["F", "C"])
@pytest.mark.parametrize("weighted", [False, True])
def test_stretches_in_threads_are_all_rows(form, weighted, two_threads, monkeypatch):
    monkeypatch.setattr(threads, "_WORTH", 1)
    weights = np.linspace(0, 2, N) / N if weighted else np.full(N, 1 / N)
    problem = Problem(as_design(form(X)), Y, Squared(), L1(), weights)
    groups = np.arange(N, dtype=np.int32) % 4 - 1
    found = row_moments(problem, groups, 3, Controls())
    expected = Moments.of_groups(Rows(problem.design, Y, weights, found[0].shift), groups, 3)
    for one, other in zip(found, expected, strict=True):
        assert one.weight == pytest.approx(other.weight)
        assert_allclose(one.sums, other.sums, atol=1e-12)
        assert_allclose(one.products, other.products, atol=1e-12)


def test_short_calls_have_one_thread_of_blas_and_long_ones_keep_theirs():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with one_at_a_time(1000):
            assert set(blas_threads()) == {1}
            with one_at_a_time(1000):
                assert set(blas_threads()) == {1}
            assert set(blas_threads()) == {1}
        assert blas_threads() == before
        with one_at_a_time(MANY):
            assert blas_threads() == before


@pytest.mark.parametrize(
    ("shape", "few"), [((60, 400), True), ((400, 60), False), ((1500, 1600), False)]
)
def test_paths_of_few_rows_have_one_thread_of_blas(shape, few, monkeypatch):
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.normal(size=shape))
    seen, solve = [], path_engine._core.solve_path

    def watched(*args, **kwargs):
        seen.append(blas_threads())
        return solve(*args, **kwargs)

    monkeypatch.setattr(path_engine._core, "solve_path", watched)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        fit_path(X, X[:, 0], n_alphas=3, alpha_min_ratio=0.5)
    assert 2 in before
    assert seen == [[1] * len(before) if few else before]


def test_who_is_done_leaves_the_core_to_those_who_are_not(two_threads):
    """Two meetings of two: the second is over while the first waits for it to be."""
    over, widened = Event(), []

    class Watched:
        present = 0

        def widen(self):
            widened.append(self)
            over.set()

    def job(controls):
        if controls.meeting is meetings[0]:
            controls.meeting.present += 1
            assert over.wait(30)
            controls.meeting.present -= 1
        return controls.meeting

    meetings = [Watched(), Watched()]
    found = threads._in_threads([job] * 4, Controls(), meetings, 2)
    assert sorted(map(meetings.index, found)) == [0, 0, 1, 1]
    assert meetings[0] in widened
