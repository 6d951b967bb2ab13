"""Solvers: each takes the problems that it does not refuse."""

from taut.solvers.base import Cancel, Controls, Grid, Solved, Solver
from taut.solvers.certify import certificates
from taut.solvers.choose import choose, solve_path

__all__ = ["Cancel", "Controls", "Grid", "Solved", "Solver", "certificates", "choose", "solve_path"]
