"""`winnow doctor`: what an engine needs, checked before anything is submitted to it.

A check that fails names its remedy. `refuse` is the part that `winnow run` asks first: quick, and
only of what would surely fail later.
"""

import contextlib
import dataclasses
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import zipfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import fsspec
from rich.table import Table
from rich.text import Text

from filters.language import identify
from pipelines.commands import console
from pipelines.engines import runners
from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import load
from pipelines.recipe.recipe import Recipe

JAVA_VERSIONS = (8, 11, 17)  # that Spark 3.5 runs on
SPARK_SERIES = "3.5"
# The job server's artifact and main class by runner.
JOB_SERVERS = {
    runners.SPARK: ("beam-runners-spark-3-job-server", b"SparkJobServerDriver"),
    runners.FLINK: ("beam-runners-flink-1.19-job-server", b"FlinkJobServerDriver"),
}
MIN_MEMORY_BYTES = 2 << 30  # a worker: models and kernels, a batch, the largest record
MIN_DISK_BYTES = 2 << 30
_VERSION = re.compile(r'version "(\d+)(?:\.(\d+))?')
_JAR_VERSION = re.compile(r"job-server-(\d+\.\d+\.\d+)\.jar$")
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"
_METADATA = "GCE_METADATA_HOST"


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
      what: a noun, as `java`.
      found: how it is.
      remedy: what to do about it; "" when all is well.
      fatal: a run cannot succeed without the remedy.
    """

    what: str
    found: str
    remedy: str = ""
    fatal: bool = True


def command(
    name: str | None,
    overrides: Sequence[str],
    sources: Sequence[str],
    runner: str,
    beam_options: Sequence[str],
    where: str | None,
    as_json: bool = False,
) -> None:
    """Prints every check with what was found and the remedy.

    Raises:
      RecipeError: the recipe is wrong.
      Failure: a run cannot succeed here.
    """
    recipe = load(name, overrides, sources) if name is not None else None
    checks = list(examine(runner, beam_options, recipe, where))
    fatal = any(check.remedy and check.fatal for check in checks)
    if as_json:
        console.print_json(
            {"ready": not fatal, "checks": [dataclasses.asdict(check) for check in checks]}
        )
    else:
        _print(checks)
    if fatal:
        raise console.Failure("not ready; each FAULT names its remedy", 1)


def _print(checks: Sequence[Check]) -> None:
    table = Table("", "what")
    for heading in ("found", "remedy"):  # a command must stay whole
        table.add_column(heading, overflow="fold")
    for check in checks:
        mark = ("FAULT" if check.fatal else "note") if check.remedy else "ok"
        table.add_row(mark, Text(check.what), Text(check.found), Text(check.remedy))
    console.out.print(table)


def refuse(recipe: Recipe, out: str, runner: str, given: Sequence[str]) -> None:
    """Stops before submission what cannot succeed.

    Raises:
      RecipeError: every fatal fault with its remedy.
    """
    options = runners.known_options(runners.completed_options(runner, given))
    faults = [
        f"{check.what}: {check.found}; {check.remedy}"
        for check in (*engine_checks(runner, options), *path_checks(runner, options, recipe, out))
        if check.remedy and check.fatal
    ]
    if faults:
        raise RecipeError("\nwinnow: ".join(faults))


def examine(
    runner: str, given: Sequence[str], recipe: Recipe | None, out: str | None
) -> Iterator[Check]:
    """Everything that can be known of this machine, the engine and a recipe's paths."""
    options = runners.known_options(runners.completed_options(runner, given))
    versions = ", ".join(f"{name} {version}" for name, version in runners.versions().items())
    yield Check("versions", versions)
    yield from machine_checks(out)
    yield from engine_checks(runner, options)
    yield model_check(recipe)
    if recipe is not None:
        yield from path_checks(runner, options, recipe, out or ".")


def machine_checks(out: str | None) -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        line = next(x for x in Path("/proc/meminfo").read_text().splitlines() if "Available" in x)
        memory = int(line.split()[1]) << 10
    short = memory < MIN_MEMORY_BYTES
    remedy = f"--workers 1, or a machine with {MIN_MEMORY_BYTES >> 30} GB free" if short else ""
    yield Check("memory", f"{memory / 1e9:.1f} GB free, {cores} cores", remedy, fatal=False)
    if out is None or "://" not in out:
        folder = Path(out or ".").absolute()
        while not folder.exists():
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        remedy = "free some, or give --out another disk" if free < MIN_DISK_BYTES else ""
        yield Check("disk", f"{free / 1e9:.1f} GB free under {folder}", remedy, fatal=False)


def model_check(recipe: Recipe | None) -> Check:
    """The language model that the recipe, or the default, names."""
    name = recipe.documents.language.model if recipe else "lid.176.ftz"
    try:
        path = identify.model_path(name)
    except FileNotFoundError as error:
        return Check("language model", str(error), "install winnow whole, or name a model file")
    return Check("language model", f"{name}, {Path(path).stat().st_size / 1e6:.1f} MB")


def engine_checks(runner: str, options: Namespace) -> Iterator[Check]:
    """What the runner itself needs."""
    if runner not in runners.RUNNERS:
        known = ", ".join(runners.RUNNERS)
        yield Check("runner", f"unknown runner {runner!r}", f"known are {known}")
        return
    yield Check("runner", runner)
    if runner == runners.SPARK:
        yield from _spark_checks(options)
    if runner == runners.FLINK and options.job_endpoint is None:
        yield java_check()
        yield jar_check(options.flink_job_server_jar, runner)
    if runner == runners.PORTABLE and options.job_endpoint is None:
        yield Check("job endpoint", "none given", "give --job_endpoint=host:port behind --")
    if runner in (runners.SPARK, runners.FLINK, runners.PORTABLE):
        if options.job_endpoint:
            yield _address_check("job endpoint", options.job_endpoint, "start the job server there")
        yield from _worker_checks(runner, options)
    if runner == runners.DATAFLOW:
        yield from _dataflow_checks(options)


def _spark_checks(options: Namespace) -> Iterator[Check]:
    if options.job_endpoint is None and not options.spark_submit_uber_jar:
        yield java_check()
    if options.job_endpoint is None:
        yield jar_check(options.spark_job_server_jar)
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.origin:
        yield Check("pyspark", "not installed; only a cluster of your own making needs it")
        return
    text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__.*"([\d.]+)', text)
    version = found[1] if found else "of unknown version"
    wrong = not version.startswith(f"{SPARK_SERIES}.")
    remedy = f"pip install 'pyspark>={SPARK_SERIES},<3.6'" if wrong else ""
    yield Check("pyspark", version, remedy, fatal=False)


def java_check() -> Check:
    """The Java that Beam would start: JAVA_HOME's, else the first on PATH."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    remedy = (
        f"install Java {', '.join(map(str, JAVA_VERSIONS))} "
        f"(Spark {SPARK_SERIES} and Flink 1.19 run on no other) and set JAVA_HOME to it"
    )
    try:
        told = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return Check("java", f"{java} does not start", remedy)
    found = _VERSION.search(told)
    if not found:
        return Check("java", "of unknown version", remedy, fatal=False)
    major = int(found[2] or 0) if found[1] == "1" else int(found[1])
    return Check("java", f"version {major}", "" if major in JAVA_VERSIONS else remedy)


def jar_check(jar: str | None, runner: str = runners.SPARK) -> Check:
    """Beam's job server for this engine, of Beam's version."""
    version = runners.versions()["apache-beam"]
    artifact, main = JOB_SERVERS[runner]
    take = (
        f"mvn dependency:copy -Dartifact=org.apache.beam:{artifact}:{version} -DoutputDirectory=. "
        f"and --{runner.removesuffix('Runner').lower()}_job_server_jar={artifact}-{version}.jar "
        "behind --"
    )
    if jar is None:
        return Check("job server jar", "none given", take)
    if "://" in jar:
        return Check("job server jar", jar)
    if not Path(jar).is_file():
        return Check("job server jar", f"{jar} is not there", take)
    try:
        with zipfile.ZipFile(jar) as archive:
            fits = main in archive.read("META-INF/MANIFEST.MF")
    except (zipfile.BadZipFile, KeyError):
        fits = False
    if not fits:
        engine = runner.removesuffix("Runner")
        return Check("job server jar", f"{jar} is no {engine} job server", take)
    found = _JAR_VERSION.search(jar)
    if found and found[1] != version:
        return Check("job server jar", f"is of Beam {found[1]}, this is Beam {version}", take)
    return Check("job server jar", jar)


def _worker_checks(runner: str, options: Namespace) -> Iterator[Check]:
    kind, config = options.environment_type.upper(), options.environment_config or ""
    local = runners.is_local(runner, options)
    if kind == "PROCESS":
        try:
            command = json.loads(config)["command"]
        except (ValueError, KeyError, TypeError):
            remedy = """give --environment_config='{"command": "/path/to/winnow-worker"}'"""
            yield Check("workers", "PROCESS without a command", remedy)
            return
        if local and not os.access(command, os.X_OK):
            remedy = "install winnow there, or give the path of winnow-worker"
            yield Check("workers", f"{command} cannot be run", remedy)
            return
        yield Check("workers", f"processes of {command}")
    elif kind == "EXTERNAL" and local:
        yield _address_check("worker pool", config, "start `winnow-worker pool` on every node")
    else:
        yield Check("workers", f"{kind} {config}".strip())


def _address_check(what: str, address: str, remedy: str) -> Check:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return Check(what, f"{address!r} is no host:port", "write it as localhost:50000")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return Check(what, f"nothing listens on {address}", remedy)
    return Check(what, address)


def _dataflow_checks(options: Namespace) -> Iterator[Check]:
    if importlib.util.find_spec("google.cloud") is None or not importlib.util.find_spec(
        "google.cloud.storage"
    ):
        remedy = "pip install 'winnow-corpus[dataflow]'"
        yield Check("google libraries", "not installed", remedy)
    for name, example in (
        ("project", "my-project"),
        ("region", "europe-west1"),
        ("temp_location", "gs://my-bucket/tmp"),
        ("sdk_container_image", "europe-docker.pkg.dev/my-project/winnow/winnow:0.1.0"),
    ):
        value = getattr(options, name)
        if value is None:
            yield Check(f"--{name}", "not given", f"give --{name}={example} behind --")
        elif name == "temp_location" and not value.startswith("gs://"):
            yield Check(f"--{name}", value, f"workers need a bucket: --{name}={example}")
        else:
            yield Check(f"--{name}", value)
    if not options.no_auth:
        yield credentials_check()


def credentials_check() -> Check:
    """Google's application default credentials, found the way its libraries look, offline."""
    named = os.environ.get(_CREDENTIALS)
    usual = Path.home() / ".config" / "gcloud" / "application_default_credentials.json"
    remedy = "run `gcloud auth application-default login`, or set " + _CREDENTIALS
    if named is not None:
        found = f"{_CREDENTIALS} names {named}"
        return Check("credentials", found, "" if Path(named).is_file() else remedy)
    if usual.is_file():
        return Check("credentials", str(usual))
    if _METADATA in os.environ or _on_google_machine():
        return Check("credentials", "of this machine's service account")
    return Check("credentials", "none found", remedy)


def _on_google_machine() -> bool:
    with contextlib.suppress(OSError):
        return "Google" in Path("/sys/class/dmi/id/product_name").read_text(encoding="utf-8")
    return False


def path_checks(runner: str, options: Namespace, recipe: Recipe, out: str) -> Iterator[Check]:
    """Every path of a recipe: its file system is installed, and workers can see it.

    A folder that all machines mount looks local: only Dataflow, whose machines are new for each
    job, surely sees none. Of other engines' workers `Engine.greet` asks whether they do.
    """
    paths = {"--out": out} | {f"source {s.name}": s.path for s in recipe.sources}
    if recipe.token_cost.parallel:
        paths["token_cost.parallel"] = recipe.token_cost.parallel
    for what, path in paths.items():
        protocol = path.split("://")[0] if "://" in path else ""
        if path.startswith("package:"):
            yield Check(what, path)
        elif protocol in ("", "file"):
            remedy = "copy it to a bucket and give gs://..." if runner == runners.DATAFLOW else ""
            yield Check(what, f"{path} is on this machine alone" if remedy else path, remedy)
        else:
            yield _backend_check(what, path, protocol)


def _backend_check(what: str, path: str, protocol: str) -> Check:
    try:
        fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        return Check(what, f"{path} needs a library: {error}", "install it here and on workers")
    except ValueError:
        known = "gs, s3, abfs, hdfs, https, and more of fsspec's"
        return Check(what, f"{path} has an unknown protocol", f"known are {known}")
    return Check(what, path)
