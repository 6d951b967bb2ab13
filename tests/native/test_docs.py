"""The page on losses and penalties of one's own runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

PAGE = Path(__file__).parents[2] / "docs" / "own-penalties.md"


def test_the_page_runs_and_both_levels_agree(capsys):
    pytest.importorskip("numba", reason="numba is not installed")
    if not PAGE.exists():
        pytest.skip("the docs are not here")
    names = {}
    for snippet in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(snippet, str(PAGE), "exec"), names)
    assert "solved" in capsys.readouterr().out
    _, arrays = names["seconds"](names["Expectile"](), names["Leaning"](), **names["grid"])
    _, native = names["seconds"](names["native_loss"], names["native_leaning"], **names["grid"])
    assert_allclose(native.coefs, arrays.coefs, atol=1e-3)
    assert np.any(native.coefs)
