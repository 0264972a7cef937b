"""Lists have no holes; declarations of code and what ends a text stay, links to source do not."""

import re

import pytest

from tests.test_choice import BEFORE, BEHIND, FOOTER, MENU, PROSE, found_in

NAMES = [
    "Wheel of the upper mill", "Ten wedges that hold", "Tar", "What is an undershot wheel?",
    "The stones of the lower mill", "Oak or ash?", "A year without water", "Bolts",
    "How to grease an axle", "Gate", "Our favourite sluices", "Seven weirs and their wardens",
]  # fmt: skip
CARDS = [
    "<article><h2><a href=/p/{n}>{name}</a></h2></article>",
    "<article id=post-{n} class='card topic-{n}'><div><a href=/p/{n}><img alt=''></a></div>"
    "<header><h2 class=name><a href=/p/{n}>{name}</a></h2></header></article>",
    "<div class=tile><h3><a href=/p/{n}>{name}</a></h3></div>",
    "<div class=entry><h4 class=t><a href=/p/{n}>{name}</a></h4></div>",
]


@pytest.mark.parametrize("card", CARDS)
def test_of_cards_alike_all_are_kept_or_none(card: str) -> None:
    cards = "".join(card.format(n=n, name=name) for n, name in enumerate(NAMES))
    for text in (PROSE[0], "".join(PROSE[:2]), "".join(PROSE)):
        body = f"<main><h1>All that we wrote</h1><div class=intro><p>{text}</p></div>{cards}</main>"
        found = found_in(MENU.format("header", "nav") + body + FOOTER.format("footer"))
        assert sum(name in found for name in NAMES) in (0, len(NAMES))


DECLARED = (
    "pub enum Weir&lt;T&gt; {{\n    Open(T),\n    Shut,\n}}",
    "public final class Weir\nextends Object",
    "class Weir(height: int, *, name: str)",
)


@pytest.mark.parametrize("code", DECLARED)
def test_a_declaration_is_kept_without_links_to_its_source(code: str) -> None:
    code = code.replace("{{", "{").replace("}}", "}")
    methods = "".join(
        f"<section id=m{n}><span class=rightside>1.{n}.0 · "
        f"<a class=src href=/src/w.rs#{n}>Source"
        f"</a></span><h4><code>fn lift_{n}(&amp;self)</code></h4></section><div class=doc><p>{text}"
        f"</p><pre><code>weir.lift_{n}();</code></pre></div>"
        for n, text in enumerate(PROSE)
    )
    found = found_in(
        f"<nav class=sidebar><h2><a href=#>Weir</a></h2></nav><main><h1>Weir</h1><div><pre><code>"
        f"{code}</code></pre></div><details open><summary class=hideme><span>Expand description"
        f"</span></summary><div class=doc><p>{PROSE[0]}</p></div></details><h2 id=v>Variants</h2>"
        f"<div><section><h3>Open(T)</h3></section><div class=doc><p>It is open, and the water runs."
        f"</p></div></div>{methods}</main>"
    )
    for piece in (
        code.split("\n")[0].replace("&lt;", "<").replace("&gt;", ">"),
        "Variants",
        "Open(T)",
    ):
        assert piece in found
    assert not re.search(r"\bSource\b|Expand", found)


@pytest.mark.parametrize("link", ["<a href=/about/source>Source</a>", "<b>Source</b>"])
def test_a_source_that_is_no_code_stays(link: str) -> None:
    found = found_in(f"<main><h1>Wheels</h1>{BEFORE}<p>{link}</p>{BEHIND}</main>")
    assert "Source" in found


BOXES = [
    "<div class='kg-card kg-callout-card'><div class=kg-callout-text>{}</div></div>",
    "<div class='kg-card kg-toggle-card'><div class=kg-toggle-heading><h4>{}</h4><button></button>"
    "</div><div class=kg-toggle-content><p>About two metres.</p></div></div>",
    "<div class='admonition tip'><p class=admonition-title>Tip</p><div>{}</div></div>",
    "<div class='wp-block-callout'><div>💡</div><div>{}</div></div>",
]


@pytest.mark.parametrize("box", BOXES)
def test_a_box_that_ends_a_text_is_kept(box: str) -> None:
    line = "Bring boots, since the race is muddy."
    for more in ("", BOXES[1].format("How deep is it?")):
        inner = f"{BEFORE}{BEHIND}{box.format(line)}{more}"
        found = found_in(
            f"{MENU.format('header', 'nav')}<main><article><h1>Wheels</h1><section class=words>"
            f"{inner}</section></article></main><section><h2>Read more</h2><article class=card>"
            f"<a href=/x><h3>Snow on the pass</h3></a></article></section>"
        )
        assert line in found
        assert "Snow on the pass" not in found
