"""Duplicates among one's own texts: MinHash signatures, and the survivors of a column."""

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from winnow.texts import Texts, as_text
from winnow.values import plain

# Imports that take time stand inside the functions, as in winnow/batches.py.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from dedup.settings import MinHash


def signatures(
    texts: Texts, near: Mapping[str, Any] = {}, *, seed: int = 0
) -> "pa.FixedSizeListArray":
    """Make MinHash signatures, which estimate how similar two texts are.

    The share of values in which two signatures agree estimates the Jaccard similarity of the texts:
    the number of shingles that both have, divided by the number that either has.

    Args:
      texts: a text that is null or has no words gets the largest value throughout, and resembles
        nothing.
      near: keys of a recipe's `duplicates.near`: `preset` (fineweb, slimpajama, refinedweb,
        nemo), or `ngram_words` or `ngram_chars`, `bands` and `rows` or `threshold`, and `family`
        (`fast`, or `datasketch` and `datatrove`, which give bit for bit what those libraries
        give). Empty: 14 bands of 8 rows over shingles of 5 words.
      seed: of the permutations; signatures of different seeds cannot be compared.

    Returns:
      One signature for each text, in order, never null: `fixed_size_list<uint32>[bands * rows]`,
      of uint64 in datatrove's family.

    Raises:
      TypeError: texts are no column of texts, near is no mapping, or seed no int.
      ValueError: unknown keys in `near`, or impossible values.

    Cost: tens of MB of text a second on one core with 112 permutations; more take longer.

    Source: Broder, "On the resemblance and containment of documents" (1997).

    >>> import winnow
    >>> text = "the quick brown fox jumps over the lazy dog and runs into the dark forest"
    >>> made = winnow.signatures([text, text + " tonight", None])
    >>> print(made.type)
    fixed_size_list<item: uint32>[112]
    >>> a, b, _ = (row.values.to_numpy() for row in made)
    >>> bool((a == b).mean() > 0.8)  # estimates the Jaccard similarity, here 11/12
    True
    """
    from dedup import minhash

    return minhash.signatures(as_text(texts), _near(near, seed).config())


def deduplicate(
    texts: Texts,
    near: Mapping[str, Any] | None = {},
    *,
    seed: int = 0,
    scores: Any = None,
    ids: Any = None,
) -> "pa.Table":
    """Find exact and near duplicates among texts, and say which ones to keep.

    With `ids`, the survivors are those of a run's stage `duplicates` over the same texts with the
    same settings; without them, of near duplicates of one length another one may survive. Near
    duplicates are verified: a text is removed only if a text that stays has a Jaccard similarity of
    `min_similarity` or more to it. Numbers and symbols count, so that two timetables are different
    texts; case and accents do not, unless `fold` says so. A text of fewer words than a shingle is
    no near duplicate of another one.

    Args:
      texts: a text that is null or white space alone is kept; it duplicates nothing.
      near: keys of a recipe's `duplicates.near`, see `signatures`; also `min_similarity` (.7
        unless a preset or a threshold says otherwise), `fold` (what makes no difference: some of
        case, marks, numbers, symbols) and `verify` (with False, texts whose signatures agree in
        one band count as duplicates, and their shingles are not compared; with `containment`, a
        text is removed if a text that stays holds `min_containment` of its runs of three words).
        None finds exact duplicates alone: texts that are equal but for case and white space.
      seed: of the permutations.
      scores: numbers, one for each text; of duplicates the one of the highest score is kept. One
        without a score (None, NaN) is kept only if none has a score. Without scores, and among
        equal scores, the longest text is kept.
      ids: 16 bytes for each text, all different, which settle the choice between texts of one
        length: the column `doc_id` of a run. Without them the texts themselves settle it. Of texts
        that are equal the first one is kept; the order of rows has no other effect.

    Returns:
      One row for each text, in order: `kept` (bool); `duplicate_of` (int64, the row of the
      survivor), `reason` (string: `exact_duplicate` or `near_duplicate`) and `similarity` (float32,
      Jaccard similarity to the survivor from 0 to 1; estimated if not verified), all three null if
      kept.

    Raises:
      TypeError: texts are no column of texts, near is no mapping, seed no int, scores no numbers,
        or ids not of 16 bytes.
      ValueError: unknown keys in `near`, impossible values, columns of different lengths, or an id
        that stands twice.

    Cost: tens of MB of text a second, on one core. Memory for each text, beside the text itself:
    the signature (4 bytes for each permutation, 448 bytes by default) and the keys of its bands (8
    bytes for each band, 112 bytes by default). While pairs are compared, some of the texts also
    take 4 bytes for each of their words.

    Source: docs/dedup.md.

    >>> import winnow
    >>> text = "the quick brown fox jumps over the lazy dog and runs into the dark forest"
    >>> texts = [text, "Something else altogether.", text + " tonight", text.upper(), None]
    >>> found = winnow.deduplicate(texts)
    >>> found["kept"].to_pylist()
    [False, True, True, False, True]
    >>> found["duplicate_of"].to_pylist()
    [2, None, None, 2, None]
    >>> [x and round(x, 2) for x in found["similarity"].to_pylist()]
    [0.92, None, None, 0.92, None]
    """
    import numpy as np
    import pyarrow as pa

    from dedup import bands, in_memory
    from dedup.exact import text_buffers
    from manifests.schemas import EXACT_DUPLICATE, NEAR_DUPLICATE

    text = as_text(texts)
    _, offsets = text_buffers(text)
    settings = None if near is None else _near(near, seed)
    preference = bands.preference(0, np.diff(offsets), _ids(ids, text), _scores(scores, len(text)))
    found = in_memory.removals(text, preference, settings)
    kept = np.ones(len(text), bool)
    kept[found.row] = False
    of = np.full(len(text), -1, np.int64)
    of[found.row] = found.survivor
    reasons = np.full(len(text), None, object)
    reasons[found.row] = np.where(found.exact, EXACT_DUPLICATE, NEAR_DUPLICATE)
    similarity = np.zeros(len(text), np.float32)
    similarity[found.row] = found.similarity
    return pa.table(
        {
            "kept": pa.array(kept),
            "duplicate_of": pa.array(of, mask=kept),
            "reason": pa.array(reasons, pa.string()),
            "similarity": pa.array(similarity, mask=kept),
        }
    )


def _near(near: Mapping[str, Any], seed: int) -> "MinHash":
    """The section of a recipe, every value filled in."""
    if not isinstance(near, Mapping) or not all(isinstance(key, str) for key in near):
        what = "has keys that are not str" if isinstance(near, Mapping) else f"is {near!r}"
        raise TypeError(
            f"near {what}, but must be a mapping of keys of a recipe's `duplicates.near`, such as "
            '{"preset": "fineweb"}; {} takes the defaults'
        )
    seed = _seed_of(seed)
    from pydantic import ValidationError

    from dedup.settings import MinHash

    try:
        settings = MinHash(**plain(near)).resolved(seed)
    except ValidationError:
        # A recipe says what is wrong in sentences, and names the nearest known key.
        from pipelines.recipe.config import Draft
        from pipelines.recipe.faults import refused
        from pipelines.recipe.recipe import Recipe

        section = {"duplicates": {"near": plain(near)}}
        try:
            Recipe.from_json({"name": "near", **section})
        except ValidationError as error:
            raise refused(Draft("near", section, {}), error) from None
        raise
    if settings.within_language:
        raise ValueError("near has within_language, but texts have no language here; leave it out")
    return settings


def _seed_of(seed: Any) -> int:
    """A seed as an int that a kernel can take; numpy's ints are ints, too."""
    try:
        value = operator.index(seed)
    except TypeError:
        raise TypeError(f"seed is {type(seed).__name__}, but must be an int") from None
    if not 0 <= value < 2**64:
        raise ValueError(f"seed is {value}, but must be from 0 to 2**64 - 1")
    return value


def _scores(scores: Any, rows: int) -> "npt.NDArray[np.float64] | None":
    """Null is NaN: the least preferred."""
    import numpy as np
    import pyarrow as pa

    if scores is None:
        return None
    told = "must be numbers or None, one for each text"
    try:
        array = scores if isinstance(scores, (pa.Array, pa.ChunkedArray)) else pa.array(scores)
    except (pa.ArrowException, TypeError) as error:
        raise TypeError(f"scores is {type(scores).__name__}, but {told} ({error})") from None
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    if not any(kind(array.type) for kind in (*kinds, pa.types.is_boolean, pa.types.is_null)):
        raise TypeError(f"scores has values of type {array.type}, but {told}")
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    values: npt.NDArray[np.float64] = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if len(values) != rows:
        raise ValueError(f"scores has {len(values)} values for {rows} texts; give one each")
    return values


def _ids(ids: Any, text: "pa.LargeStringArray") -> "pa.FixedSizeBinaryArray":
    import itertools

    import pyarrow as pa
    import pyarrow.compute as pc
    import xxhash

    from dedup.exact import text_buffers
    from manifests.schemas import DOC_ID

    if ids is None:
        data, offsets = text_buffers(text)
        view = data.data
        spans = itertools.pairwise(offsets.tolist())
        return pa.array([xxhash.xxh3_128_digest(view[a:b]) for a, b in spans], DOC_ID)
    try:
        array = ids if isinstance(ids, (pa.Array, pa.ChunkedArray)) else pa.array(ids, DOC_ID)
        array = pa.concat_arrays(array.cast(DOC_ID).chunks) if hasattr(array, "chunks") else array
        array = array.cast(DOC_ID)
    except (pa.ArrowException, TypeError) as error:
        raise TypeError(
            f"ids must be 16 bytes each, as column doc_id of a run has them ({error})"
        ) from None
    if len(array) != len(text):
        raise ValueError(f"ids has {len(array)} values for {len(text)} texts; give one each")
    if array.null_count or pc.count_distinct(array).as_py() < len(array):
        raise ValueError("ids must all be different, and none null")
    return array
