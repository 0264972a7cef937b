"""The HTML of a report: one file that loads nothing, whose texts from a crawl are only texts.

Jinja escapes every value. Beside that a Content-Security-Policy allows one script and one style, by
their digests, and nothing from anywhere else: what came through unescaped could not run either.
"""

import base64
import hashlib
import importlib.resources
import re
from collections.abc import Mapping
from typing import Any

# What is not seen and may turn the order of a text: shown as escapes.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def page(contents: Mapping[str, Any]) -> str:
    """A report as HTML.

    Args:
      contents: of `manifests.report.contents`.
    """
    # A tenth of a second, which no other command needs.
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    style, script = _file("report.css"), _file("report.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )
    environment = Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    template = environment.get_template("report.html")
    return template.render(contents, policy=policy, style=style, script=script)


def _file(name: str) -> str:
    """A file beside this module."""
    return (importlib.resources.files(__package__) / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """As a Content-Security-Policy names an inline script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _seen(value: Any) -> Any:
    """A value to print: a text with its control characters shown, which is escaped next."""
    if type(value) is str:
        return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
    return value
