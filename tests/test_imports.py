"""What `import taut` costs, and who may touch the compiled core: what import-linter cannot see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import taut

OPTIONAL = ("altair", "click", "jinja2", "matplotlib", "polars", "skops", "torch")
# scikit-learn itself imports these where they are installed; hidden, an import of ours would fail.
HIDDEN = ("pandas", "pyarrow", "rich")
FIT = "import numpy; taut.fit_path(numpy.eye(3), [1.0, 2.0, 4.0])"


def imported(use, of, hidden=HIDDEN):
    """Which modules ``of`` these a fresh interpreter has imported after some use of taut."""
    script = f"""
import sys
sys.modules.update(dict.fromkeys({hidden!r}))
import taut
{use}
print(*set({of!r}) & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "use",
    ["", "[getattr(taut, name) for name in taut.__all__]", FIT],
    ids=["import", "names", "fit"],
)
def test_no_optional_library_is_imported(use):
    assert imported(use, of=OPTIONAL) == []


def test_import_alone_costs_nothing():
    assert imported("", of=("numpy", "scipy", "sklearn", "taut.path"), hidden=()) == []


def test_only_who_computes_knows_the_compiled_core():
    root = Path(taut.__file__).parent
    users = {path.relative_to(root).parts[0] for path in root.rglob("*.py") if _imports_core(path)}
    assert users == {"designs", "native.py", "nn", "penalties", "solvers"}


def _imports_core(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        else:
            continue
        if any(name == "taut._core" or name.startswith("taut._core.") for name in names):
            return True
    return False
