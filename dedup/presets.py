"""How others looked for near-duplicates, and bands chosen for a threshold."""

import dataclasses

from datasketch import MinHashLSH


@dataclasses.dataclass(frozen=True)
class Preset:
    """Shingles, bands and the similarity that the source aimed at.

    Attributes:
      ngram_words, ngram_chars: length of a shingle; one of them is 0.
      min_similarity: what verification asks of a pair.
    """

    ngram_words: int
    ngram_chars: int
    bands: int
    rows: int
    min_similarity: float


# Differs, all of them: shingles are of winnow's words or characters, unless the family is
# `datatrove`; candidates are verified, unless `verify: off`.
PRESETS = {
    # Penedo et al., "The FineWeb Datasets" (2024), 3.4: 5-grams of words, 112 hashes in 14
    # buckets, "at least 75% similar".
    "fineweb": Preset(5, 0, 14, 8, 0.75),
    # Cerebras, SlimPajama-627B (2023), preprocessing/dedup: width 13 over characters,
    # 128 permutations, 9 bands of 13, threshold .8.
    "slimpajama": Preset(0, 13, 9, 13, 0.8),
    # Penedo et al., "The RefinedWeb Dataset" (2023), G.3.1: 5-grams, 9,000 hashes in 450 buckets
    # of 20, threshold .8. 36 kB a document.
    "refinedweb": Preset(5, 0, 450, 20, 0.8),
    # NVIDIA NeMo Curator, fuzzy deduplication: 24 characters, 20 bands of 13, about .8.
    "nemo": Preset(0, 24, 20, 13, 0.8),
}
DEFAULT = Preset(5, 0, 14, 8, 0.7)
THRESHOLD_PERMUTATIONS = 128


def bands_for(threshold: float, permutations: int) -> tuple[int, int]:
    """Bands and rows for which false positives and negatives weigh least, as datasketch has it.

    Raises:
      ValueError: the threshold is none.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold is {threshold}; give one between 0 and 1")
    if permutations < 2:
        raise ValueError(f"permutations are {permutations}; give 2 or more")
    index = MinHashLSH(threshold=threshold, num_perm=permutations)
    return int(index.b), int(index.r)


def expected_recall(similarity: float, bands: int, rows: int) -> float:
    """The S-curve: chance that a pair of this Jaccard similarity shares a band."""
    return 1 - (1 - similarity**rows) ** bands
