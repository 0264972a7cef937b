"""White space that means something: which lines of a text keep theirs, and what becomes of others.

Spaces of prose are worth nothing to a model, those of code, tables and verse are. A *gap* is a run
of two or more spaces between two words. These lines are layout and keep every space:

1. Lines between Markdown's fences (three or more backticks or tildes), and the fences, in
   quotations as well.
2. Lines that begin with a tab or four spaces: Markdown's code.
3. All lines of a block (lines without a blank one between them), if one that is not the block's
   first is indented by a tab or by two spaces: code, staggered verse, outlines.
4. Lines that begin with a bar or a box-drawing character: rows of tables, trees of folders.
5. Lines with a gap and more signs than letters and digits: drawings.
6. Lines with a gap before `#`, `//`, `/*` or `--`: a comment behind code.
7. Lines with a gap in a string of code: between quotation marks that open behind `=`, `[`, `{` or
   the `(` of a call. Other gaps of a single line of code are no sign: plain text does not say what
   was code.
8. Two lines, one below the other, whose gaps line up: each gap of the line with fewer of them
   shares two columns with a gap of the other; or a gap ends before a sign, and the same sign stands
   in the same column of the other; or both have one gap, of three spaces or more, as verses of two
   halves have. Two spaces behind the end of a sentence are a typist's, and no gap.

If more than half of the lines of a text are layout, all are. The first line of a text keeps its
indentation if the line below is layout or a drawing, or the next line with text is indented. Every
rule looks at a line and its neighbours, once: the time is linear.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

# Spaces beyond ASCII, inside of brackets.
WIDE = r"\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}"
# Spaces at the beginning of a line that are not its indentation alone.
SPACED_BEGINNINGS = rf"(?m)^[ \t]*[{WIDE}][ \t{WIDE}]*"
# Spaces after something on their line, where they are neither one space nor tabs alone.
SPACE_RUNS = (
    rf"([^ \t\n{WIDE}])(?:(?: |\t+[ {WIDE}])[ \t{WIDE}]+|\t+[ {WIDE}]|[{WIDE}][ \t{WIDE}]*)"
)
SPACES_AT_ENDS_OF_LINES = r"[ \t]+\n"
NEWLINES = r"\n{3,}"

# Texts that may hold lines of layout.
MARKS = (
    rf"(?m)^[ \t{WIDE}]*(?:```|~~~|[|\x{{2500}}-\x{{259F}}])|^ ?[ \t]"
    rf"|[^ \t\n{WIDE}][ \t{WIDE}]{{2,}}[^ \t\n{WIDE}]"
)


def _for_python(pattern: str) -> str:
    """A pattern of RE2, which Arrow uses, for Python's `re`."""
    return re.sub(r"\\x\{(\w+)\}", lambda found: f"\\u{found[1]:0>4}", pattern)


_SPACED_BEGINNING = re.compile(_for_python(SPACED_BEGINNINGS))
_SPACE_RUN = re.compile(_for_python(SPACE_RUNS))
_BLANKS = _for_python(rf"[ \t{WIDE}]*")
_AT_END = " \t" + "".join(
    chr(c) for c in range(0x3001) if re.match(_for_python(f"[{WIDE}]"), chr(c))
)
_WIDE = re.compile(_for_python(f"[{WIDE}]"))
_GAP = re.compile(_for_python(rf"(?<=[^ \t{WIDE}])[ \t{WIDE}]{{2,}}"))
_INDENTED = re.compile(r"(?: [ \t]|\t)[ \t]*" + _for_python(rf"[^ \t{WIDE}]"))
_SPACES = re.compile(r"[ \t]+" + _for_python(rf"[^ \t{WIDE}]"))
_CODE = re.compile(r"(?: {4}| {0,3}\t)")
_QUOTED = r"(?:[ \t]*(?:>|[-*+] ))*"  # marks of quotations and items before code
_FENCE = re.compile(_QUOTED + _BLANKS + r"(?:(`{3,})[^`]*|(~{3,}).*)$")
_ROW = re.compile(_BLANKS + "[|\u2500-\u259f]")
_COMMENT = re.compile(r"#|//|/\*|--")
_STRING = re.compile(r"""(?:\w\(|[\[{=] ?)(["'`])(?:(?!\1).)*\1""")
_SENTENCE_ENDS = (".", "!", "?")
_HALVES = 3  # spaces at least between two halves of a verse

Gaps = Sequence[tuple[int, int]]


def collapse(text: str) -> str:
    """A text with the white space of its prose collapsed, and that of its layout left."""
    begin = len(text) - len(text.lstrip())
    begin = text.rfind("\n", 0, begin) + 1
    lines = [line.rstrip(_AT_END) for line in text[begin:].rstrip().split("\n")]
    kept = layout_lines(lines)
    if lines[0][:1].isspace() and not _begins_layout(lines, kept):
        lines[0] = lines[0].lstrip()
        kept = layout_lines(lines)
    out: list[str] = []
    blank, after_kept = 0, False
    for line, keep in zip(lines, kept, strict=True):
        if not line:
            blank += 1
            continue
        out += [""] * (blank if keep and after_kept else min(blank, 1))
        if not keep and _may_have_gaps(line):
            line = _SPACE_RUN.sub(r"\1 ", _SPACED_BEGINNING.sub(" ", line))
        out.append(line)
        blank, after_kept = 0, keep
    return "\n".join(out)


def layout_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines are layout; they have no spaces at their ends. Blank ones count as the others.

    Args:
      lines: of a whole text.
    """
    kept = [False] * len(lines)
    gaps = [_gaps(line) for line in lines]
    fenced = _fenced(lines)
    begin = 0
    # A line without a gap that begins with a letter or digit is none by itself.
    plain = [line[:1].isalnum() and not gap for line, gap in zip(lines, gaps, strict=True)]
    for end in range(len(lines) + 1):
        if end < len(lines) and lines[end]:
            continue
        block = range(begin, end)
        begin = end + 1
        for i in block:
            kept[i] |= i in fenced
        if all(plain[block.start : block.stop]):
            continue
        if any(not plain[i] and _INDENTED.match(lines[i]) for i in block[1:]):
            kept[block.start : block.stop] = [True] * len(block)
        for i in block:
            kept[i] |= not plain[i] and _stands_out(lines[i], gaps[i])
        for i in block[1:]:
            if (gaps[i - 1] or gaps[i]) and _line_up(lines[i - 1], gaps[i - 1], lines[i], gaps[i]):
                kept[i - 1] = kept[i] = True
    if 2 * sum(kept) > sum(map(bool, lines)):
        return [True] * len(lines)
    return kept


def _begins_layout(lines: Sequence[str], kept: Sequence[bool]) -> bool:
    """Whether the indentation of a text's first line is that of code, a table or a drawing."""
    if not _SPACES.match(lines[0]):
        return False
    if len(lines) > 1 and lines[1] and (kept[1] or _is_drawing(lines[1])):
        return True
    return bool(_INDENTED.match(next(filter(None, lines[1:]), "")))


def _fenced(lines: Sequence[str]) -> set[int]:
    """Lines from a fence to the one that closes it, or to the end."""
    inside: set[int] = set()
    fence, is_quoted = "", False
    for i, line in enumerate(lines):
        if fence and is_quoted and not line.lstrip().startswith(">"):
            fence = ""  # the quotation ends, and its code with it
        found = None if line[:1].isalnum() else _FENCE.match(line)
        if fence or found:
            inside.add(i)
        if not found:
            continue
        marks = found[1] or found[2]
        if not fence:
            fence, is_quoted = marks, line.lstrip().startswith(">")
        elif marks.startswith(fence) and line[found.start(found.lastindex or 0) :] == marks:
            fence = ""
    return inside


def _may_have_gaps(line: str) -> bool:
    """Whether a line has spaces other than single ones. Most have none, and cost one look."""
    return "  " in line or "\t" in line or not (line.isascii() or _WIDE.search(line) is None)


def _gaps(line: str) -> Gaps:
    if not _may_have_gaps(line):
        return ()

    def found() -> Iterator[tuple[int, int]]:
        for gap in _GAP.finditer(line):
            typed = gap.end() - gap.start() == 2 and line[gap.start() - 1] in _SENTENCE_ENDS
            if not typed and gap[0].strip("\t"):
                yield gap.span()

    return list(found())


def _stands_out(line: str, gaps: Gaps) -> bool:
    """Whether a line is layout whatever its neighbours are."""
    if _CODE.match(line) or _ROW.match(line):
        return True
    if not gaps:
        return False
    if any(_COMMENT.match(line, end) for _, end in gaps):
        return True
    strings = [found.span() for found in _STRING.finditer(line)]
    if any(start < gap < end for start, end in strings for gap, _ in gaps):
        return True
    return _is_drawing(line)


def _is_drawing(line: str) -> bool:
    return sum(map(_is_sign, line)) > sum(map(str.isalnum, line))


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"  # marks belong to letters


def _line_up(above: str, above_gaps: Gaps, below: str, below_gaps: Gaps) -> bool:
    """Whether two neighbouring lines are parts of one layout."""
    if _share_a_sign(above, above_gaps, below) or _share_a_sign(below, below_gaps, above):
        return True
    if not above_gaps or not below_gaps:
        return False
    few, many = sorted((above_gaps, below_gaps), key=len)
    if len(many) == 1 and min(end - start for start, end in (*few, *many)) >= _HALVES:
        return True
    at = 0
    for start, end in few:
        while at < len(many) and many[at][1] < start + 2:
            at += 1
        if at == len(many) or many[at][0] > end - 2:
            return False
    return True


def _share_a_sign(line: str, gaps: Gaps, other: str) -> bool:
    """Whether a gap ends before a sign that stands in the same column of another line."""
    return any(
        end < len(other) and other[end] == line[end] and _is_sign(line[end]) for _, end in gaps
    )
