"""Signatures are bit for bit those of datasketch 2 and datatrove 0.10; presets are as published."""

import functools
import hashlib
import random
import struct

import datasketch
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import xxhash

from dedup import bands, clusters, families, presets
from dedup.exact import text_buffers
from dedup.hashes import sha1_low32, xxh64
from dedup.minhash import shingles, signature_matrix, signatures
from dedup.presets import MinHashConfig
from dedup.settings import MinHash
from dedup.shingles import Spelled, spelled
from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import load
from pipelines.recipe.recipe import Recipe
from tests.realdata import real_data

SAMPLE = [
    "The quick brown fox jumps over the lazy dog, twice: once in 1999 and once in 2,024.5!",
    "I don't think it's gonna work at 10am, e.g. in the U.S.A.; cannot, won't (maybe) e-mail",
    "",
    None,
    " \n… 。!?",
    "four words are short",
    "Crème brûlée à la carte, naïve café: déjà vu\tet  cætera ١٢٣ الطقس جميل اليوم جدا",
    "敏捷的 棕色狐狸 跳过了 懒狗 又 一次 跳过",
    "တစ်နေ့က ယုန်နှင့် လိပ်တို့ အပြေး ပြိုင်ကြသည်။ နောက် တစ်ကြိမ်",
    "xD :) v_v <3 100% €50 ½ 3° A&B C++ user@example.org www.example.org/a?b=c #tag",
]


def texts(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def web_texts(count: int) -> list[str]:
    path = real_data("text/web-excerpts-186-langs.parquet")
    column = pq.read_table(path, columns=["text"])["text"]
    chosen = np.random.default_rng(3).choice(len(column), count, replace=False)
    return [column[int(i)].as_py() for i in chosen]


@functools.cache
def datatrove_step(config_bands: int = 14, rows: int = 8, seed: int = 1) -> object:
    from datatrove.pipeline.dedup import minhash

    config = minhash.MinhashConfig(num_buckets=config_bands, hashes_per_bucket=rows, seed=seed)
    return minhash.MinhashDedupSignature("unused", config)


def datatrove_signature(text: str | None, step: object) -> list[int]:
    found = step.get_shingles(text or "")  # type: ignore[attr-defined]
    if not found.size:
        return [2**64 - 1] * step.num_hashes  # type: ignore[attr-defined]
    return [v for part in step.get_signature(found) for v in part]  # type: ignore[attr-defined]


def words_of(words: Spelled, i: int) -> list[bytes]:
    span = range(words.first[i], words.first[i + 1])
    return [bytes(words.data[words.start[w] : words.end[w]]) for w in span]


def datasketch_signature(words: list[bytes], permutations: int, seed: int) -> list[int]:
    made = datasketch.MinHash(permutations, seed=seed)
    if len(words) > 4:
        made.update_batch([b" ".join(words[i : i + 5]) for i in range(len(words) - 4)])
    found: list[int] = made.hashvalues.tolist()
    return found


def check_datatrove(values: list[str | None], seed: int) -> None:
    config = MinHashConfig(family="datatrove", seed=seed)
    ours = signature_matrix(signatures(texts(values), config))
    assert ours.dtype == np.uint64
    step = datatrove_step(seed=seed)
    for row, text in zip(ours.tolist(), values, strict=True):
        assert row == datatrove_signature(text, step)


def check_datasketch(values: list[str | None], seed: int) -> None:
    config = MinHashConfig(family="datasketch", bands=16, rows=8, seed=seed)
    ours = signature_matrix(signatures(texts(values), config))
    assert ours.dtype == np.uint32
    words = spelled(*text_buffers(pc.utf8_lower(texts(values))))
    for i, row in enumerate(ours.tolist()):
        assert row == datasketch_signature(words_of(words, i), 128, seed)


@pytest.mark.parametrize("seed", [1, 20])
def test_datatrove_family_is_bit_identical(seed: int) -> None:
    check_datatrove(SAMPLE, seed)


@pytest.mark.parametrize("seed", [1, 20])
def test_datasketch_family_is_bit_identical(seed: int) -> None:
    check_datasketch(SAMPLE, seed)


@pytest.mark.parametrize("family", ["datatrove", "datasketch"])
def test_families_are_bit_identical_on_real_text_of_all_languages(family: str) -> None:
    values: list[str | None] = [*web_texts(400)]
    (check_datatrove if family == "datatrove" else check_datasketch)(values, 1)


@pytest.mark.real
@pytest.mark.parametrize("family", ["datatrove", "datasketch"])
def test_families_are_bit_identical_on_5000_real_texts(family: str) -> None:
    values: list[str | None] = [*web_texts(5000)]
    (check_datatrove if family == "datatrove" else check_datasketch)(values, 1)


@pytest.mark.parametrize("family", ["fast", "datatrove", "datasketch"])
@pytest.mark.parametrize("cut", [0, 3, 6, 10])
def test_batches_and_slices_do_not_matter(family: str, cut: int) -> None:
    config = MinHashConfig(family=family)  # type: ignore[arg-type]
    whole = texts(SAMPLE)
    parts = [signatures(part, config) for part in (whole[:cut], whole[cut:])]
    assert pa.concat_arrays(parts).equals(signatures(whole, config))
    assert (
        bands.has_words(parts[1]).tolist()
        == bands.has_words(signatures(whole, config)).tolist()[cut:]
    )


def test_hash_kernels_agree_with_the_libraries() -> None:
    rng = random.Random(1)
    schedule = np.empty(80, np.uint32)
    for size in [*range(140), 1000]:
        content = rng.randbytes(size)
        data = np.frombuffer(b"xyz" + content + b"q", np.uint8)
        assert int(xxh64(data, 3, 3 + size)) == xxhash.xxh64_intdigest(content)
        sha1 = struct.unpack("<I", hashlib.sha1(content).digest()[:4])[0]
        assert int(sha1_low32(data, 3, 3 + size, schedule)) == sha1


def clusters_of(values: list[str], config: MinHashConfig) -> set[frozenset[int]]:
    signed = signatures(texts(list(values)), config)
    mask = np.flatnonzero(bands.has_words(signed))
    order = np.arange(len(values), dtype=np.uint64)
    keys = [band[mask] for band in bands.band_keys(signed, config)]
    members = bands.band_members(
        np.concatenate(keys), np.tile(order[mask], len(keys)), np.tile(order[mask], len(keys))
    )
    stars = clusters.compact(clusters.bucket_edges(members))
    found: dict[int, set[int]] = {}
    for row in stars.tolist():
        found.setdefault(row[3], {row[3]}).add(row[1])
    return {frozenset(c) for c in found.values()}


@pytest.mark.real
def test_clusters_of_5000_documents_are_those_of_datatrove(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from datatrove.data import Document
    from datatrove.pipeline.dedup import minhash
    from datatrove.utils.binaryio import read_tuples_from_file

    rng = random.Random(4)
    values = web_texts(3500)
    for original in values[:1500]:
        pieces = original.split(" ")
        for _ in range(rng.randrange(1, 1 + max(1, len(pieces) // 30))):
            pieces[rng.randrange(len(pieces))] = "otherwise"
        values.append(" ".join(pieces))
    config = minhash.MinhashConfig()
    documents = [Document(text=text, id=str(i)) for i, text in enumerate(values)]
    minhash.MinhashDedupSignature(str(tmp_path / "s"), config).run(documents)
    for bucket in range(14):
        step = minhash.MinhashDedupBuckets(str(tmp_path / "s"), str(tmp_path / "b"), config=config)
        step.run(None, bucket, 14)
    cluster = minhash.MinhashDedupCluster(
        str(tmp_path / "b"), str(tmp_path / "c"), config=config, save_cluster_id=True,
        save_cluster_size=True,
    )  # fmt: skip
    cluster.run()
    theirs: dict[int, set[int]] = {}
    with (tmp_path / "c" / "000000.clusters").open("rb") as file:
        for document, cluster_id in read_tuples_from_file(file, "2I", lines_to_buffer=-1):
            theirs.setdefault(cluster_id, set()).add(document)
    ours = clusters_of(values, MinHashConfig(family="datatrove"))
    assert ours == {frozenset(c) for c in theirs.values()}
    assert len(ours) > 500


def test_shingles_are_sets_and_chars_count_one_space_between_words() -> None:
    config = MinHashConfig(ngram_chars=3)
    found = shingles(texts(["abab", "ab  ab!", "a", "", "Ab,  AB"]), config)
    sizes = np.diff(found.first).tolist()
    assert sizes == [2, 3, 0, 0, 3]
    spaced, comma = (found.hashes[found.first[i] : found.first[i + 1]] for i in (1, 4))
    assert spaced.tolist() == comma.tolist() == sorted(set(spaced.tolist()))


def test_characters_find_near_copies() -> None:
    config = MinHashConfig(ngram_chars=13, bands=9, rows=13)
    base = " ".join(f"word{i * 7919 % 1000}" for i in range(200))
    base = base.translate(str.maketrans("0123456789", "abcdefghij"))
    left, right = (
        bands.band_keys(signatures(texts([t]), config), config)[:, 0]
        for t in (base, base + " more")
    )
    assert (left == right).any()


def test_presets_fill_in_what_is_not_given() -> None:
    assert presets.bands_for(0.8, 128) == (9, 13)
    slimpajama = MinHash(preset="slimpajama").resolved(3)
    assert (slimpajama.bands, slimpajama.rows, slimpajama.ngram_chars) == (9, 13, 13)
    assert (slimpajama.min_similarity, slimpajama.seed) == (0.8, 3)
    words = MinHash(preset="slimpajama", ngram_words=5, seed=1).resolved(3)
    assert (words.ngram_words, words.ngram_chars, words.seed) == (5, 0, 1)
    assert MinHash(preset="refinedweb").resolved(0).permutations == 9000
    chosen = MinHash(threshold=0.8).resolved(0)
    assert (chosen.bands, chosen.rows, chosen.min_similarity) == (9, 13, 0.8)
    for near in (slimpajama, words, chosen, MinHash().resolved(9)):
        assert near.resolved(4) == near, "a resolved recipe that is read back must stay as it is"


def test_containment_has_bands_that_find_short_parts_unless_others_are_given() -> None:
    for given, found in (
        ({}, (60, 2)),
        ({"ngram_words": 3}, (60, 2)),
        ({"bands": 100}, (100, 2)),
        ({"preset": "fineweb"}, (14, 8)),
        ({"threshold": 0.3}, presets.bands_for(0.3, 128)),
    ):
        near = MinHash(verify="containment", **given).resolved(1)  # type: ignore[arg-type]
        assert (near.bands, near.rows, near.min_containment) == (*found, 0.75)
        assert near.resolved(4) == near
    assert presets.expected_recall(1 / 3, 60, 2) > 0.99


@pytest.mark.parametrize(
    ("near", "share"),
    [
        ({"bands": 14, "rows": 8}, "in 5% of the cases"),
        ({"preset": "refinedweb"}, "in 0% of the cases"),
        ({"bands": 28, "rows": 4}, "in 84% of the cases"),
        ({"bands": 37, "rows": 3}, None),
        ({}, None),
    ],
)
def test_bands_that_miss_parts_are_told_where_parts_are_asked_for(
    near: dict[str, object], share: str | None
) -> None:
    told = MinHash(verify="containment", **near).resolved(1).note()  # type: ignore[arg-type]
    assert (told is None) == (share is None)
    if told and share:
        assert share in told
    assert MinHash(**near).resolved(1).note() is None  # type: ignore[arg-type]


def test_a_resolved_recipe_reads_back_as_itself() -> None:
    recipe = load("demo", ["duplicates.near={threshold: 0.8, family: datasketch, verify: off}"])
    assert recipe.duplicates.near is not None
    assert recipe.duplicates.near.verify is False
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("near", "told"),
    [
        ("{threshold: 0.8, bands: 3}", "threshold, or bands and rows"),
        ("{threshold: 1.5}", "between 0 and 1"),
        ("{preset: fineweb, permutations: 64}", "with threshold alone"),
        ("{ngram_words: 5, ngram_chars: 9}", "not both"),
        ("{bands: 10000, rows: 10000}", "would have 100,000,000 values"),
        ("{ngram_chars: 9, family: datatrove}", "shingles of words"),
        ("{min_similarity: 0.0}", "above 0"),
        ("{preset: finewb}", "fineweb"),
        ("{seed: 4294967296, family: datasketch}", "from 0 to 4,294,967,295"),
    ],
)
def test_contradictions_are_refused(near: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        load("demo", [f"duplicates.near={near}"])


def test_expected_recall_is_the_s_curve() -> None:
    assert presets.expected_recall(0.75, 14, 8) == pytest.approx(0.77, abs=0.005)
    assert presets.expected_recall(0.8, 450, 20) == pytest.approx(0.994, abs=0.001)


def test_words_of_datatrove_are_none_for_empty_batches() -> None:
    words = families.datatrove_words(texts([]))
    assert (len(words.start), words.first.tolist()) == (0, [0])
