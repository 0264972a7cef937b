"""Files of a run that say again what its manifest says, in the forms that others read.

They are functions of the manifest (and of `inputs.parquet`, whose digest it has), so that equal
runs have equal ones.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from manifests import inputs
from manifests.card import CARD_FILE, card
from manifests.croissant import CROISSANT_FILE, croissant
from manifests.provenance import PROVENANCE_FILE, provenance
from manifests.store import Store

DESCRIPTIONS = (CARD_FILE, CROISSANT_FILE, PROVENANCE_FILE)


def descriptions(store: Store, manifest: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The path and content of each such file of a finished run: README.md and others."""
    yield CARD_FILE, card(manifest).encode()
    yield CROISSANT_FILE, croissant(manifest).encode()
    yield PROVENANCE_FILE, provenance(manifest, inputs.read(store)).encode()
