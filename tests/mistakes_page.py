"""docs/mistakes.md, from commands that are run: `make mistakes`, or
`python -m tests.mistakes_page > docs/mistakes.md`. tests/test_mistakes.py fails when the page is
stale.

All commands run in this process, in a folder of small files, so that hundreds of imports of Beam
are one. What depends on a machine is fixed: a name that cannot be resolved, packages that are not
installed, the space on the disk.
"""

import contextlib
import dataclasses
import gzip
import json
import os
import re
import shlex
import shutil
import socket
import sys
import tempfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from typer.testing import CliRunner

from manifests import lease
from manifests.store import Store
from pipelines import cli
from pipelines.commands import run

GOOD = "The river and the town are old, and that is what the people of this place say of it. "
SOURCES = "sources: [{name: web, kind: jsonl, path: web.jsonl}]\n"
HOST = "no.such.host.example"
NOT_INSTALLED = ("trafilatura", "presidio_analyzer", "s3fs")


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A command as a newcomer types it.

    Attributes:
      what: the mistake, in a few words.
      command: what is typed behind `winnow`, as in a shell.
      code: the exit code that it must have.
      line: a pattern of the line to show where it is not the last one of what is printed.
    """

    what: str
    command: str
    code: int = 2
    line: str = ""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code, its line in the table, and all that it printed."""

    mistake: Mistake
    code: int
    message: str
    printed: str


RUN = "run small.yaml --out run --quiet --workers 1"
FILE = Path(__file__).with_name("mistakes.yaml")
SECTIONS: dict[str, list[Mistake]] = {
    section: [Mistake(**mistake) for mistake in mistakes]
    for section, mistakes in yaml.safe_load(FILE.read_text(encoding="utf-8")).items()
}
INTRODUCTION = """\
# Mistakes, and what winnow says of them

Each command below was run, and the table has the line that says what is wrong. Exit code 2: the
command, the recipe or a path is wrong, and nothing has been written. Exit code 1: a run failed or a
check found something. Exit code 0: the run could go on.
"""


def outcomes() -> Iterator[Outcome]:
    """Runs every command of the table, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder, _fixed(), contextlib.chdir(folder):
        _write_files(Path(folder))
        with lease.hold(Store("busy")):
            made = _run(Mistake("a run to look at", RUN, 0))
            assert made.code == 0, made.printed
            _change_a_file(Path("run/tokenizer/tokenizer.json"), Path("changed"), "{}")
            _change_a_file(Path("run/manifest.json"), Path("damaged"), "{")
            shutil.copytree("run", "cut")
            shutil.rmtree("cut/signatures")
            for mistakes in SECTIONS.values():
                for mistake in mistakes:
                    yield _run(mistake)


def page(found: list[Outcome]) -> str:
    """The whole page."""
    by_mistake = {id(outcome.mistake): outcome for outcome in found}
    lines = [INTRODUCTION]
    for section, mistakes in SECTIONS.items():
        lines += [
            f"## {section}",
            "",
            "| mistake | command | message | exit code |",
            "| --- | --- | --- | --- |",
        ]
        for mistake in mistakes:
            outcome = by_mistake[id(mistake)]
            told = (f"`winnow {mistake.command}`", _cell(outcome.message), str(outcome.code))
            lines.append(f"| {' | '.join((mistake.what, *told))} |")
        lines.append("")
    lines += [
        "---",
        "Made by `make mistakes` from tests/mistakes_page.py, which runs the commands.",
    ]
    return "\n".join(lines) + "\n"


def _cell(message: str) -> str:
    return message.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


def _run(mistake: Mistake) -> Outcome:
    done = CliRunner().invoke(cli.app, shlex.split(mistake.command), prog_name="winnow")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Outcome(mistake, done.exit_code, _message(mistake, done), done.output)


def _message(mistake: Mistake, done: Any) -> str:
    """The sentence of a command: what stands behind `winnow:` or `Error:`, or a line of its own."""
    if mistake.line:
        lines = [x for x in done.output.splitlines() if re.search(mistake.line, x)]
        text = lines[0] if lines else done.output
    else:
        text = done.stderr.strip()
        start = max(text.find("winnow: "), text.find("Error: "))
        text = text[max(start, 0) :]
    text = re.sub(r"^(winnow|Error): ", "", text.strip())
    text = text.replace(os.getcwd(), "/home/you")
    for pattern, neutral in _NEUTRAL:
        text = re.sub(pattern, neutral, text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


_NEUTRAL = (
    (r"process \d+ on \S+ since .*?\(last heartbeat \d+ s ago\)", "process 1234 on this machine"),
    (r"kill \d+", "kill 1234"),
    (r"(run_digest|recipe digest) [0-9a-f]+", r"\1 ..."),
    (r"winnow \d+\.\d+\.\d+", "winnow"),
    (r"\d+\.\d s ", "0.0 s "),
    (r"[│┃]", " "),
)


@contextlib.contextmanager
def _fixed() -> Iterator[None]:
    """What differs between machines, the same on all."""
    ask = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **named: Any) -> Any:
        if host == HOST:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(host, *rest, **named)

    def here(look: Callable[[], Any]) -> Any:
        return look()

    usage = namedtuple("usage", "total used free")(20 * 10**9, 10 * 10**9, 10 * 10**9)
    with (
        mock.patch.object(socket, "getaddrinfo", resolve),
        mock.patch.object(shutil, "disk_usage", return_value=usage),
        mock.patch.object(run, "in_child", here),
        mock.patch.object(cli, "_exit_now", sys.exit),
        _not_installed(),
        mock.patch.dict(os.environ, {"TERM": "dumb", "COLUMNS": "200"}),
    ):
        yield


@contextlib.contextmanager
def _not_installed() -> Iterator[None]:
    """Hides packages. Modules that are imported meanwhile stay: numba can compile none twice."""
    before = {name: sys.modules.get(name) for name in NOT_INSTALLED}
    sys.modules.update(dict.fromkeys(NOT_INSTALLED))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _write_files(folder: Path) -> None:
    """What the commands name: texts, recipes with a mistake each, damaged files."""
    from filters.language.models import model_path

    rows = [json.dumps({"id": n, "text": f"{GOOD * 12} It is story {n}."}) for n in range(20)]
    files: dict[str, str] = {
        "web.jsonl": "\n".join(rows) + "\n",
        "body.jsonl": "\n".join(row.replace('"text"', '"body"') for row in rows) + "\n",
        "web.csv": "text\n" + f"{GOOD}\n" * 3,
        "rows.csv": f"1,{GOOD.replace(',', '')}\n2,{GOOD.replace(',', '')}\n",
        "empty.jsonl": "",
        "thesis/chapter.txt": "years of work\n",
        "small.yaml": f"name: small\n{SOURCES}"
        "documents: {rules: {gopher_quality: {min_words: 10}}}\n"
        "tokenizer: {vocab_size: 300}\nduplicates: {near: {bands: 14, rows: 8}}\n",
        "tabs.yaml": "name: tabs\ndocuments:\n\textract: fast\n",
        "list.yaml": "- name: list\n",
        "empty.yaml": "",
        "key.yaml": f"name: key\n{SOURCES}tokenizr: {{vocab_size: 8000}}\n",
        "twice.yaml": f"name: twice\n{SOURCES}seed: 1\nseed: 2\n",
        "number.yaml": f"name: number\n{SOURCES}tokenizer:\n  vocab_size: big\n",
        "norwegian.yaml": f"name: no\n{SOURCES}documents: {{language: {{keep: [no, sv]}}}}\n",
        "five.yaml": "name: five\nsources:\n  - {name: web, kind: jsonl, path: webb.jsonl}\n"
        "tokenizr: {}\ndocuments:\n  language: {min_score: 65}\n"
        "  classifiers: {quality: {model: quality.bin}}\n"
        "token_cost: {parallel: flores.parquet}\n",
        "option.yaml": "name: option\nsources:\n  - {name: web, kind: jsonl, path: web.jsonl, "
        "options: {txt: body}}\n",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    (folder / "folder.yaml").mkdir()
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress("\n".join(rows).encode(), mtime=0)[:-20])
    model = model_path("lid.176.ftz").read_bytes()
    (folder / "whole.ftz").write_bytes(model)
    (folder / "cut.ftz").write_bytes(model[:500_000])
    columns = {"code": ["en"], "nr": [1], "text": ["a"]}
    pq.write_table(pa.table(columns), folder / "columns.parquet")
    german = {"id": [1, 2], "language": ["deu", "deu"], "text": ["ein Haus", "ein Baum"]}
    pq.write_table(pa.table(german), folder / "german.parquet")
    with (folder / "huge.zst").open("wb") as file:
        file.truncate(10**12)  # a hole: it takes no space


def _change_a_file(file: Path, copy: Path, content: str) -> None:
    """Copies the run that a file is of, and writes another content in the copy."""
    shutil.copytree("run", copy)
    (copy / file.relative_to("run")).write_text(content)


if __name__ == "__main__":
    print(page(list(outcomes())), end="")
