"""The command: `taut compare`, `taut fit`, `taut predict`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

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
    try:
        app(args=arguments, prog_name="taut")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _leave()
        raise


def _leave() -> None:
    """End here: to take all libraries down, and to wait for their threads, takes a second more."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a reader that is gone
            stream.flush()
    os._exit(INTERRUPTED)


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
