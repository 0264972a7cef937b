"""Centres of preferences for cookies, of known services and others, are no text of a page."""

import pytest

from tests.test_choice import BEFORE, MENU, PROSE, found_in

KINDS = [
    ("Strictly necessary cookies", "These cookies are needed for the site to work. They are set if "
     "you sign in, fill in a form or choose what is stored, and cannot be switched off here."),
    ("Cookies for measuring", "These cookies count visits and tell us which pages are read and "
     "which are not. All that they gather is summed up before anybody sees it."),
    ("Advertising cookies", "These cookies are set by partners, who build a profile of what you "
     "like and show it to you on other sites. They do not store your name."),
]  # fmt: skip
ITEMS = "".join(
    f"<div class=grp><h4>{name}</h4><div><input type=checkbox><label>{name}</label></div>"
    f"<div>Always on</div><p>{text}</p></div>"
    for name, text in KINDS
)
CENTRES = [
    "<div id=onetrust-consent-sdk><div class='otPcCenter ot-hide'>{}</div></div>",
    "<div class=cky-consent-container><div class=cky-preference-center>{}</div></div>",
    "<div class=box role=dialog><h2>What you allow</h2>{}<button>Save</button></div>",
    "<section id=our-cookie-settings><h2>Your choice</h2>{}<button>Save</button></section>",
    "<div class='overlay privacy-overlay'><div>{}</div><a role=button>Allow all</a></div>",
]
SHORT = "<main><h1>Old wheels</h1><p>The wheel has forty paddles, all of oak.</p></main>"
THREAD = "<main><h1>Loose wheel</h1>{}</main>".format(
    "".join(
        f"<article class=reply><h3>{name}</h3><div class=words><p>{text}</p></div></article>"
        for name, text in (
            ("anselm", "Does the rear axle fit the older frames?"),
            ("berta", "It does, with a wedge of ash on either side."),
            ("cyril", "I am not sure about the frame with the iron feet."),
        )
    )
)
LIST = "<main><h1>Wheels</h1><p>Here are wheels for each stream.</p>{}</main>".format(
    "".join(
        f"<a class=card href=/{n}><span class=card-name>Wheel for a {stream} stream</span></a>"
        for n, stream in enumerate(("slow", "cold", "narrow", "muddy"))
    )
)
PAGES = [
    (SHORT, "forty paddles"),
    (THREAD, "wedge of ash"),
    (LIST, "Wheel for a narrow"),
    (f"<main><h1>Old wheels</h1>{BEFORE}</main>", PROSE[1][-40:]),
]


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize(("text", "part"), PAGES)
def test_a_centre_of_preferences_is_left_out(centre: str, text: str, part: str) -> None:
    found = found_in(MENU.format("header", "nav") + text + centre.format(ITEMS))
    assert part in found
    for name, _ in KINDS:
        assert name not in found
    assert "show it to you on other sites" not in found


def test_a_text_about_cookies_is_kept() -> None:
    for around in (
        "<main><h1>Our cookies</h1>{}</main>",
        "<article class=cookie-policy><h1>Our cookies</h1>{}</article>",
        "<div class=page><h1>Our cookies</h1><div class=text>{}</div><button>Print</button></div>",
    ):
        text = "".join(f"<h2>{name}</h2><p>{text}</p>" for name, text in KINDS)
        found = found_in(MENU.format("header", "nav") + around.format(text))
        assert "show it to you on other sites" in found
