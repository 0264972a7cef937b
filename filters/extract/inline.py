"""The text inside a block, byte by byte: spaces, line breaks, readings, formulas."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, formula_of, is_unseen
from filters.extract.brackets import NEAR, NESTED, put_closing, put_part, put_quote, ticks_around
from filters.extract.elements import DISPLAY, KEEPS_LINES, KEEPS_SPACES, TEXT
from filters.extract.exponents import put_raised
from filters.extract.formulas import ends_with_script, put_sign
from filters.extract.lines import (
    NEW_LINE,
    SPACE,
    Line,
    is_digit,
    is_letter,
    put,
    put_break,
    put_waiting,
)
from filters.extract.parting import is_apart
from filters.extract.preformatted import put_code
from filters.extract.raised import sign_between, slash_behind
from filters.extract.tree import Nodes, unescaped
from filters.text.characters import Bytes

_BR, _SUP, _SUB, _RT, _RTC, _SCRIPT, _MATH, _IMG, _Q, _PHANTOM, _KBD = map(
    elements.tag,
    ("br", "sup", "sub", "rt", "rtc", "script", "math", "img", "q", "mphantom", "kbd"),
)
_AROUND = 16  # elements around a block whose style may keep its lines
_DISPLAYSTYLE = np.frombuffer(b"{\\displaystyle", np.uint8)


@njit(cache=True, nogil=True)
def put_block(
    data: Bytes, nodes: Nodes, blocks: Blocks, first: int, block: int, flags: Bytes, code: Bytes,
    line: Line, out: Bytes, at: int,
) -> int:  # fmt: skip
    """Writes a block from a node on; where it ends."""
    begin = at  # where the line begins
    if line.is_pre:
        at = put_code(data, nodes, blocks, first, block, flags, line, out, at)
    else:
        at = _put_prose(data, nodes, blocks, first, block, flags, code, line, out, at)
    while at > begin and out[at - 1] <= ord(" "):
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _put_prose(
    data: Bytes, nodes: Nodes, blocks: Blocks, first: int, block: int, flags: Bytes, code: Bytes,
    line: Line, out: Bytes, at: int,
) -> int:  # fmt: skip
    """Writes a block that is no code."""
    whole = begin = at  # where the block begins, and the line
    waiting = 0  # the space or line end before what comes
    ends, signs = np.empty(NESTED, np.int64), np.empty(NESTED, np.int64)
    open_ = 0  # elements whose bracket is open
    node, last = np.int64(first), np.int64(blocks.last[block])
    formula, formula_end = 0, 0  # the one before, if nothing stands between
    math_end, display_end = np.int64(-1), np.int64(-1)
    ended = node  # in a formula as in code
    # Where the indentation of a line ends that is not the first; the last nodes whose style keeps
    # line ends, and spaces.
    indent = np.int64(-1)
    lines_end, spaces_end = _kept(nodes, node)
    was_name, reading_end, slash = False, -1, np.int64(-1)
    key_end = np.int64(-1)  # the last node of the key before
    latest = raised = np.int64(-1)  # the text before; the last node of the superscript before
    while node <= last:
        while open_ and ends[open_ - 1] < node:
            open_ -= 1
            at = put_closing(out, at, signs[open_])
            if signs[open_] == ord(")"):
                reading_end = at
        tag = nodes.tag[node]
        if nodes.bits[node] & KEEPS_LINES:
            lines_end = max(lines_end, np.int64(nodes.last[node]))
            if nodes.bits[node] & KEEPS_SPACES:
                spaces_end = max(spaces_end, np.int64(nodes.last[node]))
        if display_end >= 0 and node > display_end:
            waiting, display_end = NEW_LINE, np.int64(-1)
        if node <= math_end:
            while nodes.last[ended] < node:
                was_name = was_name or ends_with_script(nodes, ended)
                ended = np.int64(nodes.parent[ended])
            ended = node
        if tag == TEXT:
            if node <= math_end:
                at, was_name = put_sign(data, nodes, node, was_name, out, at)
            elif node == slash:
                at, waiting = put_waiting(line, begin, out, at, waiting)
                out[at] = ord("/")
                at += 1
            else:
                if latest >= 0 and at > begin and waiting == 0:
                    sign = sign_between(data, nodes, latest, node, out, begin, at)
                    if sign > ord(" "):
                        out[at] = sign
                        at += 1
                    elif sign or (
                        node > raised >= 0
                        and is_digit(out[at - 1])
                        and is_digit(data[nodes.start[node]])
                    ):
                        waiting = SPACE
                    else:
                        waiting = int(is_apart(data, nodes, latest, node, out, begin, at))
                latest = node
                if node > raised:
                    raised = np.int64(-1)
                before = at
                keeps_lines = node <= lines_end and not line.is_one
                at, waiting, begin, indent = _put_text(
                    data, nodes.start[node], nodes.end[node], line, begin, out, at, waiting,
                    keeps_lines, keeps_lines and node <= spaces_end, indent,
                )  # fmt: skip
                if at > before:
                    formula_end = formula
            node += 1
            continue
        if nodes.bits[node] & DISPLAY:
            waiting = NEW_LINE
            display_end = max(display_end, np.int64(nodes.last[node]))
        start, end = formula_of(nodes, node)
        if end > start:
            # An image beside MathML repeats it.
            if tag != _IMG or not _is_same(data, start, end, formula, formula_end):
                at, waiting = put_waiting(line, begin, out, at, waiting)
                at = _put_formula(data, start, end, tag == _SCRIPT, out, at)
            formula, formula_end = start, end
            node = nodes.last[node] + 1
            continue
        if is_unseen(nodes, node, flags, blocks.noscript) or tag == _PHANTOM:
            node = nodes.last[node] + 1
            continue
        if tag == _KBD:
            if key_end == node - 1 and at > begin and waiting == 0:
                waiting = SPACE  # <kbd>Ctrl</kbd><kbd>C</kbd>
            key_end = np.int64(nodes.last[node])
        if tag == _MATH:
            at, waiting = put_waiting(line, begin, out, at, waiting)
            math_end, was_name = max(math_end, np.int64(nodes.last[node])), False
            ended = node
        elif node <= math_end:
            at, open_ = put_part(data, nodes, node, ends, signs, open_, out, at)
        elif tag == _BR:
            if line.is_one:
                waiting = max(waiting, SPACE)
            elif at > begin:
                at = begin if at == indent else at  # without the spaces of an empty line
                at = begin = indent = put_break(out, at, line.prefix, line.length)
                waiting = 0
        elif tag in (_SUP, _SUB):
            behind = slash
            if tag == _SUP:
                slash = max(slash, slash_behind(data, nodes, node))
            raised = np.int64(nodes.last[node])
            if slash != behind:  # of 1 1/2, and of no exponent
                if at > begin and waiting == 0 and _is_alphanumeric(out[at - 1]):
                    waiting = SPACE
                node += 1
                continue
            before = at
            at, waiting, open_ = put_raised(
                data, nodes, node, whole, begin, line, ends, signs, open_, out, at, waiting
            )
            if at > before:
                begin = at
        elif tag in (_RT, _RTC):
            has_more = tag == _RTC and _has_reading(nodes, node)
            if open_ < NESTED and nodes.last[node] > node and not has_more:
                waiting = 0
                if at == reading_end and _is_behind_reading(nodes, node):
                    at -= 1  # one reading after another: those of 東 and 京 in 東京
                else:
                    out[at] = ord("(")
                    at += 1
                ends[open_], signs[open_] = nodes.last[node], ord(")")
                open_ += 1
        elif tag == _Q:
            at, waiting = put_waiting(line, begin, out, at, waiting)
            at, open_ = put_quote(data, nodes, node, ends, signs, open_, out, at)
            begin = at
        elif (
            code[tag] and line.marks_code and open_ == 0
        ):  # fmt: skip
            ticks, is_first = ticks_around(data, nodes, node)
            if ticks:
                at, waiting = put_waiting(line, begin, out, at, waiting)
                for _ in range(ticks):
                    out[at] = ord("`")
                    at += 1
                if is_first:
                    out[at] = ord(" ")
                    at += 1
                ends[open_], signs[open_] = nodes.last[node], ord("`") if ticks == 1 else -ticks
                open_ += 1
        node += 1
    while open_:
        open_ -= 1
        at = put_closing(out, at, signs[open_])
    return at


@njit(cache=True, nogil=True)
def _is_alphanumeric(byte: int) -> bool:
    return is_letter(byte) or is_digit(byte)


@njit(cache=True, nogil=True)
def _has_reading(nodes: Nodes, node: int) -> bool:
    for below in range(node + 1, min(nodes.last[node], node + NEAR) + 1):
        if nodes.tag[below] == _RT:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_behind_reading(nodes: Nodes, node: int) -> bool:
    """Whether the element before is a reading, too, or the bracket behind one."""
    before = np.int64(node - 1)
    for _ in range(NEAR):
        if before <= nodes.parent[node]:
            return False
        if nodes.tag[before] == _RT and nodes.parent[before] == nodes.parent[node]:
            return True
        before = before - 1 if nodes.tag[before] == TEXT else np.int64(nodes.parent[before])
    return False


@njit(cache=True, nogil=True)
def _kept(nodes: Nodes, node: int) -> tuple[np.int64, np.int64]:
    """The last nodes in elements around one whose style keeps line ends, and spaces."""
    lines_end, spaces_end = np.int64(-1), np.int64(-1)
    above = np.int64(nodes.parent[node])
    for _ in range(_AROUND):
        if above < 0:
            break
        if nodes.bits[above] & KEEPS_LINES:
            lines_end = np.int64(nodes.last[above])
            if nodes.bits[above] & KEEPS_SPACES:
                spaces_end = lines_end
            break
        above = np.int64(nodes.parent[above])
    return lines_end, spaces_end


@njit(cache=True, nogil=True)
def _put_text(
    data: Bytes, start: int, end: int, line: Line, begin: int, out: Bytes, at: int, waiting: int,
    keeps_lines: bool, keeps_spaces: bool, indent: np.int64,
) -> tuple[int, int, int, np.int64]:  # fmt: skip
    """Writes a text; where it ends, and whether white space waits for the next word.

    Args:
      keeps_lines, keeps_spaces: line ends of the source are line ends, and spaces indent them.
      indent: where the indentation ends of a line that nothing else is on; it and the beginning of
        the line are given back, too.
    """
    while start < end:
        byte = int(data[start])
        is_firm = keeps_spaces or byte == ord("&")
        if byte == ord("&"):
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        if byte == ord("\n") and keeps_lines:
            if at > begin or begin == indent:
                at = begin if at == indent else at
                at = put_break(out, at, line.prefix, line.length)
                begin, indent, waiting = at, np.int64(at), 0
            continue
        if byte <= ord(" "):
            if is_firm and at == indent and not line.is_one:
                # A no-break space, behind a space of the source that is inside of an indentation.
                at = put(out, at, ord(" "), ord(" ")) - (waiting == 0 or at == begin)
                indent, waiting = np.int64(at), 0
            else:
                waiting = max(waiting, SPACE)
            continue
        if waiting:
            at, waiting = put_waiting(line, begin, out, at, waiting)
        if line.in_row and byte == ord("|"):
            out[at] = ord("\\")
            at += 1
        out[at] = byte
        at += 1
    return at, waiting, begin, indent


@njit(cache=True, nogil=True)
def _put_formula(data: Bytes, start: int, end: int, is_raw: bool, out: Bytes, at: int) -> int:
    while start < end and data[start] <= ord(" "):
        start += 1
    while end > start and data[end - 1] <= ord(" "):
        end -= 1
    if end - start > 4 and data[start] == ord("\\") and data[start + 1] in (ord("("), ord("[")):
        start, end = start + 2, end - 2
    while end - start > 2 and data[start] == ord("$") and data[end - 1] == ord("$"):
        start, end = start + 1, end - 1
    # Wikipedia wraps its formulas in a command that says nothing of them.
    length = len(_DISPLAYSTYLE)
    if end - start > length + 1 and _begins(data, start, _DISPLAYSTYLE):
        start, end = start + length, end - 1
        while start < end and data[start] == ord(" "):
            start += 1
    out[at] = ord("$")
    at += 1
    while start < end:
        byte = int(data[start])
        if byte == ord("&") and not is_raw:
            byte, start = unescaped(data, start, end)
        else:
            start += 1
        out[at] = byte
        at += 1
    out[at] = ord("$")
    return at + 1


@njit(cache=True, nogil=True)
def _begins(data: Bytes, at: int, text: Bytes) -> bool:
    for step in range(len(text)):  # noqa: SIM110 (a kernel)
        if data[at + step] != text[step]:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_same(data: Bytes, start: int, end: int, other: int, other_end: int) -> bool:
    """Whether two places of a page have the same bytes."""
    if end - start != other_end - other:
        return False
    for step in range(end - start):  # noqa: SIM110 (a kernel)
        if data[start + step] != data[other + step]:
            return False
    return True
