"""The training loop, and what it composes: batches, stopping, averages, mixtures."""
