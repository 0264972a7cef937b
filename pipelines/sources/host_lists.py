"""Files of hosts that a recipe's `url_filter` names."""

import re
from typing import TYPE_CHECKING

from filters.settings import UrlFilter
from pipelines.sources.files import open_binary

if TYPE_CHECKING:
    from filters.urls.url_filter import UrlScreen

_NO_HOST = re.compile(r"[\s\0-\x1f\ufffd]")


def host_files(settings: UrlFilter) -> dict[str, str]:
    """The paths of the lists that are given, by the name of their setting."""
    given = {"deny_hosts": settings.deny_hosts, "allow_hosts": settings.allow_hosts}
    return {name: path for name, path in given.items() if path is not None}


def read_hosts(path: str) -> frozenset[str]:
    """The hosts of a file.

    Raises:
      OSError: it cannot be read; the message says how to mend it.
      ValueError: it names no host, or a line is none.
    """
    from filters.urls.url_filter import host_list  # its kernels only where there is a list

    with open_binary(path) as file:
        text = file.read().decode("utf-8-sig", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("#") and _NO_HOST.search(line.strip()):
            raise ValueError(
                f"line {number} of {path} is no host; write one a line in UTF-8, as example.org"
            )
    found = host_list(text)
    if not found:
        raise ValueError(f"{path} names no host; write one a line, or leave the list out")
    return found


def url_screen(settings: UrlFilter) -> "UrlScreen":
    """The screen that accepts or refuses URLs, with the lists of a recipe loaded.

    Raises:
      OSError: a list cannot be read.
      ValueError: a list names no host, or something else.
    """
    from filters.urls.url_filter import UrlScreen

    hosts = {name: read_hosts(path) for name, path in host_files(settings).items()}
    return UrlScreen(
        settings.lists,
        settings.min_soft_words,
        hosts.get("deny_hosts", frozenset()),
        hosts.get("allow_hosts"),
    )
