"""Series as trends with few changes."""
