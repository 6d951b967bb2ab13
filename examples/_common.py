"""What every example shares: two options, and a place for its picture."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def arguments(description, more=None):
    """The options of an example.

    Parameters
    ----------
    description : str
    more : callable, default None
        Adds an example's own options to the parser.

    Returns
    -------
    argparse.Namespace
        ``quick``: a small setting that needs no file outside the repository; ``output``: the folder
        for pictures, which exists; ``data``: the folder named by TAUT_DATA, or None.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a small setting, within seconds")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for the picture")
    if more:
        more(parser)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    folder = os.environ.get("TAUT_DATA")
    options.data = Path(folder) if folder and not options.quick else None
    return options
