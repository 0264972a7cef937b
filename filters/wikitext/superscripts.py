"""Superscripts and subscripts on a line, the same from wikitext as from HTML.

They never run into the number before them: `10^6`, `2^(n+1)`, `100_2`; `1st` and `H2O` stay. Nor
do they run into the number behind them: `log_2 8`.
"""

import numpy as np
from numba import njit

from filters.text.numerals import (
    count_numerals,
    ends_with_ten,
    number_before,
    number_of,
    numeral_at,
    numeral_before,
)
from filters.wikitext.lookups import SPACE, U8

PART_OF_WORD, NUMBER, PLAIN = 0, 1, 2
# A capital and a raised letter that are an abbreviation; others are a variable and an exponent.
_ABBREVIATIONS = np.frombuffer(b"BdClDrFrGlJrLtMrMsMtPrSrSt", np.uint8)
# What has products of variables as its exponent, these variables, and endings of words like them.
_BASES, _FACTORS = tuple(b"abexz"), tuple(b"abcdfghijklmnpqrstvwxyz")
_FEWEST_FACTORS, _MOST_FACTORS = 2, 3
_ENDINGS = tuple(tuple(ending) for ending in b"nd rd st th ch ll ts tr nt ns rs tt".split())
# What powers, charges and numbers of notes stand behind, beside letters and digits: |z|, 5%, f'.
_CLOSINGS = tuple(b")]}|%'")
_VARIABLES = 3  # letters in a term such as `a+b`
_LONGEST_GREEK = 6  # bytes
# Of mixed numbers: digits of the whole, numbers below; and the signs of formulas.
_MOST_WHOLE, _PARTS, _FORMULAS = 3, (2, 3, 4, 5, 6, 8, 16, 32, 64), tuple(b"=+*/^<>_-")
# What has limits or an index below: `lim_(x→0)`, `max_i`, `log_2`; and indices: `a_ij`.
_FUNCTIONS = tuple(
    np.frombuffer(name, np.uint8)
    for name in (b"lim", b"max", b"min", b"sup", b"inf", b"log", b"argmax", b"argmin", b"liminf",
                 b"limsup")
)  # fmt: skip
_INDICES = tuple(b"ijklmn")
MAX_BYTES = 200  # longer ones are no exponents, and are not moved


@njit(cache=True, nogil=True)
def kind_of(data: U8, start: int, end: int) -> int:
    """What a superscript or subscript holds: a number, a part of a word or reference, or more."""
    while start < end and data[start] <= SPACE:
        start += 1
    while end > start and data[end - 1] <= SPACE:
        end -= 1
    if end == start or data[start] == ord("["):
        return PART_OF_WORD
    letters = digits = signs = greek = others = operators = 0
    for at in range(start, end):
        byte = data[at]
        others += byte >= 0x80
        greek += byte in (0xCE, 0xCF)
        letters += ord("a") <= (byte | 32) <= ord("z")
        size, _ = numeral_at(data, at, end)
        digits += size
        others -= size if size > 1 else 0  # of another script
        signs += byte in (ord("+"), ord("-"), ord("."), ord(","), ord("*"), ord("'"))
        operators += byte in (ord("+"), ord("-"))
        operators += byte == 0xC3 and at + 1 < end and data[at + 1] == 0x97  # ×
        if byte == 0xE2 and at + 2 < end:
            is_minus = data[at + 1] == 0x88 and data[at + 2] == 0x92
            is_dash = data[at + 1] == 0x80 and data[at + 2] == 0x93  # for a minus
            if is_minus or is_dash:
                signs += 3
                others -= 3
                operators += 1
    if signs == end - start:  # a charge, `Na^+`, or a mark of punctuation
        return NUMBER if data[start] in (ord("+"), ord("-"), 0xE2) else PART_OF_WORD
    if digits and digits + signs == end - start:
        return NUMBER
    if letters == end - start:
        is_variable = letters == 1 and (data[start] | 32) not in (ord("a"), ord("e"), ord("o"))
        return NUMBER if is_variable else PART_OF_WORD
    if letters + digits + signs == end - start and data[start] in (ord("+"), ord("-")):
        return NUMBER
    if greek:
        return NUMBER if end - start == 2 else PLAIN
    if operators and 0 < letters <= _VARIABLES:
        return PLAIN  # `x^(a+b)`
    # `2ème`, `4th,`, `Acme®`, `1º`, `m²`
    return PART_OF_WORD if letters + others + signs == end - start and not digits else PLAIN


@njit(cache=True, nogil=True)
def mark_of(is_above: bool, before: int, kind: int) -> int:
    """The sign to write before a superscript or subscript; 0 for none."""
    is_digit = ord("0") <= before <= ord("9")
    is_letter = ord("a") <= (before | 32) <= ord("z") or before >= 0x80
    if is_above:
        fits = kind != PART_OF_WORD and (is_digit or is_letter or before in _CLOSINGS)
        return ord("^") if fits else 0
    if is_digit:
        return ord("_") if kind != PART_OF_WORD else 0
    return 0


@njit(cache=True, nogil=True)
def is_factorial(out: U8, begin: int, at: int) -> bool:
    """Whether a text ends in `!` behind a number, a variable or a bracket: `n!`, and no `so!`."""
    if at - 2 < begin or out[at - 1] != ord("!"):
        return False
    before = out[at - 2]
    is_alone = at - 3 < begin or not (_is_alphanumeric(out[at - 3]) or out[at - 3] >= 0x80)
    return bool(
        ord("0") <= before <= ord("9") or before == ord(")") or (is_letter(before) and is_alone)
    )


@njit(cache=True, nogil=True)
def is_abbreviation(out: U8, begin: int, at: int, data: U8, start: int, end: int) -> bool:
    """Whether raised letters end an abbreviation or a Greek ordinal: `Dr`, `St`, `1ος`.

    Args:
      out, begin, at: what is written before it.
      data, start, end: its text, without white space around it.
    """
    if at > begin and _is_digit(out[at - 1]) and _is_greek_ordinal(data, start, end):
        return True
    if end - start != 1 or at == begin:
        return False
    if at - 1 > begin and (_is_alphanumeric(out[at - 2]) or out[at - 2] >= 0x80):
        return False
    for pair in range(0, len(_ABBREVIATIONS), 2):
        if out[at - 1] == _ABBREVIATIONS[pair] and data[start] == _ABBREVIATIONS[pair + 1]:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_greek_ordinal(data: U8, start: int, end: int) -> bool:
    """Whether a text is an ending such as `ο`, `η`, `ος`, `ου`; `α` may be a variable."""
    if not 2 <= end - start <= _LONGEST_GREEK or (end - start) % 2:
        return False
    for at in range(start, end, 2):
        if data[at] not in (0xCE, 0xCF):
            return False
    letter = (data[start], data[start + 1])
    return letter in ((0xCE, 0xBF), (0xCE, 0xB7), (0xCF, 0x8C), (0xCE, 0xAE))  # ο η ό ή


@njit(cache=True, nogil=True)
def is_mixed_number(
    out: U8, begin: int, at: int, raised: U8, start: int, end: int, data: U8, after: int, last: int
) -> bool:
    """Whether raised digits are the part above in a mixed number: `3<sup>5</sup>/8`.

    A formula's signs beside it, and a fraction of another kind than rulers and recipes have, say
    that it is none.

    Args:
      out, begin, at: what is written before it.
      raised, start, end: its text.
      data, after, last: the text behind it.
    """
    whole = number_before(out, begin, at)
    if not 0 < count_numerals(out, whole, at) <= _MOST_WHOLE:
        return False
    if not 0 < count_numerals(raised, start, end) <= 2:
        return False
    before = whole
    while before > begin and out[before - 1] == SPACE:
        before -= 1
    is_joined = whole > begin and before == whole and out[whole - 1] not in (ord("("), ord("\n"))
    if is_joined or (before > begin and out[before - 1] in _FORMULAS):
        return False
    if after >= last or data[after] != ord("/"):
        return False
    after += 1
    number, digits, above = 0, 0, number_of(raised, start, end)
    size, value = numeral_at(data, after, last)
    while size and digits < 3:
        number, digits, after = 10 * number + value, digits + 1, after + size
        size, value = numeral_at(data, after, last)
    while after < last and data[after] == SPACE:
        after += 1
    return number in _PARTS and above < number and (after >= last or data[after] not in _FORMULAS)


@njit(cache=True, nogil=True)
def is_power_of_variables(out: U8, begin: int, at: int, data: U8, start: int, end: int) -> bool:
    """Whether raised letters are a product of variables, as in `e<sup>kt</sup>`, and no ending.

    The arguments are those of `is_abbreviation`.
    """
    if not _FEWEST_FACTORS <= end - start <= _MOST_FACTORS or out[at - 1] not in _BASES:
        return False
    if at - 1 > begin and (is_letter(out[at - 2]) or out[at - 2] >= 0x80):
        return False
    for place in range(start, end):
        if data[place] not in _FACTORS:
            return False
    if end - start == 2:
        for ending in _ENDINGS:
            if data[start] == ending[0] and data[start + 1] == ending[1]:
                return False
    return True


@njit(cache=True, nogil=True)
def is_exponent_behind_space(out: U8, begin: int, at: int, data: U8, start: int, end: int) -> bool:
    """Whether a superscript belongs to what stands before a space: `10 <sup>6</sup>`.

    So do those behind the number 10, the 2 and 3 of metres, and negative numbers. Others may be
    numbers of notes. The arguments are those of `is_abbreviation`.
    """
    if end == start or at == begin:
        return False
    is_negative = end - start > 1 and data[start] in (ord("-"), 0xE2)
    if is_negative:
        has_minus = data[start] == 0xE2 and end - start > 3
        digits = start + 3 if has_minus else start + 1
        is_minus = data[start] == ord("-") or (has_minus and data[start + 1] == 0x88)
        is_behind = _is_alphanumeric(out[at - 1]) or numeral_before(out, begin, at)[0] > 0
        return is_minus and count_numerals(data, digits, end) > 0 and is_behind
    if not count_numerals(data, start, end):
        return False
    word = at
    while word > begin and (_is_alphanumeric(out[word - 1]) or out[word - 1] >= 0x80):
        word -= 1
    if word > begin and out[word - 1] in (ord("."), ord(",")):
        return False
    if count_numerals(out, word, at) == 2 and ends_with_ten(out, word, at):
        return True
    is_metres = at - word in (1, 2) and out[at - 1] == ord("m")
    if at - word == 2:
        is_metres = is_metres and out[word] in (ord("k"), ord("d"), ord("c"), ord("m"))
    return (
        is_metres
        and count_numerals(data, start, end) == 1
        and (number_of(data, start, end) in (2, 3))
    )


@njit(cache=True, nogil=True)
def is_prescript(out: U8, begin: int, at: int, data: U8, start: int, end: int) -> bool:
    """Whether a superscript or subscript of digits has nothing before it that it belongs to.

    With another one behind it, it is the first of those of `_92^238U`. The arguments are those of
    `is_abbreviation`.
    """
    if not count_numerals(data, start, end):
        return False
    last = out[at - 1] if at > begin else np.uint8(SPACE)
    return not (_is_alphanumeric(last) or last >= 0x80 or last in (ord(")"), ord("]")))


@njit(cache=True, nogil=True)
def _is_alphanumeric(byte: int) -> bool:
    return _is_digit(byte) or is_letter(byte)


@njit(cache=True, nogil=True)
def _is_digit(byte: int) -> bool:
    return ord("0") <= byte <= ord("9")


NO_INDEX, INDEX, LONG_INDEX = range(3)


@njit(cache=True, nogil=True)
def index_kind(data: U8, start: int, end: int) -> int:
    """What a subscript behind a letter is: letters, several indices, or a part of a name."""
    if end == start:
        return NO_INDEX
    is_letter = ord("a") <= (data[start] | 32) <= ord("z")
    if end - start == 1 and is_letter:
        return INDEX
    if end - start == 2 and data[start] in (0xCE, 0xCF):
        return INDEX  # of Greek
    if end - start == 1:
        return NO_INDEX
    are_indices = end - start <= _VARIABLES
    for at in range(start, end):
        # Arrows and operators, U+2190 to U+22FF.
        is_sign = data[at] == 0xE2 and at + 2 < end and 0x86 <= data[at + 1] <= 0x8B
        if data[at] in (ord("+"), ord("-"), ord(","), ord("="), ord("<"), ord(">")) or is_sign:
            return LONG_INDEX
        are_indices = are_indices and data[at] in _INDICES
    return INDEX if are_indices else NO_INDEX


@njit(cache=True, nogil=True)
def _has_limits(out: U8, begin: int, at: int) -> bool:
    """Whether what is written ends with an operator such as `∫`, or the name of a function."""
    if at - 3 >= begin and out[at - 3] == 0xE2 and 0x88 <= out[at - 2] <= 0x8B:
        return True
    for name in _FUNCTIONS:
        first = at - len(name)
        if first < begin or (first > begin and _is_alphanumeric(out[first - 1])):
            continue
        step = 0
        while step < len(name) and out[first + step] == name[step]:
            step += 1
        if step == len(name):
            return True
    return False


@njit(cache=True, nogil=True)
def _is_plain(data: U8, start: int, end: int) -> bool:
    """Whether a text is letters and digits of ASCII, or a letter beyond: it needs no brackets."""
    if end - start == 2 and data[start] >= 0x80:
        return True
    for at in range(start, end):
        if not _is_alphanumeric(data[at]):
            return False
    return end > start


@njit(cache=True, nogil=True)
def subscript_mark(
    out: U8, begin: int, at: int, data: U8, start: int, end: int, kind: int,
    is_before_digit: bool,
) -> tuple[int, int]:  # fmt: skip
    """The sign before a subscript, 0 for none, and its kind: `x_i`, `∫_0`, `Vmax`, `100_2`.

    Args:
      out, begin, at: what is written before it.
      data, start, end: its text; no bytes if it has several.
      kind: what `kind_of` says of it.
      is_before_digit: a digit stands directly behind it, as in `log_2 8`.
    """
    if (end > start or kind == PLAIN) and _has_limits(out, begin, at):
        return ord("_"), NUMBER if _is_plain(data, start, end) else PLAIN
    last, before = out[at - 1], out[at - 2] if at - 1 > begin else np.uint8(0)
    is_name = is_letter(last) or (last >= 0x80 and before in (0xCE, 0xCF))  # of Greek
    if is_name:
        index = LONG_INDEX if kind == PLAIN else NO_INDEX
        if end > start:
            index = index_kind(data, start, end)
        if index == LONG_INDEX:
            return ord("_"), PLAIN
        if index == INDEX and not is_letter(before):
            return ord("_"), NUMBER
        if is_before_digit and kind == NUMBER:
            return ord("_"), NUMBER
    if numeral_before(out, begin, at)[0]:
        return mark_of(False, ord("0"), kind), kind
    return mark_of(False, last, kind), kind


@njit(cache=True, nogil=True)
def is_letter(byte: int) -> bool:
    return ord("a") <= (byte | 32) <= ord("z")
