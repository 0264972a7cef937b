"""MediaWiki's own functions: `{{lc:…}}`, `{{#if:…|…|…}}`, and what a sum of numbers comes to."""

import re
from collections.abc import Mapping

from filters.wikitext.lookups import LOST
from filters.wikitext.templates.calls import Call, plain
from filters.wikitext.templates.editions import edition
from filters.wikitext.templates.expressions import evaluate, written
from filters.wikitext.templates.patterns import Form

# What only the wiki's servers know; the sentence around it goes.
UNKNOWABLE = chr(LOST)
# MediaWiki says what is wrong in an element of this class, which `{{#iferror:}}` looks for.
_ERROR = f'<strong class="error">{UNKNOWABLE}</strong>'
_IS_ERROR = re.compile(r"""<(?:strong|span|p|div)\s[^<>]*class\s*=\s*["'][^"'<>]*\berror\b""", re.I)
_NUMBER = re.compile(r"[-+]?(?:\d{1,300}(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_WORDS = re.compile(r"[^{}<>=|\n]*[^\W\d_]{2,}[,;:]? [^{}<>=|\n]*[^\W\d_]{2,}[^{}<>=|\n]*")


def unknowable(call: Call) -> str:
    """Today's date, or a number that the wiki keeps elsewhere, such as of inhabitants."""
    return UNKNOWABLE


def population(call: Call) -> str:
    """es: `{{población|total=500|año=1990}}` says the number itself."""
    return call.get("total") or UNKNOWABLE


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
    return call.part(2) if _are_equal(call.part(0), call.part(1)) else call.part(3)


def _are_equal(left: str, right: str) -> bool:
    """Whether two texts are the same, or numbers of the same value."""
    if left == right or not (_NUMBER.fullmatch(left) and _NUMBER.fullmatch(right)):
        return left == right
    return float(left) == float(right)


def if_error(call: Call) -> str:
    """`{{#iferror:…|what is shown for an error|what is shown for none}}`.

    A value that nobody knows is taken for one without an error, as most are.
    """
    if _IS_ERROR.search(call.part(0)):
        return call.part(1)
    return call.part(2) if len(call.parts) > 2 else call.part(0)


def switch(call: Call) -> str:
    """The value of the first case that is equal; cases without a value fall through."""
    wanted = call.part(0)
    cases = call.parts[1:]
    waits = False
    for key, value in cases:
        if not key:
            waits = waits or _are_equal(value, wanted)
        elif waits or _are_equal(key, wanted):
            return value
    if cases and not cases[-1][0]:  # the last one, if it has no name, stands for all others
        return cases[-1][1]
    return next((value for key, value in cases if key == "#default"), "")


def pad_left(call: Call) -> str:
    """`{{padleft:7|3}}` is 007, `{{padleft:x|5|ab}}` ababx."""
    return _padding(call) + call.first


def pad_right(call: Call) -> str:
    return call.first + _padding(call)


def _padding(call: Call) -> str:
    length, signs = plain(call.get("2")), call.params.get("3", "0")
    missing = min(int(length), 500) - len(call.first) if re.fullmatch("[0-9]{1,4}", length) else 0
    return (signs * missing)[: max(0, missing)]


def gender(call: Call) -> str:
    """`{{gender:user|he|she|they}}`: what the wiki writes of users who do not say."""
    return call.part(3) or call.part(1)


def language_name(call: Call) -> str:
    """`{{#language:fr}}` is français, `{{#language:fr|en}}` French."""
    code, shown = plain(call.part(0)), plain(call.part(1))
    own = edition(shown or code)
    known = own.known or code == "en"
    return (own.language(code) if known else "") or UNKNOWABLE


def tag(call: Call) -> str:
    """`{{#tag:ref|…}}`: the element; notes are left out."""
    name = call.first.lower()
    if name in ("ref", "gallery", "references", "timeline"):
        return ""
    return f"<{name}>{call.get('2')}</{name}>" if name.isalpha() else ""


def expression(call: Call) -> str:
    """What an expression comes to; one that is none, or needs a value of the wiki, is not known."""
    if "{{" in call.first:
        return UNKNOWABLE
    try:
        return written(evaluate(plain(_whole(call))))
    except (ValueError, ArithmeticError):
        return UNKNOWABLE if UNKNOWABLE in call.first else _ERROR


def if_expression(call: Call) -> str:
    """`{{#ifexpr: 1 > 0 | yes | no}}`."""
    try:
        is_true = bool(evaluate(plain(_whole(call))))
    except (ValueError, ArithmeticError):
        unknown = UNKNOWABLE if UNKNOWABLE in call.first or "{{" in call.first else _ERROR
        return unknown if call.part(1) != call.part(2) else call.part(1)
    return call.part(1) if is_true else call.part(2)


def if_exists(call: Call) -> str:
    """`{{#ifexist:Page|[[Page]]|Page}}`: most pages that are asked for exist."""
    return call.part(1) or call.part(2)


def _whole(call: Call) -> str:
    """The first parameter, in which a `=` compares."""
    return call.part(0) if call.parts else call.first


def invoke(forms: Mapping[str, Form], call: Call) -> str:
    """`{{#invoke:Convert|convert|5|km}}` is what the module's template writes of these parameters.

    Of another module the text of a single parameter stays, if it is one of several words.

    Args:
      forms: what writes the text, by the module's name in lower case, or `module|function`.
      call: its first two parameters are module and function.
    """
    module, function = (plain(call.part(i)).lower().replace("_", " ") for i in (0, 1))
    parts = call.parts[2:]
    params = {key: value for key, value in parts if key}
    params |= {str(i): value for i, value in enumerate((v for k, v in parts if not k), 1)}
    form = forms.get(f"{module}|{function}") or forms.get(module)
    if form is not None:
        return form(Call(function, params, call.edition, parts))
    words = [value for key, value in parts if not key and value]
    is_text = len(words) == 1 == len(parts) and _WORDS.fullmatch(words[0]) is not None
    return words[0] if is_text else ""
