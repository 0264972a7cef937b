"""The language of a page's words, to choose between encodings of Latin letters.

A detector that weighs pairs of bytes guesses from one or two of them at random: read as
windows-1250, `£5` is `Ł5` and `naïve` is `naďve`; read as Big5, `5 µm` is `5 蛩`. But nearly all of
such a page is ASCII, and that says what language it is in. English is written in windows-1252, so
the guess has to be wrong. The page is read in each encoding of Latin letters, and the one stays in
which its words speak most for a language that is written in it.
"""

import functools
import itertools
import re

import numpy as np
import numpy.typing as npt

from filters.encodings.alphabets import ALPHABETS, LATIN
from filters.encodings.decoders import REPLACED, decode
from filters.language import four_grams

_WESTERN, _LATIN_9 = "windows-1252", "ISO-8859-15"
_CENTRAL = "windows-1250 ISO-8859-2"
# Languages besides those of ALPHABETS that need another encoding than windows-1252.
_MORE = {
    "crh": "windows-1254", "csb": _CENTRAL, "dsb": _CENTRAL, "gag": "windows-1254",
    "hsb": _CENTRAL, "ku": "windows-1254", "ltg": "windows-1257", "sgs": "windows-1257",
    "szl": _CENTRAL, "tk": "windows-1254 windows-1250",
}  # fmt: skip
# Each has letters for nearly every byte, or differs from another of the list by a few signs.
_NOT_ASKED = {"ISO-8859-4", "ISO-8859-14", _LATIN_9, "ISO-8859-16"}
_LATIN_SCRIPT = "Latn"
_READ_BYTES = 1 << 16  # of a page
_SAMPLE_BYTES = 1 << 13  # of its text
_NO_WORDS = re.compile(
    rb"<(script|style|svg)\b.*?</\1\s*>|<!--.*?-->|<[a-zA-Z/!?][^>]*>?|&#?\w+;", re.I | re.S
)
_C1 = re.compile("[\x80-\x9f]")
_LONE = re.compile(r"(?<![^\W\d_])[^\0-\x7f](?![^\W\d_])")  # in no word: `£5`, `©`
# What others have to exceed the detector's guess and windows-1252 by: two nats. Between none and
# two no table of texts changes by more than .1 %; with four, short pages in Croatian lose 2 %.
_BONUS = 2 * four_grams.SCALE
# Bytes of quotes, dashes, the euro and no-break space in windows-1252; the share of the other ones
# that may stand beside each other, as they do in all text of other scripts; letters of ASCII for
# each byte beyond.
_SIGNS = b"\x80\x82\x84\x85\x8b\x91\x92\x93\x94\x95\x96\x97\x99\x9b\xa0\xab\xbb"
_MAX_TOGETHER, _MIN_ASCII = 0.3, 20
_WORDS, _MAX_WORDS = 16, 64  # that are read at once, and at all, of those beyond ASCII
_MIN_WEIGHT = 6 * four_grams.SCALE  # of words without which a guess at another script stays


def by_words(content: bytes, guess: str) -> str:
    """The guess, or an encoding of Latin letters that makes more of a page's words.

    A guess at another script is doubted only where a few lone bytes stand in much ASCII.
    """
    bare = b" ".join(_NO_WORDS.sub(b" ", content[:_READ_BYTES]).split())
    if guess in LATIN:
        stated, least = _WESTERN if guess == _LATIN_9 else guess, 0
    elif _is_sparse(bare):
        stated, least = _WESTERN, _MIN_WEIGHT
    else:
        return guess
    head, rest = bare[:_SAMPLE_BYTES], bare[_SAMPLE_BYTES:]
    beyond = (word for word in rest.split() if not word.isascii())
    sample = b" ".join((head, *itertools.islice(beyond, _MAX_WORDS)))
    weights: dict[str, int] = {}
    for name in dict.fromkeys((stated, _WESTERN, *_by_encoding())):
        if name in _by_encoding():
            weights[name] = _weight(decode(sample, name), name)
    for name in {stated, _WESTERN} & weights.keys():
        weights[name] += _BONUS
    best = max(weights, key=lambda name: weights[name])
    if not any(weights[name] > _BONUS for name in weights):  # no word is known
        return _WESTERN if guess in LATIN else guess
    if weights[best] < least or (best == stated and guess in LATIN):
        return guess
    return best


def _is_sparse(bare: bytes) -> bool:
    """Whether lone bytes beyond ASCII stand in much ASCII."""
    bytes_ = np.frombuffer(bare, np.uint8)
    high = bytes_ >= 0x80
    if high.sum() * _MIN_ASCII > len(bytes_):
        return False
    letters = high & ~np.isin(bytes_, np.frombuffer(_SIGNS, np.uint8))
    beside = high[1:] & high[:-1] & (letters[1:] | letters[:-1])
    return int(beside.sum()) <= _MAX_TOGETHER * int(letters.sum())


def _weight(text: str, encoding: str) -> int:
    """How much the words of a text speak for the best language of an encoding, in four_grams' unit.

    Words with letters beyond ASCII count twice: on a long page, of which only pieces are read, they
    may not be seen otherwise.
    """
    if REPLACED in text or _C1.search(text):
        return 0
    table, _ = four_grams.read_table()
    text = _LONE.sub(" ", text)
    sums = np.zeros(table.members.shape[1], np.int32)
    words = [word for word in text.split(" ") if not word.isascii()][:_MAX_WORDS]
    parts = (" ".join(words[i : i + _WORDS]) for i in range(0, len(words), _WORDS))
    for part in (text, *parts):
        four_grams.add_weights(table, np.frombuffer(part.encode(), np.uint8), sums)
    return int(sums[_by_encoding()[encoding]].max())


@functools.cache
def _by_encoding() -> dict[str, npt.NDArray[np.int64]]:
    """The labels of languages in Latin letters, by the encodings in which these are written."""
    table, names = four_grams.read_table()
    is_latin = table.members[1 + names.scripts.index(_LATIN_SCRIPT)]
    labels: dict[str, list[int]] = {}
    for label in np.flatnonzero(is_latin[: table.common]).tolist():
        language = names.tags[label].split("-")[0]
        known = ALPHABETS[language][1] if language in ALPHABETS else _MORE.get(language, _WESTERN)
        for name in known.split():
            if name in LATIN - _NOT_ASKED:
                labels.setdefault(name, []).append(label)
    return {name: np.array(found) for name, found in labels.items()}
