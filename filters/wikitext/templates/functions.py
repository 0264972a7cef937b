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
    return call.first.lower()


def upper(call: Call) -> str:
    return call.first.upper()


def lower_first(call: Call) -> str:
    return call.first[:1].lower() + call.first[1:]


def upper_first(call: Call) -> str:
    return call.first[:1].upper() + call.first[1:]


def same(call: Call) -> str:
    return call.first


def if_(call: Call) -> str:
    return call.get("2") if call.first else call.get("3")


def if_equal(call: Call) -> str:
    return call.get("3") if call.first == call.get("2") else call.get("4")


def if_error(call: Call) -> str:
    return call.first


def switch(call: Call) -> str:
    """The value of the first case that is equal; cases without a value fall through."""
    wanted = call.first
    waits, default = False, call.params.get("#default", "")
    for key, value in call.params.items():
        if key == "1":
            continue
        if key.isdigit():
            waits = waits or value == wanted
            default = value  # the last one without a name, if nothing follows it
        elif key == wanted or waits:
            return value
    return default


def pad_left(call: Call) -> str:
    length = plain(call.get("2"))
    width = min(int(length), 100) if length.isdigit() else 0
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
        if abs(value) > 1e15 or abs(digits) > 15:
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
