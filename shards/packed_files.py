"""Packed shards: rows of a fixed number of tokens in Arrow IPC files, and an index of blocks.

A file holds blocks of up to `BLOCK_ROWS` rows, each one record batch. `index.parquet` says where
each of them is, so that a reader needs one request for the index and one for a block. A table of
`documents/` says which document each piece of a file is of; no training loop reads it.
"""

import contextlib
import dataclasses
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import xxhash

from manifests import schemas
from manifests.parquet import TableFile
from manifests.store import Layout, PartWriter, Store, WrittenFile
from shards.shard_files import PLACES, described, facts_of

BLOCK_ROWS = 256
INDEX_FILE = "index.parquet"
INDEX = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),  # bytes before the block
        pa.field("length", pa.int64(), nullable=False),  # bytes of the block
        pa.field("rows", pa.int32(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),  # or pieces of them
        pa.field("tokens", pa.int64(), nullable=False),  # without those that fill rows up
        pa.field("digest", pa.string(), nullable=False),  # XXH3, 128 bits, of the block's bytes
    ]
)
PIECES = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),  # of the file, in order
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("doc_id", schemas.DOC_ID, nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
    ]
)
_PIECES_LAYOUT = Layout(1 << 16)
_MAGIC_BYTES = 8  # of a file, before the message with its schema


@dataclasses.dataclass
class Packed:
    """What was packed.

    Attributes:
      blocks: rows of `INDEX`.
      longest_row: documents of the row that has most of them.
      cuts: how many pieces begin at each of `shards.shard_files.PLACES`.
      fitting_cut: documents that were cut, though they have at most the tokens of a row.
      repeated_tokens: those of heads and overlaps.
      files: all that were written.
      end_of_text: the token that rows are filled up with.
    """

    blocks: list[dict[str, Any]]
    longest_row: int
    cuts: dict[str, int]
    fitting_cut: int
    repeated_tokens: int
    files: list[WrittenFile] = dataclasses.field(default_factory=list)
    end_of_text: int = 0

    @classmethod
    def none(cls) -> "Packed":
        return cls([], 0, dict.fromkeys(PLACES, 0), 0, 0)

    def add(self, other: "Packed") -> None:
        """Adds what was packed after this."""
        self.blocks += other.blocks
        self.longest_row = max(self.longest_row, other.longest_row)
        self.cuts = {place: n + other.cuts[place] for place, n in self.cuts.items()}
        self.fitting_cut += other.fitting_cut
        self.repeated_tokens += other.repeated_tokens
        self.files += other.files
        self.end_of_text = other.end_of_text

    def total(self, column: str) -> int:
        """The sum of a column of `INDEX` over all blocks."""
        return sum(block[column] for block in self.blocks)


def packed_schema(ids: pa.DataType, length: int) -> pa.Schema:
    """Schema of packed shards: the tokens of a row, and how many each of its documents has.

    What is left of a row behind its documents is filled with the end-of-text token.
    """
    return pa.schema(
        [
            pa.field("input_ids", pa.list_(pa.field("item", ids, nullable=False), length), False),
            pa.field("doc_lens", pa.list_(pa.field("item", pa.int32(), nullable=False)), False),
        ]
    )


def rows_schema(facts: Mapping[str, Any]) -> pa.Schema:
    """Schema of packed shards that say so of themselves."""
    ids = pa.uint16() if facts["vocab_size"] <= schemas.SMALL_VOCABULARY else pa.uint32()
    return packed_schema(ids, facts["packed"]["length"])


class _Recent(io.RawIOBase):
    """Writes to the sink below and keeps what was written since `take`."""

    def __init__(self, below: Any) -> None:
        self._below = below
        self._written: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._below.write(piece)
        self._written.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


def write(
    sink: Any, file: str, schema: pa.Schema, blocks: Iterator[pa.RecordBatch]
) -> list[dict[str, Any]]:
    """Writes an Arrow IPC file; returns what `INDEX` says of its blocks."""
    recent = _Recent(sink)
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    found = []
    start = _MAGIC_BYTES + schema.serialize().size
    with pa.ipc.new_file(recent, schema, options=options) as writer:
        for batch in blocks:
            writer.write_batch(batch)
            length = recent.tell() - start
            lens = batch["doc_lens"].values.to_numpy()
            found.append(
                {
                    "file": file,
                    "offset": start,
                    "length": length,
                    "rows": batch.num_rows,
                    "documents": len(lens),
                    "tokens": int(lens.sum()),
                    "digest": xxhash.xxh3_128_hexdigest(recent.take()[-length:]),
                }
            )
            start += length
    return found


def pieces_file(file: str) -> str:
    """The table with the documents of a packed file."""
    return f"documents/{file.removesuffix('.arrow')}.parquet"


@contextlib.contextmanager
def write_pieces(store: Store, file: str) -> Iterator[PartWriter]:
    """Opens the table with the documents of a packed file; it takes batches of `PIECES`."""
    with store.write_part(pieces_file(file), PIECES, _PIECES_LAYOUT) as writer:
        yield writer


def piece_batches(store: Store, file: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of that table."""
    yield from store.read_batches(pieces_file(file), 1 << 16, columns)


def write_index(store: Store, blocks: list[dict[str, Any]], facts: dict[str, Any]) -> WrittenFile:
    """Writes `index.parquet`."""
    schema = described(INDEX, facts)
    with store.write_part(INDEX_FILE, schema) as writer:
        for batch in pa.Table.from_pylist(blocks, schema).to_batches():
            writer.write(batch)
    return writer.written


def read_index(store: Store) -> tuple[pa.Table, dict[str, Any]]:
    """The index of packed shards, and what they say of themselves.

    Raises:
      FileNotFoundError: there is none.
      ValueError: it is damaged.
    """
    try:
        with store.open(INDEX_FILE) as file:
            table = TableFile(file, slow=store.slow).table()
            return table, facts_of(table.schema)
    except (pa.ArrowInvalid, KeyError, TypeError) as error:
        raise ValueError(
            f"{store.url(INDEX_FILE)} is damaged, or no index of packed shards"
        ) from error


def read_block(store: Store, block: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """A block, which is compared with its digest.

    Args:
      block: its row of `INDEX`.

    Raises:
      ValueError: it is damaged.
    """
    start, length = block["offset"], block["length"]
    try:
        (data,) = store.read_ranges([(block["file"], start, start + length)])
    except OSError as error:
        raise ValueError(f"{store.url(block['file'])} cannot be read: {error}") from error
    if xxhash.xxh3_128_hexdigest(data) != block["digest"]:
        raise ValueError(
            f"{store.url(block['file'])} is damaged in the block at byte {start:,}: its digest is "
            f"not that of {INDEX_FILE}; run `winnow pack` again"
        )
    return pa.ipc.read_record_batch(pa.py_buffer(data), schema)


def row_groups(
    store: Store, path: str, groups: Sequence[int] | None, columns: list[str]
) -> Iterator[pa.Table]:
    """Row groups of a shard, one after the other; None for all.

    Raises:
      ValueError: one is damaged; the message names file and row group.
    """
    with store.open(path) as file:
        table = TableFile(file, slow=store.slow)
        for group in range(table.metadata.num_row_groups) if groups is None else groups:
            try:
                yield table.row_group(group, columns)
            except (pa.ArrowInvalid, OSError) as error:
                raise ValueError(
                    f"row group {group} of {store.url(path)} is damaged; `winnow verify` tells "
                    "which files are"
                ) from error
