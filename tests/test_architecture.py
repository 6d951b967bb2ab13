"""ARCHITECTURE.md names every file of the library and of its core, and none that is not there."""

import re
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
# A package's __init__.py says what it exports; the page speaks of the files behind it.
DOORS = "__init__.py"

if not PAGE.exists():
    pytest.skip("no ARCHITECTURE.md beside the tests", allow_module_level=True)


def named(text):
    """The files in the tables of the page; a bare name lies in the folder of the one before it."""
    found, home = set(), None
    for line in text.splitlines():
        if heading := re.match(r"### (\S+)/:", line):
            home = PurePosixPath(heading[1])
        elif line.startswith("## "):
            home = None
        elif home and line.startswith("| `"):
            folder = PurePosixPath()
            for name in re.findall(r"`([^`]+)`", line.split(" | ")[0]):
                path = PurePosixPath(name)
                folder = path.parent if len(path.parts) > 1 else folder
                found.add(home / folder / path.name)
    return found


def there():
    patterns = [f"src/taut/**/*.{ending}" for ending in ("py", "j2", "js", "css")]
    files = [file for pattern in (*patterns, "cpp/*.?pp") for file in ROOT.glob(pattern)]
    paths = {PurePosixPath(file.relative_to(ROOT).as_posix()) for file in files}
    return {path for path in paths if path.name != DOORS}


def test_names_are_read_in_the_folder_of_the_one_before():
    page = "### src/taut/: a\n| `a/b.py`, `c.py` | `d.py` |\n| `e.py` | f |\n## g\n| `h.py` | i |"
    assert {str(path) for path in named(page)} == {
        "src/taut/a/b.py",
        "src/taut/a/c.py",
        "src/taut/e.py",
    }


def test_every_file_is_named():
    missing = there() - named(PAGE.read_text(encoding="utf-8"))
    assert not missing, f"add to ARCHITECTURE.md: {sorted(map(str, missing))}"


def test_every_file_that_is_named_is_there():
    gone = named(PAGE.read_text(encoding="utf-8")) - there()
    assert not gone, f"take out of ARCHITECTURE.md: {sorted(map(str, gone))}"
