"""What a recipe's section `duplicates` says."""

import dataclasses
from typing import Literal

from dedup import benchmarks, presets
from dedup.benchmarks import BenchmarkFile


@dataclasses.dataclass(frozen=True)
class MinHash:
    """Near duplicates by MinHash; what is not given follows from `preset` or `threshold`.

    Attributes:
      preset: fineweb, slimpajama, refinedweb or nemo; absent is 14 bands of 8 over 5 words.
      family: signatures of our own (`fast`), or as datasketch or datatrove make them.
      ngram_words, ngram_chars: length of a shingle; give one.
      bands, rows: all rows of a band must agree.
      threshold: bands and rows that datasketch finds best for it, of `permutations` values.
      seed: of the permutations; absent takes the recipe's.
      verify: compare shingles themselves before a document is removed.
      min_similarity: Jaccard similarity to the survivor that a verified duplicate has at least.
      hot_bucket_docs: buckets of more documents are counted in the manifest.
    """

    preset: Literal["fineweb", "slimpajama", "refinedweb", "nemo"] | None = None
    family: presets.Family = "fast"
    ngram_words: int | None = None
    ngram_chars: int | None = None
    bands: int | None = None
    rows: int | None = None
    threshold: float | None = None
    permutations: int | None = None
    seed: int | None = None
    verify: bool = True
    min_similarity: float | None = None
    hot_bucket_docs: int = 10_000

    def resolved(self, seed: int) -> "MinHash":
        """With every value filled in; `seed` is the recipe's.

        Raises:
          ValueError: values contradict each other or are impossible.
        """
        base = presets.PRESETS[self.preset] if self.preset else presets.DEFAULT
        bands, rows = self.bands or base.bands, self.rows or base.rows
        least = base.min_similarity
        permutations = bands * rows
        if self.threshold is not None:
            permutations = self.permutations or presets.THRESHOLD_PERMUTATIONS
            bands, rows = presets.bands_for(self.threshold, permutations)
            if (self.bands or bands, self.rows or rows) != (bands, rows):
                raise ValueError("near: give threshold, or bands and rows, not both")
            least = self.threshold
        elif self.permutations not in (None, permutations):
            raise ValueError(
                f"near: permutations is {self.permutations}, but {bands} bands of {rows} rows "
                f"are {permutations}; give permutations with threshold alone"
            )
        if self.ngram_words and self.ngram_chars:
            raise ValueError("near: give ngram_words or ngram_chars, not both")
        words = self.ngram_words or (0 if self.ngram_chars else base.ngram_words)
        chars = self.ngram_chars or (0 if self.ngram_words else base.ngram_chars)
        if self.min_similarity is not None:
            least = self.min_similarity
        if not 0 < least <= 1:
            raise ValueError(f"near: min_similarity is {least}; give one above 0 and up to 1")
        full = dataclasses.replace(
            self, ngram_words=words, ngram_chars=chars, bands=bands, rows=rows,
            permutations=permutations, seed=seed if self.seed is None else self.seed,
            min_similarity=least,
        )  # fmt: skip
        full.config()
        return full

    def config(self) -> presets.MinHashConfig:
        """Of a resolved section."""
        assert self.bands
        assert self.rows
        assert self.seed is not None
        return presets.MinHashConfig(
            self.ngram_words or 1, self.bands, self.rows, self.seed, self.family,
            self.ngram_chars or 0,
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Exercises that the corpus must not hold: .jsonl, .json, .csv or .parquet.

    Attributes:
      name: in reasons and evidence.
      path: file, folder, glob or any fsspec URL.
      format: whose columns it has: humaneval, gsm8k, mmlu, truthfulqa, math or gpqa; or else
      fields: columns to look for, each on its own; `a+b` is a followed by b.
      item: the column that names an item; absent numbers them.
      code: they hold code, compared by tokens of code; absent as the format has it.
    """

    name: str
    path: str
    format: Literal["humaneval", "gsm8k", "mmlu", "truthfulqa", "math", "gpqa"] | None = None
    fields: tuple[str, ...] = ()
    item: str | None = None
    code: bool | None = None

    def file(self) -> BenchmarkFile:
        """What to read.

        Raises:
          ValueError: neither format nor fields are given.
        """
        known = benchmarks.FORMATS.get(self.format or "")
        if not known and not self.fields:
            raise ValueError(f"benchmark {self.name!r}: give format or fields")
        base = known or benchmarks.Fields(())
        fields = dataclasses.replace(
            base,
            texts=self.fields or base.texts,
            name=self.item or base.name,
            code=base.code if self.code is None else self.code,
        )
        return BenchmarkFile(self.name, self.path, fields)


@dataclasses.dataclass(frozen=True)
class Decontaminate:
    """Documents that hold `ngram_words` words in a row of a benchmark's item are not for training.

    Attributes:
      short_ngram_words: for texts of fewer than `ngram_words` words.
      action: `drop` the document, or `mask` these words.
      replacement: what stands where words were masked; empty closes the gap.
    """

    benchmarks: tuple[Benchmark, ...] = ()
    ngram_words: int = 13
    short_ngram_words: int = 8
    action: Literal["drop", "mask"] = "drop"
    replacement: str = ""

    def files(self) -> list[BenchmarkFile]:
        """Of all benchmarks."""
        return [benchmark.file() for benchmark in self.benchmarks]


@dataclasses.dataclass(frozen=True)
class RepeatedLines:
    """Lines that stand in more than `max_documents` surviving documents are cut.

    Attributes:
      by: what a line is: a `line`, a `paragraph` (up to an empty line) or a `sentence`.
      in_a_row: so many together are compared; 1, of sentences 3.
      max_documents: more documents than that make a line repeated.
      min_words: lines of fewer words are left alone.
      keep: `first` leaves it in the most preferred document, `none` in none.
    """

    by: Literal["line", "paragraph", "sentence"] = "line"
    in_a_row: int | None = None
    max_documents: int = 1
    min_words: int = 5
    keep: Literal["first", "none"] = "first"

    def windows(self) -> int:
        """Lines in a row that are compared."""
        return self.in_a_row or (3 if self.by == "sentence" else 1)


@dataclasses.dataclass(frozen=True)
class RepeatedSpans:
    """Spans of `tokens` words or more in more than `max_documents` surviving documents are cut.

    Attributes:
      tokens: words as white space cuts them; of scripts without spaces characters.
      max_documents, keep: as of lines.
    """

    tokens: int = 50
    max_documents: int = 1
    keep: Literal["first", "none"] = "first"


@dataclasses.dataclass(frozen=True)
class Duplicates:
    """Exact duplicates by normalised text, near ones by MinHash; absent near finds exact only.

    Attributes:
      url: of documents of one normalised URL keep the `newest`, or the `best`: the one that is
        preferred among copies; absent does not look at URLs.
      lines, spans: what survivors must not share; absent leaves their texts as they are.
      against: finished runs, the earliest first, whose documents are preferred to all of this one.
      decontaminate: what else the survivors must not be.
      score: a numeric column of `documents/`; among duplicates of one priority the document of
        the higher value is kept. Absent, the longer one is.
      rehydrate: writes `clusters/`, how often FineWeb-2 would repeat each cluster's survivor.
      alarm_share: a source or language that loses more than this share is an alarm.
    """

    near: MinHash | None = None
    against: tuple[str, ...] = ()
    decontaminate: Decontaminate | None = None
    score: str | None = None
    rehydrate: Literal["fineweb-2"] | None = None
    alarm_share: float = 0.5
    url: Literal["newest", "best"] | None = None
    lines: RepeatedLines | None = None
    spans: RepeatedSpans | None = None
