"""Words of any language, near to those of a tokenizer for each: spaCy's tokens, which its blank
tokenizers of most languages cut as the English one does, and ICU's words of scripts that put no
space between words.

Source: datatrove 0.10.1, utils/word_tokenizers.py, assigns tokenizers to languages; of those that
spaCy cuts there, decisions by English tokens differ less than by any other kind (docs/log.md).

Differs: no dictionary of Tibetan and Dzongkha is at hand; their words are syllables.
"""

import functools
import sys

import numpy as np
import regex
from numba import njit

from filters.text.characters import Bools, Bytes, Ints, decode
from filters.text.chunks import Cuts, Span
from filters.text.segmenters import ScriptWords
from filters.text.spacy_english import spacy_english

_UNDIVIDED = ("Thai", "Lao", "Khmer", "Myanmar", "Han", "Hiragana", "Katakana", "Tibetan")
_TSHEG = "\N{TIBETAN MARK INTERSYLLABIC TSHEG}"


class MultilingualWords:
    """Tokenizer for `ChunkWords`: a chunk with a letter of an undivided script is cut by ICU."""

    def __init__(self) -> None:
        self._spacy = spacy_english()
        self._icu = ScriptWords()
        self.marks = self._spacy.marks

    def cut(self, data: Bytes, start: Ints, end: Ints) -> Cuts:
        cuts = self._spacy.cut(data, start, end)
        undivided = np.empty(len(start), np.bool_)
        _find_undivided(data, start, end, _letters(), undivided)
        if not undivided.any():
            return cuts
        rows = np.flatnonzero(undivided)
        return cuts.replaced(
            undivided, self._words([bytes(data[start[i] : end[i]]).decode() for i in rows])
        )

    def cut_line(self, line: str) -> list[Span]:
        spans = []
        letters = _letters()
        for chunk in regex.finditer(r"\S+", line):
            if any(letters[ord(c)] for c in chunk[0]):
                at = chunk.start()
                for word in self._words([chunk[0]])[0]:
                    spans.append((at, at + len(word)))
                    at += len(word)
        own = {at for a, b in spans for at in range(a, b)}
        spans += [span for span in self._spacy.cut_line(line) if span[0] not in own]
        return sorted(spans)

    def _words(self, chunks: list[str]) -> list[list[str]]:
        found = self._icu.words_of(chunks)
        if any(_TSHEG in chunk for chunk in chunks):
            found = [_with_tsheg(words) for words in found]
        return found


def _with_tsheg(words: list[str]) -> list[str]:
    """Syllables with the mark behind them."""
    joined_words: list[str] = []
    for word in words:
        if word == _TSHEG and joined_words:
            joined_words[-1] += word
        else:
            joined_words.append(word)
    return joined_words


@functools.cache
def _letters() -> Bools:
    """Of every code point, whether it is of a script that puts no space between words."""
    scripts = "".join(rf"\p{{Script={name}}}" for name in _UNDIVIDED)
    pattern = regex.compile(f"[{scripts}]")
    found = np.zeros(sys.maxunicode + 1, np.bool_)
    for match in pattern.finditer("".join(map(chr, range(sys.maxunicode + 1)))):
        found[match.start()] = True
    return found


@njit(cache=True, nogil=True)
def _find_undivided(data: Bytes, start: Ints, end: Ints, letters: Bools, found: Bools) -> None:
    for chunk in range(len(start)):
        at, some = start[chunk], False
        while at < end[chunk] and not some:
            code, size = decode(data, at)
            some = letters[code]
            at += size
        found[chunk] = some
