"""``python -m benchmarks.install``: the peers, one by one, so that one that fails stops nothing."""

import subprocess
import sys

# adelie is built against the first NumPy; taut and the others must do with it too.
NUMPY = "numpy<2"
PEERS = (
    "scikit-learn",
    "celer",
    "skglm",
    "adelie",
    "python-glmnet",
    "skein-glm",
    "glum",
    "sortedl1",
)


def install(package):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, NUMPY, package], capture_output=True, text=True)
    if done.returncode:
        print(f"{package} does not install: {done.stderr.strip().splitlines()[-1]}")
    return done.returncode == 0


if __name__ == "__main__":
    for needed in ("matplotlib", *PEERS):
        install(needed)
