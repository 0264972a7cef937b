"""What drops documents of a recipe: rules, classifiers and the language, or one reason of them."""

import dataclasses
from collections.abc import Sequence

from filters.settings import CLASSIFIER, Documents
from manifests.suggestions import suggest


class WorthError(ValueError):
    """The question cannot be answered; the message says why and what can be done."""


@dataclasses.dataclass(frozen=True)
class Step:
    """What drops documents: a rule, or one reason of it.

    Attributes:
      place: in the order of `all_steps`.
    """

    name: str
    place: int

    def gave(self, reason: str) -> bool:
        """Whether a reason is one of this step."""
        return reason == self.name or reason.startswith(f"{self.name}.")


def all_steps(settings: Documents) -> list[Step]:
    """What decides about documents with text, in the order in which it decides.

    The language and classifiers look at every document, so that all of them are at place 0.
    """
    deciding = [CLASSIFIER + n for n, c in settings.classifiers.items() if c.decides]
    first = [Step(name, 0) for name in dict.fromkeys(["language", *deciding])]
    return first + [Step(name, number) for number, name in enumerate(settings.rules, 1)]


def steps_of(settings: Documents, reasons: Sequence[str], wanted: Sequence[str]) -> list[Step]:
    """What dropped documents, or what is wanted of it: each rule with its own reasons.

    Args:
      reasons: that the run gave.
      wanted: rules, or reasons.

    Raises:
      WorthError: the run has no such rule or reason; names the nearest.
    """
    every = all_steps(settings)
    if not wanted:
        return [step for step in every if any(map(step.gave, reasons))]
    names = [step.name for step in every]
    found: dict[str, Step] = {}
    for name in wanted:
        of = next((step for step in every if step.gave(name)), None)
        inside = [reason for reason in reasons if of and of.gave(reason)]
        if of is None or name not in (of.name, *inside):
            raise WorthError(
                f"no rule or reason of this run is {name!r}; there are "
                f"{', '.join(inside or names)}{suggest(name, [*names, *reasons])}"
            )
        if not inside:
            raise WorthError(f"{name} dropped nothing in this run, so there is nothing to compare")
        for one in [name, *(reason for reason in inside if reason.startswith(f"{name}."))]:
            found[one] = Step(one, of.place)
    return list(found.values())
