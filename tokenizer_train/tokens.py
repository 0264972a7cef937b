"""What the tokens of a vocabulary stand for, and which of them look wrong."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import regex

from tokenizer_train.vocabulary import BYTE_CHARACTERS

Booleans = npt.NDArray[np.bool_]

OVER_LONG_CHARS = 24
_WORD_START = "\u2581"  # SentencePiece's sign for a blank
_BYTE_OF = {character: byte for byte, character in enumerate(BYTE_CHARACTERS)}
_BYTE_PIECE = regex.compile(r"<0x([0-9A-Fa-f]{2})>")
# Controls but tab and ends of lines, private use, not assigned, and the replacement character.
_NO_TEXT = regex.compile(r"[\p{Cn}\p{Co}\uFFFD]|[^\P{Cc}\t\n\r]")
# Letters of two scripts in one token: look-alikes and pieces of broken text. Only those that are
# often mixed by mistake are looked for: Latin or Cyrillic beside any other.
_MIXED = regex.compile(
    r"\p{Latin}.*(?![\p{Latin}\p{Common}\p{Inherited}])\p{L}"
    r"|(?![\p{Latin}\p{Common}\p{Inherited}])\p{L}.*\p{Latin}"
    r"|\p{Cyrillic}.*(?![\p{Cyrillic}\p{Common}\p{Inherited}])\p{L}"
    r"|(?![\p{Cyrillic}\p{Common}\p{Inherited}])\p{L}.*\p{Cyrillic}",
    regex.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Tokens:
    """The tokens of a vocabulary, by id.

    Attributes:
      content: the bytes of the text that each stands for; empty where an id has no token.
      special: tokens that no text becomes, and unknown ones.
      unknown: id of the token for what the vocabulary cannot write; None if it can write all.
      fallback: tokens of single bytes, beside tokens of characters (SentencePiece's `<0xE1>`);
        in a byte-level vocabulary, tokens that are no whole characters.
      byte_level: a text is the joined content of its tokens.
    """

    content: list[bytes]
    special: Booleans
    unknown: int | None
    fallback: Booleans
    byte_level: bool

    def __len__(self) -> int:
        return len(self.content)

    @classmethod
    def of_json(cls, tokenizer_json: str) -> Self:
        """Those of a tokenizer.json."""
        fields = json.loads(tokenizer_json)
        model = fields["model"]
        vocab = model["vocab"]
        # Unigram models list (piece, score); the others map piece to id.
        ids = {piece: i for i, (piece, _) in enumerate(vocab)} if isinstance(vocab, list) else vocab
        added = {one["id"]: one for one in fields.get("added_tokens") or ()}
        size = 1 + max([*ids.values(), *added], default=-1)
        pieces, special = [""] * size, [False] * size
        for piece, number in ids.items():
            pieces[number] = piece
        for number, one in added.items():
            pieces[number], special[number] = one["content"], bool(one["special"])
        unknown = model.get("unk_id")
        if unknown is None and isinstance(model.get("unk_token"), str):
            unknown = ids.get(model["unk_token"])
        if _has_part(fields.get("decoder"), "ByteLevel"):
            plain = added.keys()
            content = [
                piece.encode()
                if number in plain or not _BYTE_OF.keys() >= set(piece)
                else bytes(_BYTE_OF[character] for character in piece)
                for number, piece in enumerate(pieces)
            ]
            whole = [_text_of(token) is not None for token in content]
            return cls(content, np.array(special, bool), unknown, ~np.array(whole, bool), True)
        prefix = model.get("continuing_subword_prefix") or ""
        if prefix:
            pieces = [piece.removeprefix(prefix) for piece in pieces]
        fallback = [
            bool(model.get("byte_fallback")) and _BYTE_PIECE.fullmatch(piece) is not None
            for piece in pieces
        ]
        return cls.of_pieces(pieces, special, unknown, fallback)

    @classmethod
    def of_pieces(
        cls,
        pieces: Sequence[str],
        special: Sequence[bool],
        unknown: int | None,
        fallback: Sequence[bool],
    ) -> Self:
        """Those of a vocabulary of text, where blanks are written as SentencePiece does."""
        content = []
        for piece, is_byte in zip(pieces, fallback, strict=True):
            found = _BYTE_PIECE.fullmatch(piece) if is_byte else None
            content.append(
                bytes.fromhex(found[1]) if found else piece.replace(_WORD_START, " ").encode()
            )
        return cls(content, np.array(special, bool), unknown, np.array(fallback, bool), False)

    def texts(self) -> list[str | None]:
        """The text of each token; None where it is special, or its bytes no whole characters."""
        return [
            None if special else _text_of(token)
            for token, special in zip(self.content, self.special.tolist(), strict=True)
        ]

    def over_long(self) -> list[int]:
        """Ids of tokens of more than `OVER_LONG_CHARS` characters: they learn from few texts."""
        return [i for i, t in enumerate(self.texts()) if t is not None and len(t) > OVER_LONG_CHARS]

    def junk(self) -> list[int]:
        """Ids of tokens that no ordinary text asks for.

        They hold control characters, characters that are private or not assigned, U+FFFD (all of
        which come of text that was decoded wrongly), letters of two scripts, or bytes that are in
        no UTF-8.
        """
        found = []
        for number, (token, text) in enumerate(zip(self.content, self.texts(), strict=True)):
            if text is None:
                # A single byte is in every byte-level alphabet, whether UTF-8 has it or not.
                if not self.special[number] and len(token) > 1 and not _part_of_text(token):
                    found.append(number)
            elif len(token) > 1 and (_NO_TEXT.search(text) or _is_mixed(text)):
                found.append(number)
        return found

    def lengths(self) -> npt.NDArray[np.int64]:
        """Bytes of each token."""
        return np.fromiter(map(len, self.content), np.int64, len(self.content))

    def joined(self, lists: pa.ListArray) -> tuple[npt.NDArray[np.int64], bytes]:
        """Offsets of texts and the bytes that their tokens stand for, one after the other."""
        offsets = lists.offsets.to_numpy()
        ids = lists.values.to_numpy()[offsets[0] : offsets[-1]]
        sizes = self.lengths()
        starts = np.concatenate([[0], np.cumsum(sizes)])
        blob = np.frombuffer(b"".join(self.content), np.uint8)
        ends = np.concatenate([[0], np.cumsum(sizes[ids])])
        places = np.repeat(starts[ids] - ends[:-1], sizes[ids]) + np.arange(ends[-1])
        return ends[offsets - offsets[0]], blob[places].tobytes()


def _text_of(token: bytes) -> str | None:
    try:
        return token.decode()
    except UnicodeDecodeError:
        return None


def _part_of_text(token: bytes) -> bool:
    """Whether some UTF-8 text has these bytes: up to three at either end are of cut characters."""
    for start in range(min(4, len(token))):
        for end in range(len(token), max(start, len(token) - 4), -1):
            if _text_of(token[start:end]) is not None:
                return _is_tail(token[:start]) and _is_head(token[end:])
    # No whole character: the end of one, and the beginning of the next.
    return any(_is_tail(token[:cut]) and _is_head(token[cut:]) for cut in range(len(token) + 1))


def _is_tail(some: bytes) -> bool:
    return len(some) < 4 and all(0x80 <= byte < 0xC0 for byte in some)


def _is_head(some: bytes) -> bool:
    if not some:
        return True
    wanted = {2: range(0xC2, 0xE0), 3: range(0xE0, 0xF0), 4: range(0xF0, 0xF5)}
    size = next((n for n, first in wanted.items() if some[0] in first), 0)
    return len(some) < size and _is_tail(some[1:])


def _is_mixed(text: str) -> bool:
    return not text.isascii() and _MIXED.search(text) is not None


def _has_part(part: Any, kind: str) -> bool:
    if not isinstance(part, dict):
        return False
    inner = [*part.get("decoders", ()), *part.get("pretokenizers", ())]
    return part.get("type") == kind or any(_has_part(one, kind) for one in inner)
