"""Files of hosts that a recipe's `url_filter` names."""

from typing import TYPE_CHECKING

from filters.settings import UrlFilter
from pipelines.sources.files import open_binary

if TYPE_CHECKING:
    from filters.urls.url_filter import UrlScreen


def host_files(settings: UrlFilter) -> dict[str, str]:
    """The paths of the lists that are given, by the name of their setting."""
    given = {"deny_hosts": settings.deny_hosts, "allow_hosts": settings.allow_hosts}
    return {name: path for name, path in given.items() if path is not None}


def read_hosts(path: str) -> frozenset[str]:
    """The hosts of a file.

    Raises:
      OSError: it cannot be read; the message says how to mend it.
    """
    from filters.urls.url_filter import host_list  # its kernels only where there is a list

    with open_binary(path) as file:
        return host_list(file.read().decode("utf-8-sig", "replace"))


def url_screen(settings: UrlFilter) -> "UrlScreen":
    """The screen that accepts or refuses URLs, with the lists of a recipe loaded.

    Raises:
      OSError: a list cannot be read.
    """
    from filters.urls.url_filter import UrlScreen

    hosts = {name: read_hosts(path) for name, path in host_files(settings).items()}
    return UrlScreen(
        settings.lists,
        settings.min_soft_words,
        hosts.get("deny_hosts", frozenset()),
        hosts.get("allow_hosts"),
    )
