"""The Python of the README runs as it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def names_after(page):
    """What the snippets of a page define, run one after another."""
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) >= 2
    names = {"__name__": page.stem}
    for snippet in snippets:
        exec(compile(snippet, str(page), "exec"), names)
    return names


def test_the_snippets_run(capsys):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    names = names_after(ROOT / "README.md")
    assert all(certificate.solved for certificate in names["path"].certificates)
    assert "solved" in capsys.readouterr().out
