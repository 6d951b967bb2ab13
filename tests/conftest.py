"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def one_thread_per_worker():
    """Workers side by side would fight for the cores, each with a thread pool of its own."""
    limit = 1 if "PYTEST_XDIST_WORKER" in os.environ else None
    with threadpool_limits(limit):
        yield


@pytest.fixture(scope="session")
def data_folder():
    """Real tables and reference results, kept beside the repository and never inside it."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("TAUT_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist, and TAUT_DATA names no other folder")
    return folder
