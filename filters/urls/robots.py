"""What a page says to robots: the meta element `robots`, whose `noindex` asks not to be listed.

Source: https://www.robotstxt.org/meta.html; names and
values are blind to case, `none` means `noindex, nofollow`. Differs: elements for one robot alone
(`googlebot`) do not count.
"""

import re

import pyarrow as pa
from resiliparse.parse.html import HTMLTree

from manifests.schemas import HTML

NOINDEX = "robots.noindex"

_WITHIN_BYTES = 64 << 10  # where a page's head ends; only these bytes are looked at
_MAY_SAY = re.compile(rb"<meta\b[^>]{0,1000}?\b(?:noindex|none)\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,;]+")


def asks_not_to_be_indexed(records: pa.RecordBatch) -> pa.BooleanArray:
    """Of each record (schema RECORDS) whether it is a page of HTML whose `robots` say noindex."""
    media_types = records.column("media_type").to_pylist()
    return pa.array(
        [
            media_type == HTML and content.is_valid and _says_noindex(content.as_buffer())
            for media_type, content in zip(media_types, records.column("content"), strict=True)
        ],
        pa.bool_(),
    )


def _says_noindex(content: pa.Buffer) -> bool:
    head = memoryview(content)[:_WITHIN_BYTES]
    if not _MAY_SAY.search(head):
        return False
    tree = HTMLTree.parse(bytes(head).decode("utf-8", "replace"))
    document = tree.document
    for element in document.query_selector_all("meta[name][content]") if document else ():
        name, values = element.getattr("name") or "", element.getattr("content") or ""
        if name.strip().lower() == "robots":
            said = _SEPARATORS.split(values.lower())
            if "noindex" in said or "none" in said:
                return True
    return False
