"""The files that say a run's manifest again, each read by the tools that it is for."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from manifests import manifest as manifests
from manifests.card import card
from manifests.croissant import croissant
from manifests.descriptions import DESCRIPTIONS, descriptions
from manifests.provenance import MOST_INPUTS, provenance
from manifests.store import Store
from pipelines import sample
from tests.winnow import manifest

SAMPLE = Path(sample.__file__).parent
STRANGE = '": {x}\n---\nlicense: mit\n# Ä'


def test_a_run_has_them_and_they_depend_on_nothing_that_may_differ(demo: Path) -> None:
    told = manifest(demo)
    made = dict(descriptions(Store(str(demo)), told | {"environment": {}}))
    assert tuple(made) == DESCRIPTIONS == ("README.md", "croissant.json", "provenance.json")
    for path, data in made.items():
        assert (demo / path).read_bytes() == data


def test_the_order_of_a_recipe_shows_in_none(demo: Path) -> None:
    """A manifest that is read again has its keys in another order than the one that was written."""

    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: backwards(value[key]) for key in reversed(value)}
        return value

    for path, data in descriptions(Store(str(demo)), backwards(manifest(demo))):
        assert (demo / path).read_bytes() == data


def test_provenance_names_every_file_and_its_digest(demo: Path) -> None:
    statement = json.loads((demo / "provenance.json").read_text())
    named = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    folders = ("corpus", "shards", "tokenizer", "token_cost")
    files = [path for folder in folders for path in (demo / folder).iterdir()]
    assert named == {
        path.relative_to(demo).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    read = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    digests = {one["digest"]["sha256"] for one in read}
    for name in ("web.warc.gz", "wiki.xml.bz2", "books.parquet", "news.jsonl.gz"):
        assert hashlib.sha256((SAMPLE / name).read_bytes()).hexdigest() in digests


def test_provenance_of_a_large_run_names_the_table_of_its_inputs(demo: Path) -> None:
    told = manifest(demo)
    told["reproducible"]["inputs"]["count"] = MOST_INPUTS + 1
    predicate = json.loads(provenance(told, [], "0" * 64, []))["predicate"]
    assert [one["name"] for one in predicate["buildDefinition"]["resolvedDependencies"]] == [
        "inputs.parquet"
    ]


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**11, "100B<n<1T"), (10**12, "n>1T")],
)
def test_a_card_is_read_by_the_hub_whatever_a_recipe_is_called(
    demo: Path, rows: int, category: str
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    told = manifest(demo)
    told["reproducible"]["recipe"]["name"] = STRANGE
    told["reproducible"]["corpus"]["rows"] = rows
    read = hub.DatasetCard(card(told)).data
    assert read.pretty_name == STRANGE
    assert read.size_categories == [category]
    assert read.license is None
    assert {"en", "de", "zh"} <= set(read.language)
    assert read.to_dict()["configs"] == yaml.safe_load(
        "[{config_name: corpus, data_files: corpus/*.parquet, default: true},"
        " {config_name: tokens, data_files: shards/*.parquet}]"
    )


def test_croissant_counts_what_happened(demo: Path) -> None:
    described = json.loads((demo / "croissant.json").read_text())
    funnel = manifest(demo)["reproducible"]["stages"]["documents"]["funnel"]
    assert described["rai:dataCollection"].startswith(f"{funnel['in']['docs']:,} records were read")
    assert any("near_duplicate 14" in step for step in described["rai:dataPreprocessingProtocol"])
    assert "9 email, 9 ip" in described["rai:personalSensitiveInformation"][0]
    columns = [field["source"]["extract"]["column"] for field in described["recordSet"][0]["field"]]
    assert columns == pq.read_schema(next((demo / "corpus").glob("*.parquet"))).names


def test_croissant_without_shards_describes_the_corpus_alone(demo: Path) -> None:
    told = manifests.read(Store(str(demo)))
    del told["reproducible"]["shards"], told["reproducible"]["tokenizer"]
    assert [one["@id"] for one in json.loads(croissant(told))["recordSet"]] == ["corpus"]


def test_mlcroissant_validates_and_reads_a_run(demo: Path) -> None:
    mlcroissant = pytest.importorskip(
        "mlcroissant", reason="wants `pip install mlcroissant[parquet]`"
    )
    dataset = mlcroissant.Dataset(jsonld=str(demo / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert {w.split('"')[1].rsplit("/", 1)[1] for w in issues.warnings} == {
        "citeAs", "datePublished", "license",
    }  # fmt: skip

    def rows(folder: str) -> list[dict[str, Any]]:
        parts = sorted((demo / folder).glob("*.parquet"))
        return [row for part in parts for row in pq.read_table(part).to_pylist()]

    texts = [one["corpus/text"].decode() for one in dataset.records("corpus")]
    assert texts == [row["text"] for row in rows("corpus")]
    ids = [[int(n) for n in one["shards/input_ids"]] for one in dataset.records("shards")]
    assert ids == [row["input_ids"] for row in rows("shards")]
