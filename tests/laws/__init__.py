"""Laws that every member of a vocabulary keeps: a new one joins by a line in ``registry``."""
