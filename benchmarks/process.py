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
    """The solver cannot go on with this problem; the message says why, in the words of the table."""


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
        self._output = Path(folder) / f"output-{peer}"
        self._process = subprocess.Popen(
            _command(peer, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        word, rest = self._answer(self.START_SECONDS)
        if word != "ready":
            self.end()
            raise Unusable(f"failed: {rest}" if word == "failed" else rest)
        self.warm_up = float(rest)

    def ask(self, kind, tol, limit):
        """Solve once.

        Returns
        -------
        seconds : float
        output : Path
            The file with the path, or with the curve of errors.
        """
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
            raise Unusable(f"> {limit:.0f} s")
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
