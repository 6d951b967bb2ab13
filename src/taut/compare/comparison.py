"""`taut.compare`: techniques side by side on one table, and the evidence for the choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sklearn.pipeline import Pipeline

from taut.compare.evaluate import evaluate, fit_all
from taut.compare.folds import outer_folds
from taut.compare.journal import Journal
from taut.compare.neural import NEURAL
from taut.compare.study import prepare
from taut.compare.summary import Findings, summarise
from taut.compare.techniques import TECHNIQUES, choose
from taut.compare.verdict import rounded
from taut.designs.from_frame import TableError
from taut.designs.kinds import Note
from taut.validation import check_flag

__all__ = ["Comparison", "compare"]


def compare(
    X,
    y,
    techniques: str | Sequence[str] | None = None,
    task: str | None = None,
    cv=None,
    sample_weight=None,
    groups=None,
    time=None,
    event=None,
    seed: int = 0,
    quick: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Comparison:
    """Compare techniques on a table by nested cross-validation.

    Every technique is scored on the same outer folds; alpha is chosen, and missing values are
    filled in, within their training rows. The pick is the simplest technique whose score is not
    detectably worse than the best. A technique that fails is left out, and a note says why.

    Parameters
    ----------
    X : data frame, mapping, array or sparse matrix, of n_rows rows
        Any eager frame that narwhals knows (pandas, polars, pyarrow, ...).
    y : str or array-like of shape (n_rows,)
        The target, or the name of its column in X. Rows without a target are left out. For
        survival, the times; or with ``task="survival"`` times and events at once, in two columns,
        a tuple or a structured array.
    techniques : str or sequence of str, optional
        Names (``"lasso-1se"``) or families (``"lasso"``, ``"neural"``); all by default, and the
        neural ones (``"mlp"``, ``"mlp+dropout"``, ``"mlp+l1"``, ``"mlp+early stopping"``) where the
        extra ``nn`` is installed.
    task : {"regression", "classification", "counts", "survival"}, optional
        Inferred from the target where not given: text, truth values, 0 and 1, and a few whole
        numbers kept as text are classes, judged by the log-loss of their probabilities; other
        numbers are judged by their squared errors. Counts are judged by their Poisson deviance, and
        never inferred. The notes say what was inferred where it might be wrong. With ``event`` it
        is survival, judged by the deviance of the partial likelihood (Cox, 1975).
    cv : int, splitter or iterable of (train, test), optional
        The outer folds; 10 by default.
    sample_weight : str or array-like of shape (n_rows,), optional
        Weights of the rows, in fits and scores alike; or the name of their column.
    groups : str or array-like of shape (n_rows,), optional
        Rows of one group stay together, in outer and inner folds; or the name of their column,
        which is then no feature.
    time : str or array-like of shape (n_rows,), optional
        Folds train on the past and test on the future, which is in the newer half of the rows; or
        the name of the column.
    event : str or array-like of shape (n_rows,), optional
        1 where the target is the time of an event, 0 where it is when the row was last seen; or the
        name of the column, which is then no feature.
    seed : int
        Seed of the folds.
    quick : bool
        5 outer folds in place of 10, and no neural network but those that are named.
    progress : callable, optional
        ``progress(done, total, text)``, called before every fit.

    Returns
    -------
    Comparison

    Raises
    ------
    taut.designs.from_frame.TableError
        A ValueError: the table cannot be used as it is; the message says why and what to do.

    Examples
    --------
    >>> import taut
    >>> result = taut.compare(taut.datasets.load_diabetes(), "progression", quick=True)
    >>> result.pick["features_total"]
    10
    """
    asked = {
        "y": y,
        "task": task,
        "sample_weight": sample_weight,
        "groups": groups,
        "time": time,
        "event": event,
    }
    check_flag(quick, "quick")
    if not (progress is None or callable(progress)):
        raise TypeError(
            f"progress must be callable, got {progress!r}: pass a function of (done, total, text)"
        )
    study = prepare(X, **asked)
    hurried = quick and techniques is None
    among = TECHNIQUES if hurried else (*TECHNIQUES, *NEURAL)
    chosen = choose(techniques, study.task, among)
    folds = outer_folds(study, cv, seed, quick)
    journal = Journal(_counted(progress, len(chosen) * (len(folds.splits) + 1)))
    if hurried and NEURAL[0].suits(study.task):
        # The same for all of them, and no matter of the table.
        reason = NEURAL[0].lacks(None) or "a quick comparison has it only by name ('neural')"
        journal.leave_out(NEURAL[0], reason)
    # The whole table first: what cannot be fitted at all fails before the long work.
    fitted = fit_all(study, chosen, seed, journal)
    records = evaluate(study, chosen, folds, seed, journal)
    if not records:
        raise TableError("nothing is left to compare. " + " ".join(journal.failed.values()))
    asked |= {"seed": seed, "quick": quick}
    notes = [
        *(Note("warning", text) for text in journal.failed.values()),
        *(Note("info", text) for text in journal.left_out.values()),
    ]
    study = replace(study, notes=[*notes, *study.notes])
    chosen = [technique for technique in chosen if technique.name in records]
    summary = summarise(Findings(study, chosen, folds, records, fitted, asked))
    summary["left_out"] = [note.text for note in notes]
    return Comparison(summary, fitted[summary["pick"]["technique"]])


class Comparison:
    """What a comparison found.

    Attributes
    ----------
    summary : dict
        Everything, in plain JSON types.
    model : sklearn.pipeline.Pipeline
        The pick, refitted on the whole table: it predicts from a table with the same columns.
    """

    def __init__(self, summary: dict, model: Pipeline):
        self.summary = summary
        self.model = model

    @property
    def leaderboard(self) -> list[dict]:
        """One dict per technique, the best mean score first."""
        return self.summary["leaderboard"]

    @property
    def best(self) -> dict:
        """The technique of the best mean score."""
        return self.leaderboard[0]

    @property
    def pick(self) -> dict:
        """The technique to take: the simplest that is not detectably worse than the best.

        Its row of the leaderboard, with ``alpha``, ``intercept``, ``coefficients`` and ``code``.
        """
        row = next(row for row in self.leaderboard if row["picked"])
        return row | self.summary["pick"]

    def report(self, path) -> None:
        """Write the report: one HTML file that opens in any browser, offline.

        Parameters
        ----------
        path : str or path-like
        """
        from taut import report

        report.write(self.summary, path)

    def plot(self, ax=None):
        """Plot the differences to the best score with their intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        from taut.compare.plot import plot_differences

        return plot_differences(self.summary, ax)

    def _on_target(self) -> list[str]:
        """What the target was taken for, and which rows lack it."""
        table = self.summary["table"]
        return [note["text"] for note in table["notes"] if note["columns"] == [table["target"]]]

    def __repr__(self) -> str:
        width = max(len(row["label"]) for row in self.leaderboard)
        scale = self.best["score"]
        lines = [self.summary["verdict"]["sentence"], self.summary["verdict"]["detail"], ""]
        name = self.summary["metric"]["name"]
        lines.append(f"  {'':{width}}  {name:>9}  {'difference (95 %)':>25}  features")
        for row in self.leaderboard:
            limits = [rounded(row[f"difference_{end}"], scale) for end in ("low", "high")]
            difference = "best" if row["best"] else " to ".join(limits)
            lines.append(
                f"{'>' if row['picked'] else ' '} {row['label']:{width}}  "
                f"{rounded(row['score'], scale):>9}  {difference:>25}  {row['features_used']:.1f}"
            )
        lines += [f"  {sentence}" for sentence in (*self._on_target(), *self.summary["left_out"])]
        return "\n".join(lines)


def _counted(progress, total: int) -> Callable[[str], None]:
    """A progress callback that counts for itself."""
    done = -1

    def tell(text: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total, text)

    return tell
