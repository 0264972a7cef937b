"""What a batch of texts costs: tokens, and the units of text to compare them with, text by text."""

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from tokenizer_train.encode import text_slices
from tokenizer_train.published import Encodes
from tokenizer_train.tokens import Tokens

Int64s = npt.NDArray[np.int64]

# Of each text. `words` are pieces between blanks that have a letter or digit, without the marks
# around them; `single_words` those that one token writes; `clusters` what a reader takes for one
# character (extended grapheme clusters, Unicode Annex 29); `unspaced` characters of scripts that
# put no blanks between words; `fallback` tokens of parts of characters; `lost` is 1 where decoding
# does not give the text back.
MEASURED = pa.schema(
    [
        pa.field(name, pa.int64(), nullable=False)
        for name in (
            "tokens", "bytes", "chars", "words", "single_words", "clusters", "unspaced", "unknown",
            "fallback", "lost",
        )
    ]
)  # fmt: skip

# Source: The Unicode Standard, chapter 6.2 and Annex 14: scripts whose lines break without blanks.
_UNSPACED = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\p{Javanese}\p{Balinese}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Yi}]"
)
_AROUND = r"^[^\pL\pM\pN]+|[^\pL\pM\pN]+$"
# In these every character is a cluster: no mark, joiner, Hangul or Indic letter, flag, or CR LF.
_PLAIN = (
    r"^[\t\n -~\x{A0}-\x{AC}\x{AE}-\x{2FF}\x{370}-\x{482}\x{48A}-\x{58F}\x{10A0}-\x{10FF}"
    r"\x{1E00}-\x{1FFF}\x{2010}-\x{2027}\x{3001}-\x{3029}\x{3041}-\x{3096}\x{30A0}-\x{30FF}"
    r"\x{4E00}-\x{9FFF}\x{AC00}-\x{D7A3}\x{FF01}-\x{FF9D}]*$"
)
_CLUSTER = regex.compile(r"\X")


@dataclasses.dataclass(frozen=True)
class Meter:
    """Measures texts with one tokenizer."""

    encoder: Encodes
    tokens: Tokens

    def measure(self, text: pa.LargeStringArray) -> tuple[pa.RecordBatch, Int64s]:
        """The measures of texts, none of them null (`MEASURED`), and how often each id occurs."""
        frequency = np.zeros(len(self.tokens), np.int64)
        batches = []
        for part in text_slices(text):
            lists = self.encoder.encode(part)
            offsets = lists.offsets.to_numpy()
            ids = lists.values.to_numpy()[offsets[0] : offsets[-1]]
            frequency += np.bincount(ids, minlength=len(self.tokens))
            starts = offsets - offsets[0]
            words, single = self._words(part)
            unknown = ids == self.tokens.unknown
            columns = [
                np.diff(starts),
                pc.binary_length(part).to_numpy(),
                pc.utf8_length(part).to_numpy(),
                words,
                single,
                clusters(part),
                _count(part, _UNSPACED),
                _sums(unknown, starts),
                _sums(self.tokens.fallback[ids], starts),
                self._lost(part, lists),
            ]
            arrays = [pa.array(column, pa.int64()) for column in columns]
            batches.append(pa.record_batch(arrays, schema=MEASURED))
        whole = pa.concat_batches(batches) if batches else MEASURED.empty_table().to_batches()
        return whole or pa.RecordBatch.from_pylist([], schema=MEASURED), frequency

    def _words(self, text: pa.LargeStringArray) -> tuple[Int64s, Int64s]:
        pieces = pc.utf8_split_whitespace(text)
        offsets = pieces.offsets.to_numpy()
        flat = pieces.values.slice(offsets[0], offsets[-1] - offsets[0])
        bare = pc.replace_substring_regex(flat, _AROUND, "").dictionary_encode()
        distinct = bare.dictionary.cast(pa.large_string())
        # As they stand in a text: a byte-level token begins with the blank before the word.
        standing = distinct
        if self.tokens.byte_level:
            blank, nothing = (pa.scalar(x, pa.large_string()) for x in (" ", ""))
            standing = pc.binary_join_element_wise(blank, distinct, nothing)
        size = pc.list_value_length(self.encoder.encode(standing)).to_numpy()
        is_word = pc.greater(pc.binary_length(distinct), 0).to_numpy(zero_copy_only=False)
        which = bare.indices.to_numpy()
        starts = offsets - offsets[0]
        return _sums(is_word[which], starts), _sums((is_word & (size == 1))[which], starts)

    def _lost(self, text: pa.LargeStringArray, lists: pa.ListArray) -> Int64s:
        if self.tokens.byte_level:
            ends, decoded = self.tokens.joined(lists)
            expected = text.to_pylist()
            return np.fromiter(
                (decoded[ends[i] : ends[i + 1]] != one.encode() for i, one in enumerate(expected)),
                np.int64,
                len(text),
            )
        decoded_texts = self.encoder.decode(lists.to_pylist())
        return np.fromiter(
            (one != other for one, other in zip(decoded_texts, text.to_pylist(), strict=True)),
            np.int64,
            len(text),
        )


def clusters(text: pa.LargeStringArray) -> Int64s:
    """Extended grapheme clusters of each text, none of them null."""
    result: Int64s = pc.utf8_length(text).to_numpy().astype(np.int64)
    plain = pc.match_substring_regex(text, _PLAIN).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(~plain):
        result[row] = sum(1 for _ in _CLUSTER.finditer(text[int(row)].as_py()))
    return result


def _count(text: pa.LargeStringArray, pattern: str) -> Int64s:
    counts: Int64s = pc.count_substring_regex(text, pattern).to_numpy().astype(np.int64)
    return counts


def _sums(values: npt.NDArray[np.bool_], starts: npt.NDArray[np.integer]) -> Int64s:
    """How many are true between one start and the next."""
    before = np.concatenate([[0], np.cumsum(values)])
    return before[starts[1:]] - before[starts[:-1]]
