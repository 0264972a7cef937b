"""Tokenizers as they are published: tokenizer.json, tiktoken's ranks, SentencePiece models.

The content of a file says which of them it is, since SentencePiece and tiktoken both use the ending
`.model`.
"""

import dataclasses
import hashlib
import importlib.util
import re
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from tokenizer_train import patterns
from tokenizer_train.encode import Encoder, text_slices
from tokenizer_train.tokens import Tokens
from tokenizer_train.vocabulary import from_ranks, to_tokenizer_json

TOKENIZER_JSON, TIKTOKEN, SENTENCEPIECE = "tokenizer.json", "tiktoken", "sentencepiece"

# A file of ranks does not name its pattern. These are known by a digest of their first tokens and
# the number of all: some published vocabularies begin with another's tokens, and cut text in their
# own way. Source: openai/tiktoken `tiktoken_ext/openai_public.py`; meta-llama/llama3 (128,000).
_FIRST_TOKENS = 50_000
_KNOWN = {
    "5d527b5bdc23385ba0f489a08e735962ce42840c381afaad60dbf9f1984520c7": ("gpt2", {50256, 50280}),
    "093adcb0f9e01beb0ed8bdaad9bd15274cac65d2fb02737b1856a864c0fed225": (
        "cl100k",
        {100256, 128000},
    ),
    "5d0caed230c29e260535e4496f534131493e902a98711a53caf493debb30badb": ("o200k", {199998}),
}
_RANK = re.compile(rb"\s*[A-Za-z0-9+/]+={0,2} \d+\s*")


class Encodes(Protocol):
    """Texts to token ids: `tokenizer_train.encode.Encoder`, or the same for another format."""

    def encode(self, text: pa.LargeStringArray) -> pa.ListArray: ...

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]: ...


@dataclasses.dataclass(frozen=True)
class Published:
    """A tokenizer, whatever its format.

    Attributes:
      name: what to call it, such as the file's name without its ending.
      format: `tokenizer.json`, `tiktoken` or `sentencepiece`.
      tokens: what each token stands for.
    """

    name: str
    format: str
    encoder: Encodes
    tokens: Tokens


def read(data: bytes, path: str, name: str, pattern: str | None = None) -> Published:
    """The tokenizer that a file holds.

    Args:
      data: the content of the file.
      path: of the file, for messages.
      pattern: how text is cut before tokens are merged, by name or as a regex; only for tiktoken's
        ranks, and needed where they are none of OpenAI's.

    Raises:
      ValueError: the file is none of the formats, is damaged, or needs a pattern.
      ImportError: a SentencePiece model, without the package that reads it.
    """
    start = data[:4096].lstrip()
    if start.startswith(b"{"):
        return _of_json(data, path, name)
    if _RANK.fullmatch(start.split(b"\n", 1)[0]):
        model = from_ranks(data, path, gaps=True)
        text = to_tokenizer_json(model, _pattern_of(data, path, pattern))
        return Published(name, TIKTOKEN, Encoder(text), Tokens.of_json(text))
    if start[:1] == b"\n" or data[:1] == b"\n":  # the first field of the model's protocol buffer
        encoder = SentencePieceEncoder(data, path)
        return Published(name, SENTENCEPIECE, encoder, encoder.tokens())
    raise ValueError(
        f"{path} is no tokenizer that winnow reads; give a tokenizer.json, tiktoken's ranks "
        "(.tiktoken) or a SentencePiece model (.model)"
    )


def _of_json(data: bytes, path: str, name: str) -> Published:
    text = data.decode("utf-8", errors="replace")
    try:
        encoder = Encoder(text)
    except Exception as error:  # the library's own error for everything is a plain Exception
        raise ValueError(
            f"{path} is no tokenizer.json that the package tokenizers can read; give the file that "
            "Hugging Face's tokenizers save"
        ) from error
    return Published(name, TOKENIZER_JSON, encoder, Tokens.of_json(text))


def _pattern_of(data: bytes, path: str, wanted: str | None) -> str:
    if wanted is not None:
        # Names are short and plain; a regex that cuts text has other signs.
        return patterns.pattern(wanted) if wanted.isalnum() else wanted
    lines = [line.split()[0] for line in data.splitlines() if line.strip()]
    found = hashlib.sha256(b"\n".join(lines[:_FIRST_TOKENS])).hexdigest()
    name, sizes = _KNOWN.get(found, ("", set()))
    if len(lines) in sizes:
        return patterns.pattern(name)
    raise ValueError(
        f"{path} has {len(lines):,} ranks, which are none of OpenAI's, and a file of ranks does "
        f"not say how text is cut; give --pattern {', '.join(patterns.PATTERNS)} or a regex"
    )


class SentencePieceEncoder:
    """Encodes texts by a SentencePiece model, as `Encoder` does; adds no special token.

    Raises:
      ImportError: the package sentencepiece is not installed.
      ValueError: it cannot read the model.
    """

    def __init__(self, model: bytes, path: str) -> None:
        if importlib.util.find_spec("sentencepiece") is None:
            raise ImportError(
                f"{path} looks like a SentencePiece model, which needs the package sentencepiece; "
                "pip install 'winnow-corpus[sentencepiece]'"
            )
        import sentencepiece

        self._processor: Any = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError as error:
            raise ValueError(
                f"{path} is no SentencePiece model, or is cut short; fetch it again"
            ) from error

    def encode(self, text: pa.LargeStringArray) -> pa.ListArray:
        """Token ids as list<int32>, one list a text; null for a null text."""
        parts = [pa.array([], pa.list_(pa.int32()))]
        for part in text_slices(text):
            ids = self._processor.EncodeAsIds(pc.fill_null(part, "").to_pylist())
            lists = pa.array(ids, pa.list_(pa.int32()))
            parts.append(pc.if_else(pc.is_valid(part), lists, None) if part.null_count else lists)
        return pa.concat_arrays(parts)

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """The texts that lists of ids stand for."""
        decoded: list[str] = self._processor.DecodeIds([list(one) for one in ids]) if ids else []
        return decoded

    def tokens(self) -> Tokens:
        """What each token stands for."""
        model = self._processor
        number = range(model.GetPieceSize())
        pieces = [model.IdToPiece(i) for i in number]
        special = [model.IsControl(i) or model.IsUnknown(i) for i in number]
        return Tokens.of_pieces(pieces, special, model.unk_id(), [model.IsByte(i) for i in number])
