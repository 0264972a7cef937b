"""Deduplication of real text measured: speed beside the libraries, recall and precision.

    python -m benchmarks.dedup [signatures|curve|stages] ...

Without a name, all of them. One core each, and seconds of processor time, so that other work on
the machine counts little; compare the ratios, not the figures of different machines.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dedup import bands, clusters, comparison, minhash, presets, verification
from dedup.alphabets import FOLDED
from dedup.exact import text_buffers
from dedup.presets import MinHashConfig
from dedup.settings import Duplicates, MinHash
from dedup.shingles import spelled
from manifests.store import Store
from pipelines.recipe.recipe import Recipe

os.environ["HF_HUB_OFFLINE"] = "1"
DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[2] / "shared" / "data"))
BINS = np.arange(0.5, 1.0, 0.05)


def real_texts(count: int | None = None, spaced: bool = False) -> pa.LargeStringArray:
    """Web excerpts in 186 languages; `spaced` takes those of 60 words or more between spaces."""
    text = pq.read_table(DATA / "text/web-excerpts-186-langs.parquet", columns=["text"])["text"]
    text = text.cast(pa.large_string()).combine_chunks()
    if spaced:
        words = pc.list_value_length(pc.utf8_split_whitespace(text))
        text = text.filter(pc.greater_equal(words, 60))
    order = np.random.default_rng(1).permutation(len(text))[:count]
    return text.take(pa.array(order))


def seconds(work: Callable[[], object]) -> float:
    """Of processor time of this process, all its threads."""
    started = time.process_time()
    work()
    return time.process_time() - started


def signatures() -> None:
    """MB/s of each family beside the library that it equals."""
    import datasketch

    text = real_texts(20_000)
    some = text[:1000]
    size, some_size = (pc.sum(pc.binary_length(t)).as_py() / 1e6 for t in (text, some))
    rates = {}
    for family in ("fast", "datasketch", "datatrove"):
        config = MinHashConfig(family=family)  # type: ignore[arg-type]
        minhash.signatures(text[:2000], config)
        rates[family] = size / seconds(lambda config=config: minhash.signatures(text, config))
    words = spelled(*text_buffers(pc.utf8_lower(some)))
    documents = [
        [bytes(words.data[a:b]) for a, b in zip(words.start[s:e], words.end[s:e], strict=True)]
        for s, e in zip(words.first, words.first[1:], strict=False)
    ]

    def with_datasketch() -> None:
        for document in documents:
            sketch = datasketch.MinHash(112)
            sketch.update_batch(
                [b" ".join(document[i : i + 5]) for i in range(max(1, len(document) - 4))]
            )

    from datatrove.pipeline.dedup import minhash as theirs

    step = theirs.MinhashDedupSignature("unused", theirs.MinhashConfig())
    step.get_shingles("a b c d e f")

    def with_datatrove() -> None:
        for document in some.to_pylist():
            shingles = step.get_shingles(document)
            if shingles.size:
                step.get_signature(shingles)

    peers = {
        "datasketch": some_size / seconds(with_datasketch),
        "datatrove": some_size / seconds(with_datatrove),
    }
    print(f"## Signatures: 112 permutations, 5 words, {size:.0f} MB in 186 languages, one core")
    print("| | MB/s | x datasketch | x datatrove |\n| --- | --- | --- | --- |")
    rows = {**{f"winnow, {name}": rate for name, rate in rates.items()}, **peers}
    for name, rate in rows.items():
        ratios = [f"{rate / peers[peer]:.1f}" for peer in ("datasketch", "datatrove")]
        print(f"| {name} | {rate:.2f} | {' | '.join(ratios)} |")
    print("(datasketch is given its words ready; its rate is hashing and minima alone)\n")


def near_copies(text: pa.LargeStringArray) -> pa.LargeStringArray:
    """A copy of each with words exchanged, for a Jaccard similarity spread over .45 to 1."""
    rng = random.Random(2)
    copies = []
    for document in text.to_pylist():
        words = document.split()
        target = rng.uniform(0.45, 1)
        changes = round(len(words) * (1 - target) / (5 * (1 + target)))
        for at in rng.sample(range(len(words)), min(changes, len(words))):
            words[at] = rng.choice("abcdefghijklmnopqrstuvwxyz") * 9
        copies.append(" ".join(words))
    return pa.array(copies, pa.large_string())


def curve(count: int = 24_000) -> None:
    """Recall by Jaccard similarity beside the S-curve, and precision, on planted near-copies."""
    originals = real_texts(count, spaced=True)
    copies = near_copies(originals)
    rows = np.arange(len(originals))
    print(f"## Recall: {len(originals):,} real documents, a near-copy of each, 14 bands of 8")
    config = MinHashConfig()
    # Of folded words, of which the signatures are.
    sides = [comparison.read(side, config, FOLDED) for side in (originals, copies)]
    truth = comparison.jaccard(sides[0], rows, sides[1], rows)
    expected = presets.expected_recall(truth.astype(np.float64), config.bands, config.rows)
    found, errors = {}, {}
    for family in ("fast", "datasketch", "datatrove"):
        config = MinHashConfig(family=family)  # type: ignore[arg-type]
        # datatrove's words are dear, and a third shows its error as well.
        few = len(originals) // 3 if family == "datatrove" else None
        signed = [minhash.signatures(side[:few], config) for side in (originals, copies)]
        keys = [bands.band_keys(side, config) for side in signed]
        found[family] = (keys[0] == keys[1]).any(axis=0)
        estimate = minhash.similarity(*signed).to_numpy()
        unsure = (truth > 0.5) & (truth < 0.95)
        difference = (estimate - truth[:few])[unsure[:few]]
        errors[family] = float(np.sqrt((difference**2).mean()))
    print("| J | pairs | S-curve | fast | off by | datasketch | datatrove |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    worst = 0.0
    for low in BINS:
        here = (truth >= low) & (truth < low + 0.05)
        due, got = expected[here].mean(), found["fast"][here].mean()
        worst = max(worst, abs(got - due))
        others = " | ".join(
            f"{theirs[here[: len(theirs)]].mean():.3f}" for theirs in list(found.values())[1:]
        )
        print(
            f"| {low:.2f}-{low + 0.05:.2f} | {here.sum():,} | {due:.3f} | {got:.3f} | "
            f"{100 * (got - due):+.1f} | {others} |"
        )
    due_error = np.sqrt((truth * (1 - truth))[unsure].mean() / 112)
    print(f"largest difference {100 * worst:.1f} points of a hundred")
    told = ", ".join(f"{name} {error:.4f}" for name, error in errors.items())
    print(f"error of the estimate (theory {due_error:.4f}): {told}\n")
    _precision(pa.concat_arrays([originals, copies]))


def _precision(text: pa.LargeStringArray, least: float = 0.7) -> None:
    config = MinHashConfig()
    refs = np.arange(len(text), dtype=np.uint64)
    edges = verification.distinct_pairs(_edges(minhash.signatures(text, config), config, refs))
    read = comparison.read(text, config, FOLDED)

    def similarity(pairs: clusters.Edges) -> np.ndarray:
        member, root = (pairs[:, c].astype(np.int64) for c in (1, 3))
        return comparison.jaccard(read, member, read, root)

    first = similarity(edges)
    verified, alike = edges[first >= least], first[first >= least]
    stars, _, left = verification.choose_survivors(verified, alike)
    more = verification.next_pairs(left, stars)
    second = similarity(more)
    verified = np.concatenate([verified, more[second >= least]])
    alike = np.concatenate([alike, second[second >= least]])
    stars = verification.choose_survivors(verified, alike)[0]
    unverified = clusters.compact(edges)
    print(f"## Precision: share of removed documents that have J >= {least} to their survivor")
    for name, chosen in (("verify: off", unverified), ("verified", stars)):
        right = np.mean([_naive(text, int(row[1]), int(row[3])) >= least for row in chosen])
        print(f"{name:12} {len(chosen):,} removed, precision {right:.4f}")
    print()


def _naive(text: pa.LargeStringArray, a: int, b: int) -> float:
    """Jaccard similarity of two documents by Python's sets of words spelled out."""
    sides = []
    for row in (a, b):
        words = spelled(*text_buffers(pc.utf8_lower(text[row : row + 1])))
        found = [bytes(words.data[s:e]) for s, e in zip(words.start, words.end, strict=True)]
        sides.append({tuple(found[i : i + 5]) for i in range(max(1, len(found) - 4))})
    return len(sides[0] & sides[1]) / len(sides[0] | sides[1])


def _edges(
    signed: pa.FixedSizeListArray, config: MinHashConfig, refs: np.ndarray
) -> clusters.Edges:
    keys = bands.band_keys(signed, config)
    with_words = np.flatnonzero(bands.has_words(signed))
    parts = [
        clusters.bucket_edges(
            bands.band_members(band[with_words], refs[with_words], refs[with_words])
        )
        for band in keys
    ]
    return np.concatenate(parts)


def stages(count: int = 5000) -> None:
    """All four stages of datatrove beside signatures and stage `duplicates`, verified.

    datatrove gets the first documents only, or it would take a quarter of an hour.
    """
    from datatrove.data import Document
    from datatrove.pipeline.dedup import minhash as theirs
    from loguru import logger

    from tests import deduplicating

    logger.remove()
    text = real_texts()
    every = text.to_pylist()
    config = theirs.MinhashConfig()
    with tempfile.TemporaryDirectory() as folder:

        def with_datatrove() -> None:
            documents = [Document(text=t, id=str(i)) for i, t in enumerate(every[:count])]
            theirs.MinhashDedupSignature(f"{folder}/s", config).run(documents)
            for bucket in range(14):
                theirs.MinhashDedupBuckets(f"{folder}/s", f"{folder}/b", config=config).run(
                    None, bucket, 14
                )
            theirs.MinhashDedupCluster(f"{folder}/b", f"{folder}/c", config=config).run()
            list(theirs.MinhashDedupFilter(f"{folder}/c").run(iter(documents)))

        with_datatrove_seconds = seconds(with_datatrove)
        copies = near_copies(real_texts(90_000, spaced=True))
        corpus = pa.concat_arrays([text, copies])[:200_000]
        recipe = Recipe(name="test", duplicates=Duplicates(near=MinHash()))
        units = [corpus[i : i + 25_000] for i in range(0, len(corpus), 25_000)]

        def with_winnow(folder: Path, units: list[pa.LargeStringArray]) -> None:
            first = 0
            for i, unit in enumerate(units):
                deduplicating.write_texts(Store(str(folder)), i, first, unit, recipe)
                first += len(unit)
            deduplicating.run_planned(folder, len(units), recipe)

        with_winnow(Path(folder) / "warm", [corpus[:50]])
        ours = seconds(lambda: with_winnow(Path(folder) / "run", units))
    print("## All stages on real text, one core, documents a second")
    rates = count / with_datatrove_seconds, len(corpus) / ours
    print(f"datatrove {rates[0]:,.0f} ({count:,} documents)")
    print(f"winnow    {rates[1]:,.0f} ({len(corpus):,} documents, verified, parts written)")
    print(f"ratio     {rates[1] / rates[0]:.1f}\n")


MEASURES = {"signatures": signatures, "curve": curve, "stages": stages}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
        sys.stdout.flush()
