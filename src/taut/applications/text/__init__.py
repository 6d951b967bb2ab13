"""Texts: which class they belong to, and by which terms."""
