"""Words that announce a telephone number, in a hundred languages: phone_words.csv.

The table is ours, written from what contact pages say. `*` stands for any ending. Words for
"number" alone are not in it: they announce numbers of orders, too. A word counts in a text of any
language, since the language of a page of addresses is often told wrongly; the word's own language
says where its number may belong.
"""

import csv
import functools
import importlib.resources
import re
from collections.abc import Iterable

from filters.pii.regions import BY_LANGUAGE, Regions

# Signs that are no words.
SIGNS = "☎☏✆📞📱📲℡🕿🖀"

# Before a word of Arabic and Hebrew may stand an article, a conjunction, a preposition.
_PREFIXES = "(?:[وف]?(?:ال|بال|لل|كال|[بل])?|[ובהלמכש]{0,3})"
_SPACED = re.compile(
    r"[^\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]"
)


@functools.cache
def words() -> dict[str, tuple[str, ...]]:
    """Words in lower case by language (BCP 47); `*` at the end is any ending."""
    table = importlib.resources.files(__package__) / "phone_words.csv"
    with table.open(encoding="utf-8", newline="") as lines:
        return {
            row["language"]: tuple(word.strip().casefold() for word in row["words"].split(","))
            for row in csv.DictReader(lines)
        }


@functools.cache
def announcement() -> re.Pattern[str]:
    """Matches a word that announces a number, as group `w`, where nothing but text follows it."""
    every = {word for some in words().values() for word in some}
    anywhere = {word.rstrip("*") for word in every if not _SPACED.match(word)}
    stems = {word.rstrip("*") for word in every if word.endswith("*")} - anywhere
    whole = {word.rstrip(".") for word in every if not word.endswith("*")} - anywhere
    letter = r"[^\W\d_]"
    spaced = (
        rf"(?<![\w<]){_PREFIXES}(?:{_trie(stems)}[\w\u0300-\u036f\u0900-\u0dff\u200b-\u200d'’-]*|"
        rf"(?:{_trie(whole)})(?!{letter}))"
    )
    return re.compile(f"(?P<w>{spaced}|{_trie(anywhere)}|[{SIGNS}])", re.IGNORECASE)


@functools.cache
def regions_of_word(word: str) -> Regions:
    """Regions of the languages that announce a number by this word."""
    word = word.casefold()
    spoken = (
        language
        for language, some in words().items()
        if any(
            known[:-1] in word if known.endswith("*") else known.rstrip(".") == word
            for known in some
        )
    )
    return tuple(dict.fromkeys(r for language in spoken for r in BY_LANGUAGE.get(language, ())))


def _trie(words: Iterable[str]) -> str:
    """A pattern for some words that looks at each character once."""
    tree: dict[str, dict] = {}  # type: ignore[type-arg]
    for word in words:
        node = tree
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return _pattern(tree)


def _pattern(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
    ends = "" in node
    branches = [re.escape(c) + _pattern(n) for c, n in sorted(node.items()) if c]
    if not branches:
        return ""
    joined = branches[0] if len(branches) == 1 and not ends else f"(?:{'|'.join(branches)})"
    return f"{joined}?" if ends else joined
