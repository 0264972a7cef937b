"""Short names of licences, and the licence that a page of HTML declares for itself."""

import re

# What an address, or a name in words, has to hold to be one of Creative Commons.
_KINDS = r"(by(?:[ -](?:nc|nd|sa))*)"
_ADDRESS = re.compile(
    rf"https?://(?:www\.)?creativecommons\.org/(?:licenses/{_KINDS}|publicdomain/(zero|mark))"
    r"/(\d\.\d)(?:/(?!rdf)([a-z]{2,3}|scotland))?(?:[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_NAME = re.compile(rf"cc[ -]{_KINDS}[ -]v?(\d\.\d)(?:[ -]([a-z]{{2,3}}))?", re.IGNORECASE)
_ZERO = re.compile(r"cc[ -]?(?:0|zero)[ -]v?(1\.0)", re.IGNORECASE)
HOST = "creativecommons.org/"  # few pages have it, and only those are searched for links


def short_name(told: str) -> str:
    """A licence of Creative Commons as SPDX spells it, `CC-BY-SA-4.0`; any other as it is.

    Args:
      told: an address, such as https://creativecommons.org/licenses/by-sa/4.0/, or a name.
    """
    told = told.strip()
    if found := _ADDRESS.fullmatch(told):
        kind, public, version, where = found.groups()
        if public:
            return f"CC0-{version}" if public.lower() == "zero" else f"CC-PDM-{version}"
        return _spelt(kind, version, where)
    if found := _NAME.fullmatch(told):
        return _spelt(*found.groups())
    if found := _ZERO.fullmatch(told):
        return f"CC0-{found[1]}"
    return told


def of_addresses(addresses: list[str]) -> str | None:
    """The licence of Creative Commons among what a page calls its licence.

    None where there is none, or several, as of a page with pictures of others.
    """
    names = {
        short_name(f"https:{one}" if one.startswith("//") else one)
        for one in map(str.strip, addresses)
        if HOST in one
    }
    known = {name for name in names if name.startswith("CC")}
    return known.pop() if len(known) == 1 else None


def _spelt(kind: str, version: str, where: str | None) -> str:
    parts = ("CC", kind.replace(" ", "-"), version, where)
    return "-".join(part for part in parts if part).upper()
