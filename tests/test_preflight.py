"""What can be known before a run starts is told before it starts, by `plan`, `doctor` and `run`."""

import email.message
import shutil
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections import namedtuple
from pathlib import Path
from typing import Any

import fasttext
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from filters.language import fasttext_model, models
from filters.rules import registry
from manifests.store import Store
from pipelines import cli, preflight
from pipelines.commands import run
from pipelines.engines import aside, checks, runners
from pipelines.preflight import Output
from pipelines.recipe import loading, named_files
from pipelines.recipe.config import RecipeError
from pipelines.sources import http, parallel_text

HIDDEN = "trafilatura"
RECIPE = """\
name: wrong
sources:
  - {name: web, kind: jsonl, path: nosuch.jsonl}
documents:
  extract: precise
  language: {keep: [en, zgh]}
tokenizer: {path: nosuch.json}
token_cost: {parallel: nosuch.parquet}
"""
# The line and a word of each fault of that recipe.
FAULTS = (
    ("line 3: sources[0].path", "no file matches"),
    ("line 5: documents.extract", "pip install 'winnow-corpus[precise]'"),
    ("line 6: documents.language.keep[1]", "'zgh' is none of the 176 languages"),
    ("line 7: tokenizer.path", "cannot read nosuch.json"),
    ("line 8: token_cost.parallel", "cannot read nosuch.parquet"),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a recipe whose faults are all of files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, HIDDEN, None)
    monkeypatch.setattr(run, "in_child", lambda look: look())  # pytest has threads
    (tmp_path / "wrong.yaml").write_text(RECIPE)
    return tmp_path


def told(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(arguments))
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("command", ["plan wrong.yaml", "run wrong.yaml --out /proc/nowhere/run"])
def test_plan_and_run_tell_every_fault_at_once_with_its_line(here: Path, command: str) -> None:
    code, printed = told(*command.split())
    assert code == 2
    assert "wrong.yaml has 5 faults" in printed
    for place, what in FAULTS:
        assert f"wrong.yaml {place}: " in printed
        assert what in printed
    assert "Traceback" not in printed
    assert "goes on from here" not in printed
    assert "when the run was planned" not in printed, "nobody has seen these files"


def test_doctor_tells_the_same_faults_in_rows_and_that_the_folder_cannot_be_written(
    here: Path,
) -> None:
    code, printed = told("doctor", "wrong.yaml", "--out", "/proc/nowhere")
    assert code == 1
    assert printed.count("FAULT") == 7  # the last is in the sentence on stderr
    assert "permission to" in printed
    for _, what in FAULTS:
        assert what.split()[-1] in printed


def test_doctor_without_a_recipe_looks_at_the_folder_and_leaves_nothing(here: Path) -> None:
    code, printed = told("doctor", "--out", "new/run")
    assert code == 0
    assert "new/run can be written" in printed
    assert not (here / "new").exists()


def faults_of(out: str, **options: Any) -> list[str]:
    return [str(fault) for fault in preflight.folder_faults(Output(out, **options))]


def test_folders_that_cannot_be_a_run_are_told(here: Path) -> None:
    (here / "file").write_text("x")
    (here / "thesis").mkdir()
    (here / "thesis" / "chapter.txt").write_text("x")
    assert "is a file" in faults_of("file")[0]
    assert "is a file" in faults_of("file/below/it")[0]
    assert "no winnow run" in faults_of("thesis")[0]
    assert "unknown protocol 's4'" in faults_of("s4://bucket/run")[0]
    assert "no such stage" in faults_of("new", from_stage="shuffle")[0]
    assert faults_of("new") == []


def test_a_store_is_tried_without_a_trace(here: Path) -> None:
    for out in ("memory://preflight/run", str(here / "a" / "b")):
        assert preflight.is_writable(out) is None
        assert Store(out).list("") == []
    assert not (here / "a").exists()
    assert preflight.is_writable("/proc/nowhere/run") is not None


@pytest.mark.parametrize(("free", "kind"), [(69, "fault"), (71, "note"), (141, "")])
def test_a_disk_too_small_is_a_fault_and_one_that_may_be_is_a_note(
    here: Path, monkeypatch: pytest.MonkeyPatch, free: int, kind: str
) -> None:
    with (here / "huge.zst").open("wb") as file:
        file.truncate(100 * 10**9)  # a hole
    usage = namedtuple("usage", "total used free")(10**12, 0, free * 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    reading = loading.read("fineweb-en", (), ["reddit_threads:huge.zst"])
    _, notes = preflight.survey(reading, False, Output("new"))
    sentence = f"writes roughly 140.0 GB, and the disk of {here} has {free}.0 GB free"
    assert [sentence in note for note in notes] == [True] * (kind == "note")
    assert [sentence in str(fault) for fault in reading.found] == [True] * (kind == "fault")


def test_bands_that_miss_contained_parts_are_told_before_the_run(here: Path) -> None:
    """The recipes name bands, which containment needs more of."""
    (here / "x.jsonl").write_text('{"id": "1", "text": "a"}')
    for changes, told in (
        (["duplicates.near.verify=containment"], True),
        (["duplicates.near={verify: containment}"], False),
        (["duplicates.near={verify: containment, min_similarity: 0.5}"], False),  # a fault instead
        ([], False),
    ):
        reading = loading.read("fineweb-en", changes, ["jsonl:x.jsonl"])
        _, notes = preflight.survey(reading)
        assert any("14 bands of 8 rows" in note for note in notes) == told


def test_a_name_that_is_not_resolved_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    reading = loading.read("fineweb-en", (), ["jsonl:https://no.such.host.example/x.jsonl"])
    preflight.survey(reading)
    assert asked == ["no.such.host.example"]
    assert "no.such.host.example cannot be resolved" in str(reading.found[0])
    reading = loading.read("fineweb-en", (), ["jsonl:https://no.such.host.example/x.jsonl"])
    planned, notes = preflight.survey(reading, keep_going=True)
    assert len(planned.units) == 1
    assert not reading.found
    assert "is left out: cannot read https://no.such.host.example/x.jsonl" in notes[0]


def test_only_a_plan_gives_up_soon_and_only_on_hosts_that_do_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience = http.Politeness(attempts=4, retry_seconds=1e-6)
    asked = []

    def attempts(*errors: Exception) -> int:
        """Requests until a file is given up whose requests fail in turn with these."""
        asked.clear()

        def fail(*_: Any, **__: Any) -> Any:
            asked.append(1)
            raise errors[(len(asked) - 1) % len(errors)]

        monkeypatch.setattr(urllib.request.OpenerDirector, "open", fail)
        with pytest.raises(OSError, match="in a row without progress"):
            http.headers("http://127.0.0.1/x", patience)
        return len(asked)

    refused = urllib.error.URLError(ConnectionRefusedError("refused"))
    headers = email.message.Message()
    busy = urllib.error.HTTPError("http://127.0.0.1/x", 503, "busy", headers, None)
    assert attempts(refused) == 4
    with http.giving_up_soon():
        assert attempts(refused) == http.HASTY_ATTEMPTS
        assert attempts(busy) == 4
        assert attempts(busy, refused) == 4, "it does answer"


@pytest.mark.parametrize("runner", runners.RUNNERS)
def test_an_option_that_beam_does_not_know_is_refused_on_every_runner(runner: str) -> None:
    (check,) = checks.option_checks(runner, ["--job_nam=x", "--experiments=a"])
    assert check.fatal
    assert check.found == "Beam has no option --job_nam"
    assert check.remedy == "did you mean '--job_name'?"


def test_options_of_a_job_server_are_known_where_there_is_one() -> None:
    given = ["--checkpointing_interval=1000", "--flink_master=[local]", "--parallelism=1"]
    assert not list(checks.option_checks(runners.FLINK, given))
    (check,) = checks.option_checks(runners.DIRECT, given[:1])
    assert "--checkpointing_interval" in check.found


def test_labels_are_those_that_fasttext_reads_and_a_part_of_a_model_is_refused(
    tmp_path: Path,
) -> None:
    shipped = models.model_path("lid.176.ftz")
    assert models.read_labels(shipped) == fasttext_model.read_model(shipped)[1]
    lines = tmp_path / "texts"
    lines.write_text("__label__good a fine text\n__label__bad spam spam __label__\n" * 9)
    learnt = fasttext.train_supervised(  # no learning, which may end in NaN
        input=str(lines), dim=3, bucket=10, minCount=1, epoch=0, verbose=0
    )
    path = tmp_path / "model.bin"
    learnt.save_model(str(path))
    expected = [name.removeprefix("__label__") for name in learnt.get_labels()]
    assert models.read_labels(path) == expected
    for whole in (path, shipped):
        data = whole.read_bytes()
        for share in (0, 0.001, 0.3, 0.6, 0.9):
            part = tmp_path / "part"
            part.write_bytes(data[: int(len(data) * share)])
            with pytest.raises(ValueError, match="fastText model"):
                models.read_labels(part)
        part.write_bytes(data[:-1])
        with pytest.raises(ValueError, match="cut short"):
            models.read_labels(part)
    vectors = fasttext.train_unsupervised(
        input=str(lines), dim=3, bucket=10, minCount=1, verbose=0, minn=0, maxn=0
    )
    vectors.save_model(str(path))
    with pytest.raises(ValueError, match="has no labels"):
        models.read_labels(path)


def parallel(path: Path, languages: list[str], texts: list[str | None]) -> str:
    columns = {"id": list(range(len(texts))), "language": languages, "text": texts}
    pq.write_table(pa.table(columns), path)
    return str(path)


def fault_of(path: str) -> list[str]:
    recipe = loading.changed(loading.load("demo"), [f"token_cost.parallel={path}"])
    return [what for _, what in named_files.faults(recipe)]


def test_labels_of_parallel_text_mean_tags(tmp_path: Path) -> None:
    """`eng` is the reference `en`, when it is checked and when it is measured."""
    path = parallel(tmp_path / "p.parquet", ["eng", "deu_Latn", "eng"], ["a", "b", "c"])
    assert fault_of(path) == []

    text = parallel_text.read([path])
    assert parallel_text.as_documents(text["language"], "en").to_pylist() == ["en", "de", "en"]


def test_parallel_text_without_text_in_the_reference_is_refused(tmp_path: Path) -> None:
    for texts in (["a", None], ["a", ""]):
        path = parallel(tmp_path / "p.parquet", ["deu", "eng"], texts)
        (what,) = fault_of(path)
        assert "has no text in 'en'" in what


def test_a_file_of_a_source_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "gone.jsonl")
    reading = loading.read("fineweb-en", (), [f"web=jsonl:{tmp_path}"])
    preflight.survey(reading)
    with pytest.raises(RecipeError, match=r"cannot read .*b\.jsonl: No such file"):
        reading.checked()


def test_what_a_child_looks_at_leaves_no_thread_and_raises_what_it_raised() -> None:
    before = threading.active_count()

    def look() -> int:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        return threading.active_count()

    def fail() -> int:
        raise RecipeError("one", "two", name="my.yaml")

    assert aside.in_child(look) > 1
    assert threading.active_count() == before
    with pytest.raises(RecipeError, match=r"my\.yaml has 2 faults\s+one\s+two") as caught:
        aside.in_child(fail)
    assert caught.value.faults == ("one", "two")


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"min_words": 100, "max_words": 50}, "is 100, above 'gopher_quality.max_words'"),
        ({"min_words": {"de": 99}, "max_words": 50}, "is 99 in de, above"),
        ({"min_words": 50, "max_words": {"default": 80, "my": 20}}, "is 50 in my, above"),
        ({"min_words": 50, "max_words": 50}, ""),
        ({"min_words": {"de": 99}, "max_words": {"en": 50}}, ""),
        ({"min_words": "many", "max_words": 50}, "wants a number"),
    ],
)
def test_a_least_value_above_the_greatest_is_refused(limits: dict[str, Any], told: str) -> None:
    found = [what for _, what in registry.faults({"gopher_quality": limits})]
    assert len(found) == bool(told)
    assert not told or told in found[0]


def test_all_wrong_filters_of_datatrove_are_told() -> None:
    with pytest.raises(RecipeError) as caught:
        loading.load(
            "demo",
            ["documents.rules.datatrove=[{filter: GopherQuality}, {filtr: x}, {formatter: y}]"],
        )
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    ("source", "out"),
    [("data", "data/out"), ("data/**/*.jsonl", "data/run")],
)
def test_a_folder_that_a_source_reads_is_no_folder_for_a_run(
    here: Path, source: str, out: str
) -> None:
    """A run would read its own parts, and the next one would find another list of files."""
    (here / "data/run").mkdir(parents=True)
    (here / "data/a.jsonl").write_text('{"id": "1", "text": "a"}\n')
    (here / "data/run/plan.json").write_text("")
    (here / "data/run/b.jsonl").write_text('{"id": "1", "text": "a"}\n')
    reading = loading.read("web-multilingual", [], [f"jsonl:{source}"])
    preflight.survey(reading, False, Output(out))
    assert any("those that the run writes" in str(fault) for fault in reading.found)
    reading = loading.read("web-multilingual", [], [f"jsonl:{source}"])
    preflight.survey(reading, False, Output("elsewhere"))
    assert not reading.found
