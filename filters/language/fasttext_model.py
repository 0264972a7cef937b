"""fastText classifiers (.bin, .ftz) read into numpy; the two best labels of each text, in numba.

Source: facebookresearch/fastText 0.9.2, src/{dictionary,fasttext,loss,matrix,quantmatrix}.cc;
Joulin et al. 2016, https://arxiv.org/abs/1612.03651 (quantised models).

A word's subword vectors are summed once and kept in a cache, since the sum depends on the word
alone. Each text adds those sums word by word whether they come from the cache or not, so what the
cache holds never shows in a result.

Differs: vectors are added word by word, fastText adds them one by one; scores differ by float
rounding (below 1e-5). A newline ends a word, where fastText's ends the text.
"""

import hashlib
import math
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from filters.language.models import CENTROIDS, MAGIC, SUPERVISED
from filters.text.characters import hash_bytes

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]

VERSION = 12
HIERARCHICAL_SOFTMAX = 1
LABEL_PREFIX = b"__label__"
END_OF_TEXT = b"</s>"

CACHE_SLOTS = 1 << 18
CACHED_WORD_BYTES = 64  # longer "words" are mostly whole clauses of unspaced scripts: seen once

# fastText adds this to a probability before the logarithm, and prunes with the logarithm of a
# threshold of 0 computed in the same way: a label less probable than about 1e-5 does not exist.
LOG_OFFSET = 1e-5
LOG_THRESHOLD = np.float32(math.log(LOG_OFFSET))


class UnsupportedModelError(ValueError):
    """A fastText model of a kind that `read_model` does not read (the fasttext module may)."""


class Model(NamedTuple):
    """Weights and dictionary as the kernels take them.

    Attributes:
      input: one row a word, then one a kept bucket of character n-grams.
      output: one row an inner node of the Huffman tree over labels.
      bucket_row: row of `input` that a bucket has, or -1 where the bucket was pruned.
      bucket_bits: a bit for each bucket that was not. A 32nd of bucket_row, it stays in a
        processor's cache, and mostly the answer is no.
      left, right: children of a tree node; nodes below the number of labels are labels.
      word_slots: open-addressed hash table of word ids, -1 where free.
      word_bytes, word_offsets: the words themselves.
      end_of_text: id of the token that fastText appends to each text, -1 where there is none.
      min_chars, max_chars: length of the character n-grams.
    """

    input: F32
    output: F32
    bucket_row: I32
    bucket_bits: U8
    left: I32
    right: I32
    word_slots: I32
    word_bytes: U8
    word_offsets: I64
    end_of_text: int
    min_chars: int
    max_chars: int


class WordCache(NamedTuple):
    """Direct-mapped: a word's slot is its hash, a newcomer replaces whom it finds. Bounded at 20 MB
    for 16 dimensions. Words with equal 64-bit hashes are taken for equal. Not to be shared between
    threads.
    """

    words: U64  # [slot, 2]: hash, and how many vectors went into the sum; 0 and 0 where it is free
    sums: F32  # [slot, dimension]


def new_cache(model: Model) -> WordCache:
    return WordCache(
        np.zeros((CACHE_SLOTS, 2), np.uint64),
        np.zeros((CACHE_SLOTS, model.input.shape[1]), np.float32),
    )


class _File:
    """A cursor over the bytes of a model file (little-endian)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def values(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        # The copy aligns it: what follows a string in the file starts anywhere.
        array = np.frombuffer(self.data, dtype, count, self.at).copy()
        self.at += array.nbytes
        return array

    def string(self) -> bytes:
        end = self.data.index(b"\0", self.at)
        string = self.data[self.at : end]
        self.at = end + 1
        return string


def read_model(path: Path) -> tuple[Model, list[str], str]:
    """Reads a supervised model with hierarchical softmax and no word n-grams.

    Returns:
      The model, its labels without `__label__`, and the file's sha256 in hex.

    Raises:
      UnsupportedModelError: a fastText model, but of another kind.
      ValueError: no fastText model, or a part of one.
    """
    data = path.read_bytes()
    try:
        model, labels = _parse(_File(data), path)
    except (struct.error, ValueError, IndexError, OverflowError, MemoryError) as error:
        if isinstance(error, UnsupportedModelError):
            raise
        raise ValueError(
            f"{path} is no complete fastText model ({error}); fetch the .bin or .ftz file again"
        ) from error
    return model, labels, hashlib.sha256(data).hexdigest()


def _parse(file: _File, path: Path) -> tuple[Model, list[str]]:
    magic, version = file.values("ii")
    if magic != MAGIC:
        raise ValueError("it does not begin with fastText's magic number")
    arguments = file.values("12i")
    word_ngrams, loss, kind, buckets, min_chars, max_chars = arguments[5:11]
    file.values("d")
    if version != VERSION or kind != SUPERVISED or loss != HIERARCHICAL_SOFTMAX or word_ngrams > 1:
        raise UnsupportedModelError(
            f"{path}: version {version}, model {kind}, loss {loss}, wordNgrams {word_ngrams}; read"
            f" here are version {VERSION}, model {SUPERVISED} (supervised), loss"
            f" {HIERARCHICAL_SOFTMAX} (hierarchical softmax), wordNgrams 1"
        )
    entries, n_words, n_labels = file.values("iii")
    _, pruned = file.values("qq")
    words: list[bytes] = []
    counts: list[int] = []
    for _ in range(entries):
        words.append(file.string())
        counts.append(file.values("qb")[0])
    bucket_row = np.full(max(buckets, 1), -1, np.int32)
    if pruned < 0:  # nothing was pruned
        bucket_row[:] = n_words + np.arange(len(bucket_row), dtype=np.int32)
    else:
        kept = file.array("<i4", 2 * pruned).reshape(-1, 2)
        bucket_row[kept[:, 0]] = n_words + kept[:, 1]
    (quantised,) = file.values("?")
    input_rows = _quantised(file) if quantised else _dense(file)
    (quantised_output,) = file.values("?")
    output_rows = _quantised(file) if quantised and quantised_output else _dense(file)

    left, right = _huffman(counts[n_words:])
    word_bytes, word_offsets, word_slots = _word_table(words[:n_words])
    end_of_text = words.index(END_OF_TEXT) if END_OF_TEXT in words[:n_words] else -1
    labels = [label.removeprefix(LABEL_PREFIX).decode() for label in words[n_words:]]
    if len(labels) != n_labels:
        raise ValueError(f"{n_labels} labels announced, {len(labels)} found")
    model = Model(
        input_rows,
        output_rows,
        bucket_row,
        np.packbits(bucket_row >= 0, bitorder="little"),
        left,
        right,
        word_slots,
        word_bytes,
        word_offsets,
        end_of_text,
        min_chars,
        max_chars,
    )
    return model, labels


def _dense(file: _File) -> F32:
    rows, columns = file.values("qq")
    return file.array("<f4", rows * columns).reshape(rows, columns)


def _quantised(file: _File) -> F32:
    """A product-quantised matrix, written out: lid.176.ftz becomes 3 MB."""
    (has_norms,) = file.values("?")
    rows, columns = file.values("qq")
    (n_codes,) = file.values("i")
    codes = file.array("u1", n_codes).reshape(rows, -1)
    matrix = np.empty((rows, columns), np.float32)
    column = 0
    for part, centroids in enumerate(_centroids(file)):
        width = centroids.shape[1]
        matrix[:, column : column + width] = centroids[codes[:, part]]
        column += width
    if has_norms:
        norm_codes = file.array("u1", rows)
        (norms,) = _centroids(file)
        matrix *= norms[norm_codes]
    return matrix


def _centroids(file: _File) -> list[F32]:
    """The centroids of each part of a vector, as [code, dimension of the part]."""
    dimension, parts, width, last_width = file.values("4i")
    flat = file.array("<f4", dimension * CENTROIDS)
    widths = [width] * (parts - 1) + [last_width]
    starts = np.cumsum([0, *widths]) * CENTROIDS
    return [
        flat[start : start + CENTROIDS * w].reshape(CENTROIDS, w)
        for start, w in zip(starts[:-1], widths, strict=True)
    ]


def _huffman(counts: list[int]) -> tuple[I32, I32]:
    """Children of each node of fastText's tree over labels (counts fall); ties as fastText breaks
    them. The root is the last node.
    """
    n = len(counts)
    total = counts + [10**15] * (n - 1)
    children = np.full((2 * n - 1, 2), -1, np.int32)
    leaf, node = n - 1, n
    for parent in range(n, 2 * n - 1):
        for side in range(2):
            if leaf >= 0 and total[leaf] < total[node]:
                children[parent, side], leaf = leaf, leaf - 1
            else:
                children[parent, side], node = node, node + 1
        total[parent] = sum(total[child] for child in children[parent])
    return np.ascontiguousarray(children[:, 0]), np.ascontiguousarray(children[:, 1])


def _word_table(words: list[bytes]) -> tuple[U8, I64, I32]:
    word_bytes = np.frombuffer(b"".join(words), np.uint8).copy()
    word_offsets = np.cumsum([0, *map(len, words)], dtype=np.int64)
    slots = np.full(1 << (2 * len(words) + 1).bit_length(), -1, np.int32)
    _fill_word_slots(word_bytes, word_offsets, slots)
    return word_bytes, word_offsets, slots


# Arrays go to the kernels one by one: of a tuple that is handed down numba counts every array's
# references, which takes longer than the work.


@njit(cache=True, nogil=True)
def _fill_word_slots(word_bytes: U8, word_offsets: I64, slots: I32) -> None:
    for word in range(len(word_offsets) - 1):
        value = hash_bytes(word_bytes, word_offsets[word], word_offsets[word + 1])
        slot = np.int64(value) & (len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = word


@njit(cache=True, nogil=True)
def _find_word(
    slots: I32, word_bytes: U8, word_offsets: I64, data: U8, start: int, end: int, value: np.uint64
) -> int:
    slot = np.int64(value) & (len(slots) - 1)
    while slots[slot] >= 0:
        first = word_offsets[slots[slot]]
        if word_offsets[slots[slot] + 1] - first == end - start:
            same = True
            for i in range(end - start):
                if word_bytes[first + i] != data[start + i]:
                    same = False
                    break
            if same:
                return slots[slot]
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@njit(cache=True, nogil=True)
def _add_ngrams(
    rows: F32,
    bucket_row: I32,
    bucket_bits: U8,
    min_chars: int,
    max_chars: int,
    word: U8,
    n: int,
    total: F32,
) -> int:
    """Adds the vectors of the character n-grams of `word[:n]` (`<` and `>` included) to `total`."""
    added = 0
    buckets = np.uint32(len(bucket_row))
    for start in range(n):
        if word[start] & 0xC0 == 0x80:
            continue
        state = np.uint32(2166136261)
        at = start
        chars = 0
        while at < n and chars < max_chars:
            while True:  # one character; fastText's bytes are signed, so the high ones carry ones
                byte = np.uint32(word[at])
                if byte >= 128:
                    byte |= np.uint32(0xFFFFFF00)
                state = np.uint32((state ^ byte) * np.uint32(16777619))
                at += 1
                if at >= n or word[at] & 0xC0 != 0x80:
                    break
            chars += 1
            edge = chars == 1 and (start == 0 or at == n)  # `<` or `>` alone is no n-gram
            if chars >= min_chars and not edge:
                bucket = state % buckets
                if bucket_bits[bucket >> 3] >> (bucket & 7) & 1:
                    row = bucket_row[bucket]
                    added += 1
                    for d in range(len(total)):
                        total[d] += rows[row, d]
    return added


@njit(cache=True, nogil=True)
def _is_label(data: U8, start: int, end: int) -> bool:
    matched = 0
    while matched < min(len(LABEL_PREFIX), end - start):
        if data[start + matched] != LABEL_PREFIX[matched]:
            break
        matched += 1
    return matched == len(LABEL_PREFIX)


@njit(cache=True, nogil=True)
def _sum_word(
    rows: F32,
    bucket_row: I32,
    bucket_bits: U8,
    min_chars: int,
    max_chars: int,
    data: U8,
    start: int,
    end: int,
    word: int,
    scratch: U8,
    total: F32,
) -> int:
    """Writes the sum of a word's vectors to `total`; returns how many they are."""
    total[:] = 0
    added = 0
    if word >= 0:
        added = 1
        for d in range(len(total)):
            total[d] += rows[word, d]
    elif _is_label(data, start, end):
        return 0
    if max_chars > 0:
        scratch[0] = ord("<")
        scratch[1 : end - start + 1] = data[start:end]
        scratch[end - start + 1] = ord(">")
        size = end - start + 2
        added += _add_ngrams(
            rows, bucket_row, bucket_bits, min_chars, max_chars, scratch, size, total
        )
    return added


_IS_SPACE = np.isin(np.arange(256), [0, *range(9, 14), 32])


@njit(cache=True, nogil=True)
def _mean_vector(
    rows: F32,
    bucket_row: I32,
    bucket_bits: U8,
    word_slots: I32,
    word_bytes: U8,
    word_offsets: I64,
    end_of_text: int,
    min_chars: int,
    max_chars: int,
    cached_words: U64,
    cached_sums: F32,
    data: U8,
    start: int,
    end: int,
    total: F32,
    mean: F32,
) -> bool:
    """Writes the mean of the text's vectors to `mean`; False for a text without a word."""
    mean[:] = 0
    scratch = np.empty(256, np.uint8)
    added = np.int64(0)
    empty = True
    at = start
    while at < end:
        if _IS_SPACE[data[at]]:
            at += 1
            continue
        empty = False
        first = at
        while at < end and not _IS_SPACE[data[at]]:
            at += 1
        size = at - first
        value = hash_bytes(data, first, at)
        slot = np.int64(value >> np.uint64(20)) & (CACHE_SLOTS - 1)
        if cached_words[slot, 0] == value:
            added += np.int64(cached_words[slot, 1])
            for d in range(len(mean)):
                mean[d] += cached_sums[slot, d]
            continue
        word = _find_word(word_slots, word_bytes, word_offsets, data, first, at, value)
        if word >= 0 and word == end_of_text:
            break  # the literal token ends the text for fastText
        if size + 2 > len(scratch):
            scratch = np.empty(2 * (size + 2), np.uint8)
        word_rows = _sum_word(
            rows,
            bucket_row,
            bucket_bits,
            min_chars,
            max_chars,
            data,
            first,
            at,
            word,
            scratch,
            total,
        )
        added += word_rows
        for d in range(len(mean)):
            mean[d] += total[d]
        if size <= CACHED_WORD_BYTES:
            cached_words[slot, 0], cached_words[slot, 1] = value, np.uint64(word_rows)
            for d in range(len(mean)):
                cached_sums[slot, d] = total[d]
    if end_of_text >= 0:
        added += 1
        for d in range(len(mean)):
            mean[d] += rows[end_of_text, d]
    if empty or added == 0:
        return False
    scale = np.float32(1.0 / added)
    for d in range(len(mean)):
        mean[d] *= scale
    return True


@njit(cache=True, nogil=True)
def _log(probability: float) -> np.float32:
    return np.float32(math.log(probability + LOG_OFFSET))


@njit(cache=True, nogil=True)
def _two_best(
    output: F32,
    left: I32,
    right: I32,
    mean: F32,
    nodes: I32,
    node_scores: F32,
    labels: I32,
    scores: F32,
) -> None:
    """Depth first through the tree, the better child first, leaving what cannot be second best.

    A label that fastText's own search would not reach stays -1.
    """
    n_labels = len(left) // 2 + 1
    labels[:] = -1
    scores[:] = -np.inf
    nodes[0], node_scores[0] = len(left) - 1, 0
    open_nodes = 1
    while open_nodes > 0:
        open_nodes -= 1
        node, score = nodes[open_nodes], node_scores[open_nodes]
        if score < LOG_THRESHOLD or score < scores[1]:
            continue
        if node < n_labels:
            if score > scores[0]:
                labels[1], scores[1] = labels[0], scores[0]
                labels[0], scores[0] = node, score
            elif score > scores[1]:
                labels[1], scores[1] = node, score
            continue
        dot = np.float32(0)
        for d in range(len(mean)):
            dot += output[node - n_labels, d] * mean[d]
        share = np.float32(1.0 / (1.0 + math.exp(-dot)))  # of the right child
        left_score = np.float32(score + _log(1.0 - share))
        right_score = np.float32(score + _log(share))
        left_first = left_score > right_score
        worse, better = open_nodes, open_nodes + 1
        nodes[better if left_first else worse] = left[node]
        node_scores[better if left_first else worse] = left_score
        nodes[worse if left_first else better] = right[node]
        node_scores[worse if left_first else better] = right_score
        open_nodes += 2


@njit(cache=True, nogil=True)
def predict(
    model: Model, cache: WordCache, offsets: I64, data: U8, labels: I32, scores: F32
) -> None:
    """Writes the two best labels (ids, -1 for none) and their probabilities of each text.

    Args:
      model: as `read_model` gives it.
      cache: as `new_cache` makes it; changed, without a trace in the results.
      offsets: of the texts in `data`, one more than texts.
      data: UTF-8.
      labels: [text, 2], written.
      scores: [text, 2], written; 0 where the label is -1. As fastText's, they may pass 1 by a few
        1e-5.
    """
    (
        rows, output, bucket_row, bucket_bits, left, right, word_slots, word_bytes, word_offsets,
        end_of_text, min_chars, max_chars,
    ) = model  # fmt: skip
    cached_words, cached_sums = cache
    mean, total = np.empty(rows.shape[1], np.float32), np.empty(rows.shape[1], np.float32)
    nodes = np.empty(len(left) + 1, np.int32)
    node_scores = np.empty(len(left) + 1, np.float32)
    for text in range(len(offsets) - 1):
        if _mean_vector(
            rows, bucket_row, bucket_bits, word_slots, word_bytes, word_offsets, end_of_text,
            min_chars, max_chars, cached_words, cached_sums, data, offsets[text],
            offsets[text + 1], total, mean,
        ):  # fmt: skip
            _two_best(output, left, right, mean, nodes, node_scores, labels[text], scores[text])
        else:
            labels[text, :] = -1
        for i in range(2):
            scores[text, i] = math.exp(scores[text, i]) if labels[text, i] >= 0 else 0
