"""Zeroed units leave a network for real."""
