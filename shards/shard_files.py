"""Files of shards: how their rows are stored, and what they say of themselves."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from manifests.store import Layout

Ids: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
Ints: TypeAlias = npt.NDArray[np.int64]

# How good a place for a cut is, the worst first.
PLACES = ("character", "token", "sentence", "line", "paragraph")

METADATA_KEY = b"winnow"  # of the schema; its value is JSON

# A row group is what a reader has in memory. One that may be followed by others ends with the row
# by which it has so many tokens, once there are twice as many.
GROUP_TOKENS = 2 << 20


class TokenLayout(Layout):
    """Row groups of 1 to 4 million tokens, whatever the lengths of documents.

    Only documents of more than a million tokens make others: a row is never cut. Ids are stored
    byte by byte of all ids together (BYTE_STREAM_SPLIT), which is what zstd can make small.
    """

    def options(self, schema: pa.Schema) -> dict[str, Any]:
        """As `Layout.options`."""
        return {
            "use_dictionary": ["source", "language", "cluster_size", "split"],
            "column_encoding": {"input_ids.list.element": "BYTE_STREAM_SPLIT"},
        }

    def sizes(self, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
        """The tokens of each row."""
        tokens: npt.NDArray[np.int64] = batch["n_tokens"].to_numpy().astype(np.int64)
        return tokens

    def may_be_whole(self, rows: int, size: int) -> bool:
        """As `Layout.may_be_whole`."""
        return size >= 2 * GROUP_TOKENS

    def ends(self, sizes: npt.NDArray[np.int64], at_end: bool) -> Iterator[int]:
        """As `Layout.ends`."""
        ends = np.cumsum(sizes)
        start, before = 0, 0
        while start < len(sizes) and ends[-1] - before >= 2 * GROUP_TOKENS:
            start = int(np.searchsorted(ends, before + GROUP_TOKENS)) + 1
            before = int(ends[start - 1])
            yield start
        if at_end and start < len(sizes):
            yield len(sizes)


def described(schema: pa.Schema, facts: Mapping[str, Any]) -> pa.Schema:
    """The schema with facts about the file, which `facts_of` reads."""
    return schema.with_metadata({METADATA_KEY: json.dumps(facts, sort_keys=True)})


def facts_of(schema: pa.Schema) -> dict[str, Any]:
    """What a shard says of itself; docs/design.md lists the keys."""
    facts: dict[str, Any] = json.loads(schema.metadata[METADATA_KEY])
    return facts


def special_tokens(tokenizer_json: str) -> dict[str, int]:
    """The special tokens of a tokenizer.json, and their ids."""
    added = json.loads(tokenizer_json).get("added_tokens") or ()
    return {token["content"]: token["id"] for token in added if token["special"]}
