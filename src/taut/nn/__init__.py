"""Regularised neural networks, on PyTorch: the extra `nn`."""
