"""E-mail addresses and public IPv4 addresses replaced in the text, and counted.

RE2 inside Arrow finds the texts that hold a candidate; Python looks at those alone. Neither
replacement is taken for a hit when the text comes by again.

An e-mail address is ASCII on both sides of the `@` (no internationalised addresses), whatever
letters of other scripts touch it. An IP address is four decimal octets of a globally routable
address, not part of a longer dotted number and not announced as a version.
"""

import hashlib
import ipaddress
import re
import string
from collections.abc import Callable, Sequence
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("email", "ip")
Replacement = Literal["tag", "stand_in"]

LOCAL_CHARACTERS = string.ascii_letters + string.digits + "._%+-'"
LOCAL_FIRST = string.ascii_letters + string.digits + "_"
DOMAIN = re.compile(r"(?=[A-Za-z0-9])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
IMAGE_DENSITY = re.compile(r"[0-9.]+x\.(?:gif|jpe?g|png|svg|webp)", re.IGNORECASE)  # icon@2x.png
OUR_EMAIL = re.compile(r"user-[0-9a-f]{8}@example\.com")

DOTTED_QUAD = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")
VERSION_WORD = re.compile(r"(?:(?<![a-z])v|ver|version|release|build)[\s.:=]{0,3}\Z", re.IGNORECASE)
# Reserved for documentation (RFC 5737): nobody's, and not global, so never replaced again.
DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")

# RE2 patterns: every text with a hit has a match.
CANDIDATES = {
    "email": r"[A-Za-z0-9._%+'-]@[A-Za-z0-9-]+\.[A-Za-z0-9-]",
    "ip": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
}

Span = tuple[int, int]


def redact(
    text: pa.LargeStringArray,
    kinds: Sequence[str] = KINDS,
    replace: Replacement = "tag",
    key: bytes = b"winnow",
) -> tuple[pa.LargeStringArray, pa.RecordBatch]:
    """Replaces each hit of `kinds`, e-mail addresses first.

    Args:
      text: nulls stay null.
      kinds: some of KINDS.
      replace: `tag` writes `<EMAIL>` and `<IP>`. `stand_in` writes an address that depends on the
        value and `key` alone: `user-1a2b3c4d@example.com`, or one of 762 documentation addresses.
      key: of the hash behind stand-ins, up to 64 bytes; without it they can't be guessed back.

    Returns:
      The text, and for each kind an int32 column `pii_email`, `pii_ip` of how many hits were
      replaced (0 for a null text).

    Raises:
      ValueError: unknown kind or replacement.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"unknown PII kind {unknown[0]!r}; the kinds are {', '.join(KINDS)}")
    if replace not in ("tag", "stand_in"):
        raise ValueError(f"unknown PII replacement {replace!r}; use 'tag' or 'stand_in'")
    find: dict[str, Callable[[str], list[Span]]] = {"email": email_spans, "ip": ip_spans}
    stand_in: dict[str, Callable[[str, bytes], str]] = {
        "email": email_stand_in,
        "ip": ip_stand_in,
    }
    columns = {}
    for kind in KINDS:
        if kind not in kinds:
            continue
        mask = pc.fill_null(pc.match_substring_regex(text, pattern=CANDIDATES[kind]), False)
        redacted: list[str] = []
        hits: list[int] = []
        for candidate in text.filter(mask).to_pylist():
            spans = find[kind](candidate)
            parts = []
            at = 0
            for start, end in spans:
                value = candidate[start:end]
                tag = f"<{kind.upper()}>"
                parts += [
                    candidate[at:start],
                    tag if replace == "tag" else stand_in[kind](value, key),
                ]
                at = end
            redacted.append("".join([*parts, candidate[at:]]))
            hits.append(len(spans))
        text = pc.replace_with_mask(text, mask, pa.array(redacted, pa.large_string()))
        zeros = pa.nulls(len(text), pa.int32()).fill_null(0)
        columns[f"pii_{kind}"] = pc.replace_with_mask(zeros, mask, pa.array(hits, pa.int32()))
    return text, pa.RecordBatch.from_pydict(columns)


def email_spans(text: str) -> list[Span]:
    """Where the e-mail addresses of `text` are, stand-ins of ours left out. Linear in `text`."""
    spans: list[Span] = []
    start, end = 0, 0  # of the last address, or what looks like one
    searched = 0
    while (at := text.find("@", searched)) >= 0:
        before = text[searched:at]
        local = before[len(before.rstrip(LOCAL_CHARACTERS)) :]
        touches = 0 < end == at - len(local)
        local = local[_first_of(local, LOCAL_FIRST) :]
        domain = DOMAIN.match(text, at + 1) if local else None
        if domain is None or IMAGE_DENSITY.fullmatch(domain[0]):
            searched = at + 1
            continue
        if not touches:
            start = at - len(local)
        elif spans and spans[-1][0] == start:
            spans.pop()  # `a@b.org_c@d.org` is one hit, or else its stand-ins would form new ones
        searched = end = domain.end()
        if not OUR_EMAIL.fullmatch(text, start, end):
            spans.append((start, end))
    return spans


def _first_of(text: str, characters: str) -> int:
    return next((i for i, c in enumerate(text) if c in characters), len(text))


def ip_spans(text: str) -> list[Span]:
    """Where the public IPv4 addresses of `text` are."""
    spans = []
    for match in DOTTED_QUAD.finditer(text):
        if VERSION_WORD.search(text[max(0, match.start() - 12) : match.start()]):
            continue
        try:
            address = ipaddress.IPv4Address(match[0])
        except ValueError:  # an octet above 255, or with leading zeros
            continue
        if address.is_global:
            spans.append(match.span())
    return spans


def email_stand_in(value: str, key: bytes) -> str:
    return f"user-{_digest(value.lower(), key).hex()}@example.com"


def ip_stand_in(value: str, key: bytes) -> str:
    number = int.from_bytes(_digest(value, key), "big")
    network = DOCUMENTATION_NETWORKS[number % 3]
    return f"{network}.{number // 3 % 254 + 1}"


def _digest(value: str, key: bytes) -> bytes:
    return hashlib.blake2b(value.encode(), digest_size=4, key=key).digest()
