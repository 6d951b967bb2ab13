"""`python -m taut` is `taut compare`; the other commands are reached by their names."""

from __future__ import annotations

import sys

from taut.cli import main

_NAMED = {"compare", "fit", "predict", "--version", "--help"}

if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments if arguments[:1] and arguments[0] in _NAMED else ["compare", *arguments])
