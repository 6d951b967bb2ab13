"""What was measured, as tables in markdown and as a plot, where taut loses too."""

from __future__ import annotations

from itertools import pairwise

from benchmarks.problems import N_ALPHAS, PROBLEMS
from benchmarks.tasks import TASKS

TARGETS = {problem.name: problem for problem in PROBLEMS}
HEADER = ["problem", "model", "size", "alphas", "taut", "fastest peer", "times faster", "at least"]
HEADER += [""]
EXACT_TARGET = 1.3
PRODUCT_TARGET = 1.3
SMALL_TARGET = 0.0003
IMPORT_TARGET = 1.1
GROWTH_TARGET = 2.3


def fastest_peer(record, kind="path"):
    """Key and seconds of the fastest solver other than taut, or None."""
    timed = {k: s[kind] for k, s in record["solvers"].items() if k != "taut" and kind in s}
    return min(timed.items(), key=lambda item: item[1], default=None)


def speed_up(record, kind="path"):
    """How many times faster taut is than the fastest peer; None where one of them has no time."""
    own, best = record["solvers"].get("taut", {}).get(kind), fastest_peer(record, kind)
    return best[1] / own if own and best else None


def least_speed_up(record, kind="path"):
    """The same from below where peers took the time that one run may have, and none was there."""
    own = record["solvers"].get("taut", {}).get(kind)
    peers = [found for peer, found in record["solvers"].items() if peer != "taut"]
    reasons = [found.get("status") or found.get(f"{kind}_status", "") for found in peers]
    tried = any(reason.startswith(("not reached", ">")) for reason in reasons)
    return record["budget"] / own if own and tried and not fastest_peer(record, kind) else None


def markdown(results):
    records = list(results["problems"].values())
    parts = [_heading(results), _paths(records), _validations(records), _checks(results)]
    parts += [_solvers(records), _versions(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(results):
    machine = results["machine"]
    budgets = {record["budget"] for record in results["problems"].values()}
    loads = [record["load"] for record in results["problems"].values()]
    limits = " or ".join(f"{b:.0f} s" for b in sorted(budgets))
    return (
        "# taut and its peers\n\n"
        f"Machine: {machine['processor']}, {machine['cores']} cores, Python {machine['python']}; "
        f"load before each problem {min(loads, default=0):.1f} to {max(loads, default=0):.1f}.\n\n"
        "A path with intercept, the same alphas for every solver, from alpha_max to alpha_max/100 "
        "(Cox: /20). Each is timed at its loosest tolerance (halves of a decade) whose whole path "
        "reaches a relative duality gap of 1e-6, computed by the benchmark; medians of interleaved "
        f"runs, in seconds, warm-up apart. One run may take {limits}, and the search for a "
        "tolerance three times as long."
    )


def _table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _seconds(value):
    return "-" if value is None else f"{value:.3g}"


def _verdict(ratio, target, at_least=True):
    if target is None:
        return "-"
    if ratio is None:
        return "not measured"
    met = ratio >= target if at_least else ratio <= target
    return "met" if met else "**missed**"


def _row(record, kind, target):
    solvers, best, ratio = record["solvers"], fastest_peer(record, kind), speed_up(record, kind)
    least = least_speed_up(record, kind)
    rivals = f"{solvers[best[0]]['title']} {_seconds(best[1])}" if best else "none reached it"
    rivals += f" in {record['budget']:.0f} s" if least else ""
    shown = f"> {least:.0f}" if least else "-" if ratio is None else f"{ratio:.1f}"
    if least and target and least >= target:  # a smaller bound says nothing of the target
        ratio = least
    size = " x ".join(f"{length:,}" for length in record["shape"])
    model = TASKS[TARGETS[record["name"]].task].title
    return [
        record["name"],
        model,
        size,
        str(record.get("n_alphas", N_ALPHAS)),
        _seconds(solvers.get("taut", {}).get(kind)),
        rivals,
        shown,
        "-" if target is None else f"{target:g}",
        _verdict(ratio, target),
    ]


def _paths(records):
    rows = [_row(record, "path", TARGETS[record["name"]].target) for record in records]
    return "## One path\n\n" + _table(HEADER, rows)


def _validations(records):
    records = [record for record in records if TARGETS[record["name"]].cv_target]
    if not records:
        return ""
    rows = [_row(record, "cv", TARGETS[record["name"]].cv_target) for record in records]
    costs = [_costs(record) for record in records]
    return (
        "## 5-fold cross-validation and refit, at the tolerance of the path\n\n"
        + _table(HEADER, rows)
        + "\n\nIts cost in paths of the same data (relative distance of errors from taut's):\n\n"
        + "\n".join(costs)
    )


def _costs(record):
    parts = []
    for found in record["solvers"].values():
        if "cv" in found:
            cost = f"{found['title']} {found['cv'] / found['path']:.2f}"
            difference = found.get("curve_difference")
            parts.append(cost + (f" ({difference:.0e})" if difference else ""))
        elif "cv_status" in found:
            parts.append(f"{found['title']}: {found['cv_status']}")
    return f"- {record['name']}: " + ", ".join(parts)


def _checks(results):
    rows = []
    for record in results["problems"].values():
        rows += _own_checks(record)
    if "small" in results:
        rows += _small_checks(results)
    header = ["what", "measured", "target", ""]
    return "## taut against itself and the small things\n\n" + _table(header, rows)


def _check(what, value, target, measured=None):
    shown = measured or f"{value:.2f}"
    return [what, shown, f"at most {target:g}", _verdict(value, target, at_least=False)]


def _own_checks(record):
    own, name, rows = record["solvers"].get("taut", {}), record["name"], []
    if "exact" in own and "path" in own:
        ratio = own["exact"] / own["path"]
        shown = f"{ratio:.2f} (gap {own['exact_gap']:.0e})"
        rows.append(_check(f"{name}: path at 1e-12 / at 1e-6", ratio, EXACT_TARGET, shown))
    elif "exact_status" in own:
        what, most = f"{name}: path at 1e-12 / at 1e-6", f"at most {EXACT_TARGET:g}"
        rows.append([what, own["exact_status"], most, "**missed**"])
    if "product" in record and "path" in own:
        ratio = own["path"] / record["product"]
        rows.append(_check(f"{name}: path / NumPy's X.T @ X", ratio, PRODUCT_TARGET))
    target = TARGETS[name].cost_target
    if target and "cv" in own:
        rows.append(_check(f"{name}: cross-validation / path", own["cv"] / own["path"], target))
    return rows


def _small_checks(results):
    fit, imports = results["small"], results["imports"]
    other = imports["import sklearn.linear_model"]
    shown = f"{fit['taut'] * 1e3:.2f} ms (scikit-learn {fit['sklearn'] * 1e3:.2f} ms)"
    rows = [_check("Lasso().fit, 100 x 20, seconds", fit["taut"], SMALL_TARGET, shown)]
    for statement in ("import taut", "from taut import Lasso"):
        shown = f"{imports[statement]:.2f} s / {other:.2f} s"
        what = f"{statement} / import sklearn.linear_model"
        rows.append(_check(what, imports[statement] / other, IMPORT_TARGET, shown))
    for kind, grown in results["growth"].items():
        seconds = grown["seconds"]
        ratios = [b / a for a, b in pairwise(seconds)]
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        rows.append(_check(f"{kind}: growth at each doubling", max(ratios), GROWTH_TARGET, shown))
    return rows


def _solvers(records):
    header = ["problem", "solver", "path", "warm-up", "tolerance", "gap", "runs"]
    rows = []
    for record in records:
        found = sorted(record["solvers"].values(), key=lambda s: s.get("path", float("inf")))
        rows += [[record["name"], *_solver(solver)] for solver in found]
    return "## Every solver\n\n" + _table(header, rows)


def _solver(solver):
    status = solver.get("status") or solver.get("path_status", "-")
    reached = "tol" in solver
    return [
        solver["title"],
        _seconds(solver["path"]) if "path" in solver else status,
        _seconds(solver.get("warm_up")),
        f"{solver['tol']:.0e}" if reached else "-",
        f"{solver['gap']:.0e}" if reached else "-",
        str(len(solver.get("path_runs", []))),
    ]


def _versions(results):
    listed = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return f"Versions: {listed}."


def plot(results, file):
    """Seconds of each solver on each problem, and how taut's time grows with the data."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(17, 5.5), width_ratios=(3, 1), layout="constrained")
    _plot_times(axes[0], list(results["problems"].values()))
    _plot_growth(axes[1], results.get("growth", {}))
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _plot_times(axis, records):
    peers = list(dict.fromkeys(peer for record in records for peer in record["solvers"]))
    for peer in peers:
        points = [(i, r["solvers"].get(peer, {})) for i, r in enumerate(records)]
        points = [(i, s["path"], s["title"]) for i, s in points if "path" in s]
        if points:
            own = {"s": 110, "marker": "*", "color": "black", "zorder": 3} if peer == "taut" else {}
            axis.scatter(*zip(*[p[:2] for p in points], strict=True), label=points[0][2], **own)
    axis.set_xticks(range(len(records)), [r["name"] for r in records], rotation=30, ha="right")
    axis.set(yscale="log", ylabel="seconds", title="A path at a relative gap of 1e-6")
    axis.grid(axis="y", alpha=0.3)
    axis.legend(fontsize="small")


def _plot_growth(axis, growth):
    for kind, grown in growth.items():
        size = "n" if kind == "tall" else "p"
        sizes = [shape[0 if kind == "tall" else 1] for shape in grown["shapes"]]
        line = axis.loglog(sizes, grown["seconds"], "o-", label=f"{kind}: {size} grows")[0]
        straight = [grown["seconds"][0] * s / sizes[0] for s in sizes]
        axis.loglog(sizes, straight, ":", color=line.get_color(), label="in proportion")
    axis.set(xlabel="size", ylabel="seconds", title="taut, over four doublings")
    axis.grid(alpha=0.3)
    if growth:
        axis.legend(fontsize="small")
