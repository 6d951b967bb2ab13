"""Ctrl-C ends a long fit soon, with nothing half-written: the next fit is as good as ever."""

import pytest

from .fits import ENGINES, SANITIZED
from .script import run_script

SCRIPT = """
import os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs may ignore it
import numpy as np
from certifier import judge_path
from core.fits import fit, made

data = made({shape}, seed=7)
sent = []

def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

threading.Timer(0.7, interrupt).start()
try:
    fit(data, {engine!r}, alphas=np.geomspace(1.0, 1e-6, 5000), tol=1e-15)
except KeyboardInterrupt:
    delay = time.monotonic() - sent[0]
else:
    sys.exit("the fit ended before it could be interrupted")
small = made(40, 10)
assert judge_path(*small, fit(small, {engine!r})).max() < 1e-9
print(delay)
"""
SHAPES = {"gram": "20_000, 700", "working set": "600, 3000"}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupt_is_answered_within_a_second(engine):
    script = SCRIPT.format(shape=SHAPES[engine], engine=engine)
    assert float(run_script(script)) < (10.0 if SANITIZED else 1.0)
