"""taut against its peers, at equal certified accuracy: ``make bench``."""
