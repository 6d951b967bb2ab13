"""What a device would have to launch: operations that torch dispatches, but for those on no data.

On torch's ``meta`` device there are no numbers to look at, so a step that runs there never waits
for its device; and what it dispatches is what another device would get.
"""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Launches"]

_WITHOUT = {"detach", "empty", "new_empty", "empty_like", "squeeze_", "_unsafe_view"}
_READS = {"item", "_local_scalar_dense", "is_nonzero", "nonzero", "equal"}


class Launches(TorchDispatchMode):
    """Counts while it is entered.

    Attributes
    ----------
    count : int
        Operations on lists of tensors count once where torch has one kernel for all of the list:
        where each tensor is without gaps, and laid out as those that it is worked on with.
    reads : list of str
        Operations that wait for numbers of a device other than the processor.
    """

    def __init__(self):
        super().__init__()
        self.count, self.reads = 0, []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.__name__.partition(".")[0]
        on_host = isinstance(args[0], torch.Tensor) and args[0].device.type == "cpu"
        if name in _READS:
            self.reads += [] if on_host else [name]
        elif not function.is_view and name not in _WITHOUT:
            self.count += len(args[0]) if name.startswith("_foreach") and not _fast(args) else 1
        return function(*args, **(kwargs or {}))


def _fast(args):
    lists = [arg for arg in args if isinstance(arg, list | tuple) and _are_tensors(arg)]
    return all(
        len({(part.dtype, part.device, part.stride()) for part in parts}) == 1
        and all(map(_is_dense, parts))
        for parts in zip(*lists, strict=True)
    )


def _are_tensors(parts):
    return all(isinstance(part, torch.Tensor) for part in parts)


def _is_dense(tensor):
    size = 1
    for length, stride in sorted(
        zip(tensor.shape, tensor.stride(), strict=True), key=lambda p: p[1]
    ):
        if length != 1 and stride != size:
            return False
        size *= length
    return True
