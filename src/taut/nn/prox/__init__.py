"""A prox after every step of a torch optimiser."""
