"""``python -m benchmarks.guard``: is this tree slower than its parent, on this machine, now?

Both are built, and solve the same problems in turns, so that only the ratio of their times counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import exchange
from benchmarks.generated import correlated, gaussian, text_like
from benchmarks.process import ROOT, Worker

PROBLEMS = {
    "wide": lambda: gaussian(200, 5_000, 20),
    "mid": lambda: gaussian(500, 1_500, 100),
    "tall": lambda: gaussian(30_000, 200, 40),
    "correlated": lambda: correlated(300, 1_500, 30, 0.95),
    "text": lambda: text_like(2_000, 10_000),
    "small": lambda: gaussian(100, 20, 5),
}
SLOWEST = 1.25
ROUNDS = 7
TOL = 1e-6
LIMIT = 120


def git(*command):
    return subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True).stdout


def parent():
    """HEAD while there are changes that are not committed, and the commit before it otherwise."""
    changed = git("status", "--porcelain", "--untracked-files=no").strip()
    return "HEAD" if changed else "HEAD~1"


def build(source: Path, folder: Path) -> Path:
    """Install a source tree into a folder of its own, with the tools of this environment."""
    site = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--no-build-isolation", "--target", str(site)]
    command += ["-C", f"build-dir={folder / 'build'}", str(source)]
    subprocess.run(command, check=True)
    return site


def unpack(commit, folder: Path) -> Path:
    folder.mkdir()
    archive = git("archive", "--format=tar", commit)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def ratios(data: Path, sites, kinds, rounds):
    """Least seconds of the tree over least seconds of its parent, for each kind of request.

    The least of several runs is what the machine can do when nothing else disturbs it.
    """
    workers = [Worker("taut", data, site) for site in sites]
    best = {kind: [float("inf")] * 2 for kind in kinds}
    try:
        for turn in range(rounds):
            for kind in kinds:
                # Neither is always the first of the two.
                for i in (0, 1) if turn % 2 else (1, 0):
                    seconds, _ = workers[i].ask(kind, TOL, LIMIT)
                    best[kind][i] = min(best[kind][i], seconds)
    finally:
        for worker in workers:
            worker.end()
    return {kind: (tree / base, tree, base) for kind, (tree, base) in best.items()}


def compare(name, folder: Path, sites):
    """Both requests on one problem; what seems slower is measured again, longer, to be sure."""
    data = folder / name
    exchange.write(data, *PROBLEMS[name]())
    found = ratios(data, sites, ("path", "cv"), ROUNDS)
    doubtful = [kind for kind, (ratio, *_) in found.items() if ratio > SLOWEST]
    return found | (ratios(data, sites, doubtful, 4 * ROUNDS) if doubtful else {})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parent", default=None, help="the commit to compare with")
    commit = parser.parse_args().parent or parent()
    slower = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        base = unpack(commit, folder / "source")
        (folder / "tree").mkdir()
        (folder / "base").mkdir()
        sites = [build(ROOT, folder / "tree"), build(base, folder / "base")]
        print(f"this tree against {commit}: seconds, seconds, ratio (at most {SLOWEST})")
        for name in PROBLEMS:
            for kind, (ratio, tree, before) in compare(name, folder, sites).items():
                print(f"{name:>11} {kind:<5} {tree:8.4f} {before:8.4f} {ratio:6.2f}", flush=True)
                slower += [f"{name} {kind}"] if ratio > SLOWEST else []
    if slower:
        sys.exit(f"slower than {commit}: {', '.join(slower)}")


if __name__ == "__main__":
    main()
