"""Encodes Arrow texts to Arrow token ids, by the fastest back end whose ids proved right.

Ordinary text never becomes a special token, whatever it spells: a crawled page that says
`<|endoftext|>` must not end a document. Both back ends read special tokens in text by default;
here Hugging Face's is told not to, and gigatoken is given a tokenizer without them.
"""

import functools
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import tokenizers

from tokenizer_train import new_characters
from tokenizer_train.vocabulary import END_OF_TEXT as END_OF_TEXT

# What published tokenizers call the token that ends a text: GPT, Llama 3, Llama 2 and Mistral,
# Gemma, Qwen's chats, Llama 3's chats, DeepSeek, Phi.
USUAL_END_OF_TEXT = (
    END_OF_TEXT,
    "<|end_of_text|>",
    "</s>",
    "<eos>",
    "<|im_end|>",
    "<|eot_id|>",
    "<｜end▁of▁sentence｜>",
    "<|end|>",
)

# Texts are given to a back end in calls of about so many bytes: a call costs 1 ms, and a back end
# holds the ids of all its texts.
CALL_BYTES = 8 << 20

# Texts that a back end must encode as Hugging Face's before it is used: scripts with marks and
# without spaces, joined emoji, runs of every kind of whitespace, NUL and other controls, case
# pairs that fold oddly, numbers of many kinds, clitics, long runs, and look-alikes of special
# tokens.
PROOF = (
    "",
    " ",
    "The quick brown fox can't, won't and SHOULDN'T've; it's we'll I'M they'd 'tis.",
    "camelCase HTTPServer XMLHttpRequest snake_case kebab-case v1.2.3 0xFF 1e-9 a1b2c3",
    "12345678901 1,234,567.89 ١٢٣٤٥ १२३४५ ၁၂၃၄၅ ½ Ⅷ ²³ 一二三",
    "  two   three    four\ttab\t\ttabs \n\n \r\n\r\n   \n end   ",
    "no-break\u00a0space, thin\u2009space, ideographic\u3000space, \u2028 \u2029 \u0085 \ufeff",
    "zero\u200bwidth soft\u00adhyphen \u200e\u200f\u202eoverride\u202c",
    "NUL\x00 in \x00\x00 text \x01\x02\x1c\x1d\x1e\x1f\x7f controls \x0b\x0c",
    "Straße ẞ ſ 'ſ İi ıI ǅ ǆ ﬃ ΣΊΣΥΦΟΣ ͅ Ωμέγα",
    "e\u0301 a\u0308\u0323 Z\u0351\u036b\u0343a\u0363l\u030bg\u0350o\u0308",
    "क्षत्रिय हिन्दी में लिखा गया वाक्य। ज़्यादा",
    "မြန်မာဘာသာစကားဖြင့် ရေးထားသော စာကြောင်း။",
    "ภาษาไทยไม่มีช่องว่างระหว่างคำ ០១២ ភាសាខ្មែរ ລາວ",
    "தமிழ் తెలుగు ಕನ್ನಡ മലയാളം বাংলা ਪੰਜਾਬੀ ગુજરાતી ଓଡ଼ିଆ සිංහල བོད་ཡིག",
    "السَّلَامُ عَلَيْكُم، كتابٌ ۱۲۳ فارسی اردو ـــ",
    "עִבְרִית ׳״ 'ש Ελληνικά, русский язык, українська, հայերեն, ქართული",
    "漢字かな交じり文。カタカナ、ｆｕｌｌｗｉｄｔｈ！「」 한국어 문장 𠮷野家",
    "አማርኛ ⵜⴰⵎⴰⵣⵉⵖⵜ ߒߞߏ ᠮᠣᠩᠭᠣᠯ 𐍈𐌰 𝒻𝓊𝓃 ✓→∑∞≠",
    "👩‍👩‍👧‍👦 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪🇮🇳 ☺️ ❤️‍🔥 #️⃣",
    "def f(x):\n    return {'a': [1, 2], \"b\": x**2}  # note\n\n\tif x != 0: //path\\to/x\n",
    "https://example.org/a/b?c=d&e=%20f#g user@example.org <b>bold</b> &amp; ***!!!???...",
    "<|endoftext|>",
    "a <|endoftext|>b<|pad|> <s></s>[CLS]<|im_start|>system\n<|endoftext|><|endoftext|>",
    "<|endoftext| > <|ENDOFTEXT|> <| endoftext |> |endoftext|",
    "a" * 300 + " " * 300 + "ab" * 150 + "\n" * 50 + "=" * 120 + "ည" * 40 + "\U0001f600" * 20,
    *(text for version in new_characters.SAMPLES for text in new_characters.probes(version)),
)


class Encoder:
    """Encodes texts with a tokenizer.json; adds no special token.

    Args:
      tokenizer_json: the text of a Hugging Face tokenizer.json.
      eos_token: the special token that ends a text; None takes the only one of
        `USUAL_END_OF_TEXT` that the tokenizer has.

    Attributes:
      backend: "gigatoken" where it is installed, knows the pre-tokenizer's regex and encodes every
        text of `PROOF` as Hugging Face's `tokenizers` does; else "tokenizers". Where their tables
        of Unicode differ, texts with a newer letter, mark or digit go to the latter. The ids are
        the same, and the time is not: docs/benchmarks.md has both on text that neither has seen.
      vocab_size: ids are below this.

    It uses one thread, since pipelines run one process on each core. `TOKENIZERS_PARALLELISM` is
    set to false if the environment does not have it, since a thread pool does not survive a fork.
    """

    def __init__(self, tokenizer_json: str, eos_token: str | None = None) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._eos_token = eos_token
        self._reference = _HuggingFace(tokenizer_json)
        self._fast = _proven_gigatoken(tokenizer_json, self._reference)
        self.backend = "tokenizers" if self._fast is None else "gigatoken"
        self.vocab_size: int = self._reference.tokenizer.get_vocab_size(with_added_tokens=True)

    @property
    def eos_token(self) -> str:
        """The token that ends a text.

        Raises:
          ValueError: the tokenizer has no such special token, or several and none was named.
        """
        return self._eos[0]

    @property
    def eos_id(self) -> int:
        """Id of the end-of-text token, for the caller to append; raises as `eos_token` does."""
        return self._eos[1]

    @functools.cached_property
    def _eos(self) -> tuple[str, int]:
        added = self._reference.tokenizer.get_added_tokens_decoder().items()
        special = {token.content: int(number) for number, token in added if token.special}
        wanted = USUAL_END_OF_TEXT if self._eos_token is None else (self._eos_token,)
        found = [token for token in wanted if token in special]
        if len(found) == 1:
            return found[0], special[found[0]]
        has = ", ".join(map(repr, [*special][:8])) + (", ..." if len(special) > 8 else "")
        if found:
            raise ValueError(
                f"several special tokens of the tokenizer may end a text: "
                f"{', '.join(map(repr, found))}; name the right one as eos_token"
            )
        which = "that usually ends a text" if self._eos_token is None else repr(self._eos_token)
        raise ValueError(
            f"the tokenizer has no special token {which}; "
            + (f"name one that it has as eos_token: {has}" if special else "it has none at all")
        )

    def encode(self, text: pa.LargeStringArray) -> pa.ListArray:
        """Token ids as list<int32>, one list a text; null for a null text.

        Raises:
          OverflowError: the batch has 2**31 tokens or more, which int32 offsets cannot tell apart.
        """
        if len(text) == 0:
            return pa.array([], pa.list_(pa.int32()))
        filled = pc.fill_null(text.cast(pa.large_string()), "") if text.null_count else text
        backend = self._fast or self._reference
        parts = [backend.encode(part) for part in text_slices(filled)]
        offsets = np.zeros(1, np.int64)
        for ends, _ in parts:
            offsets = np.concatenate([offsets, ends[1:] + offsets[-1]])
        if offsets[-1] > np.iinfo(np.int32).max:
            raise OverflowError(
                f"a batch of {len(text)} texts has {offsets[-1]} tokens, over 2**31 - 1; "
                "encode smaller batches"
            )
        return pa.ListArray.from_arrays(
            pa.array(offsets.astype(np.int32)),
            pa.concat_arrays([ids for _, ids in parts]),
            mask=pc.is_null(text) if text.null_count else None,
        )

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """The texts that lists of ids stand for, special tokens included."""
        decoded = self._reference.tokenizer.decode_batch(ids, skip_special_tokens=False)
        return list(decoded)

    def differences(self, text: pa.LargeStringArray) -> int:
        """How many texts (none of them null) the back end encodes otherwise than the reference."""
        if self._fast is None:
            return 0
        different = 0
        for part in text_slices(text):
            ends, ids = self._fast.encode(part)
            expected_ends, expected = self._reference.encode(part)
            if np.array_equal(ends, expected_ends) and ids.equals(expected):
                continue
            found = pa.LargeListArray.from_arrays(pa.array(ends), ids).to_pylist()
            wanted = pa.LargeListArray.from_arrays(pa.array(expected_ends), expected).to_pylist()
            different += sum(one != other for one, other in zip(found, wanted, strict=True))
        return different

    def use_reference(self) -> None:
        """Encodes with Hugging Face's `tokenizers` from now on."""
        self._fast = None
        self.backend = "tokenizers"

    @property
    def backend_version(self) -> str:
        """The version of the package that encodes."""
        return importlib.metadata.version(self.backend)


def text_slices(
    text: pa.LargeStringArray, most_bytes: int = CALL_BYTES
) -> Iterator[pa.LargeStringArray]:
    """The texts in order, in slices of up to so many bytes, or of one text that has more."""
    ends = np.cumsum(pc.fill_null(pc.binary_length(text), 0).to_numpy(zero_copy_only=False))
    start, before = 0, 0
    while start < len(text):
        stop = max(start + 1, int(np.searchsorted(ends, before + most_bytes, side="right")))
        yield text.slice(start, stop - start)
        start, before = stop, int(ends[stop - 1])


class _HuggingFace:
    def __init__(self, tokenizer_json: str) -> None:
        self.tokenizer = tokenizers.Tokenizer.from_str(tokenizer_json)
        self.tokenizer.encode_special_tokens = True  # "encode them as text", not "look for them"
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def encode(self, text: pa.LargeStringArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
        encodings = self.tokenizer.encode_batch_fast(text.to_pylist(), add_special_tokens=False)
        lists = pa.array([one.ids for one in encodings], pa.large_list(pa.int32()))
        return np.asarray(lists.offsets), lists.values


class _Gigatoken:
    def __init__(self, tokenizer_json: str) -> None:
        import gigatoken

        content = json.loads(tokenizer_json)
        content["added_tokens"] = []
        self.tokenizer = gigatoken.Tokenizer.from_json(json.dumps(content, ensure_ascii=False))
        self._left_out: str | None = None

    def leave_out(self, characters: str, reference: "_HuggingFace") -> None:
        """Texts with one of these characters (a class of RE2) are encoded by the reference."""
        self._left_out, self._reference = characters, reference

    def encode(self, text: pa.LargeStringArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
        if self._left_out is None:
            return self._encoded(text)
        hard = pc.match_substring_regex(text, self._left_out)
        if not pc.any(hard).as_py():
            return self._encoded(text)
        # The texts in two groups, each by its back end, and back in their order.
        order = np.argsort(hard.to_numpy(zero_copy_only=False), kind="stable")
        count = pc.sum(hard).as_py()
        ordered = text.take(pa.array(order))
        easy_ends, easy = self._encoded(ordered[: len(text) - count])
        hard_ends, hard_ids = self._reference.encode(ordered[len(text) - count :])
        ends = np.concatenate([easy_ends, hard_ends[1:] + easy_ends[-1]])
        lists = pa.LargeListArray.from_arrays(pa.array(ends), pa.concat_arrays([easy, hard_ids]))
        lists = lists.take(pa.array(np.argsort(order, kind="stable")))
        return np.asarray(lists.offsets), lists.values

    def _encoded(self, text: pa.LargeStringArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
        if len(text) == 0:
            return np.zeros(1, np.int64), pa.array([], pa.int32())
        import awkward

        lists = self.tokenizer.encode_batch(awkward.from_arrow(text), parallel=False).layout
        offsets = np.asarray(lists.offsets, np.int64)
        ids = np.asarray(lists.content.data)[offsets[0] : offsets[-1]]
        return offsets - offsets[0], pa.array(ids.astype(np.uint32, copy=False).view(np.int32))


def _proven_gigatoken(tokenizer_json: str, reference: _HuggingFace) -> _Gigatoken | None:
    if importlib.util.find_spec("gigatoken") is None:
        return None
    try:
        candidate = _Gigatoken(tokenizer_json)
    except (RuntimeError, ValueError):  # it does not support the regex or the model
        return None
    if not _agree(candidate, reference):
        # gigatoken 0.10 has tables of Unicode 17, tokenizers 0.23 of 16.
        candidate.leave_out(new_characters.AFTER_14, reference)
        if not _agree(candidate, reference):
            return None
    return candidate


def _agree(candidate: _Gigatoken, reference: _HuggingFace) -> bool:
    proof = pa.array(PROOF, pa.large_string())
    offsets, ids = candidate.encode(proof)
    expected_offsets, expected_ids = reference.encode(proof)
    return np.array_equal(offsets, expected_offsets) and bool(ids.equals(expected_ids))
