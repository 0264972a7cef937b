"""Tokenizers that are given as a file: what the file is, and the tokenizer.json that it stands for.

A tokenizer.json is used as it is. A .tiktoken file of ranks says neither how text is cut nor which
token ends a text: both are known for the published files, which are recognised by their SHA-256.
"""

import dataclasses
import hashlib
import json
from typing import Any

from tokenizer_train.encode import END_OF_TEXT, Encoder
from tokenizer_train.patterns import PATTERNS, pattern
from tokenizer_train.vocabulary import from_ranks, to_tokenizer_json

# SHA-256 of published rank files: pattern, id of <|endoftext|>.
# Source: openai/tiktoken `tiktoken_ext/openai_public.py` (hashes, special tokens).
_PUBLISHED = {
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930": ("gpt2", 50256),
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": ("cl100k", 100257),
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": ("o200k", 199999),
}  # fmt: skip


def tokenizer_json(
    path: str, data: bytes, pattern_name: str | None = None, eos_token: str | None = None
) -> str:
    """The text of the tokenizer.json that a file is or stands for.

    Args:
      path: its name, for errors.
      data: its content.
      pattern_name: how text is cut, for ranks that are not published ones.
      eos_token: the token that ends a text; ranks have none and get it, `<|endoftext|>` by default.

    Raises:
      ValueError: the file is neither, is damaged, or lacks a token that ends a text; the message
        names the file, and what was read.
    """
    start = data[:256].lstrip()
    if start.startswith(b"{"):
        text = _checked_json(path, data)
    elif _is_ranks(start):
        text = _from_ranks(path, data, pattern_name, eos_token)
    else:
        raise ValueError(
            f"{path} is {_what(path, data)}, no tokenizer.json and no .tiktoken file of ranks; "
            "give the file that Hugging Face's tokenizers save"
        )
    try:
        _ = Encoder(text, eos_token).eos_id
    except ValueError as error:
        raise ValueError(f"{path}: {error}".replace("eos_token", "tokenizer.eos_token")) from None
    return text


def _checked_json(path: str, data: bytes) -> str:
    try:
        text = data.decode()
        content: Any = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or "model" not in content:
        raise ValueError(
            f"{path} is {_what(path, data)}, no tokenizer.json that the package tokenizers "
            "can read; give the file that Hugging Face's tokenizers save"
        )
    try:
        Encoder(text)
    except Exception as error:  # the library's own error for everything is a plain Exception
        raise ValueError(
            f"{path} is no tokenizer.json that the package tokenizers can read "
            f"({str(error)[:200]}); give the file that Hugging Face's tokenizers save"
        ) from None
    return text


def _from_ranks(path: str, data: bytes, name: str | None, eos_token: str | None) -> str:
    model = from_ranks(data, path)
    missing = 256 - len({token for token in model.vocab if len(token) == 1})
    if missing:
        raise ValueError(
            f"{path} is a file of {len(model.vocab):,} ranks that lacks {missing} of the 256 "
            "bytes, so that it cannot encode every text; fetch the whole file"
        )
    end = eos_token or END_OF_TEXT
    if known := _PUBLISHED.get(hashlib.sha256(data).hexdigest()):
        name, eos_id = known
        # Ids between the last rank and the published end of text are not used.
        holes = tuple(f"<|reserved_{i}|>" for i in range(eos_id - len(model.vocab)))
        return to_tokenizer_json(
            dataclasses.replace(model, last_tokens=(*holes, end)), pattern(name)
        )
    if name is None:
        raise ValueError(
            f"{path} is a file of ranks that says not how text is cut, and none of the published "
            f"ones (r50k, cl100k, o200k); name it as tokenizer.pattern: {', '.join(PATTERNS)}"
        )
    return to_tokenizer_json(dataclasses.replace(model, last_tokens=(end,)), pattern(name))


def _is_ranks(start: bytes) -> bool:
    parts = start.split(b"\n", 1)[0].split()
    return len(parts) == 2 and parts[1].isdigit()


def _what(path: str, data: bytes) -> str:
    if not data:
        return "an empty file"
    if data[:1] == b"{" and data.split(b"\n", 1)[0].rstrip()[-1:] == b"}":
        return "JSON lines"
    if data.lstrip()[:1] in (b"{", b"["):
        return "JSON" if data.rstrip()[-1:] in (b"}", b"]") else "JSON that is cut short"
    if data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh")):
        return "a compressed file"
    if path.endswith(".model") or data[:1] == b"\n":
        return "a SentencePiece model"
    try:
        data[:4096].decode()
    except UnicodeDecodeError as error:
        if error.start < 4090:
            return "a binary file"
    return "a text file"
