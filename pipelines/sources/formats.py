"""Which format a file has by its first bytes, to tell a wrong `kind` before a run starts."""

import re
from typing import NamedTuple

from pipelines.sources import arc
from pipelines.sources.compression import head_of
from pipelines.sources.files import UnitFile

HEAD_BYTES = 4 << 10


class Format(NamedTuple):
    """A format of files.

    Attributes:
      told: its name in a sentence.
      kinds: the kinds of sources that read it, the usual one first.
      start: what its content begins with.
      remedy: what to do with such a file, where that is not to name another kind.
    """

    told: str
    kinds: tuple[str, ...]
    start: re.Pattern[bytes]
    remedy: str = ""


_JSON = (
    "jsonl", "hf_dataset", "reddit", "reddit_threads", "twitter", "hacker_news", "cirrussearch",
    "wikimedia_enterprise",
)  # fmt: skip
_XML = rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*+)*+"
_UNPACK = "unpack it first"
FORMATS = (
    Format("Parquet", ("parquet", "hf_dataset"), re.compile(rb"PAR1")),
    Format("Arrow", ("hf_dataset",), re.compile(rb"ARROW1|\xff\xff\xff\xff")),
    Format("WARC", ("warc", "wet", "wat", "common_crawl"), re.compile(rb"WARC/[01]\.")),
    Format("ARC", ("warc",), re.compile(rb"filedesc://|" + arc.HEADER.pattern, re.I)),
    Format("a dump of MediaWiki", ("mediawiki",), re.compile(_XML + rb"<mediawiki\b", re.S)),
    Format(
        "a dump of Stack Exchange",
        ("stackexchange",),
        re.compile(_XML + rb"<(?:posts|comments)\b", re.S | re.I),
    ),
    Format("JSON", _JSON, re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[{\[\"\]])")),
    Format(
        "a table",
        ("csv", "hf_dataset"),
        # A line that is one string is JSON, too, and a table of one column.
        re.compile(
            rb"(?:\xef\xbb\xbf)?(?!\"(?:[^\"\\\n]|\\.)*\"\s*\n)"
            rb"[\"\w][\w \".-]*(?:([,;|\t])[\w \".-]+)+\r?\n[^\n]*\1"
        ),
    ),
    Format(
        "an HTML page",
        (),
        re.compile(_XML + rb"<(?:!doctype\s+html|html)\b", re.S | re.I),
        "fetch the file again if a server sent this page instead of it; pages that were saved are "
        "read from WARC files, such as wget --warc-file writes",
    ),
    Format("a PDF file", (), re.compile(rb"%PDF-"), "put its text into JSON lines"),
    Format("a zip archive", (), re.compile(rb"PK\x03\x04"), _UNPACK),
    Format("an xz file", (), re.compile(rb"\xfd7zXZ\x00"), _UNPACK),
    Format(
        "a 7z archive", ("mediawiki", "stackexchange"), re.compile(rb"7z\xbc\xaf\x27\x1c"), _UNPACK
    ),
)
# What sources of a kind hold, where several kinds read a format.
_HELD = {
    "wet": "WET", "wat": "WAT", "csv": "a table", "jsonl": "JSON", "parquet": "Parquet",
    "warc": "WARC", "common_crawl": "WARC",
}  # fmt: skip


def mismatch(file: UnitFile, kind: str) -> str:
    """Why a kind of sources does not read a file; empty if it may. The file is left at its start.

    A file whose first bytes are those of no format here may be damaged, or be of any.
    """
    head = head_of(file, HEAD_BYTES)
    found = next((one for one in FORMATS if one.start.match(head)), None)
    if found is None or kind in found.kinds:
        return ""
    own = next((one.told for one in FORMATS if kind in one.kinds), None)
    told = f", not {_HELD.get(kind, own)}" if own else ""
    lines = " lines" if found.told == "JSON" and b"[" not in head.split(b"{")[0] else ""
    return f"looks like {found.told}{lines}{told}; {found.remedy or f'use kind: {found.kinds[0]}'}"
