"""Files that name documents: identities and URLs, one a line, to take them out or keep them out."""

import json
import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.urls import url_keys
from manifests import schemas
from pipelines.sources.files import open_binary

IDENTITY = re.compile("[0-9a-fA-F]{32}")


class IdList:
    """Documents by identity or URL.

    A URL stands for all its spellings that servers answer alike (`dedup.urls`).

    Attributes:
      names: identities, 32 hexadecimal digits of lower case, and URLs.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        ids = [bytes.fromhex(name) for name in names if IDENTITY.fullmatch(name)]
        urls = [name for name in names if not IDENTITY.fullmatch(name)]
        self._ids = pa.array(sorted(set(ids)), schemas.DOC_ID)
        self._urls = np.unique(url_keys(pa.array(urls, pa.string()))[0])

    def holds(self, doc_id: pa.Array, url: pa.Array | None) -> pa.BooleanArray:
        """Which documents are named.

        Args:
          doc_id: `schemas.DOC_ID`.
          url: string, null for a document without; None where none has one.
        """
        named = pc.is_in(doc_id, self._ids)
        if url is None or not len(self._urls):
            return named
        keys, there = url_keys(url)
        return pc.or_(named, pa.array(there & np.isin(keys, self._urls)))

    def missing(self, doc_ids: Collection[str], urls: Sequence[str]) -> list[str]:
        """The names that none of these identities and URLs is."""
        keys = set(url_keys(pa.array(urls, pa.string()))[0].tolist())

        def is_there(name: str) -> bool:
            if IDENTITY.fullmatch(name):
                return name in doc_ids
            return int(url_keys(pa.array([name]))[0][0]) in keys

        return [name for name in self.names if not is_there(name)]


def read_ids(path: str) -> IdList:
    """The documents that a file names.

    Lines that are empty or begin with # are passed over. What `winnow takedown` wrote into
    `takedowns/` names the documents that it took out.

    Raises:
      OSError: it cannot be read; the message says how to mend it.
      ValueError: a line is neither an identity nor a URL, or there is none.
    """
    with open_binary(path) as file:
        text = file.read().decode("utf-8-sig", "replace")
    names = tuple(dict.fromkeys(_of_record(text) or _names(path, text)))
    if not names:
        raise ValueError(f"{path} names no document; write an identity or a URL on each line")
    return IdList(names)


def _of_record(text: str) -> list[str]:
    """The identities of a takedown's record; none if the text is another."""
    if not text.startswith("{"):
        return []
    try:
        ids = json.loads(text).get("ids")
    except ValueError:
        return []
    whole = isinstance(ids, list) and all(IDENTITY.fullmatch(str(one)) for one in ids)
    return ids if whole else []


def _names(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        if IDENTITY.fullmatch(name):
            yield name.lower()
        elif "." in name and not re.search(r"[\s\0-\x1f\ufffd]", name):
            yield name
        else:
            raise ValueError(
                f"line {number} of {path} is neither an identity (32 hexadecimal digits, as "
                "`winnow find` prints them) nor a URL; mend it, or begin it with # as a comment"
            )
