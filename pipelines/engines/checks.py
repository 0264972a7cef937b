"""What an engine needs, looked at before anything is submitted to it; each fault has its remedy."""

import argparse
import contextlib
import dataclasses
import importlib.util
import json
import os
import re
import socket
import subprocess
import zipfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from manifests.suggestions import suggest
from pipelines.engines import runners
from pipelines.recipe.config import RecipeError
from pipelines.recipe.recipe import Recipe
from pipelines.sources import files, parallel_text

JAVA_VERSIONS = (8, 11, 17)  # that Spark 3.5 runs on
SPARK_SERIES = "3.5"
# The job server's artifact and main class by runner.
JOB_SERVERS = {
    runners.SPARK: ("beam-runners-spark-3-job-server", b"SparkJobServerDriver"),
    runners.FLINK: ("beam-runners-flink-1.19-job-server", b"FlinkJobServerDriver"),
}
_VERSION = re.compile(r'version "(\d+)(?:\.(\d+))?')
_JAR_VERSION = re.compile(r"job-server-(\d+\.\d+\.\d+)\.jar$")
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"
_METADATA = "GCE_METADATA_HOST"


# Options that Beam's job servers for Spark and Flink know beside those of Beam's Python, which
# hands them on. Source: FlinkPipelineOptions and SparkPipelineOptions of Beam 2.77.
_JOB_SERVER_OPTIONS = """
allow_non_restored_state attached_mode auto_balance_write_files_sharding_enabled
auto_watermark_interval batch_interval_millis bundle_size cache_disabled checkpoint_dir
checkpoint_duration_millis checkpoint_timeout_millis checkpointing_interval checkpointing_mode
disable_metrics enable_spark_metric_sinks enable_stable_input_drain execution_mode_for_batch
execution_retry_delay externalized_checkpoints_enabled fail_on_checkpointing_errors faster_copy
files_to_stage finish_bundle_before_checkpointing flink_conf_dir
force_unaligned_checkpoint_enabled force_slot_sharing_group job_check_interval_in_secs
latency_tracking_interval max_bundle_size max_bundle_time_mills max_parallelism
max_records_per_batch min_pause_between_checkpoints min_read_time_millis
number_of_concurrent_checkpoints number_of_execution_retries object_reuse operator_chaining
parallelism prefer_group_by_key_to_handle_hot_keys re_iterable_group_by_key_result
read_time_percentage retain_externalized_checkpoints_on_cancellation savepoint_path
shutdown_sources_after_idle_ms spark_master state_backend state_backend_storage_path storage_level
tolerable_checkpoint_failure_number unaligned_checkpoint_enabled use_data_stream_for_batch
"""


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


def refusals(
    runner: str, workers: int | None, given: Sequence[str], recipe: Recipe | None, out: str
) -> list[str]:
    """What an engine lacks that a run cannot do without, each in a sentence with its remedy."""
    try:
        runners.require(runner, workers)
    except RecipeError as error:
        return [str(error)]
    if runner == runners.DIRECT and not given:
        return []  # it needs nothing, and Beam takes a second to import
    return [
        f"{check.what}: {check.found}; {check.remedy}"
        for check in examine(runner, given, recipe, out)
        if check.remedy and check.fatal
    ]


def examine(
    runner: str, given: Sequence[str], recipe: Recipe | None, out: str | None
) -> Iterator[Check]:
    """Everything that can be known of an engine, and of its view of a recipe's paths."""
    yield from option_checks(runner, given)
    try:
        options = runners.known_options(runners.completed_options(runner, given))
    except ValueError:  # that an option lacks its value is told
        return
    yield from engine_checks(runner, options)
    if runner == runners.DATAFLOW and recipe is not None:
        yield from _unseen_paths(recipe, out)


def _unseen_paths(recipe: Recipe, out: str | None) -> Iterator[Check]:
    """Paths that Dataflow's machines, which are new for each job, surely do not see.

    A folder that all machines mount looks local: other engines' workers are asked by `Engine.greet`
    whether they see it.
    """
    paths = {"--out": out or "."} | {f"source {s.name}": s.path for s in recipe.sources}
    if recipe.token_cost.parallel:
        paths["token_cost.parallel"] = parallel_text.path_of(recipe.token_cost.parallel)
    for what, path in paths.items():
        if files.is_local(path) and not path.startswith(files.PACKAGE):
            remedy = "copy it to a bucket and give gs://..."
            yield Check(what, f"{path} is on this machine alone", remedy)


def option_checks(runner: str, given: Sequence[str]) -> Iterator[Check]:
    """Options behind `--` that nobody knows: Beam's own parser drops them without a word."""
    from apache_beam.options.pipeline_options import PipelineOptions

    parsers: list[argparse.ArgumentParser] = []
    # Beam hands out its parser of all options to whoever adds some.
    PipelineOptions([]).get_all_options(add_extra_args_fn=parsers.append)
    (parser,) = parsers
    known = [name for name in parser._option_string_actions if name.startswith("--")]
    if runner in (runners.SPARK, runners.FLINK, runners.PORTABLE):
        for name in _JOB_SERVER_OPTIONS.split():
            if f"--{name}" not in known:
                parser.add_argument(f"--{name}")
                known.append(f"--{name}")
    parser.error = runners.refuse  # type: ignore[method-assign]
    what = "option behind --"
    try:
        _, unknown = parser.parse_known_args(list(given))
    except ValueError as error:
        yield Check(what, str(error), "docs/engines.md says what engines take")
        return
    if any(argument.partition("=")[0] == "--runner" for argument in given):
        yield Check(what, "--runner is an option of winnow", "give it before --")
    if runner == runners.DIRECT:
        for argument in given:
            if argument.partition("=")[0] == "--direct_num_workers":
                yield Check(what, "--direct_num_workers is --workers here", "give it before --")
    for argument in unknown:
        name = argument.partition("=")[0]
        if name.startswith("--"):
            hint = suggest(name, known).removeprefix("; ")
            yield Check(what, f"Beam has no option {name}", hint or "take it out")
        elif argument == unknown[0]:
            yield Check(what, f"{argument!r} is no option", "options begin with two dashes")


def engine_checks(runner: str, options: Namespace) -> Iterator[Check]:
    """What the runner itself needs."""
    try:
        runners.require(runner, None)
    except RecipeError as error:
        found, _, remedy = str(error).partition("; ")
        yield Check("runner", found, remedy)
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
