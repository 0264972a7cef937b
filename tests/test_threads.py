"""Threads: what was written stays, with the names of who wrote it; their profiles do not."""

import re

import pytest

from tests.test_choice import MENU, PROSE, found_in

NAMES = ["anselm", "berta", "cyril", "doro"]
SHORT = "Thanks, the wedge was it!"
TEXTS = [PROSE[0], PROSE[1], PROSE[2], SHORT]
NOISE = r"Joined|Registered|Posts: \d|1,4\d\d|Senior|Quote|#\d|Click to|Re: |AW: "


def thread(post: str) -> str:
    posts = "".join(
        post.format(name=name, text=text, n=n, count=1400 + n)
        for n, (name, text) in enumerate(zip(NAMES, TEXTS, strict=True), 1)
    )
    return (
        "<html><head><title>Loose wheel - The Valley forum</title></head><body>"
        f"{MENU.format('header', 'nav')}<h1>Loose wheel</h1><div class=topic>{posts}</div>"
        "</body></html>"
    )


PHPBB = (
    "<div id=p{n} class='post has-profile bg{n}'><div class=inner><dl class=postprofile>"
    "<dt><a class=username href=/u/{n}>{name}</a></dt><dd class=profile-rank>Senior</dd>"
    "<dd><strong>Posts:</strong> <a href=/s>{count}</a></dd><dd>Joined: Tue Mar 02, 2010</dd></dl>"
    "<div class=postbody><h3><a href=#p{n}>Re: Loose wheel</a></h3><ul class=post-buttons><li>"
    "<a class=button title=Reply><span>Quote</span></a></li></ul><p class=author>by {name}, 2 May"
    "</p><div class=content>{text}</div></div></div></div>"
)
XENFORO = (
    "<article class='message message--post'><div class=message-inner><div class=message-cell>"
    "<section class=message-user><h4 class=message-name><a href=/u>{name}</a></h4>"
    "<h5 class=userTitle>Senior</h5><div class=message-userExtras><dl class=pairs><dt>Joined</dt>"
    "<dd>Mar 2, 2010</dd></dl><dl class=pairs><dd>1,{count}</dd></dl></div></section></div>"
    "<div class=message-main><header><ul class=message-attribution-opposite><li><a>#{n}</a></ul>"
    "</header><div class=bbWrapper>{text}<div class=bbCodeBlock-expandLink><a>Click to expand..."
    "</a></div></div></div></div></article>"
)
VBULLETIN = (
    "<li class='postbit' id=post_{n}><div class=posthead><span class=date>2 May</span> "
    "<a class=postcounter>#{n}</a></div><div class=postdetails_><div class=userinfo>"
    "<div class=username_container><a href=/u><strong>{name}</strong></a></div>"
    "<span class=usertitle>Senior</span><dl class=userinfo_extra><dt>Joined</dt><dd>Mar 2010</dd>"
    "<dt>Posts</dt><dd>1,{count}</dd></dl></div><div class=postbody><blockquote class=postcontent>"
    "{text}</blockquote></div><div class=postfoot><a href=/r>Reply With Quote</a></div></div></li>"
)
SMF = (
    "<div class=windowbg><div class=post_wrapper><div class=poster><h4><a href=/u>{name}</a></h4>"
    "<ul class=user_info><li>Senior</li><li>Posts: {count}</li></ul></div><div class=postarea>"
    "<div class=keyinfo><h5><a href=#m{n}>Re: Loose wheel</a></h5></div><div class=post>"
    "<div class=inner>{text}</div></div><ul class=quickbuttons><li><a href=/q>Quote</a></li></ul>"
    "</div></div></div>"
)
FLUXBB = (
    "<div id=p{n} class=blockpost><div class=box><div class=postbody><div class=postleft><dl><dt>"
    "<strong>{name}</strong></dt><dd class=usertitle><strong>Senior</strong></dd>"
    "<dd><span>Registered: 2010-03-02</span></dd><dd><span>Posts: {count}</span></dd></dl></div>"
    "<div class=postright><h3>AW: Loose wheel</h3><div class=postmsg><p>{text}</p></div></div>"
    "</div><div class=postfootright><ul><li><a href=/q>Quote</a></li></ul></div></div></div>"
)
MYBB = (
    "<div class='post classic' id=post_{n}><div class=post_author><div class=author_information>"
    "<strong><a href=/u>{name}</a></strong><br><span class=smalltext>Senior</span></div>"
    "<div class=author_statistics>Posts: {count}<br>Joined: Mar 2010</div></div>"
    "<div class=post_content><div class=post_head>2 May</div><div class='post_body'>{text}</div>"
    "</div><div class=post_controls><a href=/q>Quote</a></div></div>"
)


@pytest.mark.parametrize("post", [PHPBB, XENFORO, VBULLETIN, SMF, FLUXBB, MYBB])
def test_profiles_beside_posts_are_left_out(post: str) -> None:
    found = found_in(thread(post))
    assert not re.search(NOISE, found), re.search(NOISE, found)
    for text in TEXTS:
        assert text[-40:] in found


def test_a_subject_that_replies_repeat_stands_once() -> None:
    for reply in ("Re:", "RE: Re:", "AW:", "Odp:", "Ответ:", "回复:"):
        post = f"<div class=entry><h3>{reply} Loose wheel</h3><div class=words>{{text}}</div></div>"
        found = found_in(thread(post))
        assert f"{reply} Loose wheel" not in found
        assert SHORT in found


@pytest.mark.parametrize("label", ["Size: 4 cm", "Note: old wheels", "Result: none"])
def test_a_label_that_is_no_reply_stays(label: str) -> None:
    post = f"<div class=entry><p>{label}</p><p>{{text}}</p></div>"
    assert found_in(thread(post)).count(label) == len(NAMES)


@pytest.mark.parametrize("name", ["poster", "post_author", "profile-card", "team-author"])
def test_cards_that_are_no_profiles_stay(name: str) -> None:
    cards = "".join(
        f"<div class={name}><h3>Bill of {year}</h3><p>Printed in two colours, {year}.</p></div>"
        for year in (1912, 1920, 1931)
    )
    text = "".join(f"<p>{text}</p>" for text in PROSE)
    found = found_in(f"<main><h1>Bills</h1>{text}{cards}{text}</main>")
    for year in (1912, 1920, 1931):
        assert f"Printed in two colours, {year}." in found


COMMENTS = [
    "<tr class=athing><td><span class=comhead><a href=/u>{name}</a> <a href=/i>2 hours ago</a>"
    "</span><div class=comment><div class='commtext c00'>{text}</div><div class=reply><p>"
    "<a>reply</a></div></div></td></tr>",
    "<div class=thread-item><b>{name}</b><div class=comment-body>{text}</div></div>",
    "<div class=row><em>{name}</em><section class=message-body>{text}</section></div>",
]


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_comment_is_kept_with_its_first_line_and_the_short_ones(comment: str) -> None:
    texts = [
        "Does it take the wide belts as well, or do they slip as on the older wheel of my uncle?",
        "They slip.<p>A second pulley was meant to mend that, but the frame bends as soon as the "
        "belt is tight, and then the bearings run hot.",
        "Nice wheel!",
    ]
    rows = "".join(comment.format(name=n, text=t) for n, t in zip(NAMES, texts, strict=False))
    rows = f"<table>{rows}</table>" if comment.startswith("<tr") else f"<div>{rows}</div>"
    found = found_in(
        "<html><head><title>Show: a wheel of 100 parts</title></head><body>"
        f"<div class=toptext>{PROSE[0]}</div>{rows}</body></html>"
    )
    for text in ("Does it take the wide", "They slip.", "A second pulley", "Nice wheel!"):
        assert text in found
