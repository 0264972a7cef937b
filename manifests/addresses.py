"""Addresses whose secrets stand in environment variables.

A recipe, a plan, a manifest and an error all name the files that were read. So that a password or
a signature is in none of them, an address has `${NAME}` in its place, and is filled in only where
it is opened.
"""

import os
import re
import urllib.parse

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Ends of the names of parameters of presigned addresses (S3, Google, Azure, CloudFront) and of
# usual web services.
_SECRET = re.compile(
    r"(^|[-_.])(sig|signature|token|password|passwd|pwd|secret|credentials?|(api)?key|auth)$", re.I
)
REMEDY = (
    "set an environment variable to that, here and where workers run, and write ${NAME} in its "
    "place, so that it is in no file of the run"
)


class BadAddress(ValueError):
    """An address that is not opened; the message says why, and does not quote its secret."""


def filled(address: str) -> str:
    """An address with the values of its variables.

    Raises:
      BadAddress: a variable is not set, or a secret is written out in the address.
    """
    if "://" not in address:
        return address  # a path of this machine
    if what := secret_in(address):
        raise BadAddress(f"an address holds {what}; {REMEDY}")

    def value(variable: re.Match[str]) -> str:
        try:
            return os.environ[variable[1]]
        except KeyError:
            raise BadAddress(
                f"{address} names the environment variable {variable[1]}, which is not set; "
                "set it here and where workers run"
            ) from None

    return _VARIABLE.sub(value, address)


def secret_in(address: str) -> str | None:
    """What of an address looks like a secret that is written out, without its value."""
    if "://" not in address:
        return None
    try:
        parts = urllib.parse.urlsplit(address)
    except ValueError:
        return None
    user, at, _ = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    literal = password if colon else name if parts.scheme in ("http", "https") else ""
    if at and _is_literal(literal):
        return "a password" if colon else "a user's name or token"
    for query in (parts.query, parts.fragment):
        for name, text in urllib.parse.parse_qsl(query):
            if _SECRET.search(name) and _is_literal(text):
                return f"the parameter {name}"
    return None


def _is_literal(text: str) -> bool:
    return bool(_VARIABLE.sub("", text))


def masked(address: str, text: str) -> str:
    """A text about an address, with its variables' names in the place of their values."""
    for name in _VARIABLE.findall(address):
        if held := os.environ.get(name):
            text = text.replace(held, f"${{{name}}}")
    return text
