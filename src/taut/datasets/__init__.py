"""Tables to try taut on, and tables from files."""

from taut.datasets.bundled import load_diabetes
from taut.datasets.files import read_table

__all__ = ["load_diabetes", "read_table"]
