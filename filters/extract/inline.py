"""The text inside a block, byte by byte: spaces, line breaks, raised signs, formulas, code."""

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import Blocks, formula_of, is_unseen
from filters.extract.brackets import (
    TICKS,
    has_reading,
    is_behind_reading,
    put_closing,
    put_quote,
    put_ticks,
    ticks_of,
)
from filters.extract.code import put_code
from filters.extract.elements import (
    DISPLAY,
    KEEPS_LINES,
    KEEPS_SPACES,
    REVERSED,
    TEXT,
)
from filters.extract.exponents import put_raised
from filters.extract.formulas import (
    NAME,
    NOTHING,
    ends_with_script,
    is_same,
    is_variable,
    put_formula,
    put_part,
    put_sign,
)
from filters.extract.katex import ROOT, put_pile
from filters.extract.lines import (
    FIRM,
    NESTED,
    NEW_LINE,
    Line,
    is_alphanumeric,
    put_break,
    put_text,
    put_waiting,
)
from filters.extract.notes import (
    begins_verse,
    is_content_of_note,
    is_mark_of_note,
    is_own_mark,
)
from filters.extract.parting import is_apart
from filters.extract.raised import sign_between, slash_behind
from filters.extract.tree import Nodes
from filters.text.characters import Bytes
from filters.text.matching import is_digit, is_letter
from filters.text.numerals import numeral_at, numeral_before

_A, _BR, _SUP, _SUB, _RT, _RTC, _SCRIPT, _MATH, _IMG, _Q, _PHANTOM, _KBD, _SPAN = map(
    elements.tag,
    ("a", "br", "sup", "sub", "rt", "rtc", "script", "math", "img", "q", "mphantom", "kbd", "span"),
)


_AROUND = 16  # elements around a block whose style may keep its lines


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
    while at > begin and (out[at - 1] <= ord(" ") or _is_no_width(out, begin, at)):
        at -= 1 if out[at - 1] <= ord(" ") else 3
    return at


@njit(cache=True, nogil=True)
def _is_no_width(out: Bytes, begin: int, at: int) -> bool:
    """Whether U+200B ends a text, as links of headings to themselves have it."""
    return at - begin > 2 and out[at - 3] == 0xE2 and out[at - 2] == 0x80 and out[at - 1] == 0x8B


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
    was, in_formula = NOTHING, np.int64(-1)  # what a formula's latest text was, and its node
    reading_end, slash, note_end = -1, np.int64(-1), np.int64(-1)
    pile_end = -1  # of a fraction or root that KaTeX draws
    key_end = np.int64(-1)  # the last node of the key before
    # The text before; the last nodes of the superscript before, and of one with a sign before it.
    latest = raised = index_end = np.int64(-1)
    while node <= last:
        while open_ and ends[open_ - 1] < node:
            open_ -= 1
            at = put_closing(out, at, signs[open_])
            if signs[open_] == ord(")"):
                reading_end = at
            elif signs[open_] <= ROOT:
                begin, pile_end = min(begin, at - 1), at
        tag = nodes.tag[node]
        if nodes.bits[node] & KEEPS_LINES:
            lines_end = max(lines_end, np.int64(nodes.last[node]))
            if nodes.bits[node] & KEEPS_SPACES:
                spaces_end = max(spaces_end, np.int64(nodes.last[node]))
        if display_end >= 0 and node > display_end:
            waiting, display_end = NEW_LINE, np.int64(-1)
        if node <= math_end:
            while nodes.last[ended] < node:
                if was == NOTHING and ends_with_script(nodes, ended):
                    was = NAME
                ended = np.int64(nodes.parent[ended])
            ended = node
        if tag == TEXT:
            if node <= math_end:
                at, was = put_sign(data, nodes, in_formula, node, was, out, at)
                in_formula = node
            elif node == slash:
                at, waiting = put_waiting(line, begin, out, at, waiting)
                out[at] = ord("/")
                at += 1
            else:
                next_ = data[nodes.start[node]]
                if at == pile_end and (is_variable(next_) or is_digit(next_)):
                    waiting = FIRM
                if latest >= 0 and at > begin and waiting == 0:
                    sign = sign_between(data, nodes, latest, node, out, begin, at)
                    if sign > ord(" "):
                        out[at] = sign
                        at += 1
                    elif sign or is_apart(data, nodes, latest, node, out, begin, at):
                        waiting = FIRM
                    elif raised >= 0 and node > raised:
                        first = data[nodes.start[node]]
                        is_number = numeral_at(data, nodes.start[node], nodes.end[node])[0] > 0
                        is_parted = numeral_before(out, begin, at)[0] > 0 and (
                            is_number or begins_verse(data, nodes, raised, node, out, at)
                        )
                        is_parted = is_parted or (is_number and is_letter(out[at - 1]))
                        is_parted = is_parted or (
                            index_end >= 0
                            and is_variable(first)
                            and (is_letter(out[at - 1]) or is_variable(out[at - 2]))
                        )
                        waiting = FIRM if is_parted else 0
                latest = node
                if node > raised:
                    raised = index_end = np.int64(-1)
                before = at
                keeps_lines = node <= lines_end and not line.is_one
                at, waiting, begin, indent = put_text(
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
            if tag != _IMG or not is_same(data, start, end, formula, formula_end):
                at, waiting = put_waiting(line, begin, out, at, waiting)
                at = put_formula(data, start, end, tag == _SCRIPT, out, at)
            formula, formula_end = start, end
            node = nodes.last[node] + 1
            continue
        if is_unseen(nodes, node, flags, blocks.noscript) or tag == _PHANTOM:
            node = nodes.last[node] + 1
            continue
        if node <= note_end and is_own_mark(data, nodes, node):
            node = nodes.last[node] + 1
            continue
        if tag == _KBD:
            if key_end == node - 1 and at > begin and waiting == 0:
                waiting = FIRM  # <kbd>Ctrl</kbd><kbd>C</kbd>
            key_end = np.int64(nodes.last[node])
        if tag == _MATH:
            at, waiting = put_waiting(line, begin, out, at, waiting)
            math_end, was = max(math_end, np.int64(nodes.last[node])), NOTHING
            ended = in_formula = node
        elif node <= math_end:
            at, open_ = put_part(data, nodes, node, ends, signs, open_, out, at)
        elif tag == _BR:
            if line.is_one:
                waiting = max(waiting, FIRM)
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
                if (
                    at > begin
                    and waiting == 0
                    and (is_alphanumeric(out[at - 1]) or numeral_before(out, begin, at)[0])
                ):
                    waiting = FIRM
                node += 1
                continue
            before = at
            at, waiting, open_ = put_raised(
                data, nodes, node, whole, begin, line, ends, signs, open_, out, at, waiting,
                blocks.has_notes,
            )  # fmt: skip
            if at > before:
                begin = at
                is_signed = out[at - 1] in (ord("^"), ord("_"))
                index_end = np.int64(nodes.last[node]) if is_signed else np.int64(-1)
        elif tag in (_RT, _RTC):
            has_more = tag == _RTC and has_reading(nodes, node)
            if open_ < NESTED and nodes.last[node] > node and not has_more:
                waiting = 0
                if at == reading_end and is_behind_reading(nodes, node):
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
        elif tag == _SPAN and nodes.bits[node] & REVERSED:
            at, waiting = put_waiting(line, begin, out, at, waiting)
            at, open_ = put_pile(data, nodes, node, ends, signs, open_, out, at)
        elif tag == _SPAN and open_ < NESTED and is_content_of_note(data, nodes, node):
            at, waiting = put_waiting(line, begin, out, at, FIRM)
            out[at] = ord("(")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord(")")
            open_ += 1
            note_end = np.int64(nodes.last[node])
        elif tag in (_A, _SPAN) and at > begin and open_ < NESTED and out[at - 1] not in (
            ord("["), ord("("),
        ) and is_mark_of_note(data, nodes, node):  # fmt: skip
            at, waiting = put_waiting(line, begin, out, at, waiting)
            out[at] = ord("[")
            at += 1
            ends[open_], signs[open_] = nodes.last[node], ord("]")
            open_ += 1
        elif code[tag] and line.marks_code and open_ == 0:
            ticks = ticks_of(data, nodes, node)
            if ticks:
                if at > begin and waiting == 0 and out[at - 1] == ord("`"):
                    waiting = FIRM
                at, waiting = put_waiting(line, begin, out, at, waiting)
                at = put_ticks(out, at, ticks)
                ends[open_], signs[open_] = nodes.last[node], TICKS + ticks
                open_ += 1
        node += 1
    while open_:
        open_ -= 1
        at = put_closing(out, at, signs[open_])
    return at


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
