"""Hosts and domains of URLs, by the Public Suffix List that tldextract ships; no network."""

import functools
from typing import NamedTuple

import pyarrow as pa
import tldextract
from tldextract.remote import lenient_netloc

HOSTS_KEPT = 1 << 16  # a crawl file holds many pages of a host


class Names(NamedTuple):
    """What a host is called; letters as in the URL.

    Attributes:
      registered_domain: the public suffix and one label before it; empty for addresses,
        `localhost` and the like.
      fqdn: the whole host where it has a registered domain, else empty.
    """

    registered_domain: str
    fqdn: str


@functools.cache
def _extractor() -> tldextract.TLDExtract:
    # Without a cache folder and without addresses it takes the snapshot that it was built with.
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


@functools.lru_cache(maxsize=HOSTS_KEPT)
def names_of(netloc: str) -> Names:
    """Of a host as `tldextract` finds it in a URL (`netloc_of`)."""
    found = _extractor()(f"//{netloc}")
    both = found.domain and found.suffix
    return Names(f"{found.domain}.{found.suffix}" if both else "", found.fqdn)


def netloc_of(url: str) -> str:
    """The host of a URL, or of what looks like one, letters as they are."""
    return lenient_netloc(url)


def host_of(url: str) -> str:
    """The host of a URL in lower case; empty where there is none."""
    return lenient_netloc(url).lower()


def registered_domain(host: str) -> str:
    """`bbc.co.uk` of `news.bbc.co.uk`; empty for addresses and hosts without a public suffix."""
    return names_of(host).registered_domain


def domains(urls: pa.StringArray) -> pa.StringArray:
    """The registered domain of each URL, or its host where it has none; in lower case.

    Null for a null and for what has no host.
    """
    return pa.array([_domain(url) if url else None for url in urls.to_pylist()], pa.string())


def _domain(url: str) -> str | None:
    host = host_of(url)
    return registered_domain(host) or host or None


def ends_in(host: str, names: frozenset[str]) -> bool:
    """Whether a host, or a domain that it lies in, is one of `names` (a set, in lower case)."""
    while host:
        if host in names:
            return True
        host = host.partition(".")[2]
    return False
