"""Curves of polynomials and splines."""
