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


@pytest.mark.parametrize(
    "part",
    [
        f"<h3><button aria-expanded=false>When?</button></h3><div hidden>{SECRET}</div>",
        f"<div class=x><h4><button aria-expanded=false><p>When?</p></button></h4>"
        f"<section aria-hidden=true hidden>{SECRET}</section></div>",
        f"<div role=button aria-expanded=false>When?</div><div hidden>{SECRET}</div>",
        f"<dl><dt>When?</dt><dd hidden>{SECRET}</dd></dl>",
        f"<h3>When?</h3><div hidden>{SECRET}</div><h3>Where?</h3><div hidden>{TEXT}</div>",
        f"<div><button>When?</button><div hidden>{SECRET}</div></div>"
        f"<div><button>Where?</button><div hidden>{TEXT}</div></div>",
        '<div class="w-dropdown q"><div class="w-dropdown-toggle"><div>When?</div></div>'
        f'<nav class="w-dropdown-list">{SECRET}</nav></div>',
        f'<p>It was old<b>...</b><span style="display:none"> {SECRET[3:-4]}</span>',
        f"<p>It was old<i>…</i><span id=m1 hidden> {SECRET[3:-4]}</span></p>",
        f'<p>It was old <span id="moreText" style="display:none"> {SECRET[3:-4]}</span></p>',
    ],
)
def test_an_answer_without_a_name_is_text(part: str) -> None:
    text = main_text(page(part))
    assert "SECRET" in text
    assert "old..." not in text
    assert "old…" not in text
    assert ("When?" in text) == ("When?" in part)


@pytest.mark.parametrize(
    "part",
    [
        "<button aria-expanded=false>Menu</button><div hidden><a href=/a>SECRET one</a>"
        "<a href=/b>SECRET two</a></div>",
        f"<button>Send</button><div hidden>{SECRET}</div>",
        f"<button aria-expanded=false>Sizes</button><div role=dialog hidden>{SECRET}</div>",
        f"<button aria-expanded=false>Find</button><div hidden>{SECRET}<form><input></form></div>",
        f"<h3>Results</h3><div hidden>{SECRET}</div><p>None.</p>",
        "<div class=w-dropdown><div class=w-dropdown-toggle>More</div><nav class=w-dropdown-list>"
        "<a href=/a>SECRET one</a><a href=/b>SECRET two</a></nav></div>",
    ],
)
def test_menus_and_notices_without_a_name_are_no_text(part: str) -> None:
    assert "SECRET" not in main_text(page(part))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("d-none d-md-block", "d-md-none"),
        ("d-none d-xl-flex", "d-block d-xl-none"),
        ("hidden lg:block", "lg:hidden"),
        ("hidden lg:grid", "hidden sm:block lg:hidden"),
        ("hide-mobile", "hide-desktop"),
        ("hidden-xs", "visible-xs"),
        ("show-for-large", "hide-for-large"),
        ("", "elementor-hidden-desktop"),
    ],
)
def test_of_two_texts_for_two_widths_the_wide_one_is_kept(wide: str, narrow: str) -> None:
    both = (f'<div class="{wide}"><h4>Wide</h4>{SECRET}</div>',
            f'<div class="{narrow}">{SECRET}</div>')  # fmt: skip
    for part in ("".join(both), "".join(both[::-1])):
        assert main_text(page(part)).count("SECRET") == 1
        assert whole_text(HTMLTree.parse(page(part))).count("Wide\n\nSECRET") == 1
    # What narrow screens alone say is said nowhere else.
    assert main_text(page(both[1])).count("SECRET") == 1
    # Two of the wide ones are two.
    assert main_text(page(2 * both[0])).count("SECRET") == 2


def test_what_wider_screens_show_again_is_no_twin() -> None:
    part = f'<div class="md:hidden lg:block">{SECRET}</div><div>{SECRET}</div>'
    assert whole_text(HTMLTree.parse(page(part))).count("SECRET") == 2
