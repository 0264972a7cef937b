"""Other forms of the same letters, which readers take for the same text.

A text that was printed, typed on another keyboard or taken from a PDF has ligatures (`ﬁ`), wide
Latin letters, narrow kana, letters of a mathematical font, or Arabic letters by their place in the
word. Unicode's compatibility decompositions tell what they are forms of.
Differs from NFKC: what a reader would tell apart stays as it is. These are raised and lowered
characters (`10⁶` is not `106`), fractions, numbers in circles or brackets, and the letters of sets
of numbers (`ℝ`). So does what would be several words (`㍿`, `℃`) or more than three letters (`ⅷ`).
"""

import functools
import unicodedata

_SAME = {
    "<compat>", "<font>", "<initial>", "<medial>", "<final>", "<isolated>", "<narrow>", "<small>",
    "<square>", "<wide>",
}  # fmt: skip
_DOUBLE_STRUCK = "ℂℍℕℙℚℝℤℽℾℿ⅀ⅅⅆⅇⅈⅉ"
_VOICED = "\u3099\u309a"  # the marks of kana, which narrow kana have behind them
# What has no decomposition, or got it after Unicode 3.2, which every Python has.
_OTHERS = {"ς": "σ", "𝓁": "l"}

# Where there are any.
_RANGES = ((0x80, 0x3400), (0xF900, 0x10000), (0x1D400, 0x1D800), (0x2F800, 0x2FA20))


@functools.cache
def forms() -> dict[str, str]:
    """Each character that is a form of others, and these."""
    every = (chr(code) for first, end in _RANGES for code in range(first, end))
    return {char: plain for char in every if (plain := _plain(char)) != char}


def _plain(char: str) -> str:
    if char in _OTHERS:
        return _OTHERS[char]
    kind, *codes = unicodedata.ucd_3_2_0.decomposition(char).split() or [""]
    if kind in _SAME and char not in _DOUBLE_STRUCK:
        return "".join(_plain(chr(int(code, 16))) for code in codes)
    parts = "" if kind.startswith("<") else "".join(chr(int(c, 16)) for c in (kind, *codes) if c)
    # Other canonical decompositions are letters with accents, which `fold` is about.
    if len(parts) == 1:
        return _plain(parts)
    return parts if parts[1:] and parts[1:] in _VOICED else char
