"""Words that announce what a number behind them is, found quickly before it."""

import re
import unicodedata
from collections.abc import Iterable

# Before a word of Arabic and Hebrew may stand an article, a conjunction, a preposition.
_PREFIX = re.compile(r"(?<![^\W_])(?:[وف]?(?:ال|بال|لل|كال|[بل])?|[ובהלמכש]{0,3})\Z")
# Scripts that leave no spaces between words, or put other words before them.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]"
)
# The end of a text without digits and with one new line at most, of a text read backwards.
_LAST_WORDS = re.compile(r"[^\d\n]*\n?[^\d\n]*")


def last_words(before: str) -> str:
    """What of a text belongs to what follows it: no digit between, and at most one new line."""
    backwards = _LAST_WORDS.match(before[::-1])
    part = backwards[0][::-1].lower() if backwards else ""
    return part if part.isascii() else unicodedata.normalize("NFC", part)


class Announcements:
    """Words in lower case; `*` at their end stands for any ending.

    A dot at the end of a word may be left out. Where a script puts no spaces between words, a word
    may stand anywhere.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._by_beginning: dict[str, list[tuple[str, str, bool, bool]]] = {}
        for word in sorted(words, key=len, reverse=True):
            bare = word.rstrip("*.")
            entry = word, bare, word.endswith("*"), bool(_UNSPACED.match(bare))
            self._by_beginning.setdefault(bare[:2], []).append(entry)
        for beginning, entries in self._by_beginning.items():
            if len(beginning) == 2:
                entries += self._by_beginning.get(beginning[0], [])

    def last(self, text: str) -> tuple[str, int] | None:
        """The last of the words in a text, as the table has it, and where it ends."""
        table = self._by_beginning
        for at in range(len(text) - 1, -1, -1):
            entries = table.get(text[at : at + 2]) or table.get(text[at])
            for word, bare, goes_on, anywhere in entries or ():
                if not text.startswith(bare, at):
                    continue
                end = at + len(bare)
                if anywhere:
                    return word, end
                if at and not _begins(text, at):
                    continue
                following = end
                while following < len(text) and _is_letter(text[following]):
                    following += 1
                if goes_on or following == end:
                    return word, following
        return None


def _begins(text: str, at: int) -> bool:
    before = text[at - 1]
    if before == "<":
        return False  # a word of ours in a tag (`<PHONE>`) announces nothing
    if not _is_letter(before):
        return True
    return "\u0590" <= before <= "\u06ff" and bool(_PREFIX.search(text[:at]))


def _is_letter(character: str) -> bool:
    return character.isalpha() or character == "_" or unicodedata.category(character)[0] == "M"
