"""Which of several headings is the title of a page: the one that the page's names have."""

import pytest
from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import main_text
from tests.test_choice import BEFORE, BEHIND

TEXT = f"<div class=body>{BEFORE}{BEHIND}</div>"
DIALOG = "<aside class=modal role=dialog><h1>Follow by feed</h1><p>Copy this address.</p></aside>"


def found_in(html: str) -> str:
    return " ".join(main_text(HTMLTree.parse(html)).split())


def page(body: str, *names: str) -> str:
    """A page with `<title>`, then `og:title` and `og:site_name`, as far as they are given."""
    metas = "".join(
        f'<meta property="og:{name}" content="{text}">'
        for name, text in zip(("title", "site_name"), names[1:], strict=False)
    )
    return f"<html><head><title>{names[0]}</title>{metas}</head><body>{body}</body></html>"


@pytest.mark.parametrize("title", ["How do wheels turn?", "Räder aus Holz", "水車はなぜ回るのか"])
def test_the_heading_that_title_has_is_kept_beside_others(title: str) -> None:
    name = f"wood - {title} - The Valley"
    link = f"<h1><a href=/q/17/wheels>{title}</a></h1>"
    others = "<div class=menu><h1>Near</h1><h1>Far</h1></div>"
    for body in (
        f"<div class=top>{link}</div>{TEXT}{DIALOG}",
        f"<div class=top><h1>{title}</h1></div>{TEXT}{DIALOG}",
        f"{others}<header><div><h1 class=title>{title}</h1></div></header>{TEXT}",
        f"<div class=bar>{link}</div>{TEXT}<h1 style='display:none'>Follow by feed</h1>",
    ):
        found = found_in(page(body, name))
        assert title in found, body[:60]
        assert "Follow by feed" not in found
        assert "Near" not in found


def test_a_title_for_each_width_is_kept_once() -> None:
    for classes in (("wide", "narrow"), ("widget-a", "widget-b"), ("hidden-mobile", "only-mobile")):
        heads = "".join(
            f"<section class={c}><div><h1>Old wheels</h1></div></section>" for c in classes
        )
        found = found_in(page(heads + TEXT, "Old wheels"))
        assert found.count("Old wheels") == 1, classes


@pytest.mark.parametrize(
    ("site", "names"),
    [
        ("The Valley", ("Wheels and stones | The Valley",)),
        ("The Valley", ("The Valley: Wheels and stones", "Wheels and stones", "The Valley")),
        ("Tal &amp; Berg", ("Wheels and stones – Tal &amp; Berg",)),
    ],
)
def test_the_name_of_the_site_is_none_beside_a_title(site: str, names: tuple[str, ...]) -> None:
    top = f"<header><h1>{site}</h1></header>"
    found = found_in(page(f"{top}<div class=head><h1>Wheels and stones</h1></div>{TEXT}", *names))
    assert "Wheels and stones" in found
    assert "Valley" not in found
    assert "Berg" not in found


def test_og_title_tells_which_of_two_it_is() -> None:
    heads = "<div><h1>Wheels</h1></div><div class=top><h1>Old stones of the mill</h1></div>"
    names = ("Wheels: Old stones of the mill", "Old stones of the mill")
    found = found_in(page(heads + TEXT, *names))
    assert "Old stones of the mill" in found
