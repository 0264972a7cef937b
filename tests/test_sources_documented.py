"""docs/sources.md: each example is a list of sources that a recipe takes; no kind is missing."""

import bz2
import gzip
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
import zstandard

from pipelines.recipe.loading import load
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS
from tests.reading import documents, rows
from tests.test_sources_dumps import tweet
from tests.test_sources_wikimedia import article, pair
from tests.test_sources_xml import POSTS, dump, page

DOCS = Path(__file__).parents[1] / "docs" / "sources.md"


@pytest.fixture(autouse=True)
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of addresses that examples name; a recipe without its files is refused."""
    (tmp_path / "reddit-urls.txt").write_text("https://a.org/\n")
    monkeypatch.chdir(tmp_path)


def example(block: str, folder: Path) -> Recipe:
    path = folder / "example.yaml"
    path.write_text(yaml.safe_dump({"name": "example", "sources": yaml.safe_load(block)}))
    return load(str(path))


def test_examples_load_and_show_every_kind(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.S)
    sources = [source for block in blocks for source in example(block, tmp_path).sources]
    assert {source.kind for source in sources} == set(KINDS)


def samples() -> dict[str, bytes]:
    """A small sound file of a kind, by the name of the kind."""
    table = io.BytesIO()
    columns = {"text": ["a"], "content": ["a"], "lang": ["en"]}
    pq.write_table(pa.table(columns), table)
    stories = io.BytesIO()
    chat = [{"role": "user", "content": "one"}]
    pq.write_table(pa.table({"story": ["one"], "messages": [chat]}), stories)
    post = {"id": "a", "body": "x", "score": 5, "subreddit": "askscience"}
    return {
        "mediawiki": dump(page(1)),
        "cirrussearch": pair(1).encode(),
        "wikimedia_enterprise": article(1).encode(),
        "reddit": zstandard.ZstdCompressor().compress(json.dumps(post).encode()),
        "reddit_threads": zstandard.ZstdCompressor().compress(
            json.dumps({**post, "link_id": "t3_b"}).encode()
        ),
        "stackexchange": POSTS.encode(),
        "twitter": json.dumps([tweet(1, "one")]).encode(),
        "hacker_news": b'{"id": 1, "text": "one"}\n',
        "jsonl": b'{"body": "one", "text": "one", "meta": {"id": 1}}\n',
        "parquet": table.getvalue(),
        "hf_dataset": stories.getvalue(),
        "csv": b"Question,Source\nwhy?,x\n",
    }


STORED = {".gz": gzip.compress, ".bz2": bz2.compress}


def test_examples_of_dumps_and_tables_run(tmp_path: Path) -> None:
    found = samples()
    ran = set()
    for block in re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.S):
        for source in example(block, tmp_path).sources:
            if source.kind not in found:
                continue
            kind = KINDS[source.kind]
            path = tmp_path / source.name / source.path.replace("*", "x")
            if source.path.endswith("/"):
                path /= "train-0.parquet" if source.kind == "hf_dataset" else "file"
            path.parent.mkdir(parents=True)
            content = found[source.kind]
            if path.suffix == ".zst" and not source.kind.startswith("reddit"):
                content = zstandard.ZstdCompressor().compress(content)
            path.write_bytes(STORED.get(path.suffix, bytes)(content))
            (stored,) = kind.expand(str(tmp_path / source.name / source.path), source.options)
            (span,) = kind.split(stored, path.stat().st_size, 1 << 28)
            assert documents(rows(source.kind, Path(stored), span=span, **source.options))
            ran.add(source.kind)
    assert ran == set(found)


def test_every_option_of_a_kind_is_explained() -> None:
    text = DOCS.read_text()
    options = {option for kind in KINDS.values() for option in kind.options}
    assert {option for option in options if not re.search(rf"\b{option}\b", text)} == set()
