"""Where two texts of one line are apart for a reader although no white space is between them.

Style sheets, which nothing here reads, set buttons, the links of a menu and the parts of a card
apart: `<span>Works</span><span>Expert</span>`. Written as one word they are wrong for a reader and
new to a vocabulary. Elements inside of words (`<b>W</b>hat`, `<a>table</a>s`) stay there. On the
375 pages of WCXB's development split, main text made by hand has 290 places of which one element
ends with a lower case letter and the next one begins with a capital: all but one are apart in it.
Of 30 places between two lower case letters it joins 26. Of 33 between a digit and a letter or
another digit, and of 23 between a colon or full stop and a capital, all are apart. Of the 26 none
is parted by what `filters.extract.fields` says of words in lower case.
"""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT
from filters.extract.fields import (
    are_fields,
    are_in_row,
    are_named,
    has_space,
    is_file_name,
    is_part,
    is_prose,
)
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, decode
from filters.text.matching import is_digit, is_letter

_LINK, _FORM, _BOX, _JOINED = 1, 2, 4, 8
# What elements between two texts say of these, as bits. In and behind those of `_JOINED` a capital
# belongs to the word, the formula or the code.
_TRAITS = (
    _LINK * elements.tags("a")
    + _FORM * elements.tags("button input label meter output progress select textarea")
    + _BOX * elements.tags("a abbr cite data dfn q small span time")
    + _JOINED * elements.tags("code kbd mfrac msub msup math rb rt rtc ruby samp sub sup tt var")
)

_LOWER, _UPPER = 1, 2
_CASED = 0x600  # code points below: Latin, Greek, Cyrillic and Armenian, which have case
_CASES = np.array(
    [_LOWER * chr(c).islower() + _UPPER * chr(c).isupper() for c in range(_CASED)], np.uint8
)
_NAME = 2  # letters before a capital inside of names: `McDonald`, `iPhone`
_SINGLES = 2  # digits of two texts of one digit each
_MOST_WORD = 200  # bytes in which a space is looked for
_ENDINGS = (ord("è"), ord("é"))  # of `2ème` and `1ère`
_CODE = elements.tags("code")
_VOWELS = tuple(b"aeiouy")
_ENDS = (ord(")"), ord("/"))  # of what is set between them
_ORDINALS = tuple((ord(ending[0]), ord(ending[1])) for ending in ("st", "nd", "rd", "th"))
_FEWEST, _MOST_BETWEEN = 2, 4  # letters of a word between two numbers
_AROUND = 8  # elements around both texts that are looked at


@njit(cache=True, nogil=True)
def is_apart(
    data: Bytes, nodes: Nodes, before: int, node: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether a space is missing before a text.

    Args:
      before, node: the text before and the text; no other text is between them.
      out, begin, at: what is written, where its line begins, and where it ends.
    """
    last = _previous(out, begin, at)
    left, _ = decode(out, last)
    right, _ = decode(data, np.int64(nodes.start[node]))
    is_count = right == ord("(") and _is_in_words(left) and _is_count(data, nodes, node)
    is_opening = right == ord("(") and (is_digit(left) or _is_mark(left) or is_count)
    is_price = _is_price(data, nodes, node)
    if not (is_opening or is_price or _is_in_words(right)):
        return False
    if not (_is_in_words(left) or _is_mark(left) or is_part(left) or left in _ENDS):
        return False
    closed = opened = np.uint8(0)
    opens = False
    above = np.int64(nodes.parent[before])
    closes = bool(above >= 0 and nodes.last[above] < node)
    while above >= 0 and nodes.last[above] < node:
        closed |= _TRAITS[nodes.tag[above]]
        above = np.int64(nodes.parent[above])
    common = above
    for between in range(before + 1, node):
        opened |= _TRAITS[nodes.tag[between]]
        opens = opens or bool(nodes.last[between] >= node)
    passed = closed | opened
    around = passed
    for _ in range(_AROUND):
        if above < 0:
            break
        around |= _TRAITS[nodes.tag[above]]
        above = np.int64(nodes.parent[above])
    if around & _JOINED:
        return _is_code_apart(data, nodes, before, node, left, right)
    is_form, is_box = bool(passed & _FORM), bool(passed & _BOX)
    is_between_links = bool(closed & opened & _LINK)
    start, end = np.int64(nodes.start[node]), np.int64(nodes.end[node])
    is_whole = closes and opens
    if is_price:  # Rent€900; US$900
        is_word = _is_wide(left) or (_is_in_words(left) and _letters(out, begin, at) > _NAME)
        return is_box and is_whole and is_word
    if is_opening:
        # 4.5(120), Books(12), and the source behind a sentence
        if not (is_box and is_whole):
            return False
        if is_count and not is_digit(left):
            return _letters(out, begin, at) > _NAME
        if is_digit(left):
            return _is_number(out, begin, at)
        return has_space(data, nodes, before) and left != ord(":")
    if _is_mark(left):
        if is_box and is_whole and left == ord(".") and _is_number(out, begin, last):
            is_move = end - start == _NAME and is_digit(data[end - 1])  # 1.e4
            is_long = end - start > _NAME or is_move  # 1.a large stream
            return bool(is_long and _case(right) == _LOWER)
        return is_box and _ends_words(data, nodes, before, left, right, out, begin, last)
    if left in _ENDS:
        # /ˈrɪvə/noun, (120)reviews
        first = data[nodes.start[before]]
        is_enclosed = first == left or (first == ord("(") and left == ord(")"))
        has_more = bool(nodes.end[before] - nodes.start[before] > 1)
        return is_box and is_whole and bool(is_enclosed) and has_more
    if is_form:
        return True
    is_row = is_box and is_whole and are_in_row(data, nodes, before, node, common)
    if is_part(left) or is_digit(left) or is_digit(right):
        if is_between_links:
            return True
        if is_row and _is_han_or_kana(left):
            return True  # 卵3個
        if is_box and is_whole and _are_letters_with_digits(data, nodes, before, node):
            return True  # e4e5
        if is_digit(left) and is_digit(right):
            if is_prose(data, nodes, before, node, common):
                return False
            # Digits that are set one by one are those of one number.
            digits = _digits_at_end(
                data, np.int64(nodes.start[before]), np.int64(nodes.end[before])
            )
            return is_whole and digits + _digits_at_start(data, start, end) > _SINGLES
        if _is_between_numbers(data, nodes, before, node, out, begin, at):
            return True
        if is_box and is_whole and _is_wide(right) and _is_price(data, nodes, before):
            return True  # $2,952活動
        if is_box and is_whole and _is_number_of_phrase(data, nodes, before, node, common):
            return True  # 1In this Act
        if is_box and is_whole and is_digit(right) and not (is_digit(left) or is_part(left)):
            # 47.8k20; 1 yr5 comments
            has_amount = has_space(data, nodes, before) or _begins_with_digit(out, begin, at)
            if has_amount and are_named(data, nodes, before, node, common):
                return True
        # 1 ½ dl milk
        is_unit = is_part(left) and end - start <= _NAME and _case(right) == _LOWER
        if is_unit and is_box and is_whole:
            return are_fields(data, nodes, before, node, common, True, out, begin)
        if is_whole and _is_han_or_kana(left) and _letters(out, begin, at) > 1:
            # 牛乳200ml; 平成30年 is a word
            return is_box and (
                _has_unit(data, start, end)
                or are_fields(data, nodes, before, node, common, True, out, begin)
            )
        return is_box and _is_number_apart(data, start, end, is_whole, opens, out, begin, at)
    from_lower, to = _case(left) == _LOWER, _case(right)
    if is_between_links and not (from_lower and to == _LOWER):
        return True
    is_wide = _is_wide(left) and _is_wide(right)
    if is_row and is_wide:
        return True
    ends_short = _letters(out, begin, at) <= _NAME and not is_file_name(data, nodes, before)
    if from_lower and to == _UPPER and is_box and ends_short:
        # By, Anna; `iPhone` has a single letter before its capital.
        is_word = nodes.end[before] - nodes.start[before] >= _NAME
        return is_whole and is_word and are_named(data, nodes, before, node, common)
    if not is_box or (ends_short and not is_wide and not _is_numbered(out, begin)):
        return False
    if from_lower and to == _UPPER:
        return True
    begins_short = _letters_at_start(data, start, end) <= _NAME
    if not is_whole or (begins_short and not is_wide and not has_space(data, nodes, node)):
        return False
    if is_row and not (ends_short or begins_short):
        return True
    is_short = ends_short or begins_short or _is_han_or_kana(left)
    may_be_fields = is_wide or (_is_small(left) and _is_small(right))
    is_cased = _case(left) == _UPPER and _case(right) != 0  # HOSTWelcome
    if is_cased and not is_short and are_named(data, nodes, before, node, common):
        return True
    if may_be_fields and are_fields(data, nodes, before, node, common, is_short, out, begin):
        return True
    return _is_hebrew(left) and _is_hebrew(right) and not is_short


@njit(cache=True, nogil=True)
def _is_small(code: int) -> bool:
    """Whether a letter is in lower case, or of a script without case whose words have spaces."""
    return (
        _case(code) == _LOWER
        or 0x05D0 <= code < 0x0700  # Hebrew, Arabic
        or 0x0900 <= code < 0x0E00  # Devanagari and others of India
        or _is_hangul(code)
    )


@njit(cache=True, nogil=True)
def _is_wide(code: int) -> bool:
    """Whether a character is one of those of which two or one are often a word."""
    return _is_han_or_kana(code) or _is_hangul(code)


@njit(cache=True, nogil=True)
def _is_han_or_kana(code: int) -> bool:
    return 0x3040 <= code < 0x3100 or 0x3400 <= code < 0xA000


@njit(cache=True, nogil=True)
def _is_numbered(out: Bytes, begin: int) -> bool:
    """Whether a line begins with a number, as those of ingredients do."""
    code, _ = decode(out, np.int64(begin))
    return is_digit(code) or is_part(code)


@njit(cache=True, nogil=True)
def _is_between_numbers(
    data: Bytes, nodes: Nodes, before: int, node: int, out: Bytes, begin: int, at: int
) -> bool:
    """Whether a word stands between two numbers in elements: `10`, of, `20`."""
    word = node if is_digit(out[at - 1]) else before
    start, end = nodes.start[word], nodes.end[word]
    if not _FEWEST <= end - start <= _MOST_BETWEEN or word + 2 >= len(nodes.tag):
        return False
    for place in range(start, end):
        if not ord("a") <= data[place] <= ord("z"):
            return False
    if end - start == 2:
        for ending in _ORDINALS:
            if data[start] == ending[0] and data[start + 1] == ending[1]:
                return False
    if word == before:
        is_parted = at - (end - start) - 2 >= begin and out[at - (end - start) - 1] == ord(" ")
        return is_parted and is_digit(out[at - (end - start) - 2])
    is_inside = nodes.last[nodes.parent[before]] < node and nodes.tag[node + 1] != TEXT
    is_number = is_inside and nodes.tag[node + 2] == TEXT and nodes.last[node + 1] >= node + 2
    return bool(is_number and is_digit(data[nodes.start[node + 2]]))


@njit(cache=True, nogil=True)
def _is_code_apart(
    data: Bytes, nodes: Nodes, before: int, node: int, left: int, right: int
) -> bool:
    """Whether a piece of code follows another, or stands in a box of its own behind a word.

    Two of `<code>` beside one another are two boxes. `<a>Name</a><span class="stab"><code>unstable`
    is a name and what is said of it.
    """
    if not (_is_in_words(left) and _is_in_words(right)):
        return False
    code, above = np.int64(nodes.parent[node]), np.int64(nodes.parent[before])
    if code < before or not _CODE[nodes.tag[code]] or above < 0 or nodes.last[above] >= node:
        return False
    for between in range(before + 1, code):
        if nodes.class_end[between] > nodes.class_start[between] and nodes.last[between] >= node:
            return True
    while above >= 0 and nodes.last[above] < node:
        if _CODE[nodes.tag[above]]:
            return True
        above = np.int64(nodes.parent[above])
    return False


@njit(cache=True, nogil=True)
def _is_number_of_phrase(data: Bytes, nodes: Nodes, before: int, node: int, common: int) -> bool:
    """Whether a text is a number alone, and the one behind, of another class, has several words.

    `1st of May`, `3D print` and `10s or less` go on with the number.
    """
    for at in range(nodes.start[before], nodes.end[before]):
        if not (is_digit(data[at]) or data[at] in (ord("."), ord(",")) or data[at] <= ord(" ")):
            return False
    start, end = np.int64(nodes.start[node]), np.int64(nodes.end[node])
    word = start
    while word < end and (is_letter(data[word]) or data[word] >= 0x80):
        word += 1
    if word == end or data[word] != ord(" "):
        return False
    if word - start == 1 and data[start] != ord("A"):
        return False
    if word - start == _NAME:
        for ending in _ORDINALS:
            if data[start] == ending[0] and data[start + 1] == ending[1]:
                return False
    return are_named(data, nodes, before, node, common)


@njit(cache=True, nogil=True)
def _is_price(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a text begins with the sign of a currency and a digit."""
    sign, width = decode(data, np.int64(nodes.start[node]))
    behind = nodes.start[node] + width
    is_sign = sign in (ord("$"), 0xA3, 0xA5) or 0x20A0 <= sign < 0x20D0  # £, ¥, and € among others
    return is_sign and behind < nodes.end[node] and is_digit(data[behind])


@njit(cache=True, nogil=True)
def _are_letters_with_digits(data: Bytes, nodes: Nodes, before: int, node: int) -> bool:
    """Whether both texts are small letters before a digit that ends them: `e4`, `Nf3`, `v2`."""
    for text in (before, node):
        start, end = nodes.start[text], nodes.end[text]
        if not _NAME <= end - start <= _MOST_BETWEEN or not is_digit(data[end - 1]):
            return False
        if not ord("a") <= data[end - 2] <= ord("z") or not is_letter(data[start]):
            return False
    return True


@njit(cache=True, nogil=True)
def _is_count(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether a text is a number of two digits or more in brackets, which no call of code is."""
    start, end = nodes.start[node], nodes.end[node]
    if end - start < _SINGLES + 2 or data[start] != ord("(") or data[end - 1] != ord(")"):
        return False
    for at in range(start + 1, end - 1):
        if not (is_digit(data[at]) or data[at] in (ord(","), ord("."))):
            return False
    return True


@njit(cache=True, nogil=True)
def _has_unit(data: Bytes, start: int, end: int) -> bool:
    """Whether a text is an amount whose unit is in Latin letters, such as `200ml`, or a share."""
    at = start
    while at < end and (is_digit(data[at]) or data[at] in (ord("."), ord(","))):
        at += 1
    first = data[at] | 32 if at < end else np.uint8(0)
    return start < at < end and bool(ord("a") <= first <= ord("z") or data[at] == ord("%"))


@njit(cache=True, nogil=True)
def _is_number(out: Bytes, begin: int, at: int) -> bool:
    """Whether the word before a place is a number."""
    word = at
    while word > begin and (is_digit(out[word - 1]) or out[word - 1] in (ord("."), ord(","))):
        word -= 1
    return word < at and (word == begin or out[word - 1] <= ord(" "))


@njit(cache=True, nogil=True)
def _is_hebrew(code: int) -> bool:
    """Whether a letter is one of Hebrew, whose words are parted by spaces and have no capitals."""
    return 0x05D0 <= code < 0x05EB


@njit(cache=True, nogil=True)
def _is_number_apart(
    data: Bytes, start: int, end: int, is_whole: bool, opens: bool, out: Bytes, begin: int, at: int
) -> bool:
    """Whether a number and a word that an element ends between are two words.

    `1st`, `3D`, `H2O` and `MP3` are one. If only one of the two is an element, it takes a word such
    as `Jan` to be apart, and no name in capitals such as `RTX`; in `2ème` it is an ending.

    Args:
      start, end: the text behind.
      is_whole, opens: both are elements; the text behind is one.
      out, begin, at: what is written before.
    """
    last, _ = decode(out, _previous(out, begin, at))
    first, _ = decode(data, np.int64(start))
    if is_digit(last) or is_part(last):
        letters = _letters_at_start(data, start, end)
        if letters == 1 and is_whole and end > start + 1 and data[start + 1] == ord(" "):
            return first in _VOWELS  # 2a large amount
        return letters > _NAME and first not in _ENDINGS
    if is_whole and _is_hangul(last):
        return _letters(out, begin, at) > 1
    count = _letters(out, begin, at)
    is_word = count > _NAME and not _has_digit(out, begin, at)
    if is_whole and count > _NAME and not is_word and _case(last) == _LOWER:
        return _begins_with_digit(out, begin, at)  # 9:00am15
    if is_whole:
        return is_word
    return (
        is_word and not opens and _case(last) == _LOWER and _digits_at_start(data, start, end) > 1
    )


@njit(cache=True, nogil=True)
def _is_hangul(code: int) -> bool:
    return 0xAC00 <= code < 0xD7A4


@njit(cache=True, nogil=True)
def _begins_with_digit(out: Bytes, begin: int, at: int) -> bool:
    """Whether the word before a place begins with a digit."""
    word = at
    while word > begin and at - word < _MOST_WORD and out[word - 1] > ord(" "):
        word -= 1
    return is_digit(out[word])


@njit(cache=True, nogil=True)
def _letters_at_start(data: Bytes, start: int, end: int) -> int:
    """Letters that a text begins with; no more are counted than names need."""
    letters, place = 0, np.int64(start)
    while place < end and letters <= _NAME:
        code, size = decode(data, place)
        if not _is_in_words(code) or is_digit(code):
            break
        letters += 1
        place += size
    return letters


@njit(cache=True, nogil=True)
def _ends_words(
    data: Bytes, nodes: Nodes, before: int, mark: int, right: int, out: Bytes, begin: int, last: int
) -> bool:
    """Whether a mark of punctuation ends the words before it, and a word follows.

    It does not in `10:30`, `1,000`, `std::sort` and `example.com`.

    Args:
      before: the text before.
      mark, last: the mark, and where it stands.
      right: the character behind.
    """
    if last <= begin or (is_digit(right) and (mark != ord(":") or is_digit(out[last - 1]))):
        return False
    code, _ = decode(out, _previous(out, begin, last))
    if not (_is_in_words(code) or code in (ord(")"), ord('"'), 0x201D)):
        return False
    if mark not in (ord("."), ord("?")):
        return True
    # `java.util.` and `example.` are parts of names, `page?` of an address; sentences have spaces.
    start, has_space = nodes.start[before], False
    for at in range(max(start, nodes.end[before] - _MOST_WORD), nodes.end[before]):
        has_space = has_space or data[at] <= ord(" ")
    return has_space and _case(right) == _UPPER


@njit(cache=True, nogil=True)
def _is_mark(code: int) -> bool:
    return code in (ord(":"), ord("."), ord(","), ord(";"), ord("!"), ord("?"))


@njit(cache=True, nogil=True)
def _digits_at_end(data: Bytes, start: int, end: int) -> int:
    """Digits that a text ends with; no more are counted than matter."""
    count = 0
    while end - count > start and count < _SINGLES and is_digit(data[end - count - 1]):
        count += 1
    return count


@njit(cache=True, nogil=True)
def _digits_at_start(data: Bytes, start: int, end: int) -> int:
    """Digits that a text begins with; no more are counted than matter."""
    count = 0
    while start + count < end and count < _SINGLES and is_digit(data[start + count]):
        count += 1
    return count


@njit(cache=True, nogil=True)
def _has_digit(out: Bytes, begin: int, at: int) -> bool:
    """Whether one of the last letters before a place is a digit."""
    for _ in range(_NAME + 1):
        if at <= begin:
            return False
        at = _previous(out, begin, at)
        if is_digit(out[at]):
            return True
    return False


@njit(cache=True, nogil=True)
def _previous(out: Bytes, begin: int, at: int) -> int:
    """Where the character before a place begins."""
    at -= 1
    while at > begin and out[at] & 0xC0 == 0x80:
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _case(code: int) -> int:
    return int(_CASES[code]) if code < _CASED else 0


@njit(cache=True, nogil=True)
def _is_in_words(code: int) -> bool:
    """Whether a character is a letter or digit; common punctuation and symbols are not."""
    if code < 0x80:
        return ord("0") <= code <= ord("9") or ord("a") <= (code | 32) <= ord("z")
    is_punctuation = 0x2000 <= code < 0x2C00 or 0x3000 <= code < 0x3040 or 0xFF00 <= code < 0xFF10
    return code >= 0xC0 and not is_punctuation


@njit(cache=True, nogil=True)
def _letters(out: Bytes, begin: int, at: int) -> int:
    """Letters and digits before a place; no more are counted than names need."""
    count = 0
    while at > begin and count <= _NAME:
        at = _previous(out, begin, at)
        code, _ = decode(out, at)
        if not _is_in_words(code):
            break
        count += 1
    return count
