"""Python programs of their own, for what cannot be seen from inside one process."""

import os
import subprocess
import sys
from pathlib import Path


def run_script(source, timeout=120):
    """Run the source with the tests' modules at hand; its output, or its error as a failure."""
    tests = str(Path(__file__).parents[1])
    known = os.environ.get("PYTHONPATH")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [known, tests]))}
    done = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
