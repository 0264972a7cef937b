"""Pre-tokenizer regexes by name. They decide where text is cut before byte-pair merging.

A pattern matches every character of any text, so joining the pieces gives the text back. All three
use only syntax that the `regex` module, Oniguruma (Hugging Face `tokenizers`) and gigatoken read
alike: no possessive quantifiers, since `{1,3}+` means something else to Oniguruma.

The spelling matters beyond its meaning: gigatoken recognises a pattern by its exact text.
"""

import difflib

# Words, numbers of any length and punctuation, each with one leading space; English clitics.
# Source: openai/gpt-2 `src/encoder.py`, in the factored form of tiktoken's `r50k_base`.
# Marks (\p{M}) are no letters here: an Indic or Burmese word falls apart at each vowel sign.
GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

# Compared with gpt2: clitics in either case, any one punctuation mark may lead a word, numbers in
# groups of three, punctuation and newlines stay together. Marks are still no letters.
# Source: openai/tiktoken `tiktoken_ext/openai_public.py` cl100k_base as first published; later
# versions match the same pieces with possessive quantifiers. Llama 3 uses the same text.
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)

# Compared with cl100k: marks count as letters, so words of every script stay whole (this halves
# the Gini coefficient over languages); a word is capitals, then small letters, so that
# `camelCase` is two; clitics stay with their word.
# Source: openai/tiktoken `tiktoken_ext/openai_public.py` o200k_base.
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)

PATTERNS = {"gpt2": GPT2, "cl100k": CL100K, "o200k": O200K}
USUAL = "o200k"
# How each spells a number.
_NUMBER = {"gpt2": r" ?\p{N}+", "cl100k": r"\p{N}{1,3}", "o200k": r"\p{N}{1,3}"}


def pattern(name: str, max_digits: int | None = None) -> str:
    """The regex with this name.

    Args:
      max_digits: digits that are one piece at most, in groups from the left; None as published.

    Raises:
      ValueError: no pattern has this name; the message suggests the nearest one.
    """
    if name not in PATTERNS:
        near = difflib.get_close_matches(name, PATTERNS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown pre-tokenizer {name!r} (known: {', '.join(PATTERNS)}){hint}")
    if max_digits is None:
        return PATTERNS[name]
    digits = r"\p{N}" if max_digits == 1 else rf"\p{{N}}{{1,{max_digits}}}"
    return PATTERNS[name].replace(f"|{_NUMBER[name]}|", f"|{digits}|")
