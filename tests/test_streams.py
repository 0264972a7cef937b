"""Segments that React sends late stand where its script puts them."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text

FIRST, LATER = "<p>The lock was dug in 1802.</p>", "<p>Boats have passed it since.</p>"


def text_of(html: str) -> str:
    return whole_text(HTMLTree.parse(html))


def boundary(number: str, shown: str = "<div>Wait...</div>") -> str:
    return f'<!--$?--><template id="B:{number}"></template>{shown}<!--/$-->'


def segment(number: str, html: str, call: str = 'RC("B') -> str:
    return (
        f'<div hidden id="S:{number}">{html}</div><script>${call}:{number}","S:{number}")</script>'
    )


@pytest.mark.parametrize(
    "html",
    [
        f"<main>{boundary('0')}{LATER}</main>{segment('0', FIRST)}",
        f"<main>{boundary('0')}{boundary('a1')}</main>{segment('a1', LATER)}{segment('0', FIRST)}",
        # A boundary inside of what another one shows meanwhile, and inside of a segment.
        f"<main>{boundary('0', boundary('1', 'Wait'))}{LATER}</main>{segment('0', FIRST)}",
        f"<main>{boundary('0')}</main>{segment('0', FIRST + boundary('1'))}{segment('1', LATER)}",
        f"<main>{boundary('0', '')}<!--$-->{LATER}<!--/$--></main>{segment('0', FIRST)}",
        # A part of a segment.
        f"<main>{boundary('0')}{LATER}</main>"
        + segment("0", '<div><template id="P:1"></template></div>')
        + segment("1", FIRST, 'RS("S'),
        # An archive without comments.
        f'<main><template id="B:0"></template><div>Wait...</div>{LATER}</main>'
        + segment("0", FIRST),
    ],
)  # fmt: skip
def test_a_late_segment_stands_in_its_place(html: str) -> None:
    after = "<footer><p>Footer</p></footer>"
    expected = "The lock was dug in 1802.\n\nBoats have passed it since.\n\nFooter"
    assert text_of(html.replace("</main>", f"</main>{after}")) == expected


def test_what_never_comes_keeps_what_is_shown() -> None:
    assert text_of(f"<main>{boundary('0')}{LATER}</main>").startswith("Wait...")
    # A segment without a place is text where it stands.
    assert text_of(f"<main>{LATER}</main>{segment('3', FIRST)}").endswith("1802.")
    # One that would hold itself stays.
    assert "1802" in text_of(segment("0", boundary("0") + FIRST))


def test_many_segments_are_no_work_of_hours() -> None:
    count = 3_000
    holes = "".join(boundary(f"{n:x}") for n in range(count))
    late = "".join(segment(f"{n:x}", f"<p>part {n}</p>") for n in range(count))
    text = text_of(f"<main>{holes}</main>{late}")
    assert text.startswith("part 0\n\npart 1\n")
    assert f"part {count - 1}" in text
