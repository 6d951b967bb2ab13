"""Every example runs in its quick setting and leaves a picture."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
NEEDS_TORCH = ("import torch", "taut.nn", "from taut import nn")


TOPICS = {
    "ridge_lasso_elastic_net", "dropout", "early_stopping", "cross_validation", "grid_search",
    "pipeline", "lasso_from_scratch", "bias_variance", "polynomials", "feature_selection",
}  # fmt: skip


def test_every_topic_of_a_course_has_its_script():
    assert {script.stem for script in SCRIPTS} >= TOPICS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example_runs(script, tmp_path):
    if any(word in script.read_text(encoding="utf-8") for word in NEEDS_TORCH):
        pytest.importorskip("torch", reason="the example needs PyTorch")
    environment = {name: value for name, value in os.environ.items() if name != "TAUT_DATA"}
    command = [sys.executable, script, "--quick", "--output", tmp_path]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment | {"MPLBACKEND": "Agg"}
    )
    assert done.returncode == 0, done.stderr
    picture = tmp_path / f"{script.stem}.png"
    assert picture.stat().st_size > 5_000
    assert done.stdout.strip()
