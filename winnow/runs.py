"""Recipes, runs and what a run left: `load_recipe`, `run` and `open`."""

import json
import operator
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winnow.values import plain

# Imports of everything that takes time stand inside the functions: `import winnow` is cheap, and
# opening a run wants neither Beam nor numba.
if TYPE_CHECKING:
    import pyarrow as pa
    import tokenizers

    from manifests.statistics import Funnel
    from manifests.store import Store
    from pipelines.recipe.recipe import Recipe

_STOP_SECONDS = 30.0


def load_recipe(
    name_or_path: "str | os.PathLike[str]",
    changes: Sequence[str] | Mapping[str, Any] = (),
    sources: Sequence[str] = (),
) -> "Recipe":
    """Read a recipe, change keys of it, and check all of it.

    Args:
      name_or_path: a recipe that ships with winnow (`demo`, `fineweb-en`, `web-multilingual`,
        `wikipedia`), or a path ending in .yaml.
      changes: keys and their values, as `{"tokenizer.vocab_size": 8192}`, or as the command line's
        `--set` takes them, `["tokenizer.vocab_size=8192"]`. None takes a key out. Values may also
        be numpy's numbers and arrays, and paths.
      sources: read these instead of the recipe's, `KIND:PATH` or `NAME=KIND:PATH`, as `--source`
        takes them; docs/sources.md lists the kinds.

    Returns:
      The recipe with every value filled in, for `winnow.run`. Its sections are attributes.

    Raises:
      RecipeError: the recipe or a change is wrong; the message names the line and the nearest known
        key or value. RecipeError is a ValueError: catch it as that.
      TypeError: an argument is of another type.

    >>> import winnow
    >>> recipe = winnow.load_recipe("demo", {"tokenizer.vocab_size": 1000})
    >>> recipe.tokenizer.vocab_size
    1000
    >>> try:
    ...     winnow.load_recipe("demo", {"tokenizer.vocab_sise": 1000})
    ... except ValueError as error:
    ...     print("did you mean" in str(error))
    True
    """
    from yaml import YAMLError

    from pipelines.recipe.config import RecipeError
    from pipelines.recipe.loading import load

    if not isinstance(name_or_path, (str, os.PathLike)):
        raise TypeError(
            f"name_or_path is {type(name_or_path).__name__}, but must be a shipped recipe's name "
            "or the path of a .yaml file"
        )
    for name, given in (("changes", changes), ("sources", sources)):
        if isinstance(given, str):
            raise RecipeError(f"{name} is one string; give a list, {[given]}")
    if isinstance(changes, Mapping):
        try:
            changes = [f"{key}={_yaml(plain(value))}" for key, value in changes.items()]
        except (YAMLError, RecursionError) as error:
            raise RecipeError(f"changes has a value that no recipe can have: {error}") from None
    told = _strings("changes", changes, "key=value"), _strings("sources", sources, "KIND:PATH")
    return load(os.fspath(name_or_path), *told)


def run(
    recipe: "Recipe | str | os.PathLike[str]",
    out: "str | os.PathLike[str]",
    *,
    workers: int | None = None,
    runner: str = "DirectRunner",
    beam_options: Sequence[str] = (),
    quiet: bool = True,
    keep_going: bool = False,
    overwrite: bool = False,
    from_stage: str | None = None,
    strict: bool = False,
) -> "Run":
    """Run a recipe into a folder, and open what it left.

    What is complete is not done again: the same call goes on where an interrupted or failed one
    stopped, and opens a finished run at once.

    The work is done by a process of its own, which this one waits for, and by its workers. So it
    runs from a script without `if __name__ == "__main__"`, from a notebook and from any thread
    (workers are forked, which a process with threads, as a notebook's kernel is, cannot do
    safely), and a worker that the machine kills does not take the caller with it. It sees the
    caller's working directory, environment variables and `sys.path`, and nothing of its memory, so
    that neither the run nor its sources can be in fsspec's `memory://`. Ctrl-C, or a notebook's
    stop button, ends it; so does the end of this process.

    Args:
      recipe: what `load_recipe` returns, or the name or path of a recipe, as `load_recipe` takes
        it.
      out: the run's folder, or any fsspec URL of one; new, empty, or that of an earlier call with
        the same recipe.
      workers: number of DirectRunner's processes; unless given, one for each core of this machine,
        or fewer for little text.
      runner: DirectRunner (this machine), SparkRunner, FlinkRunner, DataflowRunner or
        PortableRunner; docs/engines.md.
      beam_options: further options for Beam's runner, `["--job_endpoint=localhost:8099"]`.
      quiet: False shows progress on stderr.
      keep_going: leave out files that cannot be found or read, instead of stopping before work.
      overwrite: if `out` has a run of another recipe, or of files that have changed since, the
        stages that the change concerns are done again and replace what is there. The other stages
        are kept.
      from_stage: allow the same for this stage and those after it alone: documents, duplicates,
        repetition, corpus, tokenizer, token_cost or shards.
      strict: alarms are an error: the run is finished and written as usual, then RuntimeError is
        raised with all of them. `winnow.open(out)` opens it all the same.

    Returns:
      What `winnow.open(out)` returns.

    Raises:
      RecipeError: the recipe cannot be run, or `out` cannot take it, since it has files that are no
        run, the run of another recipe (the message says what differs), or a run that is being
        written (it says by whom). RecipeError is a ValueError: catch it as that.
      TypeError: an argument is of another type.
      ValueError: `out` is empty or in `memory://`, or workers is less than 1.
      RuntimeError: a stage failed; the message says why, and a note has the traceback. What was
        complete is kept for the next call. Or `strict`, and the finished run has alarms.
      KeyboardInterrupt: it was interrupted.

    Cost: about a second to start, beside the work itself. The first run after installation also
    compiles winnow's kernels, which takes about a minute.

    >>> import winnow
    >>> winnow.run("demo", "runs/demo")
    <winnow run runs/demo: recipe demo, 142 of 270 documents kept>
    """
    from pipelines.recipe.config import RecipeError
    from pipelines.recipe.recipe import Recipe

    loaded = load_recipe(recipe) if isinstance(recipe, (str, os.PathLike)) else recipe
    if not isinstance(loaded, Recipe):
        raise TypeError(
            f"recipe is {type(recipe).__name__}, but must be a shipped recipe's name, the path of "
            "a .yaml file, or what winnow.load_recipe returns"
        )
    _check_folder(out)
    _check_workers(workers)
    request = {
        "recipe": loaded.to_json(),
        "out": os.fspath(out),
        "workers": None if workers is None else operator.index(workers),
        "runner": runner,
        "beam_options": _strings("beam_options", beam_options, "--name=value"),
        "quiet": quiet,
        "keep_going": keep_going,
        "overwrite": overwrite,
        "from_stage": from_stage,
    }
    answer = _in_own_process(request)
    if answer["failed"] == "recipe":
        raise RecipeError(answer["message"])
    if answer["failed"]:
        error = RuntimeError(answer["message"])
        if answer["traceback"]:
            error.add_note(answer["traceback"])
        raise error
    done = open(out)
    if strict and done.alarms:
        told = "".join(f"\n- {alarm['sentence']}" for alarm in done.alarms)
        raise RuntimeError(f"{os.fspath(out)} is finished, with alarms:{told}")
    return done


def open(run: "str | os.PathLike[str]") -> "Run":
    """Open a finished run.

    Args:
      run: its folder, or any fsspec URL of one.

    Returns:
      A `Run`; `help(run)` of this object says all that it can do. Only the manifest has been read
      so far.

    Raises:
      FileNotFoundError: there is no finished run; the message says which stages are complete.
      ValueError: its manifest is damaged, or another program wrote it.

    >>> import winnow
    >>> run = winnow.run("demo", "runs/demo")  # or one that the command line made
    >>> winnow.open("runs/demo").funnel.to_pylist()[0]["documents_in"]
    270
    """
    from manifests.manifest import FORMAT, MANIFEST_FILE, complete_stages, other_format
    from manifests.store import Store

    if not isinstance(run, (str, os.PathLike)):
        raise TypeError(f"run is {type(run).__name__}, but must be a folder's path or fsspec URL")
    where = os.fspath(run)
    store = Store(where)
    if not store.exists(MANIFEST_FILE):
        done = complete_stages(store)
        hint = f"complete are its stages {', '.join(done)}" if done else "winnow.run makes one"
        raise FileNotFoundError(f"there is no finished run in {where}; {hint}")
    manifest = store.read_json(MANIFEST_FILE)
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if other := other_format(manifest):
        raise ValueError(f"{store.url(MANIFEST_FILE)} {other}")
    if found != FORMAT:
        raise ValueError(
            f"{where} is no run: the format of its {MANIFEST_FILE} is {found!r}, not {FORMAT!r}"
        )
    return Run(where, store, manifest)


class Run:
    """A finished run: what it did, as tables, and the documents that it kept.

    Tables are pyarrow's: `.to_pandas()` and `polars.from_arrow` take them over. A notebook shows a
    run as `winnow inspect` does.

    >>> import winnow
    >>> run = winnow.run("demo", "runs/demo")
    >>> run.funnel.column_names[:5]
    ['stage', 'documents_in', 'documents_kept', 'documents_dropped', 'documents_errors']
    >>> run.reasons["reason"].to_pylist()[0]
    'gopher_repetition.too_few_chars'
    >>> run.tables[:3]
    ['documents', 'dropped', 'errors']
    >>> run.table("duplicates", ["reason", "true_similarity"]).num_rows
    27
    >>> sum(batch.num_rows for batch in run.documents(["language", "text"]))
    142
    >>> len(run.tokenizer().encode("the quick brown fox").ids) < 19
    True
    """

    def __init__(self, where: str, store: "Store", manifest: dict[str, Any]) -> None:
        self._where = where
        self._store = store
        self._manifest = manifest

    @property
    def manifest(self) -> dict[str, Any]:
        """`manifest.json`: recipe and counts of every stage, digests, versions.

        The files that were read are the table `inputs`, those of the run `files.parquet`.
        """
        return self._manifest

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """Results that someone should look at: dicts of kind, stage, found and sentence.

        docs/alarms.md explains each kind, and what to do.
        """
        alarms: list[dict[str, Any]] = self._manifest["reproducible"]["alarms"]
        return alarms

    @property
    def recipe(self) -> "Recipe":
        """The recipe that was run, every value filled in."""
        from pipelines.recipe.loading import recipe_of

        # Rules have an order, which the manifest's sorted keys have not.
        return recipe_of(self._store)

    @property
    def funnel(self) -> "pa.Table":
        """One row for each stage, in order: documents and bytes in, kept, dropped, and in error.

        Bytes are those of the records as read in `documents`, of text in later stages.
        """
        import pyarrow as pa

        from manifests.statistics import DROPPED, ERROR, KEPT

        outcomes = {"kept": KEPT, "dropped": DROPPED, "errors": ERROR}
        rows = []
        for stage, funnel in self._funnels().items():
            counts = {"in": funnel.rows_in} | {n: funnel.total(o) for n, o in outcomes.items()}
            rows.append(
                {"stage": stage}
                | {f"documents_{name}": count.docs for name, count in counts.items()}
                | {f"bytes_{name}": count.bytes for name, count in counts.items()}
            )
        return pa.Table.from_pylist(rows)

    @property
    def reasons(self) -> "pa.Table":
        """Why documents were dropped, and what errors there were.

        One row for each stage and reason, of each stage the most frequent reason first. Columns:
        stage, outcome (`dropped` or `error`), reason, documents, bytes (as in `funnel`).
        """
        import pyarrow as pa

        from manifests.statistics import DROPPED, ERROR

        fields = [("stage", pa.string()), ("outcome", pa.string()), ("reason", pa.string())]
        schema = pa.schema([*fields, ("documents", pa.int64()), ("bytes", pa.int64())])
        rows = [
            dict(zip(schema.names, (stage, outcome, reason, n.docs, n.bytes), strict=True))
            for stage, funnel in self._funnels().items()
            for outcome in (DROPPED, ERROR)
            for reason, n in funnel.by(outcome, "reason").items()
        ]
        return pa.Table.from_pylist(rows, schema)

    @property
    def languages(self) -> "pa.Table":
        """Languages of the documents that were kept to the end, the most frequent first.

        Columns: language (BCP 47), documents, text_bytes.
        """
        import pyarrow as pa

        from manifests.manifest import REMOVING
        from manifests.statistics import KEPT

        funnels = self._funnels()
        last = [funnels[stage] for stage in REMOVING if stage in funnels][-1]
        schema = pa.schema(
            [("language", pa.string()), ("documents", pa.int64()), ("text_bytes", pa.int64())]
        )
        counts = last.by(KEPT, "language").items()
        rows = [(code, count.docs, count.text_bytes) for code, count in counts]
        return pa.Table.from_pylist([dict(zip(schema.names, r, strict=True)) for r in rows], schema)

    @property
    def tables(self) -> list[str]:
        """Names of the tables that `table` reads."""
        return list(self._parts())

    def table(self, name: str, columns: Sequence[str] | None = None) -> "pa.Table":
        """A table that the run wrote, all its parts in order, in memory.

        Args:
          name: one of `tables`, such as `documents` (all that stage `documents` kept, duplicates
            too), `dropped`, `errors`, `duplicates`, `corpus` (the survivors with their final text),
            `token_cost`, `shards`.
          columns: to read; all unless given. `text` is most of it.

        Raises:
          ValueError: no such table, or no such column in it.
        """
        import pyarrow as pa

        parts = self._parts()
        if name not in parts:
            raise ValueError(f"{self._where} has no table {name!r}; it has {', '.join(parts)}")
        self._check(parts[name][0], columns)
        return pa.concat_tables([self._store.read_table(path, columns) for path in parts[name]])

    def documents(self, columns: Sequence[str] | None = None) -> "pa.RecordBatchReader":
        """The documents that no stage removed, as the last one left their texts.

        Args:
          columns: to read; all unless given.

        Returns:
          A RecordBatchReader: iterate over its batches, which are read as they are asked for, or
          take `.read_all()`. It can be gone through once.

        Raises:
          ValueError: no such column.
        """
        import pyarrow as pa

        from pipelines.sources.units import WorkUnit
        from pipelines.stages.common import survivors
        from pipelines.stages.context import StageContext

        schema = self._check(self._parts()["documents"][0], columns)
        names = schema.names if columns is None else list(columns)
        # Ranges that stages cut are of bytes of the text.
        read = names if "text" in names else [*names, "text"]
        units = [
            WorkUnit.from_fields(fields).without_files()
            for fields in self._store.read_json("plan.json")["units"]
        ]
        context = StageContext(self._where, self.recipe, (), "", "", "", {})
        batches = (
            batch.select(names) for unit in units for batch in survivors(context, unit, read)
        )
        return pa.RecordBatchReader.from_batches(
            pa.schema([schema.field(n) for n in names]), batches
        )

    def tokenizer(self) -> "tokenizers.Tokenizer":
        """The tokenizer that the run trained, in Hugging Face's library.

        Raises:
          ValueError: it has none, since its recipe ends with the corpus.
        """
        from tokenizers import Tokenizer

        told = self._manifest["reproducible"].get("tokenizer")
        if told is None:
            raise ValueError(
                f"{self._where} has no tokenizer; run its recipe with last_stage: tokenizer"
            )
        with self._store.open(told["path"]) as file:
            return Tokenizer.from_str(file.read().decode())

    def _funnels(self) -> "dict[str, Funnel]":
        from manifests.manifest import STAGES
        from manifests.statistics import Funnel

        done = self._manifest["reproducible"]["stages"]
        return {name: Funnel.from_json(done[name]["funnel"]) for name in STAGES if name in done}

    def _parts(self) -> dict[str, list[str]]:
        """Parquet files by table, in the order of stages and parts."""
        from manifests import files
        from manifests.manifest import STAGES

        parts: dict[str, list[str]] = {}
        for path in (file["path"] for file in files.read(self._store, *STAGES)):
            # Below `index` are files that only look-ups read.
            if path.endswith(".parquet") and path.count("/") < 2:
                parts.setdefault(path.removesuffix(".parquet").split("/")[0], []).append(path)
        return {name: sorted(paths) for name, paths in parts.items()}

    def _check(self, path: str, columns: Sequence[str] | None) -> "pa.Schema":
        """Schema of a part, which has the columns."""
        if isinstance(columns, str):
            raise TypeError(f"columns is one str; give a list, {[columns]}")
        schema = self._store.read_schema(path)
        for name in columns or ():
            if name not in schema.names:
                raise ValueError(f"no column {name!r} in {path}; it has {', '.join(schema.names)}")
        return schema

    def __repr__(self) -> str:
        funnel = self.funnel.to_pylist()
        read, kept = funnel[0]["documents_in"], self.languages["documents"].to_pylist()
        name = self._manifest["reproducible"]["recipe"]["name"]
        return (
            f"<winnow run {self._where}: recipe {name}, {sum(kept):,} of {read:,} documents kept>"
        )

    def _repr_html_(self) -> str:
        from rich.console import Console

        from manifests.summary import summary

        with Path(os.devnull).open("w") as nowhere:
            # In a notebook rich would also show what it prints.
            console = Console(
                record=True, width=110, highlight=False, file=nowhere, force_jupyter=False
            )
            cost = self.table("token_cost") if "token_cost" in self.tables else None
            console.print(summary(self._manifest, cost, self._where))
        style = "white-space: pre; line-height: normal; font-family: monospace"
        return console.export_html(
            inline_styles=True, code_format=f'<pre style="{style}">{{code}}</pre>'
        )


def _strings(name: str, given: Any, form: str) -> list[str]:
    """A list of str, each of a form that the message names."""
    if isinstance(given, str):
        raise TypeError(f"{name} is one str; give a list, {[given]}")
    if not isinstance(given, Iterable):
        raise TypeError(f"{name} is {type(given).__name__}, but must be a list of {form!r}")
    found = list(given)
    for i, item in enumerate(found):
        if not isinstance(item, str):
            raise TypeError(f"{name}[{i}] is {type(item).__name__}, but must be a str {form!r}")
    return found


def _check_folder(out: Any) -> None:
    """Refuses a place where no run can be written."""
    if not isinstance(out, (str, os.PathLike)):
        raise TypeError(f"out is {type(out).__name__}, but must be a folder's path or fsspec URL")
    where = os.fspath(out)
    if not where:
        raise ValueError("out is empty; give the folder that the run is to be written to")
    if where.startswith("memory:") or "::memory:" in where:
        raise ValueError(
            f"out is {where}, but another process does the work and does not see this one's "
            "memory; give a folder or the URL of an object store"
        )


def _check_workers(workers: Any) -> None:
    if workers is None:
        return
    told = "but must be an int of 1 or more, or None for one process for each core"
    if isinstance(workers, bool) or not hasattr(workers, "__index__"):
        raise TypeError(f"workers is {workers!r}, {told}")
    if workers < 1:
        raise ValueError(f"workers is {workers}, {told}")


def _yaml(value: Any) -> str:
    """A value in one line, as the command line's `--set` reads it."""
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, width=sys.maxsize)
    return text.removesuffix("...\n").strip()


def _in_own_process(request: dict[str, Any]) -> dict[str, Any]:
    """What winnow/run_process.py answers, run by a fresh interpreter with this one's sys.path."""
    # As multiprocessing's spawn does, but without the caller's main module: nothing of it is
    # needed, and so it needs no guard. -P: what is in the working directory stands back until
    # sys.path, on which it may be, is there.
    package = __name__.rpartition(".")[0]
    code = (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
        f"from {package}.run_process import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code, json.dumps(sys.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on once
    )  # fmt: skip
    with process:
        assert process.stdin
        assert process.stdout
        try:
            # Its end is the sign to stop for the process, so it stays open until the answer is in.
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            status = process.wait()
        except BrokenPipeError:
            answer, status = "", process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    if answer:
        told: dict[str, Any] = json.loads(answer)
        return told
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    hint = "; the machine may be out of memory" if status == -9 else ""
    return {
        "failed": "process",
        "message": f"the process that did the run {how}{hint}; the same call goes on from here",
        "traceback": "",
    }
