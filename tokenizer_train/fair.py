"""Merges chosen by the language that is worst off: parity-aware byte-pair encoding.

At each step the language whose compression is lowest, relative to the bytes that it needs for the
same content, gets its own most frequent pair. No language may take more than `alpha` times an equal
share of the last `window` choices, so that one which cannot be helped does not take all.

Source: Foroutan et al. 2025, "Parity-aware byte-pair encoding" (arXiv 2508.04796); choices, ties
and window are those of huggingface/tokenizers `models/bpe/parity_trainer.rs` 0.23 given ratios.
"""

import dataclasses
from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from tokenizer_train.lists import Int32s, Int64s, append, excludes, grown, pair_key, unlink
from tokenizer_train.totals import Words
from tokenizer_train.vocabulary import ALPHABET

WINDOW, ALPHA = 100, 2.0
_ID_BITS = 21  # of ids and languages, in keys that are sorted


@dataclasses.dataclass(frozen=True, eq=False)
class Fair:
    """Which languages get the last merges, and by what.

    Attributes:
      share: of all merges.
      ratios: bytes that each language needs for equal content; only their proportions matter.
      row_language: for each language and word of it, the number of the language, ascending.
      row_word: the place of the word.
      row_count: how often the word occurs in the language.
      window: choices that are looked back on; 0 lets the worst off choose each time.
      alpha: times an equal share that a language may have of them.
    """

    share: float
    ratios: npt.NDArray[np.float64]
    row_language: Int32s
    row_word: Int32s
    row_count: Int64s
    window: int = WINDOW
    alpha: float = ALPHA

    @classmethod
    def among(cls, ratios: Mapping[str, float], words: Words, share: float) -> Self:
        """Among the languages that have a ratio, in order of their names."""
        languages = sorted(ratios)
        found = pc.index_in(words.row_language, pa.array(languages, pa.string()))
        numbers = pc.fill_null(found, -1).to_numpy().astype(np.int32)
        rows = np.argsort(numbers, kind="stable")
        rows = rows[np.searchsorted(numbers[rows], 0) :]
        return cls(
            share,
            np.array([ratios[language] for language in languages], np.float64),
            numbers[rows],
            words.row_word[rows],
            words.row_count[rows],
        )

    def learn(
        self,
        vocab: list[bytes],
        symbol: Int32s,
        following: Int32s,
        word_ends: Int64s,
        max_merges: int,
        min_count: int,
        excluded: Int64s,
    ) -> Int64s:
        """Further merges, (n, 2) ids, in order.

        Args:
          vocab: bytes of the tokens so far.
          symbol, following, word_ends: the words as they are after the merges so far; the id at
            each position, the next position or -1, and the end of each word.
          min_count: how often a pair must occur in the language that chooses it.
          excluded: keys of pairs that are not merged.
        """
        starts = np.concatenate([[0], word_ends[:-1]]).astype(np.int64)
        lengths = (word_ends - starts)[self.row_word] * self.row_count
        count = len(self.ratios)
        # Sums of whole numbers below 2**53 are exact whatever their order.
        in_bytes = np.bincount(self.row_language, lengths.astype(np.float64), count)
        ids, ends = _rows(self.row_word, starts, symbol, following)
        row_of = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
        language = self.row_language[row_of]
        has_next = np.ones(len(ids), bool)
        has_next[ends[ends > 0] - 1] = False
        at = np.flatnonzero(has_next)
        keys = ids[at].astype(np.int64) << (2 * _ID_BITS)
        keys |= ids[at + 1].astype(np.int64) << _ID_BITS
        keys |= language[at]
        pairs, pair_at = np.unique(keys, return_inverse=True)
        ranks = np.empty(256, np.uint8)
        ranks[ALPHABET] = np.arange(256, dtype=np.uint8)
        text_ends = np.cumsum([len(token) for token in vocab]).astype(np.int64)
        return _learn_fair(
            ids, ends, row_of, at, pair_at.astype(np.int32), pairs, self.row_count,
            self.row_language, in_bytes, np.bincount(
                self.row_language, (np.diff(ends, prepend=0) * self.row_count).astype(np.float64),
                count,
            ),
            self.ratios, self.window, self.alpha, len(vocab), max_merges, max(1, min_count),
            excluded, ranks[np.frombuffer(b"".join(vocab), np.uint8)], text_ends,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _rows(
    row_word: Int32s, starts: Int64s, symbol: Int32s, following: Int32s
) -> tuple[Int32s, Int64s]:
    """The ids of the word of each row, and where the row ends."""
    ends = np.empty(len(row_word), np.int64)
    total = 0
    for row in range(len(row_word)):
        at = starts[row_word[row]]
        while at >= 0:
            total += 1
            at = following[at]
        ends[row] = total
    ids = np.empty(total, np.int32)
    i = 0
    for row in range(len(row_word)):
        at = starts[row_word[row]]
        while at >= 0:
            ids[i] = symbol[at]
            i += 1
            at = following[at]
    return ids, ends


@njit(cache=True, nogil=True)
def _compared(a: int, b: int, text: npt.NDArray[np.uint8], ends: Int64s) -> int:
    """Whether the text of token a is after (1), before (-1) or equal to (0) that of token b."""
    i = ends[a - 1] if a > 0 else 0
    j = ends[b - 1] if b > 0 else 0
    while i < ends[a] and j < ends[b]:
        if text[i] != text[j]:
            return 1 if text[i] > text[j] else -1
        i += 1
        j += 1
    if i < ends[a]:
        return 1
    return -1 if j < ends[b] else 0


@njit(cache=True, nogil=True)
def _first_of(
    a: int, b: int, queued: Int64s, key: Int64s, text: npt.NDArray[np.uint8], ends: Int64s
) -> bool:
    """Whether pair a is chosen before b: the more frequent, then the one whose text is greater."""
    if queued[a] != queued[b]:
        return bool(queued[a] > queued[b])
    side = _compared(key[a] >> 32, key[b] >> 32, text, ends)
    if side == 0:
        side = _compared(key[a] & 0xFFFFFFFF, key[b] & 0xFFFFFFFF, text, ends)
    return side > 0


@njit(cache=True, nogil=True)
def _meld(
    a: int, b: int, child: Int32s, beside: Int32s, queued: Int64s, key: Int64s,
    text: npt.NDArray[np.uint8], ends: Int64s,
) -> int:  # fmt: skip
    """Joins two pairing heaps; gives the root."""
    if a < 0:
        return b
    if b < 0:
        return a
    if _first_of(b, a, queued, key, text, ends):
        a, b = b, a
    beside[b] = child[a]
    child[a] = b
    return a


@njit(cache=True, nogil=True)
def _without_root(
    root: int, child: Int32s, beside: Int32s, queued: Int64s, key: Int64s,
    text: npt.NDArray[np.uint8], ends: Int64s,
) -> int:  # fmt: skip
    """The root of a pairing heap whose root is taken out, or -1."""
    # Children are melded two by two from the left, and then all from the right.
    joined = -1
    one = child[root]
    while one >= 0:
        two = beside[one]
        if two < 0:
            beside[one] = joined
            joined = one
            break
        rest = beside[two]
        both = _meld(one, two, child, beside, queued, key, text, ends)
        beside[both] = joined
        joined = both
        one = rest
    child[root] = -1
    beside[root] = -1
    result = -1
    while joined >= 0:
        rest = beside[joined]
        beside[joined] = -1
        result = _meld(result, joined, child, beside, queued, key, text, ends)
        joined = rest
    return result


@njit(cache=True, nogil=True)
def _worst_off(
    in_bytes: npt.NDArray[np.float64], in_tokens: npt.NDArray[np.float64],
    ratios: npt.NDArray[np.float64], done: npt.NDArray[np.bool_], chosen: Int64s, window: int,
    alpha: float,
) -> int:  # fmt: skip
    """The language that chooses next, or -1."""
    passed = done.copy()
    last = -1
    while True:
        worst = -1
        least = np.inf
        for language in range(len(ratios)):
            if passed[language] or in_tokens[language] <= 0:
                continue
            compression = in_bytes[language] / in_tokens[language] / ratios[language]
            if compression < least:
                least = compression
                worst = language
        if worst < 0:
            return last
        if window == 0 or chosen[worst] / window <= alpha / len(ratios):
            return worst
        passed[worst] = True
        last = worst


@njit(cache=True, nogil=True)
def _learn_fair(
    ids: Int32s, row_ends: Int64s, row_of: Int32s, starts_at: Int64s, first_pairs: Int32s,
    first_keys: Int64s, row_count: Int64s, row_language: Int32s,
    in_bytes: npt.NDArray[np.float64], in_tokens: npt.NDArray[np.float64],
    ratios: npt.NDArray[np.float64], window: int, alpha: float, base_size: int, max_merges: int,
    min_count: int, excluded: Int64s, base_text: npt.NDArray[np.uint8], base_ends: Int64s,
) -> Int64s:  # fmt: skip
    """The merges, (n, 2) ids, in order.

    It works as `bpe._learn`, with a pair for each language that has it. Pairs of the same ids are
    linked in a ring, and merged together; the pairs of a language are in a pairing heap, of which
    each pair is a node.
    """
    n = len(ids)
    symbol = ids.copy()
    following = np.full(n, -1, np.int32)
    preceding = np.full(n, -1, np.int32)
    pair_at = np.full(n, -1, np.int32)
    later = np.full(n, -1, np.int32)
    earlier = np.full(n, -1, np.int32)

    pairs = len(first_keys)
    size = max(64, pairs)
    key = np.zeros(size, np.int64)
    count = np.zeros(size, np.int64)
    queued = np.zeros(size, np.int64)  # the count with which a pair is in the heap
    speaks = np.zeros(size, np.int32)  # the pair's language
    ring = np.zeros(size, np.int32)
    head = np.full(size, -1, np.int32)
    tail = np.full(size, -1, np.int32)
    child = np.full(size, -1, np.int32)
    beside = np.full(size, -1, np.int32)
    low = (1 << _ID_BITS) - 1
    first = 0
    for pair in range(pairs):
        one = first_keys[pair]
        key[pair] = pair_key(one >> (2 * _ID_BITS), (one >> _ID_BITS) & low)
        speaks[pair] = one & low
        # Equal ids stand beside each other, since keys are sorted.
        if key[pair] != key[first]:
            first = pair
        ring[pair] = first
        if pair > first:
            ring[pair - 1] = pair
    for number in range(len(starts_at)):
        at = starts_at[number]
        pair = first_pairs[number]
        following[at] = at + 1
        preceding[at + 1] = at
        pair_at[at] = pair
        count[pair] += row_count[row_of[at]]
        append(at, pair, later, earlier, head, tail)

    text = base_text.copy()
    ends = np.zeros(base_size + max_merges, np.int64)
    ends[:base_size] = base_ends
    languages = len(ratios)
    roots = np.full(languages, -1, np.int32)
    done = np.zeros(languages, np.bool_)
    chosen = np.zeros(languages, np.int64)
    recent = np.full(max(1, window), -1, np.int32)
    choices = 0
    with_left = np.full(base_size + max_merges, -1, np.int32)
    with_right = np.full(base_size + max_merges, -1, np.int32)
    merges = np.empty((max_merges, 2), np.int64)
    made = 0
    offered = 0
    while made < max_merges:
        for pair in range(offered, pairs):
            if count[pair] >= min_count and not excludes(key[pair], excluded):
                queued[pair] = count[pair]
                roots[speaks[pair]] = _meld(
                    roots[speaks[pair]], pair, child, beside, queued, key, text, ends
                )
        offered = pairs
        language = _worst_off(in_bytes, in_tokens, ratios, done, chosen, window, alpha)
        if language < 0:
            break
        if window > 0:
            slot = choices % window
            if recent[slot] >= 0:
                chosen[recent[slot]] -= 1
            recent[slot] = language
            chosen[language] += 1
            choices += 1
        merged = -1
        root = roots[language]
        while root >= 0:
            rest = _without_root(root, child, beside, queued, key, text, ends)
            if count[root] == queued[root]:
                merged = root
                roots[language] = rest
                break
            if count[root] >= min_count:
                queued[root] = count[root]
                rest = _meld(rest, root, child, beside, queued, key, text, ends)
            root = rest
        if merged < 0:
            roots[language] = -1
            done[language] = True
            continue
        token = base_size + made
        left = key[merged] >> 32
        right_id = key[merged] & 0xFFFFFFFF
        merges[made, 0] = left
        merges[made, 1] = right_id
        made += 1
        # The text of the new token.
        end = ends[token - 1]
        for part in (left, right_id):
            start = ends[part - 1] if part > 0 else 0
            length = ends[part] - start
            while end + length > len(text):
                text = grown(text, end)
            text[end : end + length] = text[start : start + length]
            end += length
        ends[token] = end

        shared = merged
        while True:
            speaker = speaks[shared]
            at = head[shared]
            while at >= 0:
                right = following[at]
                weight = row_count[row_of[at]]
                before = preceding[at]
                after = following[right]
                if before >= 0:
                    unlink(before, pair_at[before], later, earlier, head, tail)
                    count[pair_at[before]] -= weight
                if after >= 0:
                    unlink(right, pair_at[right], later, earlier, head, tail)
                    count[pair_at[right]] -= weight
                upcoming = later[at]
                symbol[at] = token
                following[at] = after
                pair_at[at] = -1
                in_tokens[speaker] -= weight
                if pairs + 2 > len(key):
                    key = grown(key, pairs)
                    count = grown(count, pairs)
                    queued = grown(queued, pairs)
                    speaks = grown(speaks, pairs)
                    ring = grown(ring, pairs)
                    head = grown(head, pairs)
                    tail = grown(tail, pairs)
                    child = grown(child, pairs)
                    beside = grown(beside, pairs)
                for side in range(2):
                    where = before if side == 0 else at
                    other = before if side == 0 else after
                    if other < 0:
                        continue
                    near = with_left if side == 0 else with_right
                    pair = near[symbol[other]]
                    if pair < offered or speaks[pair] != speaker:
                        new = pairs
                        pairs += 1
                        if side == 0:
                            key[new] = pair_key(np.int64(symbol[other]), np.int64(token))
                        else:
                            key[new] = pair_key(np.int64(token), np.int64(symbol[other]))
                        count[new] = 0
                        head[new] = -1
                        tail[new] = -1
                        child[new] = -1
                        beside[new] = -1
                        speaks[new] = speaker
                        if pair < offered:
                            ring[new] = new
                        else:
                            ring[new] = ring[pair]
                            ring[pair] = new
                        near[symbol[other]] = new
                        pair = new
                    if side == 1:
                        preceding[after] = at
                    pair_at[where] = pair
                    count[pair] += weight
                    append(where, pair, later, earlier, head, tail)
                at = upcoming
            count[shared] = 0
            head[shared] = -1
            tail[shared] = -1
            shared = ring[shared]
            if shared == merged:
                break
    return merges[:made]
