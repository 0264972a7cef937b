"""Which places of a text decided that a rule dropped it, where the rule can say so.

For people who look at samples. Rules count with kernels over whole batches; here the same places
are found again in one text, with Python's own strings. Words are those between white space,
whatever the recipe takes for words. A rule that misses something (stop words, sentences) has no
place to show.
"""

import collections
import functools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from filters.rules.fineweb import SHORT_LINE_CHARS
from filters.rules.gopher import DUPLICATE_GRAMS, TOP_GRAMS
from filters.rules.registry import RULES

MOST_CHARS = 1 << 18  # of a text that are looked at

_LINE = re.compile(r"[^\n]+")
_PARAGRAPH = re.compile(r"[^\n](?:[^\n]|\n(?!\n))*")
_WORD = re.compile(r"\S+")


class Span(NamedTuple):
    """Characters of a text, from `start` to before `end`."""

    start: int
    end: int


def marks(reason: str, text: str) -> list[Span]:
    """Places in the first `MOST_CHARS` of a text, in order and apart; none where nothing can tell.

    Args:
      reason: as the columns `reason` and `reasons` have it.
    """
    name, _, what = reason.partition(".")
    for threshold in RULES[name].thresholds if name in RULES else ():
        if threshold.reason == what and threshold.measure in _FOUND_BY:
            return _apart(_FOUND_BY[threshold.measure](text[:MOST_CHARS]))
    return []


def _apart(spans: Iterator[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(end, joined[-1].end))
        else:
            joined.append(Span(start, end))
    return joined


def _matches(pattern: str, flags: int = 0) -> Callable[[str], Iterator[Span]]:
    compiled = re.compile(pattern, flags)
    return lambda text: (Span(*found.span()) for found in compiled.finditer(text))


def _repeated(pieces: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    """Pieces that stood in the text before, as the rules count them."""

    def find(text: str) -> Iterator[Span]:
        seen = set()
        stripped = text.strip()
        shift = len(text) - len(text.lstrip())
        for found in pieces.finditer(stripped):
            if found[0] in seen:
                yield Span(found.start() + shift, found.end() + shift)
            seen.add(found[0])

    return find


def _repeated_grams(size: int) -> Callable[[str], Iterator[Span]]:
    """Runs of so many words that stood in the text before."""

    def find(text: str) -> Iterator[Span]:
        words = [found.span() for found in _WORD.finditer(text)]
        seen = set()
        for first in range(len(words) - size + 1):
            run = words[first : first + size]
            gram = tuple(text[start:end] for start, end in run)
            if gram in seen:
                yield Span(run[0][0], run[-1][1])
            seen.add(gram)

    return find


def _top_gram(size: int) -> Callable[[str], Iterator[Span]]:
    """Each place of the run of so many words that is most frequent."""

    def find(text: str) -> Iterator[Span]:
        words = [found.span() for found in _WORD.finditer(text)]
        places = collections.defaultdict(list)
        for first in range(len(words) - size + 1):
            run = words[first : first + size]
            places[tuple(text[start:end] for start, end in run)].append(Span(run[0][0], run[-1][1]))
        yield from max(places.values(), key=len, default=[])

    return find


def _lines(wanted: Callable[[str], bool]) -> Callable[[str], Iterator[Span]]:
    """Lines, blank ones left out, that are so."""
    return lambda text: (
        Span(*found.span())
        for found in _LINE.finditer(text)
        if found[0].strip() and wanted(found[0])
    )


@functools.cache
def _sentence_ends() -> set[str]:
    from filters.text.characters import sentence_ends  # numba

    return sentence_ends()


def _longest_words(text: str) -> Iterator[Span]:
    longest = sorted(_WORD.finditer(text), key=lambda found: found.start() - found.end())
    yield from (Span(*found.span()) for found in longest[:5])


_FOUND_BY: dict[str, Callable[[str], Iterator[Span]]] = {
    "duplicate_line_ratio": _repeated(_LINE),
    "duplicate_line_char_ratio": _repeated(_LINE),
    "duplicate_paragraph_ratio": _repeated(_PARAGRAPH),
    "duplicate_paragraph_char_ratio": _repeated(_PARAGRAPH),
    **{f"top_{n}_gram_ratio": _top_gram(n) for n in TOP_GRAMS},
    **{f"duplicate_{n}_gram_ratio": _repeated_grams(n) for n in DUPLICATE_GRAMS},
    "hash_word_ratio": _matches("#"),
    "ellipsis_word_ratio": _matches(r"\.\.\.|…"),
    "bullet_line_ratio": _lines(lambda line: line.lstrip().startswith(("-", "•"))),
    "ellipsis_line_ratio": _lines(lambda line: line.rstrip().endswith(("...", "…"))),
    "alphabetic_word_ratio": lambda text: (
        Span(*found.span()) for found in _WORD.finditer(text) if not any(map(str.isalpha, found[0]))
    ),
    "short_line_ratio": _lines(lambda line: len(line) <= SHORT_LINE_CHARS),
    "ended_line_ratio": _lines(lambda line: line[-1] not in _sentence_ends()),
    "lorem_ipsum": _matches("lorem ipsum", re.IGNORECASE),
    "curly_brackets": _matches(r"\{"),
}
# `mean_word_chars` is too small or too large; only what is too long has places.
_FOUND_BY["mean_word_chars"] = _longest_words
