"""Parallel text in the layouts in which it is published, and what is said of any other."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.recipe import loading, named_files
from pipelines.sources import parallel_text

Rows = set[tuple[str, str, str]]


def rows(given: str, split: str | None = None) -> Rows:
    table = parallel_text.read([given], split).select(["id", "language", "text"])
    return {(row["id"], row["language"], row["text"]) for row in table.to_pylist()}


def test_flores_as_it_is_unpacked(tmp_path: Path) -> None:
    for split in ("dev", "devtest"):
        (tmp_path / split).mkdir()
        for code, text in (("eng_Latn", "a\u2028b\nc\n"), ("hin_Deva", "क\nख\n")):
            (tmp_path / split / f"{code}.{split}").write_text(text, encoding="utf-8")
    (tmp_path / "README").write_text("Sentences")
    assert rows(str(tmp_path), "dev") == {
        ("dev1", "eng_Latn", "a\u2028b"), ("dev2", "eng_Latn", "c"),
        ("dev1", "hin_Deva", "क"), ("dev2", "hin_Deva", "ख"),
    }  # fmt: skip
    assert len(rows(str(tmp_path))) == 8


def test_ntrex_as_it_is_cloned(tmp_path: Path) -> None:
    for name, text in (("src.eng", "a\n"), ("ref.fra-CA", "b\n"), ("ref.srp-Latn", "c\n")):
        (tmp_path / f"newstest2019-{name}.txt").write_text(text)
    (tmp_path / "LANGUAGES.tsv").write_text("language\tcode\n")
    assert rows(str(tmp_path)) == {("1", "eng", "a"), ("1", "fra-CA", "b"), ("1", "srp-Latn", "c")}


def test_massive_as_it_is_unpacked(tmp_path: Path) -> None:
    for locale, text in (("en-US", "wake me"), ("hi-IN", "जगाओ")):
        lines = [
            {"id": "7", "locale": locale, "partition": "dev", "utt": text, "slot_method": []},
            {"id": "8", "locale": locale, "partition": "train", "utt": text},
        ]
        content = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{locale}.jsonl").write_text(content)
    assert rows(str(tmp_path), "dev") == {("7", "en-US", "wake me"), ("7", "hi-IN", "जगाओ")}
    with pytest.raises(ValueError, match="no sentence of the split 'tset'"):
        rows(str(tmp_path), "tset")


@pytest.mark.parametrize(
    "names", [("id", "language", "text"), ("sentence_id", "lang", "text"), ("id", "locale", "utt")]
)
def test_tables_with_published_names_are_read_as_they_are(tmp_path: Path, names: list[str]) -> None:
    table = pa.table(dict(zip(names, ([3], ["en"], ["a"]), strict=True)))
    pq.write_table(table, tmp_path / "t.parquet")
    assert rows(str(tmp_path / "t.parquet")) == {("3", "en", "a")}


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_any_table_is_read_by_the_names_of_its_columns(tmp_path: Path, ending: str) -> None:
    comma = "," if ending == "csv" else "\t"
    path = tmp_path / f"t.{ending}"
    path.write_text(comma.join(("nr", "code", "line")) + "\n" + comma.join(("007", "en", "a")))
    assert rows(f"{path}:nr,code,line") == {("007", "en", "a")}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("t.parquet", "lacks the columns id, language; it has 3 columns: code, nr, text: give "),
        ("t.parquet:nr,cod,text", "lacks the column 'cod'; it has 3 columns: code, nr, text; did "),
        ("t.parquet:nr,,text", "names an empty column"),
        ("none.parquet", "cannot read"),
        ("t.txt", "no layout of parallel text that winnow knows"),
        ("broken.parquet", "is no Parquet file"),
    ],
)
def test_what_cannot_be_read_is_told_while_planning(tmp_path: Path, given: str, what: str) -> None:
    pq.write_table(pa.table({"code": ["en"], "nr": [1], "text": ["a"]}), tmp_path / "t.parquet")
    (tmp_path / "t.txt").write_text("a\n")
    (tmp_path / "broken.parquet").write_text("a\n")
    recipe = loading.changed(loading.load("demo"), [f"token_cost.parallel={tmp_path}/{given}"])
    ((keys, fault),) = named_files.faults(recipe)
    assert keys == ("token_cost", "parallel")
    assert what in fault
    assert given.split(":")[0] in fault


def test_sentences_of_several_files_keep_apart_and_can_be_joined(tmp_path: Path) -> None:
    for name, text in (("dev", ["b", "a"]), ("devtest", ["c", "d"])):
        columns = {"sentence_id": [1, 0], "lang": ["en", "en"], "text": text}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    given = [str(tmp_path / "dev.parquet"), str(tmp_path / "devtest.parquet")]
    table = parallel_text.read(given)
    assert sorted(table["id"].to_pylist()) == ["0:0", "0:1", "1:0", "1:1"]
    # Petrov et al.: " ".join(dev.split("\n") + devtest.split("\n")) of files that end in "\n".
    assert parallel_text.joined(table)["text"].to_pylist() == [
        " ".join(("a", "b", "", "d", "c", ""))
    ]


def test_a_language_is_found_under_its_label_its_tag_or_its_only_region() -> None:
    labels = ["eng_Latn", "zh-CN", "zh-TW", "hi-IN"]
    found = [parallel_text.label_of(one, labels) for one in ("en", "hi", "zh-TW", "zh", "xx")]
    assert found == ["eng_Latn", "hi-IN", "zh-TW", None, None]
