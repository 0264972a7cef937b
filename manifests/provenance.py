"""provenance.json: from what, and by what, the files of a run were made.

An in-toto statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) whose
predicate is SLSA's provenance (https://slsa.dev/spec/v1.0/provenance). It is not signed: tools such
as cosign sign it as it stands. Time and place are left out, so that equal runs have equal files.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from manifests.inputs import INPUTS_FILE
from manifests.statistics import Input

PROVENANCE_FILE = "provenance.json"
MOST_INPUTS = 1_000  # of a statement; a run with more has inputs.parquet alone

_PACKAGE = "pkg:pypi/winnow-corpus"  # https://github.com/package-url/purl-spec
TAKEN = ("corpus", "tokenizer", "token_cost", "shards")  # stages whose files people take


def provenance(
    manifest: Mapping[str, Any],
    files: Iterable[Mapping[str, Any]],
    table: str,
    inputs: Iterable[Input],
) -> str:
    """The statement about a finished run.

    Args:
      files: what people take of it (`WrittenFile` as JSON), those of stages `TAKEN`.
      table: SHA-256 of `inputs.parquet`.
      inputs: all files and ranges that it read, in order; not looked at where they are too many.
    """
    content = manifest["reproducible"]
    dependencies = [{"name": INPUTS_FILE, "digest": {"sha256": table}}]
    if content["inputs"]["count"] <= MOST_INPUTS:
        dependencies += [_dependency(one) for one in inputs if one.sha256]
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": file["path"], "digest": {"sha256": file["sha256"]}}
            for file in sorted(files, key=lambda file: str(file["path"]))
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": f"{_PACKAGE}#run/v1",
                "externalParameters": {"recipe": content["recipe"]},
                "internalParameters": {
                    "recipe_digest": content["recipe_digest"],
                    "run_digest": manifest["run_digest"],
                },
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {
                    "id": _PACKAGE,
                    "version": {"winnow": content["winnow_version"]},
                },
            },
        },
    }
    return json.dumps(statement, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _dependency(one: Input) -> dict[str, Any]:
    """A file that was read, or the bytes of a range of it."""
    found: dict[str, Any] = {"name": one.name, "digest": {"sha256": one.sha256}}
    if "://" in one.path:
        found["uri"] = one.path
    return found
