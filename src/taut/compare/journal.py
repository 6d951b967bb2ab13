"""What happens on the way through a comparison: progress told, failures kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from taut.compare.technique import Technique

__all__ = ["Journal"]


@dataclass(frozen=True)
class Journal:
    """Listens while techniques are fitted.

    Attributes
    ----------
    progress : callable
        Called with a few words before every fit.
    place : str
        Which fold, empty for the whole table.
    failed : dict of str to str
        By the name of a technique, the sentence that says why it was given up. Long work on the
        others must not be lost to it.
    left_out : dict of str to str
        By family, the sentence that says why its techniques mean nothing on this table.
    """

    progress: Callable[[str], None]
    place: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def at(self, place: str) -> Journal:
        """The same journal at another place."""
        return replace(self, place=place)

    def passes_over(self, technique: Technique) -> bool:
        """Whether a technique failed before, or means nothing here."""
        return technique.name in self.failed or technique.family in self.left_out

    def begin(self, technique: Technique) -> None:
        """Tell that a technique is fitted now."""
        self.progress(f"{self.place}: {technique.label}" if self.place else technique.label)

    def leave_out(self, technique: Technique, reason: str) -> None:
        """Pass a family over, on all rows and in all folds."""
        family = technique.label.split(" (")[0]
        self.left_out[technique.family] = f"{family} is left out: {reason}."

    def fail(self, technique: Technique, error: Exception) -> None:
        """Give a technique up."""
        self.failed[technique.name] = (
            f"{technique.label} is left out: it failed on {self.place or 'the whole table'} "
            f"({type(error).__name__}: {error})."
        )
