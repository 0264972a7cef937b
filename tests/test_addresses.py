"""Secrets of addresses stay in the environment, and servers send nobody to private networks."""

import json
import urllib.request
from pathlib import Path

import pytest

from manifests import addresses
from pipelines.sources import files, http
from tests.faulty_server import serving
from tests.winnow import winnow

# Each with what is told; those of S3, Google, Azure and CloudFront have the parameters that their
# documentation of presigned addresses gives.
LITERAL = [
    ("https://me:hunter2@files.example/a", "a password"),
    ("https://ghp_0123@files.example/a", "a user's name or token"),
    ("s3://key:hunter2@bucket/a", "a password"),
    ("https://b.s3.amazonaws.com/a?X-Amz-Date=1&X-Amz-Signature=hunter2", "X-Amz-Signature"),
    ("https://b.s3.amazonaws.com/a?X-Amz-Security-Token=hunter2", "X-Amz-Security-Token"),
    ("https://storage.googleapis.com/b/a?X-Goog-Signature=hunter2", "X-Goog-Signature"),
    ("https://a.blob.core.windows.net/b/a?sv=2022&se=2030&sig=hunter2", "sig"),
    ("https://d.cloudfront.net/a?Policy=x&Signature=hunter2&Key-Pair-Id=K", "Signature"),
    ("https://files.example/a?api_key=hunter2", "api_key"),
    ("https://files.example/a#access_token=hunter2", "access_token"),
]
HARMLESS = [
    "https://files.example/a?page=2&keyword=signature&tokens=5",
    "https://${WHO}:${PASS}@files.example/a?sig=${SIG}",
    "s3://bucket/token=1/key=2/a.parquet",
    "abfs://container@account.dfs.core.windows.net/a",
    "/data/password=1?token=2",
    "http://[broken/a",
]


@pytest.mark.parametrize(("address", "what"), LITERAL)
def test_a_secret_that_is_written_out_is_refused_and_not_quoted(address: str, what: str) -> None:
    with pytest.raises(addresses.BadAddress, match=what) as told:
        addresses.filled(address)
    for secret in ("hunter2", "ghp_0123"):
        assert secret not in str(told.value)


@pytest.mark.parametrize("address", HARMLESS)
def test_names_and_variables_are_no_secrets(address: str) -> None:
    assert addresses.secret_in(address) is None


def test_variables_are_filled_in_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PART", "hunter2")
    address = "https://files.example/a?sig=${PART}"
    assert addresses.filled(address) == "https://files.example/a?sig=hunter2"
    assert addresses.masked(address, "no hunter2 here") == "no ${PART} here"
    assert addresses.filled("/a/${PART}") == "/a/${PART}"  # a path of this machine
    with pytest.raises(addresses.BadAddress, match="ABSENT, which is not set"):
        addresses.filled("s3://b/${ABSENT}")


def test_no_file_of_a_run_holds_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, run = tmp_path / "served", tmp_path / "run"
    folder.mkdir()
    text = "Bees visit the flowers of the old orchard when the first warm days have come. " * 9
    (folder / "a.jsonl").write_text(json.dumps({"text": text}))
    recipe = tmp_path / "a.yaml"
    with serving(folder) as server:
        address = f"{server.url}/a.jsonl?sig=${{SIGNED}}"
        recipe.write_text(
            f"name: a\nsources: [{{name: a, kind: jsonl, path: '{address}'}}]\n"
            "documents: {rules: {}}\nlast_stage: corpus\n"
        )
        monkeypatch.setenv("SIGNED", "hunter2")
        told = winnow("run", recipe, "--out", run, "--workers", "1")
        # Written out, it is refused before anything is written, and told without it.
        literal = f"sources=[{{name: a, kind: jsonl, path: '{server.url}/a.jsonl?sig=hunter2'}}]"
        refused = winnow("run", recipe, "--out", tmp_path / "no", "--set", literal, code=2)
        # A file that is not there is told by its address, not by what it is filled with.
        absent = f"sources=[{{name: a, kind: jsonl, path: '{server.url}/b?sig=${{SIGNED}}'}}]"
        missing = winnow("plan", recipe, "--set", absent, code=2)
    assert server.requests[0][1] == "/a.jsonl?sig=hunter2"
    held = [path for path in run.rglob("*") if path.is_file()]
    assert len(held) > 5
    assert [path for path in held if b"hunter2" in path.read_bytes()] == []
    for output in (told, refused, missing):
        assert "hunter2" not in output.stdout + output.stderr
    assert "sources[0].path: the address holds the parameter sig" in refused.stderr
    assert "${SIGNED}" in missing.stderr
    assert not (tmp_path / "no").exists()


def test_servers_send_nobody_to_private_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(http.CACHE_FOLDER, str(tmp_path / "cache"))
    (tmp_path / "a.txt").write_text("held")
    with serving(tmp_path) as server:
        port = server.server_address[1]
        server.moved = {
            "/moved": "/a.txt",
            "/other": f"http://localhost:{port}/a.txt",
            "/cloud": "http://169.254.169.254/latest/meta-data",
        }
        with files.open_binary(f"{server.url}/moved") as file:
            assert file.read() == b"held"
        for path, host in (("other", "localhost"), ("cloud", "169.254.169.254")):
            with pytest.raises(OSError, match=f"on to {host}, a host of a private network"):
                files.open_binary(f"{server.url}/{path}")
        assert len(server.requests) == 4  # each asked once: it would not change its mind


def test_https_is_not_left_for_http() -> None:
    request = urllib.request.Request("https://files.example/a")
    with pytest.raises(OSError, match="from HTTPS on to http://other"):
        http._Redirects().redirect_request(request, None, 302, "", {}, "http://other.example/a")
