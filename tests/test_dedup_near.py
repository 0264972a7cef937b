"""`winnow near`: what resembles a text in a finished run, found as datasketch's index finds it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasketch import LeanMinHash, MinHashLSH

from dedup import bands, minhash
from dedup.presets import MinHashConfig
from manifests.store import Store
from pipelines.commands.near import candidates, find_near
from tests.deduplicating import families
from tests.winnow import winnow


def test_every_removed_near_copy_of_the_demo_finds_its_survivor(demo: Path) -> None:
    store = Store(str(demo))
    checked = 0
    for path in store.list("duplicates"):
        texts = store.read_table(path.replace("duplicates/", "documents/"), ["text"])["text"]
        for row in store.read_table(path).to_pylist():
            if row["reason"] != "near_duplicate":
                continue
            matches = find_near(store, texts[row["row"]].as_py(), 0.7)
            assert matches[0].similarity == 1
            survivor = next(m for m in matches if m.doc_id == row["survivor"].hex())
            assert survivor.similarity == pytest.approx(row["true_similarity"], abs=1e-6)
            assert survivor.removed is None
            assert matches == sorted(matches, key=lambda m: -m.similarity)
            checked += 1
    assert checked > 10


def test_candidates_are_those_of_a_datasketch_index() -> None:
    config = MinHashConfig()
    texts = pa.array([d.text for d in families(40, 5)], pa.large_string())
    signed = minhash.signatures(texts, config)
    index = MinHashLSH(num_perm=config.permutations, params=(config.bands, config.rows))
    sketches = [
        LeanMinHash(seed=1, hashvalues=row, scheme="affine32")
        for row in minhash.signature_matrix(signed)
    ]
    for i, sketch in enumerate(sketches):
        index.insert(i, sketch)
    with_words = bands.has_words(signed)
    for i in np.flatnonzero(with_words).tolist():
        assert candidates(signed, signed[i : i + 1], config) == sorted(index.query(sketches[i]))


def test_the_command_names_documents_and_never_prints_text(demo: Path, tmp_path: Path) -> None:
    table = pq.read_table(demo / "documents" / "000000.parquet", columns=["doc_id", "text"])
    row = table.slice(0, 1).to_pylist()[0]
    (tmp_path / "a.txt").write_text(row["text"])
    told = winnow("near", demo, tmp_path / "a.txt").stdout
    assert row["doc_id"].hex()[:16] in told.replace("\n", "")
    assert row["text"].split("\n")[0][:30] not in told
    assert "0 documents" in winnow("near", demo, "--text", "…").stdout
    assert "give a FILE, or --text" in winnow("near", demo, code=2).stderr
    assert "no finished run" in winnow("near", tmp_path, "--text", "a", code=1).stderr
