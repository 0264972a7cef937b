"""Duplicates among one's own texts: MinHash signatures, and the survivors of a column."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from winnow.texts import Texts, as_text

# Imports that take time stand inside the functions, as in winnow/batches.py.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from dedup.settings import MinHash


def signatures(
    texts: Texts, near: Mapping[str, Any] = {}, *, seed: int = 0
) -> "pa.FixedSizeListArray":
    """MinHash signatures: two texts agree in about the share of shingles that they have in common.

    Args:
      texts: a text that is null or has no words gets the largest value throughout, and resembles
        nothing.
      near: keys of a recipe's `duplicates.near`: `preset` (fineweb, slimpajama, refinedweb,
        nemo), or `ngram_words` or `ngram_chars`, `bands` and `rows` or `threshold`, and `family`
        (`fast`, or `datasketch` and `datatrove`, which give bit for bit what those libraries
        give). Empty: 14 bands of 8 rows over shingles of 5 words.
      seed: of the permutations; signatures of different seeds cannot be compared.

    Returns:
      A signature a text, in order, never null: `fixed_size_list<uint32>[bands * rows]`, of uint64
      in datatrove's family.

    Raises:
      TypeError: texts are no column of texts.
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

    The survivors are those of a run's stage `duplicates` over the same texts with the same
    settings. Near duplicates are verified: a text is removed only for one that stays and whose
    shingles it shares to `min_similarity` or more.

    Args:
      texts: a text that is null or white space alone is kept; it duplicates nothing.
      near: keys of a recipe's `duplicates.near`, see `signatures`; also `min_similarity` (.7
        unless a preset or a threshold says otherwise) and `verify` (False removes what shares a
        band, without comparing shingles). None finds exact duplicates alone: texts that are equal
        but for case and white space.
      seed: of the permutations.
      scores: numbers, one a text; of duplicates the one of the highest score is kept, one without
        a score (None, NaN) last. Without them, and among equal ones, the longest is.
      ids: 16 bytes a text, all different, which settle the choice between texts of one length:
        the column `doc_id` of a run. Without them the texts themselves do, so that the order of
        rows decides nothing but which of several equal texts is kept: the first.

    Returns:
      A row a text, in order: `kept` (bool); `duplicate_of` (int64, the row of the survivor),
      `reason` (string: `exact_duplicate` or `near_duplicate`) and `similarity` (float32, Jaccard
      similarity to the survivor from 0 to 1; estimated if not verified), all three null if kept.

    Raises:
      TypeError: texts are no column of texts, or ids are not of 16 bytes.
      ValueError: unknown keys in `near`, impossible values, columns of different lengths, or an id
        that stands twice.

    Cost: tens of MB of text a second, on one core. Memory, beside the texts: for each 4 bytes a
    permutation (448 in all), 8 a band (112), and while pairs are compared 8 bytes for each word of
    some of them.

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
    from pydantic import ValidationError

    from dedup.settings import MinHash

    try:
        return MinHash(**near).resolved(seed)
    except ValidationError:
        # A recipe says what is wrong in sentences, and names the nearest known key.
        from pipelines.recipe.config import Draft
        from pipelines.recipe.faults import refused
        from pipelines.recipe.recipe import Recipe

        section = {"duplicates": {"near": dict(near)}}
        try:
            Recipe.from_json({"name": "near", **section})
        except ValidationError as error:
            raise refused(Draft("near", section, {}), error) from None
        raise


def _scores(scores: Any, rows: int) -> "npt.NDArray[np.float64] | None":
    """Null is NaN: the least preferred."""
    import numpy as np
    import pyarrow as pa

    if scores is None:
        return None
    array = scores if isinstance(scores, (pa.Array, pa.ChunkedArray)) else pa.array(scores)
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
