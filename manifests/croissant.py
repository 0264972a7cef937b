"""croissant.json: a run as MLCommons' Croissant 1.1 describes data sets, for tools that read that.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html, and for the fields of responsible
AI https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html. What these say is counted: a
person who publishes the data adds the licence, the creator, the address and what they know.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from manifests.schemas import CLASSIFIER_PREFIX, CORPUS_FIELDS, shard_schema
from manifests.statistics import DROPPED, ERROR, KEPT, Count, Funnel

CROISSANT_FILE = "croissant.json"
_LISTED = 10  # reasons, languages or sources in a sentence

_TYPES = {
    pa.string(): "sc:Text",
    pa.large_string(): "sc:Text",
    pa.int64(): "cr:Int64",
    pa.int32(): "cr:Int32",
    pa.uint32(): "cr:UInt32",
    pa.uint16(): "cr:UInt16",
    pa.float32(): "cr:Float32",
}
_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field",
    "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset",
    "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated",
    "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}


def croissant(manifest: Mapping[str, Any]) -> str:
    """The file of a finished run; equal runs have equal ones."""
    content = manifest["reproducible"]
    recipe = content["recipe"]
    sets = [("corpus", list(_corpus_fields(recipe)))]
    if "shards" in content:
        # Croissant has no type for the bytes of `doc_id`.
        schema = shard_schema(content["tokenizer"]["vocab_size"])
        sets.append(("shards", [field for field in schema if field.name != "doc_id"]))
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": recipe["name"],
        "description": recipe["description"] or f"Made by winnow with the recipe {recipe['name']}.",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "version": f"1.0.0+{manifest['run_digest'][:16]}",
        "inLanguage": sorted(_kept(content).by(KEPT, "language")),
        "distribution": [_files(name) for name, _ in sets],
        "recordSet": [_records(name, fields) for name, fields in sets],
        **{f"rai:{name}": value for name, value in _responsible(content).items()},
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _corpus_fields(recipe: Mapping[str, Any]) -> Iterator[pa.Field]:
    yield from CORPUS_FIELDS
    for name in recipe["documents"]["classifiers"]:
        yield pa.field(CLASSIFIER_PREFIX + name, pa.float32())


def _files(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{name}-files",
        "name": f"{name}-files",
        "description": f"The Parquet files of {name}/; files.parquet has the SHA-256 of each.",
        "encodingFormat": "application/x-parquet",
        "includes": f"{name}/*.parquet",
    }


def _records(name: str, fields: list[pa.Field]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [_field(name, field) for field in fields],
    }


def _field(records: str, field: pa.Field) -> dict[str, Any]:
    is_list = pa.types.is_list(field.type)
    return {
        "@type": "cr:Field",
        "@id": f"{records}/{field.name}",
        "name": field.name,
        "dataType": _TYPES[field.type.value_type if is_list else field.type],
        **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
        "source": {
            "fileSet": {"@id": f"{records}-files"},
            "extract": {"column": field.name},
        },
    }


def _funnels(content: Mapping[str, Any]) -> dict[str, Funnel]:
    stages = ("documents", "duplicates", "repetition", "corpus")
    return {
        name: Funnel.from_json(content["stages"][name]["funnel"])
        for name in stages
        if name in content["stages"]
    }


def _kept(content: Mapping[str, Any]) -> Funnel:
    return Funnel.from_json(content["stages"]["corpus"]["funnel"])


def _responsible(content: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of responsible AI, of what was counted."""
    recipe, funnels = content["recipe"], _funnels(content)
    documents = recipe["documents"]
    first, kept = funnels["documents"], funnels["corpus"]
    kinds = ", ".join(sorted({source["kind"] for source in recipe["sources"]}))
    inputs = content["inputs"]
    errors = first.by(ERROR, "reason")
    told: dict[str, Any] = {
        "dataCollection": (
            f"{first.rows_in.docs:,} records were read from {inputs['count']:,} files or ranges of "
            f"files ({inputs['size_bytes']:,} bytes; kinds: {kinds}). Records by source: "
            f"{_listed(first.by(None, 'source'))}. inputs.parquet names every file, with its "
            "SHA-256."
        ),
        "dataCollectionType": ["Secondary Data Analysis"],
        "dataCollectionMissingData": (
            f"{sum(n.docs for n in errors.values()):,} records could not be read"
            f"{f': {_listed(errors)}' if errors else ''}. errors/ has each of them."
        ),
        "dataPreprocessingProtocol": [
            f"winnow {content['winnow_version']}; manifest.json has the whole recipe "
            f"(recipe_digest {content['recipe_digest']}), and the counts of every stage.",
            f"Languages were identified by {documents['language']['model']}.",
            *(_told_stage(name, funnel) for name, funnel in funnels.items()),
        ],
        "dataBiases": [
            f"Documents that are left, by language: {_listed(kept.by(KEPT, 'language'))}.",
            f"Share of each language's records that is left: {_shares(first, kept, 'language')}.",
            f"Share of each source's records that is left: {_shares(first, kept, 'source')}.",
        ],
        "dataLimitations": [
            "Programs decided on languages, quality and duplicates; nobody has read the texts.",
            *(alarm["sentence"] for alarm in content["alarms"]),
        ],
        "personalSensitiveInformation": [_told_personal_data(content)],
    }
    if takedowns := content.get("takedowns"):
        told["dataReleaseMaintenancePlan"] = (
            f"{sum(len(one['ids']) for one in takedowns):,} documents were taken out after the run;"
            " manifest.json lists their ids, and the digests of the files before and after."
        )
    return told


def _told_stage(name: str, funnel: Funnel) -> str:
    dropped = funnel.by(DROPPED, "reason")
    because = f": {_listed(dropped)}" if dropped else ""
    return (
        f"Stage {name}: {funnel.rows_in.docs:,} in, {funnel.total(KEPT).docs:,} kept, "
        f"{funnel.total(DROPPED).docs:,} dropped{because}."
    )


def _told_personal_data(content: Mapping[str, Any]) -> str:
    settings = content["recipe"]["documents"]["pii"]
    if settings is None:
        return "Personal data was not looked for."
    counts = content["stages"]["documents"]["counts"]
    found = {name[4:]: n for name, n in counts.items() if name.startswith("pii_")}
    replaced = ", ".join(f"{n:,} {kind}" for kind, n in found.items()) or "nothing"
    return (
        f"Found by program and replaced in the documents that stage documents kept: {replaced}. "
        "Other kinds were not looked for, and what a program does not recognise is still there."
    )


def _listed(counts: Mapping[str, Count]) -> str:
    told = [f"{name or 'none'} {count.docs:,}" for name, count in list(counts.items())[:_LISTED]]
    return ", ".join(told) + _more(len(counts)) if told else "none"


def _shares(before: Funnel, after: Funnel, field: str) -> str:
    left = after.by(KEPT, field)
    told = [
        f"{name or 'none'} {left[name].docs / count.docs if name in left else 0:.1%}"
        for name, count in list(before.by(None, field).items())[:_LISTED]
    ]
    return ", ".join(told) + _more(len(before.by(None, field)))


def _more(number: int) -> str:
    return f" and {number - _LISTED} more" if number > _LISTED else ""
