"""What `{{#expr:…}}` comes to.

Source: MediaWiki's extension ParserFunctions, ExprParser.php, and its help page
https://www.mediawiki.org/wiki/Help:Extension:ParserFunctions##expr: precedence of operators (all of
them from the left), `mod` of whole numbers with the sign of the first, `round` half away from zero,
14 digits.
"""

import decimal
import math
import operator
import re
from collections.abc import Callable

_MAX_CHARS, _MAX_DEPTH = 200, 32
_MAX_PLACES = 30
_ENOUGH = decimal.Context(prec=400)  # digits of the largest float and all of its places
_TOKEN = re.compile(r"\s*(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|[a-z]+|<>|!=|<=|>=|[-+*/^()<>=])", re.I)


def _quotient(left: float, right: float) -> float:
    return left / right


def _remainder(left: float, right: float) -> float:
    return math.fmod(int(left), int(right))


def rounded(value: float, places: float) -> float:
    """Half away from zero, of the digits that the number is written with: 1.955 is 1.96."""
    digits = max(-_MAX_PLACES, min(_MAX_PLACES, int(places)))
    unit = decimal.Decimal(1).scaleb(-digits)
    found = decimal.Decimal(repr(value)).quantize(unit, decimal.ROUND_HALF_UP, _ENOUGH)
    return float(found)


def _times_ten(left: float, right: float) -> float:
    return left * 10.0**right


_BINARY: dict[str, tuple[int, Callable[[float, float], float]]] = {
    "e": (10, _times_ten), "^": (8, operator.pow), "*": (7, operator.mul),
    "/": (7, _quotient), "div": (7, _quotient),
    "mod": (7, _remainder), "fmod": (7, math.fmod), "+": (6, operator.add), "-": (6, operator.sub),
    "round": (5, rounded), "=": (4, operator.eq), "<>": (4, operator.ne), "!=": (4, operator.ne),
    "<": (4, operator.lt), ">": (4, operator.gt), "<=": (4, operator.le), ">=": (4, operator.ge),
    "and": (3, lambda left, right: bool(left) and bool(right)),
    "or": (2, lambda left, right: bool(left) or bool(right)),
}  # fmt: skip
_UNARY: dict[str, tuple[int, Callable[[float], float]]] = {
    "-": (10, operator.neg), "+": (10, operator.pos), "not": (9, operator.not_),
    "abs": (9, abs), "ceil": (9, math.ceil), "floor": (9, math.floor), "trunc": (9, math.trunc),
    "exp": (9, math.exp), "ln": (9, math.log), "sqrt": (9, math.sqrt), "sin": (9, math.sin),
    "cos": (9, math.cos), "tan": (9, math.tan), "asin": (9, math.asin), "acos": (9, math.acos),
    "atan": (9, math.atan),
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e}


class _Expression:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def value(self, least: int = 0) -> float:
        """What comes next, up to an operator that binds less than `least`."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("too deep")
        left = self._operand()
        while self._at < len(self._tokens) and self._tokens[self._at] in _BINARY:
            precedence, apply = _BINARY[self._tokens[self._at]]
            if precedence < least:
                break
            self._at += 1
            left = float(apply(left, self.value(precedence + 1)))
        self._depth -= 1
        return left

    def _operand(self) -> float:
        token = self._next()
        if token == "(":
            inner = self.value()
            if self._next() != ")":
                raise ValueError("no bracket")
            return inner
        if token in _UNARY:
            precedence, apply_one = _UNARY[token]
            return float(apply_one(self.value(precedence)))
        return _CONSTANTS[token] if token in _CONSTANTS else float(token)

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def is_read(self) -> bool:
        return self._at == len(self._tokens)


def evaluate(text: str) -> float:
    """The value of an expression.

    Raises:
      ValueError: it is none, or too long.
      ArithmeticError: it has no value.
    """
    text = text.replace("−", "-").lower().strip()
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or len(text) > _MAX_CHARS:
            raise ValueError("no expression")
        tokens.append(found[1])
        at = found.end()
    try:
        expression = _Expression(tokens)
        value = expression.value()
    except (IndexError, KeyError, TypeError, decimal.DecimalException) as error:
        raise ValueError("no expression") from error
    if not expression.is_read() or isinstance(value, complex) or not math.isfinite(value):
        raise ValueError("no expression")
    return value


def written(value: float) -> str:
    """A number as PHP writes it: 14 digits, `1.0E+25`."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.14G}"
    if "E" in text:
        digits, _, power = text.partition("E")
        digits = digits if "." in digits else f"{digits}.0"
        return f"{digits}E{power[0]}{power[1:].lstrip('0')}"
    return text
