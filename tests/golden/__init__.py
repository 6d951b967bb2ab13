"""Numbers published elsewhere."""
