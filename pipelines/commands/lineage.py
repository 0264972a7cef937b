"""OpenLineage: events that tell catalogues such as Marquez or DataHub of a run.

Source: the specification 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json) and its facets.
Names of data follow https://openlineage.io/docs/spec/naming.
"""

import contextlib
import datetime
import json
import os
import posixpath
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from manifests.manifest import parts
from manifests.store import Store
from pipelines.recipe.recipe import Recipe, Source
from pipelines.sources import common_crawl
from pipelines.sources.files import PACKAGE
from pipelines.stages.settings import wanted_stages

_PRODUCER = "https://pypi.org/project/winnow-corpus/"
_SPECIFICATION = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "jobType": ("2-0-4", "JobTypeJobFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "processing_engine": ("1-1-1", "ProcessingEngineRunFacet"),
    "schema": ("1-2-0", "SchemaDatasetFacet"),
}
_FOLDERS = ("corpus", "shards")

Finish = Callable[[Mapping[str, Any]], None]


@contextlib.contextmanager
def told(
    file: str | None, recipe: Recipe, where: str, reason_of: Callable[[Exception], str]
) -> Iterator[Finish]:
    """Appends the events of a run to a file, one JSON object a line; does nothing without one.

    The first event is START. The last is COMPLETE if the run's manifest is given to what is
    yielded, ABORT if it is interrupted, and FAIL with the error's sentence otherwise.

    Args:
      where: the run's folder.
      reason_of: an error as a sentence without content of documents.

    Raises:
      OSError: the file cannot be written.
    """
    if file is None:
        yield lambda _: None
        return
    run_id = str(uuid.uuid4())
    job = {
        "namespace": "winnow",
        "name": recipe.name,
        "facets": _facet(
            "jobType", processingType="BATCH", integration="WINNOW", jobType="PIPELINE"
        ),
    }
    inputs = [_input(source) for source in recipe.sources]

    def tell(state: str, outputs: list[dict[str, Any]], facets: Mapping[str, Any]) -> None:
        event = {
            "eventType": state,
            "eventTime": datetime.datetime.now(datetime.UTC).isoformat(),
            "run": {"runId": run_id, "facets": dict(facets)},
            "job": job,
            "inputs": inputs,
            "outputs": outputs,
            "producer": _PRODUCER,
            "schemaURL": _SPECIFICATION,
        }
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(event, ensure_ascii=False) + "\n")

    def finish(manifest: Mapping[str, Any]) -> None:
        content = manifest["reproducible"]
        store = Store(where)
        outputs = [
            _dataset(
                store.url(folder),
                _facet("schema", fields=_fields(store, folder)),
                _facet(
                    "outputStatistics",
                    rowCount=content[folder]["rows"],
                    size=content[folder]["files"]["size_bytes"],
                    fileCount=content[folder]["files"]["count"],
                ),
            )
            for folder in _FOLDERS
            if folder in content
        ]
        engine = manifest["environment"]["engine"]["runner"]
        version = manifest["environment"]["versions"]["apache-beam"]
        tell("COMPLETE", outputs, _facet("processing_engine", name=engine, version=version))

    stages = wanted_stages(recipe)
    planned = [_dataset(posixpath.join(where, folder)) for folder in _FOLDERS if folder in stages]
    tell("START", planned, {})
    try:
        yield finish
    except KeyboardInterrupt:
        tell("ABORT", planned, {})
        raise
    except Exception as error:
        failed = {"message": reason_of(error), "programmingLanguage": "PYTHON"}
        tell("FAIL", planned, _facet("errorMessage", **failed))
        raise


def not_writable(file: str | None) -> str | None:
    """Why events cannot be written to a file."""
    if file is None:
        return None
    try:
        with Path(file).open("a", encoding="utf-8"):
            return None
    except OSError as error:
        return f"{file} cannot be written: {error.strerror}; give a file in a folder that is there"


def _facet(key: str, /, **fields: Any) -> dict[str, Any]:
    version, kind = _FACETS[key]
    schema = f"https://openlineage.io/spec/facets/{version}/{kind}.json#/$defs/{kind}"
    return {key: {"_producer": _PRODUCER, "_schemaURL": schema, **fields}}


def _input(source: Source) -> dict[str, Any]:
    if source.kind == "common_crawl":
        return {"namespace": common_crawl.BASE, "name": source.path}
    if source.path.startswith(PACKAGE):
        return {"namespace": "package", "name": source.path.removeprefix(PACKAGE)}
    return _dataset(source.path)


def _dataset(
    address: str,
    facets: Mapping[str, Any] | None = None,
    output_facets: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    protocol, is_address, rest = address.partition("://")
    if is_address and protocol != "file":
        host, _, name = rest.partition("/")
        found: dict[str, Any] = {"namespace": f"{protocol}://{host}", "name": name}
    else:
        found = {"namespace": "file", "name": os.path.abspath(rest if is_address else address)}
    if facets:
        found["facets"] = facets
    if output_facets:
        found["outputFacets"] = output_facets
    return found


def _fields(store: Store, folder: str) -> list[dict[str, str]]:
    paths = parts(store, folder)
    schema = store.read_schema(paths[0]) if paths else ()
    return [{"name": field.name, "type": str(field.type)} for field in schema]
