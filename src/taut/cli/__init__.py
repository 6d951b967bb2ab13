"""The command: `taut compare`, `taut fit`, `taut predict`."""

from __future__ import annotations

import sys

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130  # the shell's code for a program that Ctrl-C ended


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        In place of those of the process.
    """
    try:
        app = _application()
    except KeyboardInterrupt:  # Ctrl-C while libraries load; later the application answers it
        print("Interrupted: nothing was written.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    app(args=arguments, prog_name="taut")


def _application():
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

    return app
