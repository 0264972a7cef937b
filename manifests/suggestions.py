"""What somebody may have meant who typed a name that there is not."""

import difflib
from collections.abc import Iterable, Sequence


def suggest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word; empty when nothing is near."""
    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(names), 1, 0.5)
    return f"; did you mean {names[near[0]]!r}?" if near else ""


def suggest_or_list(word: str, known: Iterable[str]) -> str:
    """As `suggest`, or where nothing is near the names that there are."""
    names = sorted(known)
    return suggest(word, names) or f"; it has {some_of(names)}"


def some_of(known: Sequence[str], most: int = 20) -> str:
    """Names with commas between them, and how many more there are."""
    more = f" and {len(known) - most:,} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more
