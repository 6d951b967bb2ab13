"""The Python of the README runs as it stands."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_snippets_run(capsys):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    snippets = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) >= 2
    names = {}
    for snippet in snippets:
        exec(compile(snippet, str(README), "exec"), names)
    assert all(certificate.solved for certificate in names["path"].certificates)
    assert "solved" in capsys.readouterr().out
