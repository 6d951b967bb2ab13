"""Ctrl-C while LAPACK is at work: answered at once, the model as it was, the next fit sound."""

import subprocess
import sys

import numpy as np
import pytest

from taut.interrupt import interruptible

SCRIPT = """
import os, signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs may ignore it
import numpy as np
import taut

random = np.random.default_rng(0)
X = random.normal(size={shape})
X[:, -1] = X[:, 0]  # no short cut by a Cholesky factor
y = X[:, 0] + random.normal(size=len(X))
model = {model}
model.fit(X[:50, :5], y[:50])
before = dict(vars(model))
sent = []

def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

threading.Timer({after}, interrupt).start()
try:
    model.fit(X, y)
except KeyboardInterrupt:
    print(time.monotonic() - sent[0])
else:
    raise SystemExit("the fit ended before it could be interrupted")
assert all(vars(model)[name] is value for name, value in before.items())
assert vars(model).keys() == before.keys()
small = taut.LinearRegression().fit(X[:50, :5], y[:50])
assert small.certificate_.solved
os._exit(0)  # not waiting for what was abandoned
"""
LONG = {
    "singular values": ("taut.LinearRegression()", (2500, 2000), 1.5),
    "eigenvectors": ("taut.Ridge()", (2600, 2500), 1.5),
    "leave-one-out": ("taut.RidgeCV()", (2600, 2500), 1.5),
    "path": ("taut.Lasso(alpha=1e-6, tol=1e-14)", (2000, 2500), 1.5),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG)
def test_a_long_fit_ends_within_a_second(case):
    model, shape, after = LONG[case]
    script = SCRIPT.format(model=model, shape=shape, after=after)
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 1.0


@pytest.mark.parametrize("operations", [1.0, 1e12], ids=["short", "long"])
def test_what_a_call_returns_or_raises_is_passed_on(operations):
    assert interruptible(operations, pow, 2, 10) == 1024
    with pytest.raises(ZeroDivisionError):
        interruptible(operations, divmod, 1, 0)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        interruptible(operations, np.divide, 1.0, np.zeros(1))
