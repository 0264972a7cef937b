"""Files of a run that say again what its manifest says, in the forms that others read.

They are functions of the manifest and of what it has digests of, so that equal runs have equal
ones.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from manifests import inputs
from manifests.card import CARD_FILE, card
from manifests.croissant import CROISSANT_FILE, croissant
from manifests.manifest import stage_manifest
from manifests.provenance import PROVENANCE_FILE, TAKEN, provenance
from manifests.store import Store, json_bytes

DESCRIPTIONS = (CARD_FILE, CROISSANT_FILE, PROVENANCE_FILE)


def descriptions(store: Store, manifest: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The path and content of each such file of a finished run: README.md and others."""
    manifest = json.loads(json_bytes(manifest))  # a recipe's order is lost when it is read again
    yield CARD_FILE, card(manifest).encode()
    yield CROISSANT_FILE, croissant(manifest).encode()
    stages = [name for name in TAKEN if name in manifest["reproducible"]["stages"]]
    files = (file for name in stages for file in store.read_json(stage_manifest(name))["files"])
    table = store.sha256(inputs.INPUTS_FILE)
    yield PROVENANCE_FILE, provenance(manifest, files, table, inputs.read(store)).encode()
