"""MediaWiki's own functions: `{{lc:…}}`, `{{#if:…|…|…}}`, and what a sum of numbers comes to."""

import ast
import operator
from collections.abc import Callable

from filters.wikitext.lookups import LOST
from filters.wikitext.templates.calls import Call, plain

# What only the wiki's servers know; the sentence around it goes.
UNKNOWABLE = chr(LOST)
_MAX_SUM_CHARS = 200
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def unknowable(call: Call) -> str:
    """Today's date, or a number that the wiki keeps elsewhere, such as of inhabitants."""
    return UNKNOWABLE


def lower(call: Call) -> str:
    return call.part(0).lower()


def upper(call: Call) -> str:
    return call.part(0).upper()


def lower_first(call: Call) -> str:
    text = call.part(0)
    return text[:1].lower() + text[1:]


def upper_first(call: Call) -> str:
    text = call.part(0)
    return text[:1].upper() + text[1:]


def same(call: Call) -> str:
    return call.part(0)


def if_(call: Call) -> str:
    return call.part(1) if call.part(0) else call.part(2)


def if_equal(call: Call) -> str:
    return call.part(2) if call.part(0) == call.part(1) else call.part(3)


def switch(call: Call) -> str:
    """The value of the first case that is equal; cases without a value fall through."""
    wanted = call.part(0)
    cases = call.parts[1:]
    waits = False
    for key, value in cases:
        if not key:
            waits = waits or value == wanted
        elif key == wanted or waits:
            return value
    if cases and not cases[-1][0]:  # the last one, if it has no name, stands for all others
        return cases[-1][1]
    return next((value for key, value in cases if key == "#default"), "")


def pad_left(call: Call) -> str:
    length = plain(call.get("2"))
    width = min(int(length), 100) if length.isdecimal() else 0
    return call.first.rjust(width, (call.get("3") or "0")[0])


def tag(call: Call) -> str:
    """`{{#tag:ref|…}}`: the element; notes are left out."""
    name = call.first.lower()
    if name in ("ref", "gallery", "references", "timeline"):
        return ""
    return f"<{name}>{call.get('2')}</{name}>" if name.isalpha() else ""


def expression(call: Call) -> str:
    """What a sum of numbers comes to, where it is no more than that."""
    text, _, places = plain(call.first).replace("−", "-").partition(" round ")
    if "{{" in call.first or len(text) > _MAX_SUM_CHARS:
        return UNKNOWABLE
    try:
        value = _sum(ast.parse(text.strip(), mode="eval").body)
        digits = int(places) if places.strip() else 10
        if not abs(value) <= 1e15 or abs(digits) > 15:
            return UNKNOWABLE
        value = round(value, digits)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return UNKNOWABLE
    return str(int(value)) if value == int(value) else repr(value)


def _sum(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_sum(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_sum(node.left), _sum(node.right))
    raise ValueError("no sum")
