"""Submissions of Reddit whose text is not in `selftext`, and notices of removal in other forms."""

import json
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from manifests import schemas
from tests.reading import Row, errors, outcomes, rows
from tests.test_layout import normal

POST: dict[str, Any] = {"id": "p1", "title": "A bridge", "selftext": "", "created_utc": 1569888142}


def read(tmp_path: Path, *posts: dict[str, Any], kind: str = "reddit") -> list[Row]:
    path = tmp_path / "RS.jsonl"
    path.write_text("".join(json.dumps(post) + "\n" for post in posts))
    return rows(kind, path)


def poll(*options: Any) -> dict[str, Any]:
    return {"options": [{"id": str(n), "text": o} for n, o in enumerate(options)], "total": 3}


def gallery(*captions: Any) -> dict[str, Any]:
    return {"items": [{"media_id": "m", "id": n, "caption": c} for n, c in enumerate(captions)]}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"poll_data": poll("Stone", "Wood &amp; rope")}, "- Stone\n- Wood & rope"),
        (
            {"selftext": "Which?\n", "poll_data": poll("Stone", None, 5, " ", "Two\nlines")},
            "Which?\n\n- Stone\n- Two lines",
        ),
        ({"gallery_data": gallery("From the &lt;east&gt;", "")}, "- From the <east>"),
        (
            {"gallery_data": gallery("East"), "poll_data": poll("Yes"), "selftext": "Both."},
            "Both.\n\n- Yes\n- East",
        ),
        ({"crosspost_parent_list": [{"selftext": "Shown &amp;#37;"}]}, "Shown %"),
        (
            {"selftext": 'One.\n\n![img](a1b2 "The &lt;pier&gt;")\n\nTwo ![gif](giphy|x1) end'},
            "One.\n\nThe <pier>\n\nTwo  end",
        ),
        ({"selftext": "see ![img] (x) and ![a plan](b)"}, "see ![img] (x) and ![a plan](b)"),
        ({"crosspost_parent_list": [{"selftext": "Shown"}], "selftext": "Own"}, "Own"),
        ({"crosspost_parent_list": [POST | {"poll_data": poll("A")}]}, "- A"),
    ],
)
def test_polls_galleries_and_crossposts_have_a_text(
    tmp_path: Path, fields: dict[str, Any], text: str
) -> None:
    found = read(tmp_path, POST | fields)
    assert [(row["content"] or b"").decode() for row in found] == [text]
    assert found[0]["title"] == "A bridge"


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "https://example.org/", "post_hint": "link"},
        {"is_video": True, "media": {"reddit_video": {"duration": 3}}},
        {"gallery_data": None, "poll_data": None, "crosspost_parent_list": None},
        {"gallery_data": {"items": [{"media_id": "m"}]}},
        {"gallery_data": [], "poll_data": {"options": {}}, "crosspost_parent_list": [5]},
        {"crosspost_parent_list": [{"selftext": "[removed]"}]},
        {"selftext": "![img](a1b2)\n\n![gif](giphy|a|downsized)"},
        {"selftext": "\u200b"},
        {"selftext": " \u200b\n\n&#x200B;\n"},
        {"crosspost_parent_list": [{"selftext": "x", "title": "[deleted by user]"}]},
        {"crosspost_parent_list": [{"selftext": None, "crosspost_parent_list": [POST]}]},
    ],
)
def test_posts_of_links_and_pictures_have_none(tmp_path: Path, fields: dict[str, Any]) -> None:
    assert outcomes(read(tmp_path, POST | fields)) == {"reddit.no_text": 1}


NOTICES = [
    "**[removed]**",
    "*[deleted]*",
    "[removed].",
    "[Removed by Reddit]",
    "[ Removed by mods ]",
    "[ Removed by AutoModerator ]",
    "[comment removed by moderator]",
    "[this post was deleted by the user]",
    "[account deleted]",
    "[removed by admins for spam]",
    "Comment removed by moderator",
    "Comment deleted by user",
    "Post removed by Reddit",
    "Sorry, this post has been removed by the moderators of r/example.",
    "Sorry, this post was deleted by the author.",
    "[удалено]",
    "[Gelöscht]",
    "[ supprimé ]",
    "[eliminado]",
    "[removido]",
    "[削除済み]",
    "[редактировано]",
    "**[usunięto]**",
    "[삭제됨]",
    "\\[đã xóa\\]",
    "[已删除]",
    "&#91;removed&#93;",
    "&amp;#91;deleted&amp;#93;",
    "\u200b[removed]\u200b",
]


@pytest.mark.parametrize("notice", NOTICES)
def test_notices_of_removal_are_none_in_posts_comments_and_threads(
    tmp_path: Path, notice: str
) -> None:
    comment = {"id": "c1", "body": notice, "link_id": "t3_p1", "parent_id": "t3_p1"}
    posts = [POST | {"selftext": notice}, comment]
    posts += [POST | {"id": "p2", "title": notice}] * notice.startswith(("[", "*", "\\"))
    for kind in ("reddit", "reddit_threads"):
        assert outcomes(read(tmp_path, *posts, kind=kind)) == {"reddit.deleted": len(posts)}


def test_a_title_about_a_removal_is_a_title(tmp_path: Path) -> None:
    post = POST | {"title": "Post removed by moderators", "selftext": "Why?"}
    assert outcomes(read(tmp_path, post)) == {"document": 1}


@pytest.mark.parametrize(
    "text",
    [
        "The post was removed by moderators, and I ask why that is so.\n\nWhat did it break?" * 9,
        "My comment about [removed] words",
        "Reddit removed it",
        "[deleted scenes] are the best",
        "Sorry, this post is long",
        "[removed by the river]",
        "gelöscht",
        "[gelöscht] habe ich nichts",
        "Deleted?",
    ],
)
def test_texts_that_speak_of_removal_are_documents(tmp_path: Path, text: str) -> None:
    assert outcomes(read(tmp_path, POST | {"selftext": text})) == {"document": 1}


def test_a_thread_begins_with_the_text_that_its_crosspost_shows(tmp_path: Path) -> None:
    post = POST | {"crosspost_parent_list": [{"selftext": "Shown."}], "poll_data": poll()}
    comment = {"id": "c1", "body": "Reply.", "link_id": "t3_p1", "parent_id": "t3_p1"}
    (thread,) = read(tmp_path, comment, post, kind="reddit_threads")
    assert thread["content"].decode() == "A bridge\n\nShown.\n\nReply."


# Of CommonMark: a whole name is one reference, and another beginning with its letters is text.
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a &amp;notanent; b", "a &notanent; b"),
        ("a &amp;notit; &amp;not; b", "a &notit; ¬ b"),
        ("?a=1&amp;copy=2 &amp;copy; &amp;copycat;", "?a=1&copy=2 © &copycat;"),
        ("&amp;ampere; &amp;amp;lt;", "&ampere; &lt;"),
        ("&amp;#128512; &amp;#x1F600; &amp;NotEqualTilde;", "😀 😀 ≂̸"),
    ],
)
def test_references_are_whole_names(tmp_path: Path, written: str, shown: str) -> None:
    (row,) = read(tmp_path, POST | {"selftext": written})
    assert row["content"].decode() == shown
    tokens = MarkdownIt().parseInline(written.replace("&amp;", "&"))[0].children or []
    assert "".join(token.content for token in tokens) == shown


def test_a_flag_that_is_a_string_is_a_flag(tmp_path: Path) -> None:
    path = tmp_path / "RS.jsonl"
    flags = ["true", "True", "1", 1, True, "false", "False", "0", 0, 0.0, False, "", None]
    path.write_text(
        "".join(
            json.dumps(POST | {"id": f"p{n}", "selftext": "x", "over_18": flag}) + "\n"
            for n, flag in enumerate(flags)
        )
    )
    found = rows("reddit", path, over_18=False)
    assert outcomes(found) == {"reddit.over_18": 5, "document": 8}


def test_answers_of_the_api_are_their_posts(tmp_path: Path) -> None:
    """A Listing of submissions, or a thread: an array of its submission and its comments."""

    def listing(*things: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        children = [{"kind": kind, "data": data} for kind, data in things]
        return {"kind": "Listing", "data": {"after": None, "children": children}}

    def comment(name: str, parent: str, replies: Any = "") -> dict[str, Any]:
        base = {"id": name, "link_id": "t3_p1", "parent_id": parent, "replies": replies}
        return base | {"body": f"text {name}", "created_utc": 1569888142.0}

    more = ("more", {"id": "c9", "children": ["c9"]})
    inner = listing(("t1", comment("c2", "t1_c1")), more)
    told = POST | {"selftext": "Which?"}
    comments = listing(("t1", comment("c1", "t3_p1", inner)), ("t1", comment("c3", "t3_p1")))
    thread = [listing(("t3", told)), comments]
    path = tmp_path / "answer.json"
    for indent in (None, 1):
        path.write_text(json.dumps(thread, indent=indent))
        found = rows("reddit", path)
        assert outcomes(found) == {"document": 4, "reddit.no_post": 1}
        contents = [row["content"] for row in found if row["content"]]
        assert contents == [b"Which?", b"text c1", b"text c2", b"text c3"]
        (whole,) = [row for row in rows("reddit_threads", path) if row["content"]]
        assert whole["content"].split(b"\n\n") == [b"A bridge", *contents]
        path.write_text(
            json.dumps(listing(("t3", told), ("t3", told | {"id": "p2"})), indent=indent)
        )
        assert [row["native_id"] for row in rows("reddit", path)] == ["t3_p1", "t3_p2"]
    assert outcomes(read(tmp_path, listing(), listing(("t3", told)))) == {
        "reddit.no_post": 1, "document": 1,
    }  # fmt: skip


MARKUP = '&lt;!-- SC_OFF --&gt;&lt;div class="md"&gt;&lt;p&gt;{}&lt;/p&gt;&lt;/div&gt;'


@pytest.mark.parametrize(
    "post",
    [
        {"id": "c1", "body_html": MARKUP.format("7 &amp;gt; 3")},
        {"id": "c1", "body": None, "body_html": MARKUP.format("7 &amp;gt; 3")},
        {"id": "p1", "title": "T", "selftext_html": MARKUP.format("7 &amp;gt; 3")},
        {"id": "p1", "title": "T", "selftext_html": "<div class=md><p>7 &gt; 3</p></div>"},
    ],
)
def test_a_post_without_markdown_has_its_html(tmp_path: Path, post: dict[str, Any]) -> None:
    (row,) = read(tmp_path, post)
    assert row["native_id"] == f"{'t1' if post['id'] == 'c1' else 't3'}_{post['id']}"
    assert row["media_type"] == schemas.HTML_FRAGMENT
    assert b"<p>7 &gt; 3</p>" in row["content"]


def test_markdown_is_read_rather_than_html_and_notices_are_none(tmp_path: Path) -> None:
    (row,) = read(tmp_path, {"id": "c1", "body": "*a*", "body_html": MARKUP.format("a")})
    assert (row["content"], row["media_type"]) == (b"*a*", schemas.PLAIN)
    gone = {"id": "c1", "body_html": MARKUP.format("[removed]")}
    assert outcomes(read(tmp_path, gone)) == {"reddit.deleted": 1}
    assert outcomes(read(tmp_path, POST | {"selftext_html": None})) == {"reddit.no_text": 1}
    reply = {"id": "c1", "link_id": "t3_p1", "body_html": MARKUP.format("a")}
    (told,) = errors(read(tmp_path, reply, kind="reddit_threads"))
    assert "HTML alone, which kind reddit reads" in told


@pytest.mark.parametrize("code", ["    def f(x):\n        return x", "\tif x:\n\t\ty()"])
def test_code_at_the_beginning_keeps_its_indentation(tmp_path: Path, code: str) -> None:
    comment = {"id": "c1", "body": f"\n \n{code}\n", "link_id": "t3_p1", "parent_id": "t3_p1"}
    posts = [POST | {"selftext": f"{code}\n\n"}, comment]
    found = [(row["content"] or b"").decode() for row in read(tmp_path, *posts)]
    assert found == [code, code]
    assert [normal(text) for text in found] == found
    (thread,) = read(tmp_path, *posts, kind="reddit_threads")
    assert thread["content"].decode() == f"A bridge\n\n{code}\n\n{code}"
    (plain,) = read(tmp_path, POST | {"selftext": "\n  Why?\n"})
    assert plain["content"] == b"Why?"
