"""``python -m benchmarks.run``: search, time, report."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

from benchmarks import report, small
from benchmarks.measure import Limits, measure
from benchmarks.peers import PEERS, QUICK
from benchmarks.problems import PROBLEMS

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("taut", "numpy", "scikit-learn", "celer", "skglm", "adelie", "python-glmnet")
PACKAGES += ("skein-glm", "glum", "sortedl1")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few problems, short limits")
    parser.add_argument("--budget", type=float, help="seconds for one run, and for all repeats")
    parser.add_argument("--repeats", type=int, help="runs of each solver, at most")
    parser.add_argument("--only", nargs="+", metavar="PROBLEM", help="measure these again")
    parser.add_argument("--peers", nargs="+", metavar="SOLVER", choices=PEERS)
    parser.add_argument("--skip-small", action="store_true", help="neither small fits nor growth")
    options = parser.parse_args()
    options.budget = options.budget or (2 if options.quick else 60)
    options.peers = options.peers or list(QUICK if options.quick else PEERS)
    options.repeats = options.repeats or (3 if options.quick else 7)
    return options


def versions():
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    found["glmnet (R)"] = _glmnet_version()
    return found


def _glmnet_version():
    if shutil.which("Rscript") is None:
        return "not installed"
    command = ["Rscript", "-e", 'cat(as.character(packageVersion("glmnet")))']
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else "not installed"


def machine():
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), model)
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version()}


def chosen(options):
    if options.only:
        return [problem for problem in PROBLEMS if problem.name in options.only]
    return [problem for problem in PROBLEMS if problem.quick or not options.quick]


def main():
    options = arguments()
    stem = "quick" if options.quick else "latest"
    file = RESULTS / f"{stem}.json"
    results = json.loads(file.read_text()) if options.only and file.exists() else {}
    results |= {"machine": machine(), "versions": versions()}
    records = results.setdefault("problems", {})
    limits = Limits(options.budget, options.repeats)
    for problem in chosen(options):
        print(f"{problem.name}: {problem.title}", flush=True)
        try:
            record = measure(problem, options.peers, limits)
        except FileNotFoundError as error:
            print(f"  left out: no file {error.filename}")
            continue
        records[problem.name] = record | {"budget": options.budget}
        file.write_text(json.dumps(results, indent=1) + "\n")
    if not options.skip_small:
        imports = small.imports(repeats=3 if options.quick else 9)
        results |= {"small": small.small_fit(), "imports": imports}
        results["growth"] = small.growth()
    file.write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / f"{stem}.md").write_text(report.markdown(results))
    report.plot(results, RESULTS / f"{stem}.png")
    print((RESULTS / f"{stem}.md").read_text())


if __name__ == "__main__":
    main()
