"""What a page asks of its readers is no text, where no class says what it is."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import main_text, whole_text

TEXT = (
    "<p>The ferry crosses the lake from April to October, and takes forty people and their bikes. "
    "In winter the ice is measured each morning by the keeper of the harbour.</p>"
)
SAID = "\n\n".join(["The ferry", *[TEXT[3:-4]] * 3])
MAIL = '<form action="/n"><input type="email" name="e"><button>OK</button></form>'
NOTICES = {
    "skip": '<p><a href="#main-content">Skip to the main content</a></p>',
    "skip by address": '<div><a href="#nav">Rovnou na menu</a> <a href="#search">Hledat</a></div>',
    "skip without link": "<div>Zum Inhalt springen</div>",
    "jump": '<div>Jump to: <a href="#navigation">navigation</a>, <a href="#top">top</a></div>',
    "cookies": "<div><p>We use cookies to make the site better.</p><button>OK</button></div>",
    "cookies, Danish": "<div><p>Vi bruger cookies til at måle, hvor mange der læser siden.</p>"
    '<a href="/cookiepolitik">Læs mere</a> <button>Godkend</button></div>',
    "cookies, Korean": "<div>이 사이트는 쿠키를 써요. <button>동의</button></div>",
    "newsletter": f"<div><h3>Newsletter</h3><p>News of the lake, once a month.</p>{MAIL}</div>",
    "newsletter by its field": f"<div><p>Aktuality od jezera každý měsíc.</p>{MAIL}</div>",
    "newsletter in a line": "<p>Subscribe to The Lake Letter, our free weekly newsletter.</p>",
    "newsletter, Dutch": "<p>Meld je aan voor onze nieuwsbrief en blijf op de hoogte.</p>",
    "share": "<h4>Share this article</h4><div><button>Facebook</button> <button>X</button></div>",
    "networks": '<ul><li><a href="https://www.facebook.com/lake">Facebook</a></li>'
    '<li><a href="https://www.instagram.com/lake">Instagram</a></li></ul>',
    "follow": '<p>Sledujte nás na <a href="https://x.com/l">X</a> a '
    '<a href="https://www.youtube.com/@l">YouTube</a>.</p>',
    "filed": '<p>Tags: <a href="/t/lake">lake</a>, <a href="/t/ferry">ferry</a></p>',
    "next": '<p><a rel="next" href="/3">The harbour</a></p>',
    "comment": "<h3>Leave a Reply</h3><p>Your email address will not be published. Required fields "
    "are marked *</p>",
    "log in": '<p>You must be <a href="/in">logged in</a> to post a comment.</p>',
    "top": '<p><a href="#top">Back to top</a></p>',
}
ROWS = {
    "way": '<p><a href="/">Home</a> &gt; <a href="/l">Lakes</a> &gt; The ferry</p>',
    "account": '<p><a href="/in">Log in</a> | <a href="/new">Register</a></p>',
    "terms": '<p><a href="/t">Podmínky</a> · <a href="/k">Kontakt</a></p>',
    "pages": '<p><a href="/1">← The harbour</a> <a href="/3">The ice →</a></p>',
}


def shown(body: str, title: str = "") -> str:
    return main_text(HTMLTree.parse(f"<html><head>{title}</head><body>{body}</body></html>"))


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES)
@pytest.mark.parametrize("frame", ["<article>{}</article>", "{}"])
def test_notices_are_no_text_wherever_they_stand(notice: str, frame: str) -> None:
    for parts in ((notice, TEXT, TEXT, TEXT), (TEXT, TEXT, notice, TEXT), (TEXT * 3, notice)):
        assert shown(frame.format(f"<h1>The ferry</h1>{''.join(parts)}")) == SAID


@pytest.mark.parametrize("links", ROWS.values(), ids=ROWS)
def test_rows_of_links_before_and_behind_a_text_are_none(links: str) -> None:
    assert shown(f"{links}<h1>The ferry</h1>{TEXT * 3}") == SAID
    if "The ferry" not in links:
        assert shown(f"<h1>The ferry</h1>{TEXT * 3}{links}") == SAID


@pytest.mark.parametrize(
    "kept",
    [
        "<p>Bake the cookies for ten minutes and let them cool.</p>",
        "<ol><li>Subscribe to our newsletter.</li><li>Leave a comment</li></ol>",
        "<h2>Tags</h2><p>Tags are words that say what a page is about.</p>",
        "<p>Subscribe rates rose in May, when the newsletter moved to the harbour.</p>",
        '<div><p>She baked cookies on board.</p><a href="#r">The recipe</a></div>',
        "<p>Sign up for our course in sailing by 1 May; it lasts for two days.</p>",
        '<p>Sources:</p><p><a href="/a">Atlas</a> | <a href="/b">Register</a></p>',
        '<p><a href="#ice">The ice</a>, <a href="#ferry">The ferry</a></p>',
        '<p>She writes on <a href="https://x.com/a">X</a> and for <a href="/l">The Lake</a>.</p>',
        "<div><p>Cookies, crisp and sweet.</p><button>Buy</button></div>" * 2,
    ],
)
def test_what_only_looks_like_a_notice_stays(kept: str) -> None:
    kept = kept.replace("<div>", '<div class="card">')
    text = shown(f"<article><h1>The ferry</h1>{TEXT}{TEXT}{kept}{TEXT}</article>")
    for word in whole_text(HTMLTree.parse(kept.replace("<button>Buy</button>", ""))).split():
        assert word in text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ('She <span class="pagenum"><a id="Page_3">[Pg 3]</a></span>slept.', "She slept."),
        ('She <a id="page12" name="page12">{12}</a> slept.', "She slept."),
        ('Un<span class="pageno" id="p4">(S. iv)</span>til then.', "Until then."),
        ('<span id="page12">(1712)</span> was cold.', "(1712) was cold."),
        ('<a id="Page_2" href="#n">[2]</a> is a note.', "[2] is a note."),
    ],
)
def test_marks_of_printed_pages_are_no_text(page: str, text: str) -> None:
    if 'href="#n"' in page:
        page = page.replace('id="Page_2"', 'id="ref2"')
    assert text in shown(f"<article>{TEXT}<p>{page}</p>{TEXT}</article>")


@pytest.mark.parametrize(
    "note",
    [
        '<div role="note" class="hatnote">For the town, see <a href="/t">Ferry</a>.</div>',
        '<div class="rellink">Artículo principal: <a href="/h">Historia</a></div>',
        '<div class="bandeau-container homonymie">Voir <a href="/f">Ferry</a>.</div>',
        '<div class="printfooter">Retrieved from <a href="/x">https://a.example/x</a></div>',
    ],
)
def test_notes_to_readers_of_wikis_are_no_text(note: str) -> None:
    assert shown(f"<main><h1>The ferry</h1>{note}{TEXT}{TEXT}{TEXT}</main>") == SAID


@pytest.mark.parametrize(
    "fields",
    [
        "<div class=f><span>Length</span><span>12 m</span></div><div class=f><span>Beam</span>"
        "<span>4 m</span></div>",
        "<div>Length: 12 m</div><div>Beam: 4 m</div><div>Seats: 40</div>",
        "<ul><li>Délka: 12 m</li><li>Šířka: 4 m</li></ul>",
        "<div><strong>Distance</strong> 3 km</div><div><strong>Time</strong> 20 min</div>",
    ],
)
def test_fields_beside_a_text_stay(fields: str) -> None:
    body = "<main><h1>The ferry</h1>{}</main><footer>Terms</footer>"
    words = whole_text(HTMLTree.parse(fields)).split()
    for parts in (
        f"<div>{fields}</div><div>{TEXT * 2}</div>",
        f"<div>{TEXT}</div><div>{fields}</div>",
    ):
        text = shown(body.format(parts))
        assert all(word in text for word in words)
        assert "Terms" not in text


def test_prices_below_a_title_stay_with_what_stands_beside_them() -> None:
    price = "<h1>Canoe</h1><p>₹ 49,900</p><p>In stock</p><button>Add to cart</button>"
    text = shown(f"<main><div>{price}</div><div>{TEXT * 2}</div></main>")
    assert text.startswith("Canoe\n\n₹ 49,900\n\nIn stock\n\nThe ferry crosses")


@pytest.mark.parametrize("rest", ["<table><tr><td>Mon<td>9<tr><td>Tue<td>8</table>",
                                  "<div><ul><li>Mon: 9</li><li>Tue: 8</li></ul></div>",
                                  "<pre>Mon 9\nTue 8</pre>"])  # fmt: skip
def test_a_section_of_which_the_beginning_is_kept_has_its_table(rest: str) -> None:
    section = f"<section><h2>Hours</h2><p>Open daily.</p>{rest}</section>"
    text = shown(f"<main><section><h1>The ferry</h1>{TEXT * 2}</section>{section}</main>")
    assert all(word in text for word in ("Hours", "Open daily.", "Mon", "Tue"))


@pytest.mark.parametrize(
    ("head", "body", "first"),
    [
        ("Canoe, red: Sports", "<div><h1 id=t>Canoe, red</h1></div><div><h1>About it</h1>{}</div>",
         "Canoe, red"),
        ("How to row - Lake Shop", "<div><h1>Lake Shop</h1></div><div><h1>How to row</h1>{}</div>",
         "How to row"),
        ("Which oar is best for a lake? : rowing", '<div><p class="t"><a href="/c/1">Which oar is '
         "best for a lake?</a> (self.rowing)</p></div><div>{}</div>", "Which oar is best"),
    ],
)  # fmt: skip
def test_the_title_is_what_the_page_is_named_for(head: str, body: str, first: str) -> None:
    text = shown(body.format(TEXT * 2), f"<title>{head}</title>")
    assert text.startswith(first)


def test_questions_in_buttons_stay_before_their_answers() -> None:
    pairs = [("When does it run?", "From April on."), ("May dogs come?", "Yes."), ("Why?", TEXT)]
    body = "".join(
        f"<div><button aria-expanded=false>{q}</button><div class=answer><p>{a}</p></div></div>"
        for q, a in pairs
    )
    text = shown(f"<main><h1>Questions</h1>{body}</main>")
    assert [q for q, _ in pairs if q not in text] == []
