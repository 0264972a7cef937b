"""Kinds of templates that a pattern says: which parameters are shown, and what stands around them.

`{2|text|1}` is the first of these parameters that says something; a part in `⟦ ⟧` is left out when
none of its own parameters says anything; all else stands as it is. A pattern with parameters
outside of such parts leaves nothing if none of its parameters says anything.
"""

import functools
import re
from collections.abc import Callable

from filters.wikitext.templates.calls import Call

Form = Callable[[Call], str]
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_TOKEN = re.compile(r"⟦|⟧|\{[^{}]+\}|[^⟦⟧{}]+|[{}]")


@functools.lru_cache(maxsize=1024)
def form_of(pattern: str) -> Form:
    """What writes the text of a template by its pattern."""
    whole = _PARAMETER.fullmatch(pattern)
    if whole:
        names = tuple(whole[1].split("|"))
        if names == ("1",):
            return lambda call: call.first
        return lambda call: call.get(*names)
    if not _PARAMETER.search(pattern):
        return lambda call: pattern
    tokens = _TOKEN.findall(pattern)
    stands = not _PARAMETER.search(re.sub("⟦.*⟧", "", pattern))

    def write(call: Call) -> str:
        text, _, says = _written(tokens, 0, call)
        return text if says or stands else ""

    return write


def _written(tokens: list[str], at: int, call: Call) -> tuple[str, int, bool]:
    """The text up to the `⟧` that ends a part, the place after it, and whether it says anything."""
    text, says = "", False
    while at < len(tokens) and tokens[at] != "⟧":
        token = tokens[at]
        at += 1
        if token == "⟦":
            part, at, said = _written(tokens, at, call)
            if said:
                text, says = text + part, True
        elif len(token) > 2 and token[0] == "{":
            value = call.get(*token[1:-1].split("|"))
            text, says = text + value, says or bool(value)
        else:
            text += token
    return text, at + 1, says
