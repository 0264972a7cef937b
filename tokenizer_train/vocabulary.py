"""A byte-level BPE vocabulary, and the file formats that hold one.

Written as Hugging Face tokenizer.json, which every trainer reads; read from .tiktoken rank files
too, so that published tokenizers can be compared with.
"""

import base64
import binascii
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

END_OF_TEXT = "<|endoftext|>"  # the token that ends a text, unless another is named


def _byte_characters() -> list[str]:
    """The printable character that stands for each byte in vocabulary files.

    Source: openai/gpt-2 `src/encoder.py` bytes_to_unicode: Latin-1's visible characters stand
    for themselves, the other bytes for U+0100 and up, in order.
    """
    visible = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)}
    visible |= set(range(ord("®"), ord("ÿ") + 1))
    others = iter(range(256, 512))
    return [chr(byte) if byte in visible else chr(next(others)) for byte in range(256)]


BYTE_CHARACTERS = _byte_characters()
ALPHABET = sorted(range(256), key=lambda byte: BYTE_CHARACTERS[byte])  # bytes in order of their ids


def checked_special_tokens(special_tokens: Sequence[str]) -> tuple[str, ...]:
    """Special tokens that a vocabulary can have beside the bytes; in order.

    Raises:
      ValueError: one is empty, given twice, or the character of a single byte.
    """
    for special in special_tokens:
        if not special or special in BYTE_CHARACTERS:
            raise ValueError(
                f"special token {special!r} is empty or stands for a byte; "
                "use a longer one such as '<|endoftext|>'"
            )
    if len(set(special_tokens)) < len(special_tokens):
        raise ValueError(f"a special token is given twice in {list(special_tokens)}")
    return tuple(special_tokens)


def spelling(token: bytes) -> str:
    """A token as vocabulary files spell it: one character a byte."""
    return "".join(BYTE_CHARACTERS[byte] for byte in token)


@dataclasses.dataclass(frozen=True)
class BPEModel:
    """A byte-level BPE vocabulary.

    Attributes:
      special_tokens: they have the ids from 0 on; no merge makes them.
      vocab: bytes of every token, by id; of a special token, its text in UTF-8.
      merges: the ids of the two parts, in the order in which merges apply.
      whole_words: a pre-token that is in the vocabulary becomes that token, even if merges do not
        lead to it (tiktoken does so).
      last_tokens: special tokens behind all others.
    """

    special_tokens: tuple[str, ...]
    vocab: list[bytes]
    merges: list[tuple[int, int]]
    whole_words: bool = False
    last_tokens: tuple[str, ...] = ()

    def filled(self, multiple: int) -> "BPEModel":
        """The model with `<|reserved_0|>` and so on, so that its size is a multiple."""
        missing = -(len(self.vocab) + len(self.last_tokens)) % multiple
        reserved = tuple(f"<|reserved_{i}|>" for i in range(missing))
        return dataclasses.replace(self, last_tokens=self.last_tokens + reserved)


def to_tokenizer_json(model: BPEModel, pattern: str) -> str:
    """The text of a Hugging Face tokenizer.json: equal models give equal bytes.

    Text is split by `pattern`, the pieces become bytes, the bytes become tokens. Decoding gives
    back every text exactly. The tokenizer does not normalise and adds no space or special token.
    """
    specials = len(model.special_tokens)
    spellings = [*model.special_tokens, *map(spelling, model.vocab[specials:]), *model.last_tokens]
    last = enumerate(model.last_tokens, len(model.vocab))
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    content: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": i,
                "content": special,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for i, special in [*enumerate(model.special_tokens), *last]
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": pattern},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {**byte_level, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {**byte_level, "use_regex": False},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": model.whole_words,
            "vocab": {spelling: i for i, spelling in enumerate(spellings)},
            "merges": [[spellings[a], spellings[b]] for a, b in model.merges],
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def from_tiktoken(path: str | os.PathLike[str]) -> BPEModel:
    """The model that a .tiktoken file of merge ranks holds (`from_ranks`)."""
    return from_ranks(Path(path).read_bytes(), os.fspath(path))


def from_ranks(data: bytes, name: str, gaps: bool = False) -> BPEModel:
    """The model that merge ranks, the content of a .tiktoken file, describe; no special tokens.

    A rank file lists tokens (base64) and ranks, but no merges. Merging the bytes of a token by the
    lower ranks alone leaves two parts; these are the merge that makes the token.

    Args:
      name: of the file, for messages.
      gaps: ranks may be left out, and ids then are the places of tokens in order of their ranks.
        OpenAI's p50k_base leaves out the rank of its end-of-text token.

    Raises:
      ValueError: a line is no token with a rank, ranks have gaps, or a token cannot be merged from
        two lower ones.
    """
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            encoded, number_of_token = line.split()
            ranks[base64.b64decode(encoded, validate=True)] = int(number_of_token)
        except (ValueError, binascii.Error) as error:
            raise ValueError(
                f"{name} line {number} is not a base64 token and its rank; "
                "is this a .tiktoken file?"
            ) from error
    vocab = sorted(ranks, key=ranks.__getitem__)
    if gaps and len(set(ranks.values())) == len(vocab):
        ranks = {token: place for place, token in enumerate(vocab)}
    if [ranks[token] for token in vocab] != list(range(len(vocab))):
        raise ValueError(f"{name} has gaps or repeats in its ranks; they must be 0, 1, 2 and so on")
    merges = []
    for rank, token in enumerate(vocab):
        if len(token) == 1:
            continue
        parts = _merged_below(token, rank, ranks)
        if len(parts) != 2 or not ranks.keys() >= set(parts):
            raise ValueError(
                f"{name}: the token of rank {rank} is not made of two tokens of lower rank; "
                "the file is no byte-pair encoding"
            )
        merges.append((ranks[parts[0]], ranks[parts[1]]))
    return BPEModel((), vocab, merges, whole_words=True)


def _merged_below(token: bytes, limit: int, ranks: Mapping[bytes, int]) -> list[bytes]:
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        best, where = limit, -1
        for i in range(len(parts) - 1):
            rank = ranks.get(parts[i] + parts[i + 1], limit)
            if rank < best:
                best, where = rank, i
        if where < 0:
            break
        parts[where : where + 2] = [parts[where] + parts[where + 1]]
    return parts
