"""`winnow train-tokenizer`: a tokenizer from a finished run or from files of text, in this process.

It counts, balances and learns as the stage `tokenizer` does; the order of the files has no effect.
"""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyarrow as pa
import zstandard

from filters.language import codes
from filters.language.identify import LanguageIdentifier
from manifests import manifest
from manifests.schemas import UNDETERMINED
from manifests.store import Store
from pipelines.commands import console
from pipelines.recipe.loading import recipe_of
from pipelines.sources import KINDS, expand, files, open_unit
from pipelines.sources.units import WorkUnit
from pipelines.stages.common import survivors
from pipelines.stages.context import StageContext
from tokenizer_train.balance import LANGUAGES, byte_premium, languages_table
from tokenizer_train.companions import companions
from tokenizer_train.learn import Counting, learn
from tokenizer_train.settings import Tokenizer
from tokenizer_train.vocabulary import to_tokenizer_json

# What a file holds, by its ending without .gz or .zst.
_KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".txt": "txt"}
_BATCH_DOCS = 1024
_MAX_RECORD_BYTES = 16 << 20

Texts: TypeAlias = tuple[pa.StringArray | None, pa.LargeStringArray]  # languages and texts


def command(
    given: Sequence[str],
    out: Path,
    settings: Tokenizer,
    field: str = "text",
    language_field: str | None = None,
) -> None:
    """Trains a tokenizer, writes its files into a folder, and tells what it is.

    Args:
      given: one run, or files (.txt, .jsonl, .parquet; .gz, .zst), globs or folders of them.
      field: of .jsonl and .parquet files, that holds the text.
      language_field: that holds its language; languages are identified unless given, if they are
        to be balanced.

    Raises:
      OSError: a file cannot be read.
      console.Failure: a file is of no kind that can be read, or there is no text.
    """
    if out.exists() and not out.is_dir():
        raise console.Failure(f"--out {out} is a file; name a folder", 2)
    counting = Counting(settings)
    identify = settings.balance < 1 or settings.fair > 0
    identifier = LanguageIdentifier() if identify and not language_field else None
    for languages, texts in _texts(given, field, language_field):
        if languages is None and identifier is not None:
            languages = identifier.identify(texts)["language"]
        if languages is None:
            languages = pa.array([UNDETERMINED] * len(texts), pa.string())
        counting.add(languages, texts)
    if not counting.sizes:
        raise console.Failure(f"{', '.join(given)}: no text to learn from; check --field", 1)
    premiums = {code: byte_premium(code, codes.scripts_of(code)) for code in counting.sizes}
    table = languages_table(counting.sizes, premiums, settings.balance, settings.weights)
    model = learn(counting.totals(table), table, settings)
    store = Store(str(out))
    eos_token = settings.all_special_tokens()[0]
    content = {"tokenizer.json": to_tokenizer_json(model, settings.regex()).encode()}
    for name, data in (content | companions(eos_token)).items():
        store.write_bytes(name, data)
    with store.write_part("languages.parquet", LANGUAGES) as writer:
        writer.write(table.to_batches()[0])
    total = sum(size for _, size in counting.sizes.values())
    size = len(model.vocab)
    console.say(
        f"{out}/tokenizer.json: {size + len(model.last_tokens):,} tokens learnt from "
        f"{total / 1e6:,.1f} MB in {len(counting.sizes)} languages, {counting.words:,} different "
        f"words"
    )
    if counting.pruned:
        console.say(f"{counting.pruned:,} of these words, the rarest, were left out (max_words)")
    if size < settings.vocab_size:
        console.err.print(
            f"winnow: {settings.vocab_size:,} tokens were asked for, and the text gave {size:,}; "
            "give more text, or a smaller --vocab-size",
            markup=False,
            soft_wrap=True,
        )


def _texts(given: Sequence[str], field: str, language_field: str | None) -> Iterator[Texts]:
    if len(given) == 1 and Store(given[0]).exists(manifest.MANIFEST_FILE):
        yield from _of_run(given[0])
        return
    for path in sorted({file for some in given for file in expand(some)}):
        yield from _of_file(path, field, language_field)


def _of_run(run: str) -> Iterator[Texts]:
    store = Store(run)
    console.manifest_of(store)
    context = StageContext(run, recipe_of(store), (), "", "", "", {})
    for fields in store.read_json("plan.json")["units"]:
        unit = WorkUnit.from_fields(fields).without_files()
        for batch in survivors(context, unit, ["language", "text"]):
            yield batch["language"], batch["text"]


def _of_file(path: str, field: str, language_field: str | None) -> Iterator[Texts]:
    bare = path.removesuffix(".gz").removesuffix(".zst")
    kind = next((kind for ending, kind in _KINDS.items() if bare.endswith(ending)), None)
    if kind is None:
        raise console.Failure(
            f"{path} is of no kind that this reads: {', '.join(_KINDS)}, all but "
            ".parquet also with .gz or .zst",
            2,
        )
    if kind == "txt":
        for texts in _lines(path):
            yield None, pa.array(texts, pa.large_string())
        return
    options = [("text", field)] + ([("language", language_field)] if language_field else [])
    unit = WorkUnit(0, "texts", kind, path, options=tuple(options))
    with open_unit(unit) as file:
        for batch in KINDS[kind].read(unit, file, _BATCH_DOCS, _MAX_RECORD_BYTES):
            for error in batch["error"].drop_null().to_pylist():
                raise console.Failure(f"{path} cannot be read: {error}", 1)
            contents = batch["content"].to_pylist()
            found = [None if one is None else one.decode("utf-8", "replace") for one in contents]
            hints = batch["language_hint"].to_pylist()
            languages = [codes.bcp47(hint) if hint else UNDETERMINED for hint in hints]
            yield (
                pa.array(languages, pa.string()) if language_field else None,
                pa.array(found, pa.large_string()),
            )


def _lines(path: str) -> Iterator[list[str]]:
    """Texts of a plain file in batches: each line with its end, and the empty lines behind it."""
    with files.open_binary(path) as raw:
        lines: Any = raw
        if path.endswith(".gz"):
            lines = gzip.GzipFile(fileobj=raw)
        elif path.endswith(".zst"):
            lines = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        texts: list[str] = []
        size = 0
        try:
            for line in _cut(lines):
                if texts and not line.strip():
                    texts[-1] += line
                    continue
                if size > 1 << 20 or len(texts) == _BATCH_DOCS:
                    yield texts
                    texts, size = [], 0
                texts.append(line)
                size += len(line)
        except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise console.Failure(f"{path} is damaged ({error}); fetch it again", 1) from None
        except UnicodeDecodeError:
            raise console.Failure(f"{path} is no text in UTF-8; give one that is", 1) from None
        if texts:
            yield texts


def _cut(file: IO[bytes]) -> Iterator[str]:
    """Lines with their ends; one of over a megabyte comes in pieces, between characters."""
    rest = b""
    while data := file.read(1 << 20):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield (line + b"\n").decode()
        if len(rest) > _MAX_RECORD_BYTES:
            end = len(rest)
            while end and rest[end - 1] & 0xC0 == 0x80:
                end -= 1
            end -= 1
            yield rest[:end].decode()
            rest = rest[end:]
    if rest:
        yield rest.decode()
