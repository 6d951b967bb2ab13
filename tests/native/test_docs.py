"""The page on losses and penalties of one's own runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import taut

PAGE = Path(__file__).parents[2] / "docs" / "own-penalties.md"


@pytest.fixture(scope="module")
def snippets():
    if not PAGE.exists():
        pytest.skip("the docs are not here")
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_both_levels_and_their_use_take_thirty_lines(snippets):
    code = "".join(snippets)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 30
    shown = (
        "taut.losses.Loss)",
        "taut.penalties.Penalty)",
        "NativeLoss(",
        "NativePenalty(",
        "cfunc",
    )
    assert all(part in code for part in (*shown, ".fit("))


def test_the_page_runs_and_both_levels_agree(snippets, capsys):
    pytest.importorskip("numba", reason="numba is not installed")
    names = {}
    for snippet in snippets:
        exec(compile(snippet, str(PAGE), "exec"), names)
    assert capsys.readouterr().out.count("solved") == 3
    pairs = (names["Expectile"](), names["Leaning"]()), (names["expectile"], names["leaning"])
    settings = {"n_alphas": 30, "alpha_min_ratio": 0.05}
    arrays, native = (
        taut.fit_path(names["X"], names["y"], loss, penalty, **settings) for loss, penalty in pairs
    )
    assert all(c.solved for c in (*arrays.certificates, *native.certificates))
    assert_allclose(native.alphas, arrays.alphas, rtol=1e-6)
    assert_allclose(native.coefs, arrays.coefs, atol=1e-3)
    assert np.any(native.coefs)
