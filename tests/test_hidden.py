"""What a page hides is no text, unless one click or a script shows it."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import main_text as main_text_of
from filters.extract.main_content import whole_text

TEXT = (
    "<p>The mill stands at the edge of the village, and was built by two brothers in 1822, as the "
    "records of the parish say. It ground wheat until the war, and rye for some years after.</p>"
)
SECRET = "<p>SECRET words that are written for programs alone, and say nothing about the mill.</p>"


def main_text(html: str) -> str:
    return main_text_of(HTMLTree.parse(html))


def page(part: str, head: str = "") -> str:
    body = f"<main><h1>The mill</h1>{TEXT * 2}{part}{TEXT}<h2>Later</h2>{TEXT}</main>"
    return f"<html><head>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "mark",
    [
        'style="display:none"', 'style="color:red; DISPLAY : none !important"',
        'style="visibility:hidden"', 'style="position:absolute;left:-9999px"',
        'style="position:absolute; top:-10000px"', 'style="text-indent:-999em"',
        'style="clip:rect(0, 0, 0, 0)"', 'style="clip: rect(1px 1px 1px 1px);width:1px"',
        'style="clip-path:inset(50%)"', 'class="d-none"', 'class="d-none d-print-block"',
        'class="hidden"', 'class="note hide"', 'class="sr-only"', 'class="visually-hidden"',
        'class="screen-reader-text"', 'class="noprint"', "hidden",
        'id="x1" style="display:none"', 'class="gone"', 'id="ghost"',
        'class="hidden hover:underline"',
    ],
)  # fmt: skip
def test_what_nobody_sees_is_no_text(mark: str) -> None:
    head = "<style>b{color:red} .gone, #ghost { color: red; display: none }</style>"
    for part in (f"<div {mark}>{SECRET}</div>", SECRET.replace("<p>", f"<p {mark}>")):
        html = page(part, head)
        assert "SECRET" not in main_text(html)
        assert "SECRET" not in whole_text(HTMLTree.parse(html))
        assert main_text(html).count("The mill stands") == 4


@pytest.mark.parametrize(
    "part",
    [
        f'<div class="faq-answer" style="display:none">{SECRET}</div>',
        f'<div class="panel"><div style="display:none">{SECRET}</div></div>',
        f'<button>When?</button><div style="display:none">{SECRET}</div>',
        f'<h3>When?</h3><div class="hidden">{SECRET}</div><h3>Where?</h3><div>{TEXT}</div>',
        f'<a href="#part2">Part 2</a> <p>Parts:</p><div id="part2" style="display:none">{SECRET}'
        "</div>",
        f'<div class="read-more-body hidden">{SECRET}</div>',
        f'<div class="rest" style="display:none">{SECRET}</div><button>Read on</button>',
        f'<div class="city">{TEXT}</div><div class="city" style="display:none">{SECRET}</div>',
        f'<div class="hidden md:block">{SECRET}</div>',
        f'<div class="d-none d-lg-flex">{SECRET}</div>',
        f'<div class="sr-only sm:not-sr-only">{SECRET}</div>',
        f'<div style="left:-300px">{SECRET}</div>',
        f'<div style="text-indent:-18pt">{SECRET}</div>',
        f'<div style="clip:rect(0, 200px, 100px, 0)">{SECRET}</div>',
        f'<div class="closing">{SECRET}</div>',
        f'<div class="wide">{SECRET}</div>',
        f'<div hidden="until-found">{SECRET}</div>',
        f'<div role="tabpanel">{TEXT}</div><div role="tabpanel" hidden>{SECRET}</div>',
        f'<ul role="tablist"><li>A<li>B</ul><div>{TEXT}</div><div hidden>{SECRET}</div>',
        f"<details><summary>More</summary>{SECRET}</details>",
    ],
)
def test_what_a_click_or_another_screen_shows_is_text(part: str) -> None:
    head = (
        "<style>.closing{display:none} .open .closing{display:block}"
        "@media print { .wide { display: none } }</style>"
    )
    assert "SECRET" in main_text(page(part, head))


@pytest.mark.parametrize(
    "mark",
    [
        'style="display:none"', 'style="visibility:hidden"', 'class="hidden"', 'class="noprint"',
        "hidden",
    ],
)  # fmt: skip
def test_a_page_that_a_script_shows_is_read(mark: str) -> None:
    html = f"<body><p>Loading.</p><article {mark}><h1>The mill</h1>{TEXT * 3}</article></body>"
    assert main_text(html).count("The mill stands") == 3


def test_a_sign_that_is_read_aloud_in_a_cell_of_its_own_stays() -> None:
    table = "<table><tr><td>Wi-Fi<td><span class=sr-only>Yes</span><svg></svg></table>"
    assert whole_text(HTMLTree.parse(table)) == "Wi-Fi | Yes"


def test_a_button_that_a_sentence_names_is_one_of_its_words() -> None:
    for named in (
        "<p>Click <button>Copy</button> to copy the key.</p>",
        "<p>Then click <button class='copy-btn' data-copy=x>Copy</button>.</p>",
        "<p><button>Copy</button> copies it.</p>",
        "<div>Choose <button>Copy code</button> and paste it.</div>",
    ):
        assert "Copy" in whole_text(HTMLTree.parse(named))
    for beside in (
        "<div><button>Copy</button><pre>a = 1</pre></div>",
        "<pre><code>a = 1</code><button class=copy-btn>Copy</button></pre>",
        "<div>bash <button>Copy</button></div><pre>ls</pre>",
        "<p>Run it: <button>Copy</button></p><pre>ls</pre>",
    ):
        assert "Copy" not in whole_text(HTMLTree.parse(beside))
