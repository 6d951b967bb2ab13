import pytest

from .functions import KINDS, maker


@pytest.fixture(params=KINDS, scope="session")
def make(request, tmp_path_factory):
    """C functions of every kind, from the Python functions of the same meaning."""
    return maker(request.param, tmp_path_factory.mktemp("native"))
