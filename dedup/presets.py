"""Parameters of MinHash: those of published data sets, and bands that suit a threshold."""

import dataclasses
from typing import Literal

import pyarrow as pa

Family = Literal["fast", "datasketch", "datatrove"]
Fold = Literal["case", "marks", "numbers", "symbols"]

# What the signatures of each family mean; those of other versions cannot be compared. A run that
# names no version has 1. `fast` 2: words are folded, and a text shorter than a shingle has none;
# 3: numbers count in texts that consist of them; 4: other forms of the same letters are folded, as
# they are in `datasketch` 2.
SIGNATURES: dict[Family, int] = {"fast": 4, "datasketch": 2, "datatrove": 1}


@dataclasses.dataclass(frozen=True)
class MinHashConfig:
    """The parameters that two signatures must share to be comparable, and the cut into bands.

    A pair of Jaccard similarity J shares at least one band with probability
    1 - (1 - J**rows)**bands; with 14 bands of 8 rows: .77 at J = .75, .92 at .8, .9996 at .9.

    Attributes:
      ngram_words: words in a shingle.
      bands, rows: there are `bands * rows` permutations; all `rows` values of a band must agree.
      seed: seed of the permutations, 0 to 2**64 - 1; 0 to 2**32 - 1 for the libraries' families.
      family: `fast`, or the library whose signatures are made.
      ngram_chars: characters in a shingle; 0 for shingles of words. Only `fast` has this.
      fold_numbers: whether numbers make no difference in any text. Otherwise they count in texts
        most of whose shingles are repeated without them. Only `fast` has this.
    """

    ngram_words: int = 5
    bands: int = 14
    rows: int = 8
    seed: int = 1
    family: Family = "fast"
    ngram_chars: int = 0
    fold_numbers: bool = False

    def __post_init__(self) -> None:
        for name in ("ngram_words", "bands", "rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"minhash: {name} is {getattr(self, name)}; give 1 or more")
        if self.ngram_chars < 0:
            raise ValueError(f"minhash: ngram_chars is {self.ngram_chars}; give 0 or more")
        if self.ngram_chars and self.family != "fast":
            raise ValueError(
                f"minhash: ngram_chars is {self.ngram_chars}, but family {self.family!r} has "
                "shingles of words; leave it out, or take family 'fast'"
            )
        bits = 64 if self.family == "fast" else 32
        if not 0 <= self.seed < 2**bits:
            raise ValueError(f"minhash: seed is {self.seed}; give one from 0 to 2**{bits} - 1")

    @property
    def permutations(self) -> int:
        return self.bands * self.rows

    @property
    def value_type(self) -> pa.DataType:
        """The Arrow type of a signature's values."""
        return pa.uint64() if self.family == "datatrove" else pa.uint32()


@dataclasses.dataclass(frozen=True)
class Preset:
    """Length of shingles, bands, and the similarity that the source aims at.

    Attributes:
      ngram_words, ngram_chars: length of a shingle; one of them is 0.
      min_similarity: the least similarity of a pair that passes verification.
    """

    ngram_words: int
    ngram_chars: int
    bands: int
    rows: int
    min_similarity: float


# Differs, for all presets: shingles consist of winnow's words or characters, unless the family is
# `datatrove`; candidates are verified, unless the recipe says `verify: off`.
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
# A third of a text shares a band with it in 99.9 % of the cases, beside .2 % with the default.
CONTAINMENT = Preset(5, 0, 60, 2, 0.7)
THRESHOLD_PERMUTATIONS = 128


def bands_for(threshold: float, permutations: int) -> tuple[int, int]:
    """Bands and rows with the least false positives and negatives, weighted as in datasketch.

    Raises:
      ValueError: the threshold is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold is {threshold}; give one between 0 and 1")
    if permutations < 2:
        raise ValueError(f"permutations are {permutations}; give 2 or more")
    # Imported here because it imports scipy, which takes half a second; most recipes choose no
    # threshold.
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=permutations)
    return int(index.b), int(index.r)


def expected_recall(similarity: float, bands: int, rows: int) -> float:
    """The S-curve: the probability that a pair of this Jaccard similarity shares a band."""
    return 1 - (1 - similarity**rows) ** bands
