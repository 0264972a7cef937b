"""Readers of raw records: from stored files to batches of `manifests.schemas.RECORDS`."""

from pipelines.sources.files import FileInfo, UnitFile, describe, expand, open_unit
from pipelines.sources.kinds import KINDS, SourceKind

__all__ = ["KINDS", "FileInfo", "SourceKind", "UnitFile", "describe", "expand", "open_unit"]
