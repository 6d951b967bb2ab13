"""Tests of the comparison and of the way from a table to a matrix."""
