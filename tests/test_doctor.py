"""What is refused before anything is submitted, each with its remedy."""

import json
import zipfile
from pathlib import Path

import apache_beam as beam
import pytest

from pipelines.engines import checks, runners
from pipelines.recipe import loading
from tests.winnow import winnow

DATAFLOW = [
    "--project=p", "--region=europe-west1", "--temp_location=gs://b/tmp", "--no_auth",
    "--sdk_container_image=europe-docker.pkg.dev/p/r/winnow:0.1.0",
]  # fmt: skip


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for java in JAVA_HOME, of version 17."""
    path = tmp_path / "bin" / "java"
    path.parent.mkdir()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    set_java(path, "17.0.1")
    return path


def set_java(path: Path, version: str) -> None:
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(0o755)


def make_jar(folder: Path, version: str = beam.__version__, main: str = "") -> Path:
    jar = folder / f"beam-runners-spark-3-job-server-{version}.jar"
    main = main or "org.apache.beam.runners.spark.SparkJobServerDriver"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"Main-Class: {main}\r\n")
    return jar


def refused(runner: str, *options: str, out: str = "gs://b/run") -> str:
    return "\n".join(checks.refusals(runner, None, options, loading.load("demo"), out))


def test_a_spark_run_with_all_it_needs_is_let_through(java: Path, tmp_path: Path) -> None:
    jar = make_jar(tmp_path)
    assert refused("SparkRunner", f"--spark_job_server_jar={jar}", out=str(tmp_path)) == ""


def test_a_missing_jar_is_refused_with_the_command_that_takes_it(java: Path) -> None:
    for given in ([], ["--spark_job_server_jar=/nowhere/job-server.jar"]):
        told = refused("SparkRunner", *given)
        assert "mvn dependency:copy" in told
        assert f"job-server:{beam.__version__}" in told


def test_flink_wants_java_and_a_job_server_of_its_own(java: Path, tmp_path: Path) -> None:
    assert "beam-runners-flink-1.19-job-server" in refused("FlinkRunner")
    for_spark = f"--flink_job_server_jar={make_jar(tmp_path)}"
    assert "is no Flink job server" in refused("FlinkRunner", for_spark)
    main = "org.apache.beam.runners.flink.FlinkJobServerDriver"
    jar = make_jar(tmp_path, main=main)
    assert refused("FlinkRunner", f"--flink_job_server_jar={jar}", out=str(tmp_path)) == ""
    java.unlink()
    assert "does not start" in refused("FlinkRunner", f"--flink_job_server_jar={jar}")


@pytest.mark.parametrize(
    ("version", "main", "says"),
    [("2.40.0", "", "is of Beam 2.40.0"), (beam.__version__, "Other", "is no Spark job server")],
)
def test_another_jar_is_refused(
    java: Path, tmp_path: Path, version: str, main: str, says: str
) -> None:
    assert says in refused(
        "SparkRunner", f"--spark_job_server_jar={make_jar(tmp_path, version, main)}"
    )


@pytest.mark.parametrize(
    ("version", "fine"),
    [("1.8.0_392", True), ("11.0.2", True), ("17.0.9", True), ("21.0.1", False)],
)
def test_java_that_spark_cannot_run_on_is_refused(java: Path, version: str, fine: bool) -> None:
    set_java(java, version)
    assert ("java: version" not in refused("SparkRunner")) == fine


def test_no_java_at_all_is_refused(java: Path) -> None:
    java.unlink()
    assert "does not start; install Java 8, 11, 17" in refused("SparkRunner")


def test_a_pool_that_does_not_listen_is_refused(java: Path, tmp_path: Path) -> None:
    jar = make_jar(tmp_path)
    told = refused(
        "SparkRunner", f"--spark_job_server_jar={jar}", "--environment_type=EXTERNAL",
        "--environment_config=localhost:1",
    )  # fmt: skip
    assert "start `winnow-worker pool`" in told


def test_a_job_endpoint_is_needed_and_must_listen() -> None:
    assert "--job_endpoint=" in refused("PortableRunner")
    assert "nothing listens on" in refused("PortableRunner", "--job_endpoint=localhost:1")


def test_dataflow_says_everything_that_is_missing_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setattr(checks, "_on_google_machine", lambda: False)
    told = refused("DataflowRunner", out="run")
    for word in ("--project", "--region", "--temp_location", "--sdk_container_image"):
        assert word in told
    assert "gcloud auth application-default login" in told
    assert "--out: run is on this machine alone; copy it to a bucket" in told


def test_credentials_that_are_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    assert checks.credentials_check().remedy
    (tmp_path / "key.json").write_text("{}")
    assert not checks.credentials_check().remedy


def test_local_engines_get_workers_of_this_environment() -> None:
    options = runners.known_options(
        runners.completed_options("SparkRunner", ["--spark_master_url=local[3]"])
    )
    assert options.environment_type == "PROCESS"
    assert json.loads(options.environment_config)["command"].endswith("winnow-worker")
    assert options.sdk_worker_parallelism == "3"


def test_clusters_get_the_pool_on_each_node_and_what_is_given_stays() -> None:
    given = ["--spark_master_url=spark://head:7077"]
    options = runners.known_options(runners.completed_options("SparkRunner", given))
    assert (options.environment_type, options.environment_config) == ("EXTERNAL", "localhost:50000")
    given += ["--environment_type=DOCKER"]
    assert runners.completed_options("SparkRunner", given)[:2] == tuple(given)
    assert not any(
        "environment_config" in o for o in runners.completed_options("SparkRunner", given)
    )


def test_the_command_names_faults_and_fails(tmp_path: Path) -> None:
    told = winnow("doctor", "demo", "--runner", "PortableRunner", code=1)
    assert "FAULT" in told.stdout
    assert "--job_endpoint=" in told.stdout
    assert "FAULT" not in winnow("doctor", "demo", "--out", tmp_path).stdout


def test_a_run_is_refused_before_its_folder_is_made(tmp_path: Path) -> None:
    winnow("run", "demo", "--out", tmp_path / "run", "--runner", "PortableRunner", code=2)
    assert not (tmp_path / "run").exists()
