"""Files of the corpus: those of a run, and copies of it in other formats (`winnow export`).

A copy is in files of about equal size, in the order of the run; a file ends with a whole document.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import zstandard

from manifests.store import Layout, PartWriter, Store, WrittenFile

# Pages end where the content says, so that a file without some of its documents has most pages of
# the other: https://huggingface.co/blog/parquet-cdc. Row groups are larger than those of other
# parts, of which single rows are read.
LAYOUT = Layout(1 << 14, use_content_defined_chunking=True)

# What stands between two documents in a file of text: a line of ASCII's record separator, which
# normalised text does not hold. A blank line, or the spelling of a special token, may be in a text.
SEPARATOR = "\n\x1e\n"

Batches = Iterable[pa.RecordBatch]
Sizes = Callable[[pa.RecordBatch], npt.NDArray[np.int64]]


def export(
    batches: Batches, schema: pa.Schema, out: Store, format_: str, file_bytes: int
) -> Iterator[WrittenFile]:
    """Writes rows of `corpus/`; yields what each file is when it is done.

    Args:
      schema: of the batches.
      format_: one of `FORMATS`.
      file_bytes: a file ends with the document by which its texts have so many bytes.

    Raises:
      ValueError: the format cannot hold a document; the message has its id.
    """
    ending, write = FORMATS[format_]
    for number, of_file in in_files(batches, lambda b: b["text_bytes"].to_numpy(), file_bytes):
        name = f"corpus-{number:05d}.{ending}"
        with out.commit(name) as sink:
            write(sink, schema, of_file)
        yield sink.written(name)


def in_files(
    batches: Batches, sizes_of: Sizes, file_bytes: int
) -> Iterator[tuple[int, Iterator[pa.RecordBatch]]]:
    """The number of each file, and its batches, to be taken before those of the next file.

    Args:
      sizes_of: the bytes of each row of a batch.
      file_bytes: a file ends with the row by which it has so many.
    """
    pieces = numbered(batches, sizes_of, file_bytes)
    for number, of_file in itertools.groupby(pieces, key=lambda one: one[0]):
        yield number, (batch for _, batch in of_file)


def numbered(
    batches: Batches, sizes_of: Sizes, file_bytes: int
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches, cut where files end, with the number of their file."""
    number, full = 0, 0
    for batch in batches:
        ends = full + np.cumsum(sizes_of(batch))
        start = 0
        while start < len(ends):
            end = min(int(np.searchsorted(ends, file_bytes)) + 1, len(ends))
            yield number, batch.slice(start, end - start)
            full = int(ends[end - 1])
            if full >= file_bytes:
                number, ends, full = number + 1, ends - full, 0
            start = end


def _jsonl(sink: Any, schema: pa.Schema, batches: Batches) -> None:
    for batch in batches:
        lines = (json.dumps(row, ensure_ascii=False) for row in batch.to_pylist())
        sink.write("".join(f"{line}\n" for line in lines).encode())


def _compressed_jsonl(sink: Any, schema: pa.Schema, batches: Batches) -> None:
    with zstandard.ZstdCompressor().stream_writer(sink, closefd=False) as compressed:
        _jsonl(compressed, schema, batches)


def _text(sink: Any, schema: pa.Schema, batches: Batches) -> None:
    for batch in batches:
        held = pc.match_substring(batch["text"], SEPARATOR.strip("\n"))
        if pc.any(held).as_py():
            raise ValueError(
                f"the text of document {batch['id'].filter(held)[0]} has the character U+001E, "
                "which stands between documents in files of text; take --format jsonl"
            )
        sink.write("".join(f"{text}{SEPARATOR}" for text in batch["text"].to_pylist()).encode())


def _parquet(sink: Any, schema: pa.Schema, batches: Batches) -> None:
    writer = PartWriter(sink, schema, LAYOUT)
    for batch in batches:
        writer.write(batch)
    writer.close()


def _arrow(sink: Any, schema: pa.Schema, batches: Batches) -> None:
    """Not compressed, so that readers can map the file into memory."""
    with pa.ipc.new_file(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


# Names of formats: the ending of their files, and what writes one.
FORMATS: dict[str, tuple[str, Callable[[Any, pa.Schema, Batches], None]]] = {
    "jsonl": ("jsonl", _jsonl),
    "jsonl.zst": ("jsonl.zst", _compressed_jsonl),
    "parquet": ("parquet", _parquet),
    "text": ("txt", _text),
    "arrow": ("arrow", _arrow),
}
