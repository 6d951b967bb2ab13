"""Techniques side by side on the user's own table, with the evidence for the choice."""

import sys
from types import ModuleType

from taut.compare.comparison import Comparison, compare
from taut.compare.study import Study, prepare
from taut.compare.techniques import TECHNIQUES, Technique, choose

__all__ = ["TECHNIQUES", "Comparison", "Study", "Technique", "choose", "compare", "prepare"]


class _CallableModule(ModuleType):
    """`taut.compare` is both this package and the function: importing the one hides the other."""

    def __call__(self, *args, **kwargs):
        return compare(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule
