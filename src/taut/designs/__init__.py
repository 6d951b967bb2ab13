"""Designs: the matrices of features that solvers read, and the tables that they come from."""

from taut.designs.design import Design, as_design

__all__ = ["Design", "as_design"]
