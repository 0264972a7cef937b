"""How many tokens a text takes by the tokenizer of far more text, told from one of little text.

Little text has too few pairs that repeat for a vocabulary of usual size, so that its tokenizer
needs more tokens than that of all text. No tokenizer needs fewer than there are pieces, whose ends
no merge crosses.
"""

import json
from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

# Tokens over pieces, less 1, by the number of merges: of the 325 pages in 24 languages that recipe
# web-multilingual keeps of the crawl and the pages that docs/estimate.md names (3.5 MB, o200k).
_MERGES = (253, 507, 1015, 2031, 4063, 8127, 16255, 32511)
_MORE = (1.738, 1.378, 1.056, 0.773, 0.530, 0.337, 0.199, 0.116)
# The last merges of little text are those of its own rare words; the first ones are those of any.
_COMMON = 4
_LEAST_MERGES = 64


def merges_of(tokenizer_json: str) -> int:
    """The number of merges of a tokenizer."""
    return len(json.loads(tokenizer_json)["model"]["merges"])


def pieces_and_tokens(
    tokenizer_json: str, texts: Sequence[str], merges: int
) -> tuple[int, int, float]:
    """The pieces of texts, their tokens, and their tokens by a tokenizer of so many merges.

    That is an estimate: the tokenizer's own first merges tell how far the texts are from those that
    the number of tokens by the number of merges was measured on.
    """
    fields = json.loads(tokenizer_json)
    learnt = fields["model"]["merges"]
    whole = Tokenizer.from_str(tokenizer_json)
    pieces = sum(len(whole.pre_tokenizer.pre_tokenize_str(text)) for text in texts)
    tokens = _count(whole, texts)
    common = max(_LEAST_MERGES, len(learnt) // _COMMON)
    fields["model"]["merges"] = learnt[:common]
    first = _count(Tokenizer.from_str(json.dumps(fields)), texts)
    more = (first / max(1, pieces) - 1) * _more_of(merges) / _more_of(common)
    return pieces, tokens, pieces * (1 + more)


def _count(tokenizer: Tokenizer, texts: Sequence[str]) -> int:
    return sum(len(one.ids) for one in tokenizer.encode_batch(texts, add_special_tokens=False))


def _more_of(merges: int) -> float:
    at = np.log([max(1, merges)])
    known, values = np.log(_MERGES), np.log(_MORE)
    slope = (values[-1] - values[-2]) / (known[-1] - known[-2])
    beyond = values[-1] + slope * (at - known[-1])
    return float(np.exp(np.where(at > known[-1], beyond, np.interp(at, known, values)))[0])
