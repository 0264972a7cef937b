"""What `import winnow` gives: names, docs that run, every form of a column, runs from anywhere."""

import doctest
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import winnow
from filters.rules.apply import apply_rules
from filters.rules.registry import pack_rules
from filters.settings import PersonalData
from tests import python_page
from tests.winnow import manifest
from winnow.rooms import ROOMS
from winnow.runs import Run

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
NAMES = {
    *("load_recipe", "run", "open", "TokenShards", "extract", "wikitext"),
    *("rules", "language", "redact", "signatures", "deduplicate"),
}
HOSTILE = 'raise ImportError("a folder of the user was imported")\n'


def folder_of_a_user(folder: Path, init: str | None) -> Path:
    """A working directory with folders named like ours."""
    for room in ROOMS:
        (folder / room).mkdir(parents=True)
        (folder / room / "notes.txt").touch()
        if init is not None:
            (folder / room / "__init__.py").write_text(init)
    return folder


def python(*arguments: str | Path, cwd: Path, path: Path | None = None) -> str:
    """Runs Python with the working directory first on the path; what it printed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd, env=environment | ({"PYTHONPATH": str(path)} if path else {}),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The names, and their docs


def test_winnow_gives_these_names_and_no_others() -> None:
    assert set(winnow.__all__) == NAMES == set(python_page.ORDER)


def test_importing_winnow_imports_nothing_that_takes_time(tmp_path: Path) -> None:
    code = "import sys, winnow; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(python("-c", code, cwd=tmp_path).split())
    assert not loaded & {"numba", "apache_beam", "pyarrow", "numpy", "scipy", "rich", *ROOMS}


def test_opening_a_run_wants_neither_beam_nor_numba(demo: Path, tmp_path: Path) -> None:
    code = (
        f"import sys, winnow; run = winnow.open({str(demo)!r}); run.funnel; run.table('dropped');"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    assert not set(python("-c", code, cwd=tmp_path).split()) & {"numba", "apache_beam"}


def test_help_is_a_page_to_work_from(tmp_path: Path) -> None:
    page = python("-c", "import winnow; help(winnow)", cwd=tmp_path)
    assert "There are two ways to use winnow from Python." in page
    for name in NAMES:
        assert re.search(rf"^    (class )?{name}\(", page, re.M), name


@pytest.mark.parametrize("documented", [*(getattr(winnow, name) for name in sorted(NAMES)), Run])
def test_everything_has_an_example(documented: Any) -> None:
    (found,) = [
        test
        for test in doctest.DocTestFinder(recurse=False).find(documented)
        if test.docstring == documented.__doc__
    ]
    assert found.examples


def test_the_page_is_what_the_docstrings_say() -> None:
    told = "docs/python.md is stale; run make python-docs"
    assert PAGE.read_text(encoding="utf-8") == python_page.page(), told


@pytest.mark.slow
def test_every_example_of_the_page_runs_beside_packages_named_like_ours(tmp_path: Path) -> None:
    folder_of_a_user(tmp_path, HOSTILE)
    python("-m", "doctest", "-o", "ELLIPSIS", PAGE, cwd=tmp_path)
    assert (tmp_path / "runs" / "demo" / "manifest.json").exists()


@pytest.mark.parametrize("init", [HOSTILE, None], ids=["packages", "folders"])
def test_every_room_is_winnows_whatever_the_folder_holds(tmp_path: Path, init: str | None) -> None:
    folder_of_a_user(tmp_path, init)
    code = f"import winnow, {', '.join(ROOMS)}; winnow.load_recipe('demo'); print(filters.__file__)"
    assert str(PAGE.parents[1] / "filters") in python("-c", code, cwd=tmp_path)


# The checkout beside folders named like ours


@pytest.mark.parametrize("init", [HOSTILE, None], ids=["packages", "folders"])
def test_the_command_works_beside_folders_named_like_ours(tmp_path: Path, init: str | None) -> None:
    folder = folder_of_a_user(tmp_path, init)
    assert "demo" in python("-m", "winnow", "recipes", cwd=folder, path=folder)
    assert "recipe digest" in python("-m", "winnow", "plan", "demo", cwd=folder, path=folder)


def test_a_package_of_the_user_that_was_imported_before_is_told(tmp_path: Path) -> None:
    folder = folder_of_a_user(tmp_path, "")
    code = "import filters\ntry: import winnow\nexcept ImportError as error: print(error)"
    told = python("-c", code, cwd=folder)
    assert f"'filters' has been imported from {folder / 'filters'}" in told
    assert "Install winnow" in told


def test_nothing_else_of_the_checkout_comes_with_winnow(tmp_path: Path) -> None:
    """`tests` and `benchmarks` lie beside the rooms; those of the user must stay theirs."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("mine = True\n")
    code = "import winnow, filters, tests; print(tests.mine, filters.__file__)"
    told = python("-c", code, cwd=tmp_path)
    assert told.startswith("True ")
    assert str(PAGE.parents[1] / "filters") in told


# Columns of texts

TEXTS = ["Der Hund schläft im Garten.", None, "", "日本語の文章です。", "naïve 🎈 me@mail.test"]


class Series:
    """As polars' and pandas' series hand over their data."""

    def __init__(self, data: pa.ChunkedArray) -> None:
        self._data = data

    def __arrow_c_stream__(self, schema: Any = None) -> Any:
        return self._data.__arrow_c_stream__(schema)


FORMS: dict[str, Callable[[list[str | None]], Any]] = {
    "tuple": tuple,
    "string": lambda texts: pa.array(texts, pa.string()),
    "large_string": lambda texts: pa.array(texts, pa.large_string()),
    "string_view": lambda texts: pa.array(texts, pa.string_view()),
    "dictionary": lambda texts: pa.array(texts, pa.string()).dictionary_encode(),
    "slice": lambda texts: pa.array(["x", *texts, "y"], pa.string()).slice(1, len(texts)),
    "chunks": lambda texts: pa.chunked_array(
        [
            pa.array(texts[:2], pa.string()),
            pa.array([], pa.string()),
            pa.array(texts[2:], pa.string()),
        ]
    ),
    "series": lambda texts: Series(pa.chunked_array([pa.array(texts, pa.large_string())])),
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "extract": winnow.extract,
    "wikitext": winnow.wikitext,
    "rules": lambda texts: winnow.rules(texts, "gopher"),
    "rewriting rules": lambda texts: winnow.rules(texts, "c4"),
    "language": winnow.language,
    "redact": winnow.redact,
    "signatures": winnow.signatures,
    "deduplicate": winnow.deduplicate,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_form_of_a_column_gives_the_same(function: str, form: str) -> None:
    call, make = FUNCTIONS[function], FORMS[form]
    columns: list[list[str | None]] = [TEXTS, [], [None]]
    for texts in columns:
        assert call(make(texts)).to_pylist() == call(texts).to_pylist()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_chunks_and_no_values_are_columns(function: str) -> None:
    call = FUNCTIONS[function]
    assert len(call(pa.chunked_array([], pa.string()))) == 0
    assert len(call(pa.nulls(3))) == 3
    if function not in ("signatures", "wikitext"):  # which give no table
        assert call([]).schema == call(["x"]).schema


OF_TEXTS = [name for name in FUNCTIONS if name != "extract"]


@pytest.mark.parametrize("function", OF_TEXTS)
@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ("one text", "texts is str, but must be a list"),
        (b"bytes", "texts is bytes, but must be"),
        (["x", 1], r"texts\[1\] is int, but must be str or None"),
        (["x", b"y"], r"texts\[1\] is bytes"),
        (pa.array([1, 2]), "texts has values of type int64, but must be a list"),
        (pa.array([b"x"]), "values of type binary"),
        (7, "texts is int, but must be"),
        ({"x"}, "texts is set, but must be"),
        ({"a": "b"}, "texts is dict, but must be"),
    ],
)
def test_what_is_no_column_of_texts_is_told(function: str, texts: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        FUNCTIONS[function](texts)


@pytest.mark.parametrize("function", OF_TEXTS)
def test_what_no_utf_8_stands_for_is_told(function: str) -> None:
    with pytest.raises(ValueError, match=r"texts\[1\] has a lone surrogate at character 2"):
        FUNCTIONS[function](["x", "ab\ud800"])
    broken = pa.array([b"caf\xe3"]).view(pa.string())
    with pytest.raises(ValueError, match="texts is damaged"):
        FUNCTIONS[function](broken)


@pytest.mark.parametrize("function", ["rules", "rewriting rules", "language", "redact"])
def test_slices_that_are_worked_on_together_do_not_show(function: str) -> None:
    """More texts than a slice has; row i depends on text i alone."""
    call = FUNCTIONS[function]
    many = [f"{TEXTS[i % 5] or ''} {i}" for i in range(2500)]
    assert call(many).slice(1000, 900).to_pylist() == call(many[1000:1900]).to_pylist()


PAGE_OF_TEA = "<html lang=de><title>Tee</title><p>Grün: 10<sup>3</sup> g ü</p>"


def test_pages_are_bytes_or_texts() -> None:
    as_bytes = [PAGE_OF_TEA.encode(), None, PAGE_OF_TEA.encode("cp1252")]
    found = winnow.extract(as_bytes, charsets=[None, None, "windows-1252"])
    assert found["text"].to_pylist() == ["Grün: 10^3 g ü", None, "Grün: 10^3 g ü"]
    assert found["reason"].to_pylist() == [None, "extract.no_content", None]
    assert found["title"].to_pylist() == ["Tee", None, "Tee"]
    for form in (pa.binary(), pa.large_binary()):
        column = pa.array(as_bytes, form)
        for pages in (column, pa.chunked_array([column.slice(0, 1), column.slice(1)])):
            assert winnow.extract(pages, charsets=[None, None, "windows-1252"]).equals(found)
    mixed = winnow.extract([PAGE_OF_TEA, PAGE_OF_TEA.encode()])
    assert mixed["text"].to_pylist() == ["Grün: 10^3 g ü"] * 2


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: winnow.extract("page"), TypeError, "pages is str, but must be"),
        (lambda: winnow.extract(["x", 1]), TypeError, r"pages\[1\] is int"),
        (lambda: winnow.extract([b"x"], urls=[]), ValueError, "urls has 0 values for 1 texts"),
        (lambda: winnow.extract([b"x"], text="md"), ValueError, "text is 'md', but must be"),
        (lambda: winnow.extract([b"x"], "best"), ValueError, "best"),
        (lambda: winnow.wikitext(["x"], text="html"), ValueError, "text is 'html', but must be"),
    ],
)
def test_what_cannot_be_extracted_is_told(
    call: Callable[[], Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        call()


def test_wikitext_speaks_its_wikis_language() -> None:
    german = "Das Dorf hat {{formatnum:1300}} Einwohner.\n[[Datei:Dorf.jpg|mini|Das Dorf]]"
    assert winnow.wikitext([german], "de").to_pylist() == ["Das Dorf hat 1.300 Einwohner."]
    assert "1,300" in winnow.wikitext(["{{formatnum:1300}}"]).to_pylist()[0]
    assert winnow.wikitext(["== Tea ==\ntext"], text="markdown").to_pylist() == ["## Tea\n\ntext"]


def test_rules_are_what_a_run_applies() -> None:
    texts = pa.array(["The fox and the hen. " * 40, "one\ntwo", None], pa.large_string())
    for pack in ("gopher", "fineweb-2024-04", "refinedweb"):
        wanted = apply_rules(texts, pack_rules(pack))
        judged = winnow.rules(texts, pack)
        assert judged["reasons"].to_pylist() == wanted.reasons.to_pylist()
        assert judged["text"].to_pylist() == wanted.text.to_pylist()
        for name in wanted.measures.schema.names:
            assert judged[name].to_pylist() == wanted.measures[name].to_pylist()


def test_languages_decide_where_a_threshold_depends_on_them() -> None:
    rules = {"gopher_quality": {"min_words": {"de": 2, "default": 50}}}
    judged = winnow.rules(["ein Hund bellt"] * 2, rules, languages=["de", "en"])
    assert judged["kept"].to_pylist() == [True, False]
    with pytest.raises(ValueError, match="languages has 1 values for 2 texts"):
        winnow.rules(["a", "b"], rules, languages=["de"])


@pytest.mark.parametrize(
    ("limit", "kept"),
    [({"en": 5}, True), ({"en": 1, "default": 5}, False), ({"en": 5, "default": 1}, True)],
)
def test_without_languages_a_threshold_by_language_has_its_default(limit: Any, kept: bool) -> None:
    rules = {"gopher_quality": {"min_words": limit}}
    columns: list[list[str]] = [["a b c"], ["a b c", "d e f"], []]
    for texts in columns:
        unknown = winnow.rules(texts, rules)
        assert unknown["kept"].to_pylist() == [kept] * len(texts)
        nulls = [None] * len(texts)
        assert unknown.equals(winnow.rules(texts, rules, languages=nulls))


@pytest.mark.parametrize(
    "rules", ["fineweb-2", {"gopher_quality": {"min_mean_word_chars": "fineweb-2"}}], ids=str
)
def test_without_languages_a_table_gives_no_limit(rules: Any) -> None:
    for texts in (["a b c", "d"], []):
        unknown = winnow.rules(texts, rules)
        assert unknown.equals(winnow.rules(texts, rules, languages=[None] * len(texts)))


def test_all_faults_of_rules_are_told_at_once() -> None:
    wrong = {
        "gopher_qualty": "published",
        "gopher_quality": {"min_word": 5, "min_words": -1},
        "c4_quality": 3,
    }
    with pytest.raises(ValueError, match="gopher_qualty") as error:
        winnow.rules(["x"], wrong)
    told = str(error.value).splitlines()
    assert len(told) == 4
    assert "did you mean 'gopher_quality.min_words'" in told[1]
    assert "is -1, but must be 0 or more" in told[2]
    assert "'c4_quality' wants its thresholds as a mapping" in told[3]


def test_one_rule_and_published_stand_for_all_of_its_thresholds() -> None:
    one = winnow.rules(TEXTS, "gopher_quality")
    assert one.equals(winnow.rules(TEXTS, {"gopher_quality": "published"}))


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("gofer", "did you mean 'gopher'"),
        ({"gopher_qualty": {}}, "did you mean 'gopher_quality'"),
        ({"gopher_quality": {"min_word": 5}}, "did you mean 'gopher_quality.min_words'"),
    ],
)
def test_unknown_rules_are_told_with_the_nearest(rules: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        winnow.rules(["x"], rules)


def test_redaction_has_the_defaults_of_a_recipe() -> None:
    import inspect

    assert inspect.signature(winnow.redact).parameters["kinds"].default == PersonalData().kinds
    with pytest.raises(ValueError, match="unknown PII kind 'mail'"):
        winnow.redact(["x"], "mail")


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"kinds": ["emial"]}, ValueError, "unknown PII kind 'emial'; did you mean 'email'"),
        ({"kinds": ["emial", "ipp"]}, ValueError, "(?s)'emial'.*unknown PII kind 'ipp'.*'ip'"),
        ({"kinds": 3}, TypeError, "kinds is int; give a list of"),
        ({"kinds": ["ip", 3]}, TypeError, r"kinds\[1\] is int"),
        ({"key": 3}, TypeError, "key is int, but must be str or bytes"),
        ({"key": "é" * 33}, ValueError, "key has 66 bytes, but may have 64"),
    ],
)
def test_wrong_arguments_of_redact_are_told(
    arguments: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        winnow.redact(["x"], **arguments)


def test_a_key_is_text_or_its_bytes() -> None:
    mail = ["Write to jane.doe@mail.test."]
    one, other = (
        winnow.redact(mail, replace="stand_in", key=key) for key in ("clé", "clé".encode())
    )
    assert one.equals(other)
    assert not one.equals(winnow.redact(mail, replace="stand_in"))


# Recipes and runs


def test_changes_are_those_of_the_command_line() -> None:
    changes = {"tokenizer.vocab_size": 1000, "duplicates.near": {"preset": "fineweb"}, "seed": 5}
    told = ["tokenizer.vocab_size=1000", "duplicates.near={preset: fineweb}", "seed=5"]
    recipe = winnow.load_recipe("demo", changes)
    assert recipe == winnow.load_recipe("demo", told)
    assert recipe.tokenizer.vocab_size == 1000
    assert winnow.load_recipe("demo", {"documents.pii": None}).documents.pii is None
    small = winnow.load_recipe("demo", {"duplicates.alarm_share": 1e-05})
    assert small.duplicates.alarm_share == 1e-05
    odd = winnow.load_recipe("demo", {"description": "a: b, 'c' # {d}\n... e", "name": "null"})
    assert (odd.description, odd.name) == ("a: b, 'c' # {d}\n... e", "null")
    source = winnow.load_recipe("demo", sources=["mine=jsonl:x.jsonl"]).sources[0]
    assert (source.name, source.kind, source.path) == ("mine", "jsonl", "x.jsonl")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("dem",), "did you mean 'demo'"),
        (("demo", {"seed": object()}), "value that no recipe can have"),
        (("demo", "seed=1"), "changes is one string; give a list"),
        (("demo", ["seed"]), "write key=value"),
        (("demo", (), "jsonl:x"), "sources is one string"),
    ],
)
def test_wrong_recipes_are_value_errors(arguments: tuple[Any, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        winnow.load_recipe(*arguments)


def test_values_of_changes_may_be_numpys_and_paths() -> None:
    path = Path("a folder") / "x.bin"
    given = {
        "tokenizer.vocab_size": np.int64(1000),
        "duplicates.alarm_share": np.float32(0.25),
        "documents.language.keep": np.array(["fr", "de"]),
        "documents.rules.gopher_quality": {"min_words": np.int16(7)},
        "description": path,
    }
    recipe = winnow.load_recipe("demo", given)
    assert recipe.tokenizer.vocab_size == 1000
    assert recipe.duplicates.alarm_share == 0.25
    assert recipe.documents.language
    assert list(recipe.documents.language.keep) == ["fr", "de"]
    assert recipe.documents.rules["gopher_quality"] == {"min_words": 7}
    assert recipe.description == str(path)


def test_thresholds_and_near_may_have_numpys_numbers() -> None:
    limits = {"gopher_quality": {"min_words": np.int64(3)}}
    assert winnow.rules(["a b c"], limits)["kept"].to_pylist() == [True]
    near = {"bands": np.int64(5), "rows": np.int8(4)}
    assert winnow.signatures(["a"], near).type.list_size == 20
    with pytest.raises(TypeError, match="run is int, but must be a folder's path"):
        winnow.open(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((3,), "name_or_path is int, but must be a shipped recipe's name"),
        (("demo", 3), "changes is int, but must be a list of 'key=value'"),
        (("demo", [3]), r"changes\[0\] is int"),
        (("demo", (), 3), "sources is int, but must be a list of 'KIND:PATH'"),
        (("demo", (), [3]), r"sources\[0\] is int"),
    ],
)
def test_arguments_of_load_recipe_of_another_type_are_told(
    arguments: tuple[Any, ...], told: str
) -> None:
    with pytest.raises(TypeError, match=told):
        winnow.load_recipe(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"workers": "2"}, TypeError, "workers is '2', but must be an int of 1 or more"),
        ({"workers": True}, TypeError, "workers is True"),
        ({"workers": 1.5}, TypeError, "workers is 1.5"),
        ({"workers": 0}, ValueError, "^workers is 0, but must be an int of 1 or more"),
        ({"beam_options": "--foo=1"}, TypeError, r"beam_options is one str; give a list, \['--f"),
        ({"beam_options": [3]}, TypeError, r"beam_options\[0\] is int"),
        ({"out": ""}, ValueError, "out is empty; give the folder"),
        ({"out": 3}, TypeError, "out is int, but must be a folder's path"),
        ({"out": "memory://x"}, ValueError, "out is memory://x, but another process does the"),
    ],
)
def test_wrong_arguments_of_run_are_told_before_a_process_starts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    error: type[Exception],
    told: str,
) -> None:
    monkeypatch.setattr("winnow.runs._in_own_process", None)
    with pytest.raises(error, match=told):
        winnow.run(**{"recipe": "demo", "out": tmp_path / "run", **arguments})


def test_the_page_says_where_the_classes_are_explained() -> None:
    """`Run` and `RecipeError` are no names of the package."""
    assert "`help(run)`" in str(winnow.__doc__)
    assert "RecipeError is a ValueError" in str(winnow.load_recipe.__doc__)
    assert "about a minute" in str(winnow.run.__doc__)


@pytest.mark.slow
def test_runs_from_a_thread_of_a_process_with_threads_and_gives_the_digest(
    demo: Path, tmp_path: Path
) -> None:
    """As a notebook's kernel is, in which workers cannot be forked."""
    idle = threading.Event()
    threading.Thread(target=idle.wait, daemon=True).start()
    found: list[Run] = []
    caller = threading.Thread(target=lambda: found.append(winnow.run("demo", tmp_path / "run")))
    caller.start()
    caller.join(300)
    idle.set()
    assert found[0].manifest["run_digest"] == manifest(demo)["run_digest"]
    begun = time.monotonic()
    again = winnow.run("demo", tmp_path / "run", workers=1)
    assert again.manifest["run_digest"] == manifest(demo)["run_digest"]
    assert time.monotonic() - begun < 60


@pytest.mark.slow
def test_a_script_needs_no_guard(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import winnow\nprint(winnow.run('demo', 'run', workers=2).manifest['run_digest'])\n"
    )
    assert python("script.py", cwd=tmp_path).split() == [manifest(demo)["run_digest"]]


def test_what_is_no_recipe_is_told(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="recipe is dict, but must be a shipped recipe's name"):
        winnow.run({"name": "demo"}, tmp_path / "run")  # type: ignore[arg-type]


@pytest.mark.slow
def test_failures_come_back_as_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown runner 'Direct'"):
        winnow.run("demo", tmp_path / "a", runner="Direct")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").touch()
    with pytest.raises(ValueError, match="files that are no winnow run"):
        winnow.run("demo", tmp_path / "b")
    recipe = winnow.load_recipe("demo", {"documents.language.keep": ["fr"]})
    with pytest.raises(RuntimeError, match="no document survived; dropped because of") as error:
        winnow.run(recipe, tmp_path / "c")
    assert "Traceback" in error.value.__notes__[0]


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _all_below(pid: int) -> list[int]:
    found = _children(pid)
    return [*found, *(below for child in found for below in _all_below(child))]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_run_ends_with_an_interrupt_and_with_its_caller(
    tmp_path: Path, number: signal.Signals
) -> None:
    """And the same call goes on afterwards."""
    (tmp_path / "script.py").write_text("import winnow\nwinnow.run('demo', 'run', workers=2)\n")
    caller = subprocess.Popen(
        [sys.executable, "script.py"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "stages" / "documents").exists():
        assert time.monotonic() < deadline
        assert caller.poll() is None
        time.sleep(0.02)
    below = _all_below(caller.pid)
    assert len(below) >= 2
    caller.send_signal(number)
    _, told = caller.communicate(timeout=60)
    if number == signal.SIGINT:
        assert told.rstrip().endswith("KeyboardInterrupt")
    deadline = time.monotonic() + 40
    while any(Path(f"/proc/{pid}/status").exists() and _runs(pid) for pid in below):
        assert time.monotonic() < deadline, "a process of the run outlives it"
        time.sleep(0.1)
    assert not (tmp_path / "run" / "manifest.json").exists()
    assert winnow.run("demo", tmp_path / "run").manifest["run_digest"]


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_run_tells_what_its_manifest_and_tables_say(demo: Path) -> None:
    run = winnow.open(demo)
    stages = manifest(demo)["reproducible"]["stages"]
    assert run.manifest == manifest(demo)
    assert run.recipe.digest() == run.manifest["reproducible"]["recipe_digest"]
    for row in run.funnel.to_pylist():
        funnel = stages[row["stage"]]["funnel"]
        outcomes = {"in": "in", "kept": "kept", "dropped": "dropped", "errors": "error"}
        for name, key in outcomes.items():
            assert row[f"documents_{name}"] == funnel[key]["docs"]
            assert row[f"bytes_{name}"] == funnel[key]["bytes"]
        lost = row["documents_dropped"] + row["documents_errors"]
        told = [r for r in run.reasons.to_pylist() if r["stage"] == row["stage"]]
        assert sum(r["documents"] for r in told) == lost
    tables = (
        "documents dropped errors inputs signatures values clusters duplicates corpus tokenizer "
        "token_cost shards"
    )
    assert run.tables == tables.split()
    for name, stage in (("documents", "kept"), ("dropped", "dropped"), ("errors", "error")):
        assert run.table(name).num_rows == stages["documents"]["funnel"][stage]["docs"]
    assert (
        run.tokenizer().get_vocab_size() == run.manifest["reproducible"]["tokenizer"]["vocab_size"]
    )
    assert "Funnel" in run._repr_html_()
    assert repr(run).startswith(f"<winnow run {demo}: recipe demo, ")


def test_documents_are_those_that_went_into_the_shards(demo: Path) -> None:
    run = winnow.open(demo)
    ids = run.documents(["doc_id"]).read_all()["doc_id"].to_pylist()
    assert sorted(ids) == sorted(run.table("shards", ["doc_id"])["doc_id"].to_pylist())
    everything = run.documents().read_all()
    assert everything["doc_id"].to_pylist() == ids
    assert everything.schema.equals(run.table("documents").schema)
    languages = run.languages.to_pydict()
    assert sum(languages["documents"]) == len(ids)
    assert sum(languages["text_bytes"]) == sum(everything["text_bytes"].to_pylist())


def test_texts_come_as_the_last_stage_left_them(tmp_path: Path) -> None:
    """Lines that several documents share are cut from all but one."""
    shared = "this line of several words stands in every one of these documents\n"
    file = tmp_path / "texts.jsonl"
    texts = [f"{shared}{'own words of document number ' * 9}{i}" for i in range(4)]
    file.write_text(
        "".join(json.dumps({"id": f"{i}", "text": t}) + "\n" for i, t in enumerate(texts))
    )
    changes: dict[str, Any] = {
        "documents.rules": None,
        "documents.language": None,
        "token_cost.parallel": None,
        "duplicates": {"lines": {"min_words": 5}},
    }
    recipe = winnow.load_recipe("demo", changes, [f"jsonl:{file}"])
    run = winnow.run(recipe, tmp_path / "run", workers=1)
    left = run.documents(["text", "text_bytes"]).read_all()
    assert sum(shared.strip() in text for text in left["text"].to_pylist()) == 1
    sizes = [len(text.encode()) for text in left["text"].to_pylist()]
    assert run.documents(["text_bytes"]).read_all()["text_bytes"].to_pylist() == sizes
    assert "repetition" in run.tables


def test_what_is_no_finished_run_is_told(demo: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no finished run in"):
        winnow.open(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": "other/2"}')
    with pytest.raises(ValueError, match=r"format of its manifest\.json is 'other/2'"):
        winnow.open(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        winnow.open(tmp_path)
    (tmp_path / "half" / "stages").mkdir(parents=True)
    (tmp_path / "half" / "stages" / "documents.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="complete are its stages documents"):
        winnow.open(tmp_path / "half")
    run = winnow.open(demo)
    with pytest.raises(ValueError, match="has no table 'document'; it has documents, dropped"):
        run.table("document")
    with pytest.raises(ValueError, match=r"no column 'txt' in documents/000000\.parquet; it"):
        run.documents(["txt"])
    with pytest.raises(TypeError, match="columns is one str"):
        run.table("documents", "text")
