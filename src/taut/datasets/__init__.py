"""Tables to try taut on, tables from files, and CIFAR-10 from its archives."""

from taut.datasets.bundled import load_diabetes
from taut.datasets.cifar10 import load_cifar10
from taut.datasets.files import read_table

__all__ = ["load_cifar10", "load_diabetes", "read_table"]
