"""The command: `taut compare`, `taut fit`, `taut predict`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        In place of those of the process.
    """
    try:
        import click  # noqa: F401
        import polars  # noqa: F401
        import rich  # noqa: F401
    except ImportError as error:
        sys.exit(
            f"the command `taut` needs the extra 'compare' ({error.name} is not installed): "
            'pip install "taut[compare]"'
        )
    from taut.cli.app import app

    app(args=arguments, prog_name="taut")
