"""The commands and their options; what goes wrong ends in one paragraph, not in a traceback."""

from __future__ import annotations

from collections.abc import Callable

import click

from taut import __version__
from taut.cli import INTERRUPTED
from taut.cli.compare import Outputs, require_distinct, run_compare
from taut.cli.models import run_fit, run_predict
from taut.cli.tables import Roles, open_table
from taut.designs.from_frame import TableError

__all__ = ["app"]


class _Application(click.Group):
    """A group whose errors are sentences, with exit code 2."""

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except TableError as error:
            raise _sentence(error) from error
        except ImportError as error:
            if "taut[" not in str(error):
                raise
            raise _sentence(error) from error
        except MemoryError as error:
            text = f"not enough memory ({error}): leave out columns (--drop), or take fewer rows"
            raise _sentence(text) from error
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing was written.", err=True)
            context.exit(INTERRUPTED)


def _sentence(error: Exception | str) -> click.ClickException:
    shown = click.ClickException(str(error))
    shown.exit_code = 2
    return shown


def _options(*options: Callable) -> Callable:
    """Several options as one decorator, in the order given."""

    def decorate(function: Callable) -> Callable:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_FILE = click.Path(path_type=str)

_row_options = _options(
    click.option("--drop", multiple=True, help="Column to leave out; repeat, or use commas."),
    click.option("--task", help="regression (inferred where not given)."),
    click.option("--weights", help="Column of row weights."),
    click.option("--groups", help="Column of groups: rows of one stay in one fold."),
    click.option("--time", help="Column of dates or numbers: train on the past, test the future."),
    click.option(
        "--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the folds."
    ),
)


@click.group(cls=_Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="taut")
def app() -> None:
    """Regularisation, exact and certified, with evidence for the choice."""


@app.command()
@click.argument("table", required=False, type=_FILE)
@click.option("--target", help="Column to predict.")
@_row_options
@click.option("--techniques", help="Names or families, with commas: lasso,ridge-min.")
@click.option("--folds", type=int, help="Outer folds: 10, or 5 with --quick.")
@click.option("--quick", is_flag=True, help="Fewer folds: sooner, and less sure.")
@click.option("--json", "json_file", type=_FILE, help="Write everything found as JSON.")
@click.option("--report", type=_FILE, help="Write the report, one HTML file.")
@click.option("--model", type=_FILE, help="Save the pick, for `taut predict`.")
def compare(
    table, target, drop, task, weights, groups, time, seed, techniques, folds, quick, **outputs
) -> None:
    """Compare techniques on TABLE (CSV, TSV, parquet or JSON lines) and pick one.

    With no TABLE, on scikit-learn's diabetes data.
    """
    files = Outputs.checked(table, **outputs)
    source = open_table(table, target, drop)
    roles = Roles(task, weights, groups, time)
    run_compare(source, roles, files, techniques=techniques, cv=folds, seed=seed, quick=quick)


@app.command()
@click.argument("table", type=_FILE)
@click.option("--target", required=True, help="Column to predict.")
@_row_options
@click.option("--technique", required=True, help="One technique, such as lasso-1se.")
@click.option("--model", required=True, type=_FILE, help="File to save the model to.")
def fit(table, target, drop, task, weights, groups, time, seed, technique, model) -> None:
    """Fit one technique on TABLE and save it."""
    require_distinct({"TABLE": table, "--model": model})
    source = open_table(table, target, drop)
    run_fit(source, Roles(task, weights, groups, time), technique, seed, model)


@app.command()
@click.argument("model", type=_FILE)
@click.argument("table", type=_FILE)
@click.option("--output", type=_FILE, help="CSV or parquet file; standard output by default.")
def predict(model, table, output) -> None:
    """Predict for the rows of TABLE with a saved MODEL."""
    run_predict(model, table, output)
