"""Settings of a recipe's section `duplicates`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dedup import benchmarks, presets
from dedup.benchmarks import BenchmarkFile
from dedup.presets import Fold
from manifests.sections import ListOf, Name, OneOf, Positive, Section, Share

# A Jaccard similarity that two documents can have and miss.
Similarity = Annotated[float, Field(gt=0, le=1)]


DEFAULT_FOLD: tuple[Fold, ...] = ("case", "marks")
MIN_CONTAINMENT = 0.75
# `verify: containment` is said to miss parts if halves of texts are found less often.
_MIN_HALVES = 0.9

# A signature is 8 bytes for each; more than this is a slip of the pen.
_MOST_PERMUTATIONS = 10_000
SignaturePart = Annotated[int, Field(ge=1, le=_MOST_PERMUTATIONS)]
_LONGEST_SHINGLE = 1000
ShingleLength = Annotated[int, Field(ge=1, le=_LONGEST_SHINGLE)]
# numpy's generator, which the libraries of the other families use, takes 32 bits.
_SEEDS_OF_LIBRARIES = 1 << 32


class MinHash(Section):
    """Near duplicates by MinHash; values that are not given follow from `preset` or `threshold`."""

    preset: Annotated[str, OneOf(tuple(presets.PRESETS))] | None = None
    """Whose parameters; absent is 14 bands of 8 rows over 5 words, with `verify: containment` 60 of
    2."""

    family: presets.Family = "fast"
    """Whose signatures: winnow's own (`fast`), or as datasketch or datatrove make them."""

    ngram_words: Annotated[int, Field(ge=0, le=_LONGEST_SHINGLE)] | None = None
    """Words of a shingle; give this or `ngram_chars`, the other is 0."""

    ngram_chars: Annotated[int, Field(ge=0, le=_LONGEST_SHINGLE)] | None = None
    """Characters of a shingle; family `fast` alone has them."""

    bands: SignaturePart | None = None
    """Documents that agree in one band are compared."""

    rows: SignaturePart | None = None
    """Values of a band, all of which must agree."""

    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Instead of `bands` and `rows`: datasketch finds the best ones for this similarity."""

    permutations: SignaturePart | None = None
    """Values of a signature, for `threshold`; absent is 128."""

    seed: Annotated[int, Field(ge=0, lt=1 << 64)] | None = None
    """Seed of the permutations; absent is the recipe's."""

    verify: bool | Literal["containment"] = True
    """Compare the texts themselves before a document is removed: by the Jaccard similarity of
    shingles, or, with `containment`, by how much of the document a kept one holds. Short parts of
    long texts are compared with many bands of few rows alone."""

    fold: ListOf[Fold] | None = None
    """What makes no difference when texts are compared; absent is `[case, marks]`. Family
    `datatrove` has its library's words."""

    min_similarity: Similarity | None = None
    """Jaccard similarity to the survivor that a verified duplicate has at least; absent is that of
    `preset` or `threshold`."""

    min_containment: Similarity | None = None
    """With `verify: containment`: the share of the document's runs of three words that its survivor
    holds; absent is .75."""

    within_language: bool = False
    """Compare documents of one language only."""

    hot_bucket_docs: Positive = 10_000
    """Buckets of more documents are counted in the manifest."""

    def resolved(self, seed: int) -> "MinHash":
        """With every value filled in; `seed` is the recipe's.

        Raises:
          ValueError: values contradict each other or are impossible.
        """
        contained = self.verify == "containment"
        base = presets.CONTAINMENT if contained else presets.DEFAULT
        if self.preset:
            base = presets.PRESETS[self.preset]
        bands, rows = self.bands or base.bands, self.rows or base.rows
        least = base.min_similarity
        permutations = bands * rows
        if self.threshold is not None:
            permutations = self.permutations or presets.THRESHOLD_PERMUTATIONS
            bands, rows = presets.bands_for(self.threshold, permutations)
            if (self.bands or bands, self.rows or rows) != (bands, rows):
                raise ValueError("give threshold, or bands and rows, not both")
            least = self.threshold
        elif self.permutations not in (None, permutations):
            raise ValueError(
                f"permutations is {self.permutations}, but {bands} bands of {rows} rows "
                f"are {permutations}; give permutations with threshold alone"
            )
        if permutations > _MOST_PERMUTATIONS:
            raise ValueError(
                f"a signature would have {permutations:,} values, bands times rows; give at most "
                f"{_MOST_PERMUTATIONS:,}"
            )
        for mine, other in (("ngram_words", "ngram_chars"), ("ngram_chars", "ngram_words")):
            if getattr(self, mine) == 0 and not getattr(self, other):
                raise ValueError(
                    f"{mine} is 0, but a shingle has from 1 to {_LONGEST_SHINGLE:,}; leave it out, "
                    f"or give {other}"
                )
        if self.ngram_words and self.ngram_chars:
            raise ValueError("give ngram_words or ngram_chars, not both")
        words = self.ngram_words or (0 if self.ngram_chars else base.ngram_words)
        chars = self.ngram_chars or (0 if self.ngram_words else base.ngram_chars)
        if self.min_similarity is not None:
            least = self.min_similarity
        if contained and self.min_similarity is not None:
            raise ValueError("give min_containment, not min_similarity, with verify: containment")
        if self.min_containment is not None and not contained:
            raise ValueError("min_containment does nothing without verify: containment")
        if self.family == "datatrove" and self.fold is not None:
            raise ValueError("family 'datatrove' compares its library's words; leave out fold")
        drawn = seed if self.seed is None else self.seed
        if self.family != "fast" and drawn >= _SEEDS_OF_LIBRARIES:
            raise ValueError(
                f"seed is {drawn}, but family {self.family!r} has seeds from 0 to "
                f"{_SEEDS_OF_LIBRARIES - 1:,}; give near such a seed of its own"
            )
        fold = None if self.family == "datatrove" else DEFAULT_FOLD
        # Not `replace`: what is filled in (0 characters of a shingle of words) is not to be given.
        full = self.model_copy(
            update={
                "ngram_words": words, "ngram_chars": chars, "bands": bands, "rows": rows,
                "permutations": permutations,
                "min_similarity": None if contained else least,
                "min_containment": (self.min_containment or MIN_CONTAINMENT) if contained else None,
                "fold": fold if self.fold is None else self.fold,
                "seed": drawn,
            }
        )  # fmt: skip
        full.config()
        return full

    def note(self) -> str | None:
        """What a person should know before a run, of a resolved section."""
        assert self.bands
        assert self.rows
        found = presets.expected_recall(0.5, self.bands, self.rows)
        if self.verify != "containment" or found >= _MIN_HALVES:
            return None
        many = presets.CONTAINMENT
        return (
            f"duplicates.near: with verify: containment and {self.bands} bands of {self.rows} "
            f"rows, a text that is half of another one is compared with it in {found:.0%} of the "
            f"cases; {many.bands} bands of {many.rows} rows find nearly all"
        )

    def folded(self) -> frozenset[Fold]:
        """What makes no difference in the words of documents, of a resolved section."""
        return frozenset(DEFAULT_FOLD if self.fold is None else self.fold)

    def config(self) -> presets.MinHashConfig:
        """Parameters of the signatures, of a resolved section."""
        assert self.bands
        assert self.rows
        assert self.seed is not None
        return presets.MinHashConfig(
            self.ngram_words or 1, self.bands, self.rows, self.seed, self.family,
            self.ngram_chars or 0, "numbers" in self.folded(),
        )  # fmt: skip


class Benchmark(Section):
    """Exercises that the corpus must not hold: .jsonl, .json, .csv or .parquet."""

    name: Name
    """Its name in reasons and evidence."""

    path: Name
    """File, folder, glob or any fsspec URL."""

    format: Annotated[str, OneOf(tuple(benchmarks.FORMATS))] | None = None
    """The benchmark whose columns the file has; else give `fields`."""

    fields: ListOf[Name] = ()
    """Columns to look for, each on its own; `a+b` is a followed by b."""

    item: Name | None = None
    """The column that names an item; absent numbers the items."""

    code: bool | None = None
    """The file holds code, compared by tokens of code; absent as `format` has it."""

    @model_validator(mode="after")
    def _columns_are_known(self) -> "Benchmark":
        if not self.format and not self.fields:
            raise ValueError(f"benchmark {self.name!r}: give format or fields")
        return self

    def file(self) -> BenchmarkFile:
        """What to read."""
        base = benchmarks.FORMATS[self.format] if self.format else benchmarks.Fields(())
        fields = benchmarks.Fields(
            texts=self.fields or base.texts,
            name=self.item or base.name,
            code=base.code if self.code is None else self.code,
            headerless=base.headerless,
        )
        return BenchmarkFile(self.name, self.path, fields)


DEFAULT_NGRAM_WORDS, DEFAULT_SHORT_NGRAM_WORDS = 13, 8


class Decontaminate(Section):
    """What becomes of documents that hold items of benchmarks."""

    benchmarks: ListOf[Benchmark] = ()
    """The benchmarks that the corpus must not hold."""

    rule: Literal["overlap", "ngrams"] = "overlap"
    """What tells that a document holds an item: most of its pairs of words within a window
    (`overlap`), or so many words in a row (`ngrams`)."""

    common_sources: Positive = 3
    """Rule `overlap`: text of an item that so many more sources have than have the whole item is no
    evidence. A source is the domain of a URL; without a URL, the recipe's source."""

    ngram_words: ShingleLength = DEFAULT_NGRAM_WORDS
    """Rule `ngrams`: words in a row that tell a document holds an item."""

    short_ngram_words: ShingleLength = DEFAULT_SHORT_NGRAM_WORDS
    """The same for texts of fewer than `ngram_words` words."""

    action: Literal["drop", "mask"] = "drop"
    """`drop` the document, or `mask` these words."""

    replacement: str = ""
    """What stands where words were masked; empty closes the gap."""

    @model_validator(mode="after")
    def _names_differ(self) -> "Decontaminate":
        if not self.benchmarks:
            raise ValueError(
                "benchmarks is empty, so that nothing would be looked for; name one, or leave "
                "decontaminate out"
            )
        names = [benchmark.name for benchmark in self.benchmarks]
        if len(set(names)) < len(names):
            raise ValueError("benchmarks must have different names")
        words = (self.ngram_words, self.short_ngram_words)
        if self.rule != "ngrams" and words != (DEFAULT_NGRAM_WORDS, DEFAULT_SHORT_NGRAM_WORDS):
            raise ValueError("ngram_words and short_ngram_words do nothing without rule: ngrams")
        return self

    def files(self) -> list[BenchmarkFile]:
        """The files of all benchmarks."""
        return [benchmark.file() for benchmark in self.benchmarks]


class RepeatedLines(Section):
    """Lines that stand in more than `max_documents` surviving documents are cut."""

    by: Literal["line", "paragraph", "sentence"] = "line"
    """What is compared: a line, a paragraph (up to an empty line) or a sentence."""

    in_a_row: ShingleLength | None = None
    """How many of them are compared together; absent is 1, of sentences 3."""

    max_documents: Positive = 1
    """A line in more documents than that is repeated."""

    min_words: Positive = 5
    """Lines of fewer words are left alone."""

    keep: Literal["first", "none"] = "first"
    """`first` leaves a repeated line in the most preferred document, `none` in no document."""

    def windows(self) -> int:
        """Lines in a row that are compared."""
        return self.in_a_row or (3 if self.by == "sentence" else 1)


class RepeatedSpans(Section):
    """Spans of `tokens` words or more in more than `max_documents` surviving documents are cut."""

    tokens: Annotated[int, Field(ge=2, le=1_000_000)] = 50
    """Words, cut at white space; in scripts without spaces, characters."""

    max_documents: Positive = 1
    """A span in more documents than that is repeated."""

    keep: Literal["first", "none"] = "first"
    """`first` leaves a repeated span in the most preferred document, `none` in no document."""


class Duplicates(Section):
    """Exact duplicates by normalised text, near ones by MinHash."""

    near: MinHash | None = None
    """Near duplicates; absent finds exact ones only."""

    against: ListOf[Name] = ()
    """Finished runs, the earliest first, whose documents are preferred to all of this run."""

    decontaminate: Decontaminate | None = None
    """Benchmarks whose items the survivors must not hold."""

    score: Name | None = None
    """A numeric column of `documents/`: among duplicates of one priority the document of the
    higher value is kept. Absent, the longer one is."""

    rehydrate: Literal["fineweb-2"] | None = None
    """Weights in `clusters/`: how often FineWeb-2 would repeat the survivor of each cluster.
    Absent, all are 1."""

    alarm_share: Share = 0.5
    """A source or language that loses more than this share of its documents raises an alarm."""

    alarm_words_lost: Share = 0.1
    """So does one whose near-duplicates had more than this share of words that their survivors
    lack."""

    url: Literal["newest", "best"] | None = None
    """Of documents of one normalised URL keep the newest, or the best: the one that is preferred
    among copies. Absent does not look at URLs."""

    lines: RepeatedLines | None = None
    """Cut lines that survivors share; absent leaves their texts as they are."""

    spans: RepeatedSpans | None = None
    """Cut spans that survivors share; absent leaves their texts as they are."""
