"""Where a network is trained, and how its random numbers stay its own."""

from __future__ import annotations

from contextlib import contextmanager

import torch

from taut.validation import shown

__all__ = ["pick_device", "seeded"]


def pick_device(device="auto") -> torch.device:
    """The device by its name; ``"auto"`` is CUDA where there is one, then MPS, then the CPU.

    Parameters
    ----------
    device : str or torch.device, default "auto"

    Raises
    ------
    TypeError, ValueError
        It is no name; there is no such device here, or none that computes.
    """
    if not isinstance(device, str | int | torch.device):
        raise TypeError(
            f"device must be a name such as 'auto', 'cpu' or 'cuda:0', got {shown(device)}: pass "
            "'auto', which takes the fastest there is"
        )
    if isinstance(device, str) and device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        picked = torch.device(device)
        torch.zeros(1, device=picked).item()
    except (RuntimeError, TypeError, AssertionError) as error:
        reason = str(error).splitlines()[0].split(". ")[0]
        raise ValueError(
            f"device must be one of this machine, got {shown(device)} ({reason}): use 'auto', "
            "which takes the fastest there is, or 'cpu'"
        ) from error
    return picked


@contextmanager
def seeded(seed: int, device: torch.device):
    """Random numbers that depend on ``seed`` alone, and leave the caller's stream where it was.

    On CUDA the convolutions are those that add up in one order, too.

    Parameters
    ----------
    seed : int
    device : torch.device
    """
    others = {"devices": [device], "device_type": device.type} if device.type != "cpu" else {}
    if device.type == "mps":
        others = {}  # its generator cannot be put back; it is seeded with the others
    with (
        torch.random.fork_rng(**({"devices": []} | others)),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True),
    ):
        torch.manual_seed(seed)
        yield
