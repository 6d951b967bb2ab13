"""What would not fit is refused before it is asked for, or done in another way."""

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from tests.core.script import run_script

import taut
from taut import memory, penalties
from taut.designs.encoder import TableEncoder
from taut.designs.moments import Moments, Rows

MIB = 2**20
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(400, 30))
Y = X[:, 0] + RANDOM.normal(size=400)
WIDE = RANDOM.normal(size=(20, 3000))
TARGETS = RANDOM.normal(size=(20, 40))
WHOLE = RANDOM.integers(-9, 9, size=(2000, 100))
CODES = pd.DataFrame({"a": RANDOM.integers(40, size=9000).astype(str), "b": np.arange(9000) % 7})
LONG = sparse.random_array((100_000, 5), density=0.01, format="csr", rng=RANDOM)


@pytest.fixture
def only(monkeypatch):
    """Makes so many bytes all that can be had, and lets nothing be too small to count."""

    def limit(count):
        monkeypatch.setattr(memory, "_SMALL", 0)
        monkeypatch.setattr(memory, "available_memory", lambda: count)

    return limit


def _with_duplicates():
    X = sparse.csc_matrix(WHOLE.astype(np.float64))
    X.indptr, X.indices, X.data = X.indptr * 2, np.repeat(X.indices, 2), np.repeat(X.data, 2)
    return sparse.csc_matrix((X.data, X.indices, X.indptr), shape=X.shape)


def _encoder():
    return TableEncoder(kinds={"a": "category", "b": "number"}).fit(CODES)


READ = "pass X as a contiguous array"
COMPRESSED = r"pass X as a canonical CSC matrix .*X.tocsc\(\)"
FIRST = WHOLE[:, 0].astype(np.float64)
# What is prepared while memory lasts, what then asks for too much, and its message.
REFUSED = {
    "integers": (lambda: WHOLE, "2,000 rows x 100 columns .* 1.5 MiB", READ),
    "objects": (lambda: WHOLE.astype(object), "2,000 rows x 100 columns .* 1.5 MiB", READ),
    "a frame": (lambda: pd.DataFrame(WHOLE), "2,000 rows x 100 columns .* 1.5 MiB", READ),
    "foreign bytes": (lambda: WHOLE.astype(">f8"), "2,000 rows x 100 columns .* 1.5 MiB", READ),
    "float32 apart": (
        lambda: np.repeat(WHOLE, 2, axis=1).astype(np.float32)[:, ::2],
        "2,000 rows x 100 columns .* 0.8 MiB",
        READ,
    ),
    "rows compressed": (
        lambda: sparse.csr_array(WHOLE.astype(np.float64)),
        "entries of float64 in CSR, would take 2.2 MiB",
        COMPRESSED,
    ),
    "sparse integers": (
        lambda: sparse.csc_array(WHOLE),
        "entries of int64 in CSC, would take 2.2 MiB",
        COMPRESSED,
    ),
    "sparse integers by rows": (
        lambda: sparse.csr_array(WHOLE),
        "entries of int64 in CSR, would take 4.3 MiB",
        COMPRESSED,
    ),
    "coordinates": (
        lambda: sparse.coo_array(WHOLE.astype(np.float32)),
        "entries of float32 in COO, would take 2.9 MiB",
        COMPRESSED,
    ),
    "repeated entries": (
        _with_duplicates,
        "entries of float64 in CSC, would take 4.3 MiB",
        COMPRESSED,
    ),
}


@pytest.mark.parametrize("model", [taut.Ridge(), taut.LinearRegression()], ids=str)
def test_rows_compressed_serve_where_no_column_is_needed(model, only):
    table = sparse.random_array((5000, 200), density=0.05, format="csr", rng=RANDOM)
    target = table @ np.arange(200) + RANDOM.normal(size=5000)
    usual = clone(model).fit(table.tocsc(), target)
    only(0.9 * (table.data.nbytes + table.indices.nbytes))
    found = clone(model).fit(table, target)
    assert found.certificate_.solved
    np.testing.assert_allclose(found.coef_, usual.coef_, atol=1e-6)
    with pytest.raises(MemoryError, match="column-compressed copy of X, 50,000 stored entries"):
        taut.Lasso().fit(table, target)


@pytest.mark.parametrize("read", [taut.Lasso().fit, taut.fit_path], ids=["fit", "fit_path"])
@pytest.mark.parametrize("case", REFUSED)
def test_copies_of_x(case, read, only):
    make, how_much, remedy = REFUSED[case]
    table = make()
    only(0.7 * MIB)
    with pytest.raises(MemoryError, match=f"copy of X, .*{how_much}.*0.7 MiB can be had: {remedy}"):
        read(table, FIRST)


@pytest.mark.parametrize(
    ("prepare", "ask", "message"),
    [
        (
            lambda: WIDE,
            lambda X: taut.fit_path(X, TARGETS[:, 0]),
            r"coefficients of 3,000 features at 100 alphas would take 2.3 MiB.*\(n_alphas\)",
        ),
        (
            lambda: WIDE,
            lambda X: taut.fit_path(X, TARGETS, n_alphas=10),
            "3,000 features at 10 alphas for 40 targets would take 18.3 MiB.*fewer targets",
        ),
        (
            lambda: WIDE,
            lambda X: taut.Ridge().fit(X, TARGETS),
            "coefficients of 3,000 features for 40 targets would take 2.7 MiB.*fewer targets",
        ),
        (
            lambda: WIDE,
            lambda X: taut.ElasticNetCV(alphas=20, l1_ratio=[0.5, 1.0]).fit(X, TARGETS[:, 0]),
            "features at 20 alphas for 2 values of l1_ratio would take 0.9 MiB.*fewer of these",
        ),
        (
            lambda: X,
            lambda X: Moments.of_groups(Rows.of(X, Y), np.arange(400), 400),
            "products of 31 columns, for 400 groups of rows, would take 2.9 MiB.*taut.fit_path",
        ),
        (
            lambda: np.tile(X, (1, 10)),
            lambda X: taut.RidgeCV().fit(X, Y),
            r"leave-one-out .* of 300 x 300 would take 4.1 MiB.*\(cv=5\)",
        ),
        (
            lambda: X,
            lambda X: taut.RidgeCV(alphas=np.ones(90), cv=3).fit(X, Y),
            "predictions for 400 rows at 90 alphas for 1 targets would take 1.1 MiB.*fewer alphas",
        ),
        (
            lambda: np.tile(X, (8, 1)),
            lambda X: taut.ElasticNet(alpha=taut.AIC()).fit(X, np.tile(Y, 8)),
            "dense copy of 3,200 rows x .* columns would take .* MiB.*taut.CV",
        ),
        (
            _encoder,
            lambda encoder: encoder.transform(CODES),
            "numbers, with 9,000 rows of 41 entries, would take 11.3 MiB.*leave out",
        ),
        (
            lambda: taut.Lasso().fit(LONG, LONG[:, [0]].toarray()[:, 0]),
            lambda model: model.predict(LONG),
            "predictions for 100,000 rows and 1 targets would take 1.5 MiB.*fewer rows",
        ),
        (
            lambda: taut.fit_path(X, Y),
            lambda path: path.predict(X),
            r"predictions for 400 rows by 100 models .* would take 0.9 MiB.*one alpha",
        ),
    ],
    ids=lambda value: value.split(" would")[0] if isinstance(value, str) else "",
)
def test_what_a_fit_allocates(prepare, ask, message, only):
    given = prepare()
    only(0.7 * MIB)
    with pytest.raises(MemoryError, match=message) as error:
        ask(given)
    assert "and 0.7 MiB can be had: " in str(error.value)


def test_a_sparse_encoding_counts_its_entries(only):
    names = [f"c{j}" for j in range(15)]
    table = {name: np.char.add("l", RANDOM.integers(48, size=2000).astype(str)) for name in names}
    encoder = TableEncoder(kinds=dict.fromkeys(names, "category")).fit(table)
    assert sparse.issparse(encoder.transform(table))
    only(MIB)
    with pytest.raises(MemoryError, match=r"2,000 rows of 15 entries, would take 1.8 MiB"):
        encoder.transform(table)


def test_the_core_out_of_memory(monkeypatch):
    def run_out(*_, **__):
        raise MemoryError("std::bad_alloc")

    monkeypatch.setattr("taut.solvers.path_engine._core.solve_path", run_out)
    message = (
        r"more of the 30 features .* 400 rows .*did not fit in memory, of which .*iB can be had"
    )
    with pytest.raises(MemoryError, match=rf"{message}: .*alpha_min_ratio.* subset of the columns"):
        taut.fit_path(X, Y)
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    with pytest.raises(MemoryError, match=r"did not fit in memory: stop at a larger alpha"):
        taut.Lasso().fit(X, Y)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_the_core_really_out_of_memory():
    script = """
import resource
import numpy as np
import taut

random = np.random.default_rng(0)
X = random.normal(size=(2000, 4000))
y = X[:, :900] @ random.normal(size=900) + random.normal(size=2000)
taut.fit_path(X, y, n_alphas=3, alpha_min_ratio=0.5)
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + 20 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    taut.fit_path(X, y)
except MemoryError as error:
    print(error)
"""
    assert "the working set, which takes in more of the 4,000 features" in run_script(script)


def test_the_working_set_stops_where_memory_ends(only):
    y = WIDE @ np.ones(3000)
    only(2 * MIB)
    assert taut.fit_path(WIDE, y, alphas=[30.0]).n_nonzero[0] > 0
    only(8 * 3000 + 1)
    with pytest.raises(MemoryError, match=r"working set, .* of the 3,000 features .*larger alpha"):
        taut.fit_path(WIDE, y, alphas=[1e-3])


def test_nothing_small_is_looked_up(monkeypatch):
    def look():
        raise AssertionError("memory was looked up for a small fit")

    monkeypatch.setattr(memory, "available_memory", look)
    for model in (taut.Lasso(), taut.Ridge(), taut.LinearRegression(), taut.LassoCV()):
        model.fit(X, Y).predict(X)


def test_unknown_memory_refuses_nothing(only):
    only(None)
    assert memory.fits((10**9, 10**9))
    taut.Lasso().fit(WHOLE, FIRST)


def test_working_sets_in_place_of_the_gram_matrix(only, monkeypatch):
    few = {"penalty": penalties.ElasticNet(0.9), "alpha_min_ratio": 0.5, "tol": 1e-12}
    usual = taut.fit_path(X, Y, **few)
    engines = []
    solve = taut.solvers.path_engine._core.solve_path

    def seen(*arguments, **named):
        engines.append(arguments[13])
        return solve(*arguments, **named)

    monkeypatch.setattr("taut.solvers.path_engine._core.solve_path", seen)
    for count, engine in ((36_000, 0), (35_000, 2)):
        only(count)
        np.testing.assert_allclose(taut.fit_path(X, Y, **few).coefs, usual.coefs, atol=1e-9)
        assert engines.pop() == engine


@pytest.mark.parametrize("shape", [(60, 40), (40, 60)])
def test_conjugate_gradients_in_place_of_a_decomposition(shape, only):
    X = RANDOM.normal(size=shape)
    usual = taut.Ridge(tol=1e-14).fit(X, X[:, 0])
    assert usual.solver_ == "eigen"
    only(40 * 40 * 48 - 1)
    model = taut.Ridge(tol=1e-14).fit(X, X[:, 0])
    assert model.solver_ == "sparse_cg"
    assert model.certificate_.solved
    np.testing.assert_allclose(model.coef_, usual.coef_, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(60, 40), (40, 60)])
def test_lsqr_in_place_of_a_factorisation(shape, dtype, only):
    X = RANDOM.normal(size=shape).astype(dtype)
    X[:, 3] = X[:, 4]
    y = X @ np.arange(shape[1]) + RANDOM.normal(size=shape[0])
    usual = taut.LinearRegression().fit(X, y)
    only(60 * 40 * 32)
    model = taut.LinearRegression().fit(X, y)
    assert hasattr(usual, "rank_")
    assert not hasattr(model, "rank_")
    assert model.certificate_.solved
    np.testing.assert_allclose(model.coef_, usual.coef_, atol=1e-6)


def test_fits_on_the_rows_in_place_of_moments_for_each_fold(only, monkeypatch):
    usual = taut.LassoCV(cv=5).fit(X, Y)
    gathered = []
    gather = Moments.of_groups
    monkeypatch.setattr(Moments, "of_groups", lambda *a, **k: gathered.append(1) or gather(*a, **k))
    for count, calls in ((30 * 31 * 31 * 8, 1), (29 * 31 * 31 * 8, 0)):
        only(count)
        model = taut.LassoCV(cv=5).fit(X, Y)
        np.testing.assert_allclose(model.mse_path_, usual.mse_path_, rtol=1e-6)
        assert len(gathered) == calls
        gathered.clear()


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Writes files of the system's into a folder that stands for its root."""
    monkeypatch.setattr(memory, "_ROOT", tmp_path)

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


MACHINE = {"proc/meminfo": "MemTotal: 900 kB\nMemFree: 100 kB\nMemAvailable:     500 kB\n"}
UNIFIED = {**MACHINE, "proc/self/cgroup": "0::/batch/job\n"}
JOB, BATCH = "sys/fs/cgroup/batch/job", "sys/fs/cgroup/batch"
LEGACY = {**MACHINE, "proc/self/cgroup": "9:cpu:/a\n4:memory,hugetlb:/docker/a1\n0::/\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (MACHINE, 500 * 1024),
        (UNIFIED, 500 * 1024),
        ({**UNIFIED, f"{JOB}/memory.max": "max\n"}, 500 * 1024),
        ({**UNIFIED, f"{JOB}/memory.max": "9000\n", f"{JOB}/memory.current": "2000\n"}, 7000),
        (
            {
                **UNIFIED,
                f"{JOB}/memory.max": "max\n",
                f"{BATCH}/memory.max": "9000\n",
                f"{BATCH}/memory.current": "8000\n",
                f"{BATCH}/memory.stat": "anon 5000\ninactive_file 1500\nactive_file 400\n",
            },
            2900,
        ),
        (
            {
                **UNIFIED,
                "sys/fs/cgroup/memory.max": "9000\n",
                "sys/fs/cgroup/memory.current": "9500\n",
            },
            0,
        ),
        (
            {
                **LEGACY,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "6000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "3000\n",
                "sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 700\n",
            },
            3700,
        ),
        (
            {
                **LEGACY,
                "sys/fs/cgroup/memory/docker/a1/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/docker/a1/memory.usage_in_bytes": "3000\n",
            },
            500 * 1024,
        ),
    ],
    ids=["machine", "no limit", "max", "v2", "v2 above", "v2 over", "v1 container", "v1 none"],
)
def test_memory_that_can_be_had(files, expected, system):
    system(files)
    assert memory.available_memory() == expected


def test_elsewhere_the_machine_is_what_is_known(system, monkeypatch):
    counts = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(memory.os, "sysconf", counts.__getitem__)
    assert memory.available_memory() == 4_096_000
    monkeypatch.delattr(memory.os, "sysconf")
    assert memory.available_memory() is None


def test_of_this_machine():
    assert memory.available_memory() > MIB
    huge = (10**9, 10**9)
    with pytest.raises(
        MemoryError, match=r"an array of 1000000000 would take 7,\d*,?\d*.* GiB, and"
    ):
        memory.require_memory("an array of {}", huge, "make it smaller")
