"""Lines of verse in divisions stay lines, and stanzas stay apart."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text

FIRST = ["The wheel goes round", "and so do I", "beneath the sound"]
SECOND = ["Kein Stein bleibt stehn", "wo Wasser rann", "川は流れる"]
VERSE = "\n".join(FIRST) + "\n\n" + "\n".join(SECOND)


def text(html: str, markdown: bool = False) -> str:
    return whole_text(HTMLTree.parse(html), markdown=markdown)


def lines(line: str, stanza: list[str]) -> str:
    return "".join(line.format(text) for text in stanza)


LINE = "<div class=line>{}</div>"
STYLED = "<div style='text-indent:-1em;padding-left:1em'>{}<br></div>"


@pytest.mark.parametrize(
    "html",
    [
        f"<div class=stanza>{lines(LINE, FIRST)}</div>"
        f"<div class=stanza>{lines(LINE, SECOND)}</div>",
        f"<div>{'<br>'.join(FIRST)}</div><div>{'<br>'.join(SECOND)}</div>",
        f"{lines(STYLED, FIRST)}<div style='text-indent:-1em'><br></div>{lines(STYLED, SECOND)}",
        f"{lines(LINE, FIRST)}<div>&nbsp;</div>{lines(LINE, SECOND)}",
        f"{lines(LINE, FIRST)}<br>{lines(LINE, SECOND)}",
        f"<section>{lines('<span style=display:block>{}</span>', FIRST)}</section>"
        f"<section>{lines('<span style=display:block>{}</span>', SECOND)}</section>",
        f"<p>{'<br>'.join(FIRST)}</p><p>{'<br>'.join(SECOND)}</p>",
    ],
    ids=["stanzas", "line breaks", "empty line", "no-break space", "break", "spans", "paragraphs"],
)
def test_stanzas_are_apart(html: str) -> None:
    assert text(f"<div class=poem>{html}</div>") == VERSE
    assert text(f"<div class=poem>{html}</div>", markdown=True) == VERSE
    assert text(f"<table><tr><td>{html}</table>").count("\n\n") == 1


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div>a<br></div><div>b<br></div>", "a\nb"),
        ("<div><div>a</div></div><div><div>b</div></div>", "a\nb"),
        ("<div>a<div>b</div></div><div>c</div>", "a\nb\nc"),
        ("<ul><li>a<br>b<li>c</ul>", "- a\nb\n- c"),
        ("<div>a</div>&nbsp;<script>x = '&nbsp;'</script><div>b</div>", "a\n\nb"),
        ("<div>a</div><script>x = '&nbsp;'</script><div>&nbsp; b</div>", "a\nb"),
        ("<table><tr><td>a<br>b<td>c<tr><td>d<td>e</table>", "a b | c\nd | e"),
    ],
)
def test_single_lines_are_not_parted(html: str, expected: str) -> None:
    assert text(html) == expected
