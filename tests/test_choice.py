"""Which blocks of pages are kept: short ones inside of a text, and not what is set apart in it."""

import re
from collections.abc import Callable

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import main_text

# About 250 characters each, as paragraphs of articles are.
PROSE = [
    "The mill stands where the river bends, and the miller keeps its books himself. Every morning "
    "he opens the sluice, lets the water run over the wheel, and listens to the stones until the "
    "sound is right; then he writes the hour into a ledger.",
    "Visitors who come in the summer are shown the cellar first, where the axle turns. The oak is "
    "older than the house, and nobody has found out who felled it; a beam above the door bears a "
    "date that may well be a joke of the carpenter's brother.",
    "Flour from here went down the valley by cart, and later by train, until the line was closed. "
    "What is ground today is sold at the door and in two shops of the town, in paper bags that the "
    "miller's daughter prints by hand in the winter months.",
    "A new wheel was built four years ago by pupils of the school for carpenters, who took the old "
    "one for their model. It weighs a little less and runs a little faster, and the miller says "
    "that he can hear the difference in the bread that it makes.",
]
TITLE = "Wheels and stones"
BEFORE, BEHIND = ("".join(f"<p>{text}</p>" for text in half) for half in (PROSE[:2], PROSE[2:]))
SECTIONS = "".join(f"<h2>Part {n}</h2>{BEFORE if n % 2 else BEHIND}" for n in range(16))

MENU = (
    "<{0}><a href=/>The Valley</a><{1}><ul><li><a href=/n>News</a><li><a href=/h>History</a>"
    "<li><a href=/s>Shop</a><li><a href=/c>Contact</a></ul></{1}></{0}>"
)
SIDEBAR = (
    "<{0} class=sidebar><h3>Most read</h3><ul><li><a href=/m1>Bridges of the valley</a>"
    "<li><a href=/m2>Where to eat in June</a><li><a href=/m3>A new road</a></ul></{0}>"
)
FOOTER = (
    "<{0}><p>© 2024 The Valley</p><ul><li><a href=/i>Imprint</a><li><a href=/p>Privacy</a></ul>"
    "</{0}>"
)
OUTSIDE = ["History", "Most read", "Where to eat", "Imprint"]


def in_main(text: str) -> str:
    return (
        f"{MENU.format('header', 'nav')}<main><article>{text}</article></main>"
        f"{SIDEBAR.format('aside')}{FOOTER.format('footer')}"
    )


def in_article(text: str) -> str:
    return (
        f"{MENU.format('header', 'nav')}<div id=wrap><article class=post><div class=entry-content>"
        f"{text}</div></article>{SIDEBAR.format('aside')}</div>{FOOTER.format('footer')}"
    )


def in_divisions(text: str) -> str:
    return (
        f"{MENU.format('div', 'div')}<div class=container><div class=row><div class=col-8>{text}"
        f"</div><div class=col-4>{SIDEBAR.format('div')}</div></div></div>{FOOTER.format('div')}"
    )


THEMES = [in_main, in_article, in_divisions]


def found_in(body: str) -> str:
    html = f"<html><head><title>{TITLE}</title></head><body>{body}</body></html>"
    return re.sub(r"\s+", " ", main_text(HTMLTree.parse(html)))


def found_between(piece: str) -> list[str]:
    """The texts of pages that have it between paragraphs, short and long ones, in each theme."""
    return [
        found_in(theme(f"<h1>{TITLE}</h1>{BEFORE}{piece}{BEHIND}{more}"))
        for theme in THEMES
        for more in ("", SECTIONS)
    ]


def table(rows: list[tuple[object, ...]], head: tuple[str, ...] = ()) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    names = "".join(f"<th>{name}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{cells}</tbody></table>"


KETTLES: list[tuple[object, ...]] = [
    ("Ember", "2:41 min", "£39"),
    ("Brook", "3:05 min", "£54"),
    ("Alder", "2:58 min", "£32"),
]
PARTS: list[tuple[object, ...]] = [(f"Cog {n}", n % 7 + 1) for n in range(20)]
YEARS: list[tuple[object, ...]] = [(n, f"{n % 9 * 0.3:.1f}%") for n in range(2001, 2013)]
TEAMS: list[tuple[object, ...]] = [("Hawks", 10, 4), ("Bears", 9, 5), ("Owls", 7, 7)]
PRICES: list[tuple[object, ...]] = [("ข้าว", "20 บาท"), ("น้ำ", "10 บาท"), ("ปลา", "45 บาท")]
SIZES = {"Width": "40 cm", "Height": "1.2 m", "Weight": "9 kg", "Colour": "Red"}
CODE_IN_FIGURE = "<figure><pre>turn(3)</pre><figcaption>Listing 2</figcaption></figure>"
FORMULA = (
    "<table class=ltx_equation><tbody><tr><td class=ltx_eqn_cell></td><td class=ltx_eqn_cell>"
    '<math alttext="a=b+c" display=block><mi>a</mi></math></td><td class=ltx_eqn_cell></td></tr>'
    "</tbody></table>"
)
BULLETS = "".join(
    f'<ul class=ltx_itemize><li class=ltx_item><span class="ltx_tag ltx_tag_item">•</span>'
    f"<div class=ltx_para><p class=ltx_p>{text}</p></div></ul>"
    for text in ("wheel first", "axle next")
)
FIELDS = (
    '<dl class="field-list simple"><dt class=field-odd>Parameters<span class=colon>:</span></dt>'
    "<dd class=field-odd><ul class=simple><li><p><strong>x</strong> – a wheel</p></li>"
    "<li><p><strong>y</strong> – an axle</p></li></ul></dd><dt class=field-even>Returns"
    "<span class=colon>:</span></dt><dd class=field-even><p>a mill</p></dd></dl>"
)
BLOCK_OF_CODE = (
    '<div class="language-bash codeBlockContainer theme-code-block"><div class=codeBlockContent>'
    '<pre class="prism-code language-bash"><code><span class=token-line>mill build<br></span>'
    "<span class=token-line>mill run<br></span></code></pre><div class=buttonGroup>"
    "<button>Copy</button></div></div></div>"
)


@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        (f"<figure class=wp-block-table>{table(KETTLES, ('Kettle', 'Time', 'Price'))}"
         "<figcaption>Results of our test</figcaption></figure>",
         ["Kettle | Time | Price", "Ember | 2:41 min | £39", "Alder | 2:58 min | £32",
          "Results of our test"]),
        (f"<figure>{table(KETTLES)}</figure>", ["Ember | 2:41 min | £39", "Alder"]),
        (table(PARTS, ("Item", "Qty")), ["Item | Qty", *(f"{n} | {q}" for n, q in PARTS)]),
        (table(YEARS, ("Year", "GDP")), ["Year | GDP", *(f"{y} | {p}" for y, p in YEARS)]),
        (table(TEAMS, ("Team", "W", "L")), ["Team | W | L", "Hawks | 10 | 4", "Owls | 7 | 7"]),
        (table(PRICES, ("ของ", "ราคา")), ["ของ | ราคา", "ข้าว | 20 บาท", "ปลา | 45 บาท"]),
        ("<ul><li>Fruit<ul><li>Apples<li>Pears</ul><li>Nuts<ul><li>Hazel</ul></ul>",
         ["- Fruit", "- Apples", "- Pears", "- Nuts", "- Hazel"]),
        ("<ul><li>Returns<ul><li>Within 30 days<li>Unworn only</ul><li>Shipping<ul>"
         "<li>Free over £50</ul></ul>",
         ["Returns", "Within 30 days", "Unworn only", "Shipping", "Free over £50"]),
        ("<ul><li>Week 1: Sets<ul><li>Unions<li>Powers</ul><li>Week 2: Maps<ul><li>Inverse</ul>"
         "</ul>", ["Week 1: Sets", "Unions", "Powers", "Week 2: Maps", "Inverse"]),
        ("<ul><li>सेब<li>केला<li>आम</ul>", ["सेब", "केला", "आम"]),
        ("<dl><dt>Sol<dd>Sun<dt>Luna<dd>Moon<dt>Mare<dd>Sea</dl>",
         ["Sol", "Sun", "Luna", "Moon", "Mare", "Sea"]),
        *((f"<blockquote class={name}><p>Big waves today!</p>— Ann (@ann) <a href=/s>May 3</a>"
           "</blockquote>", ["Big waves today!", "— Ann (@ann) May 3"])
          for name in ("twitter-tweet", "instagram-media", "social", "fb-post")),
        ("<div class=cards>" + "".join(
            f"<div class=card><h3><a href=/{name}>{name}</a></h3><p>{value}</p></div>"
            for name, value in (("Quay", "2 km"), ("Tower", "$5"))) + "</div>",
         ["Quay", "2 km", "Tower", "$5"]),
        ("<blockquote><p>Grind slowly.</p><footer>Someone in <cite>The Book</cite></footer>"
         "</blockquote>", ["Grind slowly.", "Someone in The Book"]),
        ("<figure><blockquote><p>The wheel has no end and no beginning.</p></blockquote>"
         "<figcaption>— A miller</figcaption></figure>", ["The wheel has no end", "— A miller"]),
        (CODE_IN_FIGURE, ["turn(3)", "Listing 2"]),
        ('<figure class="kg-card kg-code-card"><pre><code class=language-js>let a = 1;</code></pre>'
         "<figcaption>Set it</figcaption></figure>", ["let a = 1;", "Set it"]),
        ("<pre>ls -l</pre>", ["ls -l"]),
        (BLOCK_OF_CODE, ["mill build", "mill run"]),
        (FORMULA + BULLETS, ["a=b+c", "wheel first", "axle next"]),
        (FIELDS, ["Parameters:", "x – a wheel", "y – an axle", "Returns:", "a mill"]),
        ("<div class=grid>" + "".join(
            f"<div class=name>{name}</div><div class=value>{value}</div>"
            for name, value in SIZES.items()) + "</div>", [*SIZES, *SIZES.values()]),
        ("<div class=grid>" + "".join(
            f"<div class=row><div>{name}</div><div>{value}</div></div>"
            for name, value in SIZES.items()) + "</div>", [*SIZES, *SIZES.values()]),
        ("<table><tr><th>Shirt<th>Sizes<tr><td>Plain<td><ul><li>S<li>M<li>L</ul>"
         "<tr><td>Striped<td><ul><li>M<li>XL</ul></table>",
         ["Shirt", "Sizes", "Plain", "S, M, L", "Striped", "M, XL"]),
        ("<details><summary>Answer</summary><p>Forty-two.</p></details>",
         ["Answer", "Forty-two."]),
        ("<p>00:12 and welcome back.</p><p>00:15 today: mills.</p><p>00:19 yes.</p>",
         ["00:12 and welcome back.", "00:15 today: mills.", "00:19 yes."]),
    ],
    ids=["table of WordPress", "table in figure", "parts", "years", "teams", "Thai", "nested list",
         "policies", "outline", "Hindi", "one-word definitions", "tweet", "instagram", "network",
         "post", "cards", "quotation's footer",
         "quotation's caption", "code in figure", "code of Ghost", "one line of code",
         "code of Docusaurus", "LaTeXML", "fields of Sphinx", "grid", "grid of rows",
         "lists in cells", "summary", "transcript"],
)  # fmt: skip
def test_what_stands_between_paragraphs_is_kept(piece: str, wanted: list[str]) -> None:
    for found in found_between(piece):
        assert [part for part in (TITLE, *wanted) if part not in found] == []
        assert [part for part in OUTSIDE if part in found] == []


@pytest.mark.parametrize(
    "piece",
    [
        f"<figure>{table(KETTLES)}<figcaption>Ember</figcaption></figure>",
        "<dl><dt>Sol<dd>Ember<dt>Luna<dd>Moon</dl>",
        "<ul><li>Ember<li>Alder</ul>",
        "<figure><pre>Ember(3)</pre><figcaption>Listing 2</figcaption></figure>",
        FIELDS.replace("a mill", "Ember"),
    ],
    ids=["figure", "definitions", "list", "code in figure", "fields"],
)
def test_a_unit_at_the_end_is_kept_whole(piece: str) -> None:
    for theme in THEMES:
        found = found_in(theme(f"<h1>{TITLE}</h1>{BEFORE}{BEHIND}{piece}"))
        assert "Ember" in found
        assert [part for part in OUTSIDE if part in found] == []


@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        ("<ul><li>Monday: 9–17<li>Sunday: closed</ul>", ["Monday: 9–17", "Sunday: closed"]),
        ("<blockquote><p>Best flour we had.</p><cite>Ann, baker</cite></blockquote>",
         ["Best flour", "Ann, baker"]),
        ("<p>Mill Street 5, Ulm</p>", ["Mill Street 5"]),
    ],
    ids=["list", "quotation", "line"],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["div", "section"])
def test_a_section_beside_that_of_the_text_is_kept(piece: str, wanted: list[str], tag: str) -> None:
    first = f"<{tag}><p>{PROSE[0]}</p><p>{PROSE[1]}</p></{tag}>"
    for theme in THEMES:
        page = theme(f"<h1>{TITLE}</h1>{first}<{tag}><h2>Around</h2>{piece}</{tag}>")
        found = found_in(page)
        assert [part for part in ["Around", *wanted] if part not in found] == []
        assert [part for part in OUTSIDE if part in found] == []


SPANS: list[tuple[object, ...]] = [("Monday", "9-5"), ("Sunday", "Closed")]


@pytest.mark.parametrize("body", [f"<p>{PROSE[0]}</p>", BEFORE + BEHIND, SECTIONS])
@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        (f"<h2>Opening hours</h2>{table(SPANS)}", ["Opening hours", "Monday | 9-5", "Closed"]),
        (f"<h2>Results</h2>{table(KETTLES, ('Kettle', 'Time', 'Price'))}",
         ["Results", "Kettle | Time", "Ember | 2:41 min", "Alder"]),
        (f"<div class=scroll>{table([('40 cm', '9 kg')], ('Size', 'Weight'))}</div>",
         ["Size | Weight", "40 cm | 9 kg"]),
        ("<table><caption>Table 2. Wheels</caption><tr><th>Wheel<th>Year<tr><td>First<td>1701"
         "</table>", ["Table 2. Wheels", "Wheel | Year", "First | 1701"]),
        ("<h2>Needed</h2><ul><li>Flour<li>Salt</ul><h2>Tools</h2><ol><li>Bowl<li>Oven</ol>",
         ["Needed", "Flour", "Salt", "Tools", "1. Bowl", "Oven"]),
        ("<h2>Words</h2><dl><dt>Quern<dd>A hand mill<dt>Race<dd>The channel of the wheel</dl>",
         ["Words", "Quern", "A hand mill", "Race", "The channel"]),
        ("<address>The Old Mill<br>1 River Lane</address>", ["The Old Mill", "1 River Lane"]),
        ("<h3>Where</h3><address>水車小屋<br>川端通り</address>",
         ["Where", "水車小屋", "川端通り"]),
        ("<figure><img src=a.jpg><figcaption>The wheel in winter</figcaption></figure>",
         ["The wheel in winter"]),
        ("<h2>Example</h2><pre>mill run</pre>", ["Example", "mill run"]),
        ("<blockquote><p>Grind slowly.</p><cite>A miller</cite></blockquote>",
         ["Grind slowly.", "A miller"]),
        ("<aside class=pullquote><p>The oak is older than all.</p></aside>", ["older than all"]),
        ("<section><h2 id=see-also><a href=#see-also>See also</a></h2><div><ul><li>"
         "<a href=/a>Querns</a><li><a href=/b>Sluices of oak</a></ul></div></section>",
         ["See also", "Querns", "Sluices of oak"]),
        ("<section><h2><a href=#s>Papers</a></h2><table><thead><tr><th>Paper</th></tr></thead>"
         "<tbody><tr><td><a href=/w>On wheels</a></td></tr></tbody></table></section>",
         ["Papers", "Paper", "On wheels"]),
        ("<p>This rule binds all mills.</p><p>Done at the mill, 3 May.</p><p>A. Miller</p>",
         ["binds all mills", "Done at the mill, 3 May.", "A. Miller"]),
    ],
    ids=["hours", "results", "two rows in a division", "caption", "lists", "definitions", "address",
         "Japanese address", "figure", "code", "quotation", "pulled quotation", "linked headings",
         "table with a head and a row", "signature"],
)  # fmt: skip
def test_what_ends_a_text_belongs_to_it(body: str, piece: str, wanted: list[str]) -> None:
    for theme in THEMES:
        found = found_in(theme(f"<h1>{TITLE}</h1>{body}{piece}"))
        assert [part for part in wanted if part not in found] == []
        assert [part for part in OUTSIDE if part in found] == []


def test_boxes_of_facts_and_pulled_quotations_belong_to_their_article() -> None:
    box = "<aside class=infobox><h3>The mill</h3><p>Built: 1701</p><p>Wheel: oak</p></aside>"
    quote = "<aside><p>“The oak is older than the house.”</p></aside>"
    for found in found_between(box + quote):
        wanted = ["The mill", "Built: 1701", "Wheel: oak", "“The oak is older"]
        assert [part for part in wanted if part not in found] == []
        assert [part for part in OUTSIDE if part in found] == []


def test_an_index_of_definitions_beside_the_text_belongs_to_it() -> None:
    """Documentation lists the parts of a library behind the element that describes it."""
    names = {"grind": "Turns grain into flour.", "sift": "Parts bran from flour.", "bake": "Bakes."}
    items = "".join(f"<dt><a href=/{n}>{n}</a></dt><dd>{t}</dd>" for n, t in names.items())
    for tags in ("<details open><div class=docblock>{}</div></details>", "<section>{}</section>"):
        text = tags.format(f"<p>{PROSE[0]}</p><h2>Use</h2>{BEHIND}")
        index = f"<h2>Modules</h2><dl class=item-table>{items}</dl>"
        menu = "<nav class=sidebar><a href=/a>Crate mill</a><a href=/b>All Items</a></nav>"
        found = found_in(f"{menu}<main><section><h1>Crate mill</h1>{text}{index}</section></main>")
        assert [part for part in ("Modules", *names, *names.values()) if part not in found] == []
        assert "All Items" not in found


HEADS = [
    "<div class=page><header><div><h1>{}</h1></div><p>by Ann Miller, 3 May</p></header>",
    "<div class=hero><div class=inner><div><h1>{}</h1></div><p>Old and new</p></div></div>",
    "<div class=top><span>3 May 2021</span><div><div><h1>{}</h1></div></div><div>Ann</div></div>",
    "<h1><a href=/>The Valley</a></h1><div class=bar><div class=wrap><h1>{}</h1></div></div>",
    "<form><div class=bar><div><div class=wrap><h1>{}</h1></div></div></div>",
    "<div class=bar><h1><a href=/q/17/wheels>{}</a></h1></div><div>Asked in <b>2010</b></div>",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("title", [TITLE, "水車と石", "Räder"])
def test_the_only_title_before_a_text_belongs_to_it(head: str, title: str) -> None:
    prose = BEFORE + BEHIND
    of_links = "".join(f"<li><a href=/{n}>Mill {n}</a>, built in 18{n}</li>" for n in range(10, 40))
    for body in (f"<main><div>{prose}</div></main>", f"<div><div><div><ul>{of_links}</ul></div>"):
        assert title in found_in(head.format(title) + body)


@pytest.mark.parametrize("address", ["/", "https://mills.example", "/valley/", "#"])
def test_the_name_of_the_site_is_no_title(address: str) -> None:
    head = f"<header><h1><a href={address}>The Valley and its mills</a></h1></header>"
    assert "its mills" not in found_in(f"{head}<main><div>{BEFORE + BEHIND}</div></main>")


LIFE = "Ann Miller has lived in the valley for thirty years, where she writes and bakes on Sundays."


@pytest.mark.parametrize(
    "name", ["author-bio", "AuthorBox_root__x1", "post-authors", "byline", "entry-author__box"]
)
def test_the_life_of_an_author_is_no_text_of_the_page(name: str) -> None:
    box = f"<div class={name}><h3>Ann</h3><p>{LIFE}</p></div>"
    for found in [*found_between(box)[1::2], found_in(in_main(BEFORE + BEHIND + SECTIONS + box))]:
        assert LIFE not in found


@pytest.mark.parametrize(
    ("name", "text"),
    [("authority", LIFE), ("coauthored", LIFE), ("cite", LIFE), ("author", "Ann Miller, baker")],
)
def test_other_classes_and_names_alone_stay(name: str, text: str) -> None:
    for found in found_between(f"<blockquote><p>Bake.</p><p class={name}>{text}</p></blockquote>"):
        assert text in found


def test_a_page_about_its_author_is_kept() -> None:
    for theme in THEMES:
        assert PROSE[3][-40:] in found_in(theme(f"<div class=author-page>{BEFORE}{BEHIND}</div>"))


@pytest.mark.parametrize("text", ["<p>The mill is closed today.</p>", f"<p>{PROSE[0]}</p>"])
def test_a_short_page_has_no_menu_and_no_copyright(text: str) -> None:
    menu = "<header><nav><a href=/>The Valley</a> <a href=/n>News</a></nav></header>"
    for main in ("<main>{}</main>", "<div>{}</div>", "{}"):
        found = found_in(f"{menu}{main.format(text)}<footer>© 2024 The Valley</footer>")
        assert text[3:20] in found
        assert "News" not in found
        assert "2024" not in found


@pytest.mark.parametrize(
    "tail",
    [
        "<p>© 2024 The Valley. All rights reserved.</p>",
        "<div>Copyright 2010-2020 Mill</div><p>Made of stone</p>",
        "<p>Mühle GmbH © 2019</p>",
        "<p>&copy; 1999–2021 水車</p><p><a href=/p>Privacy</a> <a href=/t>Terms</a></p>",
        "<p>(c) 2020 Mill</p>",
    ],
)
def test_a_copyright_line_without_a_footer_ends_the_text_before_it(tail: str) -> None:
    whole = "".join(f"<p>{text}</p>" for text in PROSE)
    for page in (f"<div>{whole}{tail}</div>", f"<div><div>{whole}</div>{tail}</div>"):
        assert found_in(page).endswith(PROSE[-1][-40:])


@pytest.mark.parametrize(
    "piece",
    ["<p>In 2019 the sign © was painted on the wall.</p>", "<p>Copyright lasts for 70 years.</p>",
     "<p>The mill was built in 1990.</p>"],
)  # fmt: skip
def test_a_sentence_about_copyright_stays(piece: str) -> None:
    whole = "".join(f"<p>{text}</p>" for text in PROSE)
    assert piece[3:-4] in found_in(f"<div>{piece}{whole}</div>")
    if "©" not in piece:
        assert piece[3:-4] in found_in(f"<div>{whole}{piece}</div>")


@pytest.mark.parametrize(
    "piece",
    [
        "<ul class=menu><li><a href=/a>STRAY one</a><li><a href=/b>STRAY two</a></ul>",
        "<nav class=toc><p>STRAY page</p><ul><li><a href=#a>STRAY Wheel</a></ul></nav>",
        "<div class=share><span>STRAY Share:</span> <a href=/f>STRAY here</a> <button>STRAY"
        "</button></div>",
        "<aside><h4>STRAY more</h4><p><a href=/r>STRAY mill of the town</a></p></aside>",
        "<figure class=related-card><a href=/r><figcaption>STRAY rivers</figcaption></a></figure>",
        "<div class=ad-slot><span>STRAY Advertisement</span></div>",
        "<form class=comment-form><p>STRAY reply</p><p>STRAY Name</p><p>STRAY Email</p></form>",
        "<dialog><h2>STRAY offer</h2><p>STRAY Get a tenth off your first order today.</p></dialog>",
    ],
    ids=["menu", "contents", "share bar", "related links", "related card", "advertisement",
         "comment form", "closed dialog"],
)  # fmt: skip
def test_what_is_set_apart_between_paragraphs_stays_out(piece: str) -> None:
    for found in found_between(piece):
        assert "STRAY" not in found
        assert [text[:40] for text in PROSE if text not in found] == []


def test_a_text_that_stands_in_a_form_is_none_that_is_set_apart() -> None:
    for theme in THEMES:
        text = f"<form class=comments><h1>{TITLE}</h1>{BEFORE}<p>Ember.</p>{BEHIND}</form>"
        found = found_in(theme(text))
        assert "Ember." in found
        assert [text[:40] for text in PROSE if text not in found] == []


LINKS = (
    "<ul><li><a href=/a>STRAY flour</a><li><a href=/b>STRAY breads to bake</a>"
    "<li><a href=/c>STRAY oldest oven in town</a></ul>"
)
SHARE = (
    "<a href='https://www.facebook.com/sharer/sharer.php?u=x'>STRAY Facebook</a> "
    "<a href='https://twitter.com/intent/tweet?u=x'><span>STRAY X</span></a> "
    "<a href='mailto:?subject=x'>STRAY Mail</a>"
)


@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        ("<form class=quiz><p>Which river turns the wheel?</p><label><input type=radio name=a> The "
         "Arne</label><br><label><input type=radio name=a> The Bex</label><button>Check</button>"
         "</form>", ["Which river turns", "The Arne", "The Bex"]),
        ("<form action=/check><fieldset><legend>1. Where is the axle?</legend><div><input "
         "type=radio id=a1><label for=a1>In the cellar</label></div><div><input type=radio id=a2>"
         "<label for=a2>On the roof</label></div></fieldset><input type=submit value=Go></form>",
         ["Where is the axle?", "In the cellar", "On the roof"]),
        ("<form><ol><li><p>Was kostet ein Sack?</p><ul><li><input type=checkbox> Zehn Taler</li>"
         "<li><input type=checkbox> Zwei Groschen</li></ul></li></ol></form>",
         ["Was kostet ein Sack?", "Zehn Taler", "Zwei Groschen"]),
        ("<div><form class=quiz-form><p class=question>水車は何で回りますか。</p>"
         "<div class=answers><label><input type=radio>川の水</label><label><input type=radio>冬の風"
         "</label></div></form></div>", ["水車は何で回りますか。", "川の水", "冬の風"]),
        ("<form class=poll method=post><h3>What bread is best?</h3><p><input type=radio> Rye</p>"
         "<p><input type=radio> Wheat</p></form>", ["What bread is best?", "Rye", "Wheat"]),
    ],
    ids=["quiz", "fieldset", "checkboxes", "Japanese", "poll"],
)  # fmt: skip
def test_a_form_with_answers_to_choose_is_text(piece: str, wanted: list[str]) -> None:
    ends = [found_in(theme(f"<h1>{TITLE}</h1>{BEFORE}{BEHIND}{piece}")) for theme in THEMES]
    for found in found_between(piece) + ends:
        assert [part for part in wanted if part not in found] == []


@pytest.mark.parametrize(
    "piece",
    [
        "<form><p>STRAY stories in your inbox</p><p><input type=email></p><p><input type=checkbox>"
        " STRAY terms</p><p><input type=checkbox> STRAY more</p></form>",
        "<form><p>STRAY name <input type=text></p><p>STRAY text <textarea></textarea></p><p><input "
        "type=radio> STRAY a</p><p><input type=radio> STRAY b</p></form>",
        "<form role=search><label>STRAY this site<input type=search></label></form>",
        f"<p>You may also like</p>{LINKS}",
        f"<p><strong>You might also like:</strong></p>{LINKS}",
        f"<h4>Related articles</h4>{LINKS}",
        f"<p><b>Lesen Sie auch</b></p>{LINKS}",
        f"<p>À lire aussi :</p>{LINKS}",
        f"<div><strong>関連記事</strong></div>{LINKS}",
        "<p><em>Read more</em></p><p><a href=/a>STRAY flour</a></p><p><a href=/b>STRAY bread</a>",
        "<p><b>Читайте также:</b> <a href=/a>STRAY flour</a></p>",
        f"<p>Share {SHARE}</p>",
        f"<p>{SHARE}</p>",
        "<p>Share: <a href='#'>STRAY Facebook</a> <a href='#'>STRAY Mail</a></p>",
    ],
    ids=["newsletter", "contact", "search", "also", "might", "related", "German", "French",
         "Japanese", "links below", "link behind", "share", "share links", "share by scripts"],
)  # fmt: skip
def test_other_forms_and_labelled_links_stay_out(piece: str) -> None:
    labels = ("also like", "Related art", "Lesen Sie", "lire aussi", "関連", "Read more", "Читайте")
    ends = [found_in(theme(f"<h1>{TITLE}</h1>{BEFORE}{BEHIND}{piece}")) for theme in THEMES]
    for found in found_between(piece) + ends:
        assert "STRAY" not in found
        assert [label for label in (*labels, "Share") if label in found] == []
        assert [text[:40] for text in PROSE if text not in found] == []


HEADLINES = ["Council votes on the bridge", "市議会が橋の計画を可決", "Совет голосует за мост"]
TEASER = (
    "The decision about bridge {} was read aloud in the hall, and the people who had waited for it "
    "went home late in the evening."
)


@pytest.mark.parametrize("headline", HEADLINES)
@pytest.mark.parametrize("more", ["Read more", "Weiterlesen", "続きを読む", "Читать также"])
def test_a_headline_behind_read_more_has_its_text(headline: str, more: str) -> None:
    posts = "".join(
        f"<div class=post><h2><a href=/n{n}>{headline} {n}</a></h2><p>{TEASER.format(n)}</p>"
        f"<p><a href=/n{n}>{more}</a></p></div>"
        for n in range(5)
    )
    for theme in THEMES:
        found = found_in(theme(posts))
        assert [n for n in range(5) if f"{headline} {n}" not in found] == []
        assert [n for n in range(5) if TEASER.format(n) not in found] == []


@pytest.mark.parametrize("label", ["Latest news", "Recent posts", "Trending", "人気記事"])
def test_a_label_above_headlines_with_texts_is_a_heading(label: str) -> None:
    items = "".join(
        f"<h3><a href=/n{n}>{headline}</a></h3><p>{n} May 2024</p><p>{TEASER.format(n)}</p>"
        for n, headline in enumerate(HEADLINES)
    )
    for theme in THEMES:
        found = found_in(theme(f"<h1>{TITLE}</h1>{BEFORE}<h2>{label}</h2>{items}"))
        assert [part for part in (label, *HEADLINES) if part not in found] == []


DISHES = "".join(
    f"<div><h3>{name} {n}</h3><p>leek, potato, cream of the valley</p><span>£7.5{n}</span></div>"
    for n, name in enumerate(("Soup", "Pie", "ขนมปัง", "Блины", "スープ"))
)
SPEECH = [
    "The river has always been higher in the spring, and nobody who lives there was surprised.",
    "川の水は春になるといつも高くなるので、そこに住んでいる人は誰も驚かなかったし、橋の上から静かに眺めていた。",
    "Весной вода в реке всегда стоит выше, и никто из тех, кто живёт на берегу, не удивился.",
]


@pytest.mark.parametrize(
    "name",
    ["class=menu", "class=menu-list", "class=food-menu", "class=nav-content", "id=menu"],
)
def test_a_menu_of_dishes_is_text(name: str) -> None:
    wanted = ["Starters", "Soup 0", "Pie 1", "ขนมปัง 2", "Блины 3", "スープ 4", "£7.54"]
    for found in found_between(f"<div {name}><h2>Starters</h2>{DISHES}</div>"):
        assert [part for part in wanted if part not in found] == []


@pytest.mark.parametrize("speech", SPEECH, ids=["English", "Japanese", "Russian"])
@pytest.mark.parametrize(
    "name",
    ["reply", "comment", "breadcrumb", "newsletter", "subscribe", "ad", "sponsored", "promo",
     "nav", "menu", "login", "form", "pager"],
)  # fmt: skip
def test_a_sentence_between_paragraphs_is_text_whatever_its_class(name: str, speech: str) -> None:
    for found in found_between(f"<p class={name}>{speech}</p>"):
        assert speech in found
    if name in ("reply", "comment"):
        for found in found_between(f"<p class={name}>{speech}</p>" * 3):
            assert found.count(speech) == 3


@pytest.mark.parametrize("name", ["class='section discussion'", "id=discussion"])
def test_the_discussion_of_a_paper_is_text(name: str) -> None:
    section = f"<section {name}><h2>Discussion</h2><p>{SPEECH[0]}</p></section>"
    for found in found_between(section):
        assert f"Discussion {SPEECH[0]}" in found


@pytest.mark.parametrize(
    "name", ["follow", "likes", "popular", "donate", "email", "reply", "discussion"]
)
def test_a_table_of_any_class_is_text(name: str) -> None:
    for found in found_between(
        table(YEARS, ("Year", "GDP")).replace("<table", f"<table class={name}")
    ):
        assert [y for y, p in YEARS if f"{y} | {p}" not in found] == []
    names = f"<dl class={name}><dt>Weir</dt><dd>a low dam</dd><dt>Race</dt><dd>a canal</dd></dl>"
    for found in found_between(names):
        assert [part for part in ("Weir", "a low dam", "Race") if part not in found] == []


def test_the_footer_of_an_article_is_text_and_a_menu_of_links_is_none() -> None:
    printed = "This article was first printed in the spring number of the Valley Review."
    text = f"<article><h1>{TITLE}</h1>{BEFORE}{BEHIND}<footer><p>{printed}</p></footer></article>"
    assert printed in found_in(text)
    links = (
        "<div class=menu>" + "".join(f"<a href=/{n}>STRAY {n}</a> " for n in range(9)) + "</div>"
    )
    assert [found for found in found_between(links) if "STRAY" in found] == []


@pytest.mark.parametrize(
    "label", ["Share", "Share this:", "Teilen", "Partager", "シェア", "Поделиться"]
)
def test_a_label_of_buttons_is_no_paragraph(label: str) -> None:
    for found in found_between(f"<p>{label}</p>"):
        assert label not in found
    for found in found_between(table([(label, 1), ("Bond", 2), ("Note", 3)])):
        assert f"{label} | 1" in found


@pytest.mark.parametrize(
    "piece",
    [
        "<p>Share prices fell.</p>",
        "<p>Share and share alike, he said.</p>",
        "<ul><li><a href=/a>The mill museum</a> opens at nine<li><a href=/b>The baker</a> sells"
        " bread</ul>",
        "<p>These are the mills:</p><ul><li><a href=/a>Upper Mill</a><li><a href=/b>Stone Mill</a>"
        "</ul>",
        "<p>以下の水車があります：</p><ul><li><a href=/a>上の水車</a><li><a href=/b>石の水車</a>"
        "</ul>",
        "<p>“<a href='https://twitter.com/intent/tweet?text=x'>The oak is older than the house, and"
        " nobody knows who felled it</a>”</p>",
        "<p>Recommended</p><p>For two loaves take a pound of flour.</p>",
    ],
)
def test_what_only_looks_like_such_links_is_text(piece: str) -> None:
    words = re.sub(r"<[^>]+>", " ", piece).split()
    ends = [found_in(theme(f"<h1>{TITLE}</h1>{BEFORE}{BEHIND}{piece}")) for theme in THEMES]
    for found in found_between(piece) + ends:
        assert [word for word in words if word not in found] == []


def hacker_news(posts: list[str]) -> str:
    rows = "".join(
        f"<tr class='athing comtr' id={n}><td><table><tr><td class=ind></td><td class=votelinks>"
        f"<a id=up_{n} href=vote><div class=votearrow></div></a></td><td class=default><div><span "
        f"class=comhead><a class=hnuser href=u{n}>user{n}</a> <span class=age><a href=i{n}>{n} "
        f"hours ago</a></span></span></div><br><div class=comment><div class='commtext c00'>{text}"
        f"</div><div class=reply><p><u><a href=reply{n}>reply</a></u></div></div></td></tr></table>"
        "</td></tr>"
        for n, text in enumerate(posts)
    )
    return f"<center><table id=hnmain><tr><td><table class=comment-tree>{rows}</table></table>"


def reddit(posts: list[str]) -> str:
    """A post and comments on it, each in a form that has nothing to press."""
    post, *comments = (
        f"<div class=entry><p class=tagline><a href=/u{n}>user{n}</a> {n} points</p><form class="
        f"usertext><input type=hidden name=id><div class=usertext-body><div class=md><p>{text}</p>"
        "</div></div></form></div>"
        for n, text in enumerate(posts)
    )
    thread = "".join(f"<div class='thing comment'>{comment}</div>" for comment in comments)
    side = "<div class=md><h3>Most read</h3><p>Read our rules before you post here.</p></div>"
    return (
        f"<div class=side>{side}</div><div class=content role=main><div class='thing link'>{post}"
        f"</div><div class=commentarea><div class=nestedlisting>{thread}</div></div></div>"
    )


def posts_in(post: str, around: str) -> Callable[[list[str]], str]:
    return lambda posts: in_divisions(
        "<h1>Old wheels</h1>"
        + around.format("".join(post.format(n=n, text=text) for n, text in enumerate(posts)))
    )


@pytest.mark.parametrize(
    "thread",
    [
        hacker_news,
        posts_in("<tr><td class=author>user{n}</td><td class=post><p>{text}</p></td></tr>",
                 "<table>{}</table>"),
        posts_in("<div class=answer id=a{n}><div class=votes>{n}</div><div class=answer-body><p>"
                 "{text}</p></div><div class=user>answered by user{n}</div></div>",
                 "<div class=answers>{}</div>"),
        posts_in("<article class=topic-post><div class=names>user{n}</div><div class=cooked><p>"
                 "{text}</p></div></article>", "<section>{}</section>"),
        posts_in("<table class=tborder id=post{n}><tr><td class=alt2>user{n}</td></tr><tr><td "
                 "class=alt1><div id=m{n}>{text}</div></td></tr></table>",
                 "<div id=posts>{}</div>"),
        reddit,
    ],
    ids=["Hacker News", "rows", "answers", "Discourse", "vBulletin", "Reddit"],
)  # fmt: skip
@pytest.mark.parametrize(
    "replies", [["Thanks!"], ["No.", "Where is it?"], ["水車です。"], [PROSE[3], "+1"]]
)
def test_short_replies_are_posts_as_long_ones_are(
    thread: Callable[[list[str]], str], replies: list[str]
) -> None:
    found = found_in(thread([*PROSE[:3], *replies]))
    assert [text for text in (*PROSE[:3], *replies) if text not in found] == []
    assert "Most read" not in found


@pytest.mark.parametrize("where", ["{0}{1}{2}", "{0}{2}{1}"])
def test_tables_of_links_keep_their_numbers(where: str) -> None:
    numbers = range(71, 79)
    numbered = table([(f"<a href=/e{n}>{n}</a>", f"The wheel {n}", n % 7) for n in numbers])
    years = table(
        [
            (f"<a href=/s{n}>19{n}–{n + 1}</a>", f"<a href=/g{n}>{n % 31 + 20}</a>", n % 7)
            for n in numbers
        ],
        ("Season", "Games", "Wins"),
    )
    of_links = table([(f"<a href=/{n}>{n}</a>", f"<a href=/w{n}>Wheel {n}</a>") for n in numbers])
    for piece, wanted in (
        (numbered, [f"{n} | The wheel {n} | {n % 7}" for n in numbers]),
        (years, [f"19{n}–{n + 1} | {n % 31 + 20} | {n % 7}" for n in numbers]),
        (of_links, [f"{n} | Wheel {n}" for n in numbers]),
    ):
        for theme in THEMES:
            found = found_in(theme(where.format(f"<h1>{TITLE}</h1>{BEFORE}", piece, BEHIND)))
            assert [part for part in wanted if part not in found] == []


@pytest.mark.parametrize(
    ("lazy", "is_text"),
    [
        ("<p>The wheel turned for a hundred years without rest.</p>", True),
        ("<figure><img src=a><figcaption>Rad im Winter, 1920</figcaption></figure>", True),
        ("<p>水車は百年のあいだ休まずに回り続けていました。</p>", True),
        ("<p>Please enable JavaScript to see what people said.</p>", False),
        ("<a href=/poll>Take our little poll today</a>", False),
        ("<img src=a><iframe src=b></iframe>", False),
        (f"<p>{PROSE[1]}</p>", False),
    ],
)
def test_what_stands_in_noscript_alone_is_text(lazy: str, is_text: bool) -> None:
    without = found_between("")
    for found, other in zip(found_between(f"<noscript>{lazy}</noscript>"), without, strict=True):
        assert (found != other) == is_text
        if is_text:
            assert re.sub(r"<[^>]+>", "", lazy) in found


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        ("<dl><dt>Tickets<dd>€5<sup>*</sup></dl>", "<p>*children free</p>"),
        ('<p>So it says.<a href="#_ftn1" name="_ftnref1">[1]</a></p>',
         '<div style="mso-element:footnote-list"><hr><div style="mso-element:footnote" id="ftn1">'
         '<p><a href="#_ftnref1" name="_ftn1">[1]</a> Page nine.</p></div></div>'),
    ],
)  # fmt: skip
def test_a_note_is_kept_with_its_mark(mark: str, note: str) -> None:
    found = found_in(in_main(f"<h1>{TITLE}</h1><div>{BEFORE}{mark}</div>{note}"))
    assert ("*children free" if "dl" in mark else "[1] Page nine.") in found
