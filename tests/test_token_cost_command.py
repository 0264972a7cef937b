"""`winnow token-cost`: published figures, and one table in every format."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipelines import cli
from tests.realdata import real_data
from tokenizer_train.bpe import train
from tokenizer_train.patterns import pattern
from tokenizer_train.vocabulary import to_tokenizer_json


def told(*arguments: object) -> str:
    done = CliRunner().invoke(cli.app, ["token-cost", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def failed(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["token-cost", *map(str, arguments)])
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer that writes "cat" and " cat" as one token, and 20 sentences in two languages."""
    made = tmp_path_factory.mktemp("cost")
    model = train({"cat": 9, " cat": 9}, 262, ["<|endoftext|>"])
    (made / "cats").mkdir()
    (made / "cats" / "tokenizer.json").write_text(to_tokenizer_json(model, pattern("o200k")))
    number = [*range(20), *range(20)]
    text = ["cat" + " cat" * (i % 3) for i in range(20)] + ["猫" * (1 + i % 2) for i in range(20)]
    columns = {"id": number, "language": ["en"] * 20 + ["zh"] * 20, "text": text}
    pq.write_table(pa.table(columns), made / "parallel.parquet")
    (made / "prices.csv").write_text("model,price\nsmall,0.5\n")
    return made


def test_formats_have_the_same_facts(folder: Path, tmp_path: Path) -> None:
    options = [folder / "cats", "--parallel", folder / "parallel.parquet", "--context", 8192,
               "--prices", folder / "prices.csv", "--corpus-tokens", 1_000_000]  # fmt: skip
    document = json.loads(told(*options, "--json"))
    english, chinese = document["languages"]
    # 39 words of one token each; 90 bytes of 30 signs, and as many tokens.
    assert (english["tokens"], chinese["tokens"]) == (39, 90)
    assert chinese["premium"] == 90 / 39
    assert chinese["price_small"] == pytest.approx(0.5 * 90 / 39)
    assert chinese["context_tokens"] == pytest.approx(8192 * 39 / 90)
    assert (english["words"], chinese["words"], chinese["clusters"]) == (39, None, 30)
    (summary,) = document["tokenizers"]
    assert summary["tokenizer"] == "cats"
    assert summary["everywhere"]["worst"] == "zh"
    # Of two costs a and b the Gini coefficient is |a - b| / 2 (a + b).
    assert summary["everywhere"]["gini"] == pytest.approx(51 / (2 * 129))
    assert summary["everywhere"]["gini_low"] < 51 / 258 < summary["everywhere"]["gini_high"]
    assert summary["projection"]["flops"] == 6 * 1e6 * 1e6 / 20
    rows = list(csv.DictReader(io.StringIO(told(*options, "--format", "csv"))))
    assert [int(row["tokens"]) for row in rows] == [39, 90]
    told(*options, "--out", tmp_path / "out.parquet")
    written: list[dict[str, Any]] = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert written == document["languages"]
    text = told(*options)
    assert "2.31" in text
    assert "50,000 parameters" in text


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--reference", "xx"], "--reference: the parallel text has no language 'xx'"),
        (["--format", "xml"], "--format is 'xml'; give one of text, csv, json, parquet"),
        (["--format", "parquet"], "give --out FILE"),
        (["--prices", "none.csv"], "none.csv"),
    ],
)
def test_wrong_options_are_told(folder: Path, options: list[str], what: str) -> None:
    code, text = failed(folder / "cats", "--parallel", folder / "parallel.parquet", *options)
    assert code in (1, 2)
    assert what in text


def test_what_is_no_tokenizer_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ranks.tiktoken").write_text("IQ== 0\nIg== 1\n")
    (tmp_path / "text").write_text("some text")
    parallel = ["--parallel", folder / "parallel.parquet"]
    assert (
        "2 ranks, which are none of OpenAI's" in failed(tmp_path / "ranks.tiktoken", *parallel)[1]
    )
    assert "is no tokenizer that winnow reads" in failed(tmp_path / "text", *parallel)[1]
    assert "has no tokenizer.json" in failed(tmp_path, *parallel)[1]


def test_massive_medians_of_cl100k_are_the_published_ones() -> None:
    """7, 32 and 72 tokens: the figure that people quote."""
    ranks = real_data("tokenizers/cl100k_base.tiktoken")
    text = told(ranks, "--parallel", real_data("parallel/massive-1.1-dev.parquet"), "--json")
    rows = {row["language"]: row for row in json.loads(text)["languages"]}
    assert len(rows) == 52
    assert [rows[x]["median_tokens"] for x in ("en-US", "hi-IN", "my-MM")] == [7, 32, 72]
    assert {row["shared_sentences"] for row in rows.values()} == {2033}
    assert sum(row["round_trip_failures"] for row in rows.values()) == 0


@pytest.mark.real
def test_flores_lengths_of_cl100k_are_those_of_petrov_et_al() -> None:
    ranks = real_data("tokenizers/cl100k_base.tiktoken")
    files = [real_data(f"parallel/flores200-{part}.parquet") for part in ("dev", "devtest")]
    with real_data("parallel/petrov-tokenization-lengths.csv").open(encoding="utf-8") as file:
        published = {row["Language"]: int(row["cl100k_base"]) for row in csv.DictReader(file)}
    with real_data("parallel/petrov-flores-language-map.csv").open(encoding="utf-8") as file:
        expected = {row[1].strip(): published[row[0]] for row in list(csv.reader(file))[1:]}
    text = told(ranks, "--parallel", files[0], "--parallel", files[1], "--join", "--format", "csv")
    rows = csv.DictReader(io.StringIO(text))
    assert {row["language"]: int(row["tokens"]) for row in rows} == expected
    assert len(expected) == 204
