"""Byte-level byte-pair encoding learnt from counted words.

The merges, ids and vocabulary are those that Hugging Face's `BpeTrainer` learns from the same
counts: special tokens first, then the 256 byte symbols ordered by the character that stands for
each, then one token a merge; the most frequent pair first, ties by the smaller pair of ids.

Source: Sennrich et al. 2016 (BPE), Radford et al. 2019 (byte level), huggingface/tokenizers
`models/bpe/trainer.rs` 0.23 (order and ties).
Differs:
- counts are exact up to 2**63 - 1; there they are i32 and a pair beyond 2**31 - 1 wraps silently.
- a merge whose text would equal a special token is never made; there, ordinary text could then
  encode to the special token's id.
- `min_count` is 2 by default; there it is 0, and pairs seen once fill up the vocabulary.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numba import njit

from tokenizer_train.fair import Fair
from tokenizer_train.lists import Int32s, Int64s, append, excludes, grown, pair_key, unlink
from tokenizer_train.vocabulary import ALPHABET, BPEModel, checked_special_tokens, spelling

# Positions, and up to two new pairs for each, are numbered with int32.
MAX_WORD_BYTES = 2**30 - 2**17


def train(
    counts: Mapping[str, int],
    vocab_size: int,
    special_tokens: Sequence[str] = (),
    min_count: int = 2,
) -> BPEModel:
    """Learns a vocabulary from pre-tokens and their counts.

    The vocabulary is smaller than asked for if no pair with a count of `min_count` or more is left.
    The order of `counts` has no effect. Words with a count below 1 are ignored.

    Raises:
      ValueError: `vocab_size` has no room for the bytes and special tokens, or a special token is
        empty, given twice, or the character of a single byte.
      OverflowError: the sum of counts exceeds int64, or unique words exceed `MAX_WORD_BYTES`.
    """
    words = [(word, int(n)) for word, n in counts.items() if n > 0]
    text = pa.array([word for word, _ in words], pa.large_string())
    weights = np.fromiter((n for _, n in words), np.int64, len(words))
    return train_words(text, weights, weights, vocab_size, special_tokens, min_count)


def train_words(
    text: pa.LargeStringArray,
    weights: Int64s,
    seen: Int64s,
    vocab_size: int,
    special_tokens: Sequence[str] = (),
    min_seen: int = 2,
    fair: Fair | None = None,
) -> BPEModel:
    """As `train`, from columns.

    Args:
      text: each word once.
      weights: its count, 1 or more, which may be weighted.
      seen: in how many documents it is, without weights; a pair must come to `min_seen` over the
        words that have it.
      fair: how the last merges are chosen among languages; None leaves all to the counts.
    """
    specials = checked_special_tokens(special_tokens)
    base = [special.encode() for special in specials] + [bytes([byte]) for byte in ALPHABET]
    if vocab_size < len(base):
        raise ValueError(
            f"vocab_size is {vocab_size}; it must be at least {len(base)}: 256 bytes and "
            f"{len(specials)} special tokens"
        )
    symbols, word_ends = _flat_words(text, weights, first_byte_id=len(specials))
    # A pair whose text is a special token is known only once it occurs. Learning then starts again
    # without it. The pre-tokenizers of `patterns` cut every special token in its usual spelling,
    # so with them this costs nothing but the check.
    excluded: list[tuple[int, int]] = []
    wanted = vocab_size - len(base)
    at_first = wanted - int(wanted * fair.share) if fair else wanted
    while True:
        keys = np.array([pair_key(*pair) for pair in excluded], np.int64)
        merges, symbol, following = _learn(
            symbols, word_ends, weights, seen, len(base), at_first, max(1, min_seen), keys
        )
        vocab, clash = _vocabulary(base, merges, specials)
        if clash is None and fair and len(merges) == at_first:
            left = wanted - at_first
            merges = np.concatenate(
                [merges, fair.learn(vocab, symbol, following, word_ends, left, min_seen, keys)]
            )
            vocab, clash = _vocabulary(base, merges, specials)
        if clash is None:
            return BPEModel(specials, vocab, [(a, b) for a, b in merges.tolist()])
        excluded.append(clash)


def _vocabulary(
    base: list[bytes], merges: Int64s, specials: tuple[str, ...]
) -> tuple[list[bytes], tuple[int, int] | None]:
    """The bytes of all tokens, and the first merge that spells a special token."""
    vocab = list(base)
    for left, right in merges.tolist():
        token = vocab[left] + vocab[right]
        if specials and spelling(token) in specials:
            return vocab, (left, right)
        vocab.append(token)
    return vocab, None


def _flat_words(
    text: pa.LargeStringArray, weights: Int64s, first_byte_id: int
) -> tuple[Int32s, Int64s]:
    """The ids of all words in one array, and the end of each word."""
    offsets = np.frombuffer(text.buffers()[1] or b"\0" * 8, np.int64)
    offsets = offsets[text.offset : text.offset + len(text) + 1]
    lengths = np.maximum(np.diff(offsets) - 1, 0)
    # In two halves, since the sum of all may be just below 2**63 or beyond.
    high, low = int(np.dot(weights >> 32, lengths)), int(np.dot(weights & 0xFFFFFFFF, lengths))
    if (high << 32) + low >= 2**63:
        raise OverflowError(
            "the pairs of these words occur 2**63 times or more; count a smaller sample, or "
            "divide all counts by a common factor"
        )
    ends = offsets[1:] - offsets[0]
    if len(ends) and ends[-1] > MAX_WORD_BYTES:
        raise OverflowError(
            f"the unique words have {ends[-1]} bytes, over {MAX_WORD_BYTES}; "
            "keep the most frequent ones"
        )
    ids = np.empty(256, np.int32)
    ids[ALPHABET] = np.arange(first_byte_id, first_byte_id + 256, dtype=np.int32)
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return ids[data], ends


@njit(cache=True, nogil=True)
def _before(heap: Int64s, i: int, j: int) -> bool:
    """Whether heap row i (count, key, pair) leaves the heap before row j."""
    if heap[i, 0] != heap[j, 0]:
        return bool(heap[i, 0] > heap[j, 0])
    return bool(heap[i, 1] < heap[j, 1])


@njit(cache=True, nogil=True)
def _swap(heap: Int64s, i: int, j: int) -> None:
    for column in range(3):
        heap[i, column], heap[j, column] = heap[j, column], heap[i, column]


@njit(cache=True, nogil=True)
def _sift_up(heap: Int64s, i: int) -> None:
    while i > 0:
        parent = (i - 1) >> 1
        if not _before(heap, i, parent):
            return
        _swap(heap, i, parent)
        i = parent


@njit(cache=True, nogil=True)
def _sift_down(heap: Int64s, size: int) -> None:
    i = 0
    while True:
        first = i
        for child in (2 * i + 1, 2 * i + 2):
            if child < size and _before(heap, child, first):
                first = child
        if first == i:
            return
        _swap(heap, i, first)
        i = first


@njit(cache=True, nogil=True)
def _learn(
    symbols: Int32s,
    word_ends: Int64s,
    weights: Int64s,
    seen_in: Int64s,
    base_size: int,
    max_merges: int,
    min_seen: int,
    excluded: Int64s,
) -> tuple[Int64s, Int32s, Int32s]:
    """The merges, (n, 2) ids, in order; and the words as they then are.

    The words are the id at each position, and the position of the next one in the word, or -1.

    Each position of the flattened words is the left symbol of at most one pair, and all positions
    of a pair are linked in order, so a merge touches exactly the places that it changes. Pairs
    with a new token arise only while that token is made: later, a pair's count can only fall.
    That is why one heap entry a pair is enough, checked for staleness as it comes up, and why the
    new pairs of one merge are told apart by one array for each side, without a hash table.

    Cost: about 32 bytes of memory for each byte of unique words and 50 to 100 for each distinct
    pair; a list operation for each place merged and a heap operation for each distinct pair.
    800,000 words of multilingual web text to 32,768 tokens take 13 s on one core.
    """
    n = len(symbols)
    symbol = symbols.copy()
    following = np.full(n, -1, np.int32)
    preceding = np.full(n, -1, np.int32)
    word_of = np.empty(n, np.int32)
    pair_at = np.full(n, -1, np.int32)
    later = np.full(n, -1, np.int32)
    earlier = np.full(n, -1, np.int32)

    key = np.empty(65536, np.int64)
    count = np.zeros(65536, np.int64)
    seen = np.zeros(65536, np.int64)
    head = np.full(65536, -1, np.int32)
    tail = np.full(65536, -1, np.int32)
    pairs = 0

    # The pairs of bytes that the words begin with.
    byte_pair = np.full(65536, -1, np.int32)
    first_byte = base_size - 256
    start = 0
    for word in range(len(word_ends)):
        end = word_ends[word]
        for i in range(start, end):
            word_of[i] = word
            if i + 1 == end:
                continue
            following[i] = i + 1
            preceding[i + 1] = i
            slot = (symbol[i] - first_byte) * 256 + symbol[i + 1] - first_byte
            pair = byte_pair[slot]
            if pair < 0:
                pair = pairs
                byte_pair[slot] = pair
                key[pair] = pair_key(np.int64(symbol[i]), np.int64(symbol[i + 1]))
                pairs += 1
            pair_at[i] = pair
            count[pair] += weights[word]
            seen[pair] += seen_in[word]
            append(i, pair, later, earlier, head, tail)
        start = end

    heap = np.empty((max(64, pairs), 3), np.int64)
    size = 0
    queued = 0  # pairs below this one have been offered to the heap
    with_left = np.full(base_size + max_merges, -1, np.int32)
    with_right = np.full(base_size + max_merges, -1, np.int32)
    merges = np.empty((max_merges, 2), np.int64)
    done = 0
    while done < max_merges:
        for pair in range(queued, pairs):
            if seen[pair] < min_seen or excludes(key[pair], excluded):
                continue
            if size == len(heap):
                bigger = np.empty((2 * size, 3), np.int64)
                bigger[:size] = heap
                heap = bigger
            heap[size, 0] = count[pair]
            heap[size, 1] = key[pair]
            heap[size, 2] = pair
            size += 1
            _sift_up(heap, size - 1)
        queued = pairs
        # Take the top entry, but only if its count is still the pair's current count.
        merged = -1
        while size > 0:
            pair = heap[0, 2]
            if heap[0, 0] == count[pair] and seen[pair] >= min_seen:
                merged = pair
            if merged >= 0 or seen[pair] < min_seen:
                size -= 1
                _swap(heap, 0, size)
            else:
                heap[0, 0] = count[pair]
            _sift_down(heap, size)
            if merged >= 0:
                break
        if merged < 0:
            break
        token = base_size + done
        merges[done, 0] = key[merged] >> 32
        merges[done, 1] = key[merged] & 0xFFFFFFFF
        done += 1

        at = head[merged]
        while at >= 0:
            right = following[at]
            weight = weights[word_of[at]]
            documents = seen_in[word_of[at]]
            before = preceding[at]
            after = following[right]
            # The pairs on both sides of the merged pair no longer exist.
            if before >= 0:
                unlink(before, pair_at[before], later, earlier, head, tail)
                count[pair_at[before]] -= weight
                seen[pair_at[before]] -= documents
            if after >= 0:
                unlink(right, pair_at[right], later, earlier, head, tail)
                count[pair_at[right]] -= weight
                seen[pair_at[right]] -= documents
            upcoming = later[at]  # read here because `right` may have been the next occurrence
            symbol[at] = token
            following[at] = after
            pair_at[at] = -1
            # New pairs with the merged token take their places.
            if pairs + 2 > len(key):
                key = grown(key, pairs)
                count = grown(count, pairs)
                seen = grown(seen, pairs)
                head = grown(head, pairs)
                tail = grown(tail, pairs)
            if before >= 0:
                pair = with_left[symbol[before]]
                if pair < queued:
                    pair = pairs
                    with_left[symbol[before]] = pair
                    key[pair] = pair_key(np.int64(symbol[before]), np.int64(token))
                    count[pair] = 0
                    seen[pair] = 0
                    head[pair] = -1
                    pairs += 1
                pair_at[before] = pair
                count[pair] += weight
                seen[pair] += documents
                append(before, pair, later, earlier, head, tail)
            if after >= 0:
                preceding[after] = at
                pair = with_right[symbol[after]]
                if pair < queued:
                    pair = pairs
                    with_right[symbol[after]] = pair
                    key[pair] = pair_key(np.int64(token), np.int64(symbol[after]))
                    count[pair] = 0
                    seen[pair] = 0
                    head[pair] = -1
                    pairs += 1
                pair_at[at] = pair
                count[pair] += weight
                seen[pair] += documents
                append(at, pair, later, earlier, head, tail)
            at = upcoming
    return merges[:done], symbol, following
