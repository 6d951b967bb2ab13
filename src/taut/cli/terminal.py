"""The summary of a comparison on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAVY
from rich.console import Console, Group
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from taut.compare.verdict import rounded
from taut.designs.kinds import counted

__all__ = ["print_notes", "print_summary", "progress_bar"]

# Narrower terminals get the leaderboard without features and seconds; accuracy takes more.
_WIDE, _WIDEST = 76, 98
_FOLDS = {
    "shuffled": "shuffled folds",
    "stratified": "folds of equal class shares",
    "of_events": "folds of equal shares of events",
    "grouped": "folds of whole groups",
    "ordered": "folds in time order",
}


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int, str], None] | None]:
    """A progress callback that draws a bar; None where no terminal is watching."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(title, total=None)

        def show(done: int, total: int, text: str) -> None:
            progress.update(bar, completed=done, total=total, description=f"{title}: {text}")

        yield show


def print_summary(summary: dict) -> None:
    """Print table, notes, leaderboard and verdict."""
    console = Console(highlight=False)
    table = summary["table"]
    console.print(
        Text.assemble(
            (table["source"], "bold"),
            f": {counted(table['rows'], 'row')}, {counted(table['columns'], 'column')} "
            f"({counted(table['features'], 'feature')}), target ",
            (table["target"], "bold"),
        )
    )
    print_notes(table["notes"], console)
    console.print(_leaderboard(summary, console.width))
    verdict = summary["verdict"]
    console.print(Text(verdict["sentence"], style="bold"))
    console.print(Text(verdict["detail"]))
    console.print(Text(_certified(summary["certificates"]), style="dim"))


def print_notes(notes: list[dict], console: Console | None = None) -> None:
    """Print notes as a list, warnings marked; on standard error where no console is given."""
    console = console or Console(stderr=True, highlight=False)
    for note in notes:
        warns = note["level"] == "warning"
        line = Text("! " if warns else "- ", style="yellow" if warns else "dim")
        grid = Table.grid()
        grid.add_row(line, Text(note["text"], style="yellow" if warns else ""))
        console.print(Padding(grid, (0, 0, 0, 2)))


def _title(summary: dict) -> str:
    settings = summary["settings"]
    kind = settings["fold_kind"]
    of_events = kind == "stratified" and summary["task"] == "survival"
    folds = f"{settings['outer_folds']} {_FOLDS['of_events' if of_events else kind]}"
    if settings["outer_repeats"] > 1:
        folds = f"{settings['outer_repeats']} x {folds}"
    return f"{summary['metric']['long_name']} over {folds}, seed {settings['seed']}"


def _leaderboard(summary: dict, width: int) -> Group:
    metric = summary["metric"]
    table = Table(box=SIMPLE_HEAVY, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", width=1)
    table.add_column("technique", no_wrap=True, min_width=18)
    table.add_column(metric["name"], justify="right", no_wrap=True)
    table.add_column("worse than the best\nby (95 % interval)", justify="right", no_wrap=True)
    also = metric["also"]
    if also and width >= _WIDE:
        table.add_column(also, justify="right", no_wrap=True)
    more = width >= (_WIDEST if also else _WIDE)
    if more:
        table.add_column("used", justify="right", no_wrap=True)
        table.add_column("sec", justify="right", no_wrap=True)
    scale = summary["leaderboard"][0]["score"]
    for row in summary["leaderboard"]:
        cells = [
            "→" if row["picked"] else "",
            row["label"],
            rounded(row["score"], scale),
            _difference(row, scale),
            *([f"{100 * row[also]:.1f} %"] if also else []),
            f"{row['features_used']:.1f}".removesuffix(".0"),
            f"{row['fit_seconds']:.3f}",
        ]
        style = "bold green" if row["picked"] else "dim" if row["detectably_worse"] else ""
        table.add_row(*cells[: len(table.columns)], style=style)
    caption = "  → the simplest technique that is not detectably worse than the best"
    if more:
        caption += "\n    used: features, mean over the folds; sec: seconds a fit"
    title = f"\n  {_title(summary)}"
    return Group(Text(title, style="dim"), table, Text(caption, style="dim"), "")


def _difference(row: dict, scale: float) -> str:
    if row["best"]:
        return "best"
    low, high = (rounded(row[f"difference_{end}"], scale) for end in ("low", "high"))
    return f"{rounded(row['difference'], scale)} ({low} to {high})"


def _certified(certificates: list[dict]) -> str:
    if not certificates:
        return "No technique that was tried has a certificate."
    solved = [item for item in certificates if item["status"] == "solved"]
    gaps = [item["relative_gap"] for item in certificates if item["relative_gap"] is not None]
    text = f"Certificates: {len(solved)} of {len(certificates)} fits on the whole table are solved"
    if gaps:
        text += f", the largest relative gap is {max(gaps):.0e}"
    open_ends = [f"{c['label']}: {c['sentence']}" for c in certificates if c["status"] != "solved"]
    return " ".join([text + ".", *open_ends])
