"""The commands and their options; what goes wrong ends in one paragraph, not in a traceback."""

from __future__ import annotations

from collections.abc import Callable

import click

from taut import __version__
from taut.cli import INTERRUPTED
from taut.cli.compare import Outputs, require_distinct, run_compare
from taut.cli.models import model_path, one_technique, run_fit, run_predict
from taut.cli.tables import Roles, open_table
from taut.compare.neural import NEURAL
from taut.compare.techniques import TECHNIQUES
from taut.designs.from_frame import TableError

__all__ = ["app"]

# Options that are not called like the arguments of the library that they become.
_OPTIONS = {"y": "--target", "sample_weight": "--weights", "cv": "--folds"}
_SAME = ("event", "groups", "seed", "task", "techniques", "time")


class _Application(click.Group):
    """A group whose errors are sentences, with exit code 2."""

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except TableError as error:
            raise _sentence(_by_option(error)) from error
        except ImportError as error:
            if "taut[" not in str(error):
                raise
            raise _sentence(str(error)) from error
        except MemoryError as error:
            text = f"not enough memory ({error}): leave out columns (--drop), or take fewer rows"
            raise _sentence(text) from error
        except KeyboardInterrupt as error:
            click.echo(f"Interrupted: {str(error) or 'nothing was written'}.", err=True)
            context.exit(INTERRUPTED)


def _sentence(text: str) -> click.ClickException:
    shown = click.ClickException(text)
    shown.exit_code = 2
    return shown


def _by_option(error: TableError) -> str:
    """The message, with the option in place of the argument that it stands for."""
    options = _OPTIONS | {name: f"--{name}" for name in _SAME}
    option = options.get(error.argument)
    return f"{option}: {error.text}" if option else str(error)


def _options(*options: Callable) -> Callable:
    """Several options as one decorator, in the order given."""

    def decorate(function: Callable) -> Callable:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _refuse(context: click.Context, option: click.Parameter, value) -> None:
    if value:
        raise TableError(
            f"--{option.name} is an option of `taut compare`, where it changes the folds that "
            "judge; `taut fit` judges nothing, and its model is the same: leave it out"
        )


_FILE = click.Path(path_type=str)


def _listed(title, techniques):
    widest = max(len(technique.name) for technique in TECHNIQUES)
    lines = (f"  {technique.name:{widest}}  {technique.phrase}" for technique in techniques)
    return "\n".join(["\b", title, *lines])


_TECHNIQUES = _listed("Techniques:", TECHNIQUES)
_NEURAL = _listed("Where PyTorch and skorch are there, and by name with --quick:", NEURAL)
_NEURAL_TO_FIT = _listed("Where PyTorch and skorch are there:", NEURAL)


_table_options = _options(
    click.option("--target", help="Column to predict."),
    click.option("--drop", multiple=True, help="Column to leave out; repeat, or use commas."),
    click.option("--event", help="Column of 1 and 0: --target is the time of an event, or not."),
    click.option("--task", help="regression, classification, counts or survival (inferred)."),
    click.option("--weights", help="Column of row weights."),
    click.option("--groups", help="Column of groups: rows of one stay in one fold."),
    click.option("--time", help="Column of dates or numbers: train on the past, test the future."),
    click.option(
        "--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the folds."
    ),
)
_options_of_compare = _options(
    click.option("--quick", is_flag=True, hidden=True, expose_value=False, callback=_refuse),
    click.option("--folds", hidden=True, expose_value=False, callback=_refuse),
)


@click.group(cls=_Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="taut")
def app() -> None:
    """Regularisation, exact and certified, with evidence for the choice."""


@app.command(epilog=f"{_TECHNIQUES}\n\n{_NEURAL}")
@click.argument("table", required=False, type=_FILE)
@_table_options
@click.option("--techniques", help="Names, or families such as lasso, with commas.")
@click.option("--folds", type=int, help="Outer folds: 10, or 5 with --quick.")
@click.option("--quick", is_flag=True, help="Fewer folds: sooner, and less sure.")
@click.option("--json", "json_file", type=_FILE, help="Write everything found as JSON.")
@click.option("--report", type=_FILE, help="Write the report, one HTML file.")
@click.option("--model", type=_FILE, help="Save the pick, for `taut predict`.")
def compare(table, target, drop, seed, techniques, folds, quick, **columns) -> None:
    """Compare techniques on TABLE (CSV, TSV, parquet or JSON lines) and pick one.

    With no TABLE, on scikit-learn's diabetes data.
    """
    files = Outputs.checked(
        table, *(columns.pop(name) for name in ("json_file", "report", "model"))
    )
    roles = Roles(**columns)
    source = open_table(table, target, drop, roles)
    run_compare(source, roles, files, techniques=techniques, cv=folds, seed=seed, quick=quick)


@app.command(epilog=f"{_TECHNIQUES}\n\n{_NEURAL_TO_FIT}")
@click.argument("table", type=_FILE)
@_table_options
@_options_of_compare
@click.option("--technique", help="One of those below.")
@click.option("--model", type=_FILE, help="File to save the model to.")
def fit(table, target, drop, seed, technique, model, **columns) -> None:
    """Fit one technique on TABLE and save it, for `taut predict`.

    The model is the one that `taut compare` makes of this technique.
    """
    require_distinct({"TABLE": table, "--model": model})
    roles = Roles(**columns)
    name, path = one_technique(technique).name, model_path(model)
    source = open_table(table, target, drop, roles)
    run_fit(source, roles, name, seed, path)


@app.command()
@click.argument("model", type=_FILE)
@click.argument("table", type=_FILE)
@click.option("--output", type=_FILE, help="CSV or parquet file; standard output by default.")
def predict(model, table, output) -> None:
    """Predict for the rows of TABLE with a saved MODEL."""
    run_predict(model, table, output)
