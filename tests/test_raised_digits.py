"""Raised and lowered digits are told alike in every script, and never run into others."""

import unicodedata

import numpy as np
import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text
from filters.text.numerals import count_numerals, number_of
from tests.test_wikitext_as_html import text_of

ZEROS = "0٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀០᠐０"
ALIKE = {
    "m 10<sup>6</sup>": "m 10^6",
    "k 5<sub>2</sub>": "k 5_2",
    "k 5<sup>3</sup>4": "k 5^3 4",
    "k 1<sup>1</sup>/<sub>2</sub>": "k 1 1/2",
    "k 3<sup>5</sup>/8": "k 3 5/8",
    "k 10 <sup>6</sup>": "k 10^6",
}
OF_PAGES = {
    "k 1971<sup>1</sup>": "k 1971[1]",
    "k 1971<sup>1</sup><sup>3</sup>": "k 1971[1][3]",
    "k 854<sup>1)</sup>": "k 854 1)",
    "k 1971<sup><a href=#a>4</a></sup>": "k 1971[4]",
    "k 1971<a class=footnote-ref>4</a>": "k 1971[4]",
    "k <a href=#fn1><sup>1</sup></a>, k": "k[1], k",
}


def shown(html: str) -> str:
    return whole_text(HTMLTree.parse(f"<p>{html}</p>"))


def in_digits(text: str, zero: str) -> str:
    """A text with the digits of another script; those in tags stay."""
    parts = text.replace("<", "\0<").replace(">", ">\0").split("\0")
    digits = {ord("0") + n: chr(ord(zero) + n) for n in range(10)}
    return "".join(p if p.startswith("<") else p.translate(digits) for p in parts)


@pytest.mark.parametrize("zero", ZEROS)
def test_digits_of_all_scripts_are_raised_as_those_of_ascii(zero: str) -> None:
    for html, expected in (ALIKE | OF_PAGES).items():
        assert shown(in_digits(html, zero)) == in_digits(expected, zero)
    for wikitext, expected in ALIKE.items():
        assert text_of(in_digits(wikitext, zero)) == in_digits(expected, zero)


def test_values_of_digits_are_those_of_unicode() -> None:
    for zero in ZEROS:
        digits = "".join(chr(ord(zero) + n) for n in range(10))
        assert [unicodedata.decimal(d) for d in digits] == list(range(10))
        data = np.frombuffer(digits.encode(), np.uint8)
        assert count_numerals(data, 0, len(data)) == 10
        assert number_of(data, 0, len(data)) == 123456789
    for other in ("एक", "٪", "²", "一", "1a", ""):
        data = np.frombuffer(other.encode(), np.uint8)
        assert count_numerals(data, 0, len(data)) == 0


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("2<sup>e</sup>5", "2e 5"),
        ("N<sup>o</sup>7, 1<sup>st</sup>", "No 7, 1st"),
        ("5'<sup>2</sup>", "5'^2"),
        ("１０<sup>６</sup>年", "１０^６年"),
    ],
)
def test_raised_letters_and_signs_keep_digits_apart(html: str, expected: str) -> None:
    assert shown(html) == text_of(html) == expected


def test_a_class_names_an_exponent_and_a_verse_has_its_number() -> None:
    assert shown("10<span class=exponent>6</span>") == "10^6"
    assert shown("<sup>१</sup>आदि में") == "१ आदि में"
    assert shown("so <sup><a href=#x>1</a></sup> it") == "so[1] it"
