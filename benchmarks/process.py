"""The other end of a worker: ask, wait no longer than allowed, end it."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Unusable(Exception):
    """The solver cannot go on with this problem; the message is what the table says."""


class TooSlow(Unusable):
    """One run took longer than allowed."""


class Worker:
    """A solver that has loaded a problem.

    Parameters
    ----------
    peer : str
        A key of ``PEERS``.
    folder : Path
        Where the problem was written.
    site : Path, default None
        A folder with the packages to use before all others.

    Raises
    ------
    Unusable
        The solver is not installed, or refuses the problem.
    """

    START_SECONDS = 300

    def __init__(self, peer, folder, site=None):
        paths = [str(p) for p in (site, ROOT) if p]
        self.peer = peer
        self._folder = Path(folder)
        self._output = self._folder / f"output-{peer}"
        self._environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        self._start()

    def _start(self):
        self._process = subprocess.Popen(
            _command(self.peer, self._folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=self._folder,
            env=self._environment,
        )
        word, rest = self._answer(self.START_SECONDS)
        if word != "ready":
            self.end()
            raise Unusable(f"failed: {rest}" if word == "failed" else rest)
        self.warm_up = float(rest)

    def ask(self, kind, tol, limit):
        """Solve once; in a new process where the last one had to be ended.

        Returns
        -------
        seconds : float
        output : Path
            The file with the path, or with the curve of errors.
        """
        if self._process.poll() is not None:
            self._start()
        self._process.stdin.write(f"{kind} {tol!r} {self._output}\n".encode())
        word, rest = self._answer(limit)
        if word != "done":
            raise Unusable(f"failed: {rest}")
        return float(rest), self._output

    def _answer(self, limit):
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            ready = selector.select(limit)
        if not ready:
            self.end()
            raise TooSlow(f"> {limit:.0f} s")
        line = self._process.stdout.readline().decode().strip()
        if not line:
            self.end()
            raise Unusable("failed: the process ended")
        word, _, rest = line.partition(" ")
        return word, rest

    def end(self):
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            stream.close()


def _command(peer, folder):
    if peer != "glmnet-r":
        return [sys.executable, "-m", "benchmarks.worker", peer, str(folder)]
    if shutil.which("Rscript") is None:
        raise Unusable("not installed")
    return ["Rscript", str(Path(__file__).parent / "peers" / "glmnet.R"), str(folder)]
