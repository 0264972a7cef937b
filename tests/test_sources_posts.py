"""Hacker News and Twitter as their sites, archives and exports write them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reading import Row, documents, outcomes, rows


def read(tmp_path: Path, kind: str, *values: Any) -> list[Row]:
    path = tmp_path / "dump.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return rows(kind, path)


def texts(found: list[Row]) -> list[str]:
    return [row["content"].decode() for row in documents(found)]


@pytest.mark.parametrize("name", ["dead", "deleted"])
def test_flags_of_hacker_news_may_be_strings(tmp_path: Path, name: str) -> None:
    flags = ["false", "0", "False", "", 0, 0.0, False, None, float("nan")]
    gone = ["true", "1", "True", 1, 1.0, True]
    items = [{"id": n, "text": "kept", name: flag} for n, flag in enumerate([*flags, *gone])]
    assert outcomes(read(tmp_path, "hacker_news", *items)) == {
        "document": len(flags), "hacker_news.gone": len(gone),
    }  # fmt: skip


ADDRESS = "https:&#x2F;&#x2F;site.example&#x2F;a-path&#x2F;to?x=1&amp;y=2"
WHOLE = "https://site.example/a-path/to?x=1&amp;y=2"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (f'<a href="{ADDRESS}" rel="nofollow">{ADDRESS[:60]}...</a>', WHOLE),
        (f"<a rel='nofollow' href='{ADDRESS}'>https:&#x2F;&#x2F;site.example&#x2F;a-p…</a>", WHOLE),
        (f'<a href="{ADDRESS}">https:&#x2F;&#x2F;site.example...</a>', WHOLE),
        (f'<a href="{ADDRESS}">And so on...</a>', "And so on..."),
        (f'<a href="{ADDRESS}">{ADDRESS}</a>', ADDRESS),
        ('<a href="http://b.example/?a=1&copy=2">http://b.example/...</a>',
         "http://b.example/?a=1&amp;copy=2"),
    ],
)  # fmt: skip
def test_a_link_that_the_site_cut_has_its_whole_address(
    tmp_path: Path, link: str, shown: str
) -> None:
    (text,) = texts(read(tmp_path, "hacker_news", {"id": 1, "text": f"<p>See {link} and ..."}))
    assert text == f"<p>See {link[: link.index('>') + 1]}{shown}</a> and ..."


@pytest.mark.parametrize(
    "part", ["<a ", '<a href="', "<a href=''", '<a href="x">..', '<a href="x" ']
)
def test_links_without_an_end_are_passed_over_once(tmp_path: Path, part: str) -> None:
    """Else each is searched to the end of the text, which takes hours."""
    (text,) = texts(read(tmp_path, "hacker_news", {"id": 1, "text": part * 60_000}))
    assert text == part * 60_000


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Ask HN: A &amp; B?", "Ask HN: A & B?"),
        ("It&#x27;s &quot;done&quot;", 'It\'s "done"'),
        ("What is &amp;lt; in C&#43;&#43;", "What is &lt; in C++"),
        ("R&D &copy 2 and &notit;", "R&D &copy 2 and &notit;"),
    ],
)
def test_titles_are_decoded_once(tmp_path: Path, title: str, shown: str) -> None:
    (row,) = read(tmp_path, "hacker_news", {"id": 1, "title": title, "text": "x"})
    assert row["title"] == shown


def test_rows_of_bigquery_have_their_date(tmp_path: Path) -> None:
    item = {"id": "1", "text": "x", "timestamp": "2017-01-02 03:04:05 UTC"}
    assert read(tmp_path, "hacker_news", item)[0]["date"] == "2017-01-02 03:04:05 UTC"


def url(short: str, full: str) -> dict[str, str]:
    return {"url": short, "expanded_url": full}


def page_tweet(number: str, **legacy: Any) -> dict[str, Any]:
    """A tweet as Twitter's pages get it (GraphQL)."""
    base = {"full_text": f"text {number}", "created_at": "Sun Aug 31 00:29:15 +0000 2014"}
    return {"__typename": "Tweet", "rest_id": number, "legacy": base | {"lang": "en"} | legacy}


def test_tweets_of_pages_are_read(tmp_path: Path) -> None:
    link = {"urls": [url("https://t.co/a", "https://a.example/?x=1&copy=2")]}
    note = {"note_tweet": {"note_tweet_results": {"result": {"text": "long", "id": "x"}}}}
    cut = {"rest_id": "4", "legacy": {"full_text": "cut…"}} | note
    found = read(
        tmp_path,
        "twitter",
        page_tweet("1", full_text="A &amp; B https://t.co/a", entities=link),
        {"tweet_results": {"result": page_tweet("2")}},
        {"data": {"tweetResult": {"result": page_tweet("3")}}},
        cut,
        {"__typename": "TweetWithVisibilityResults", "tweet": page_tweet("5")},
        page_tweet("6", retweeted_status_result={"result": page_tweet("1")}),
        page_tweet("7", full_text="RT @a: old"),
    )
    assert outcomes(found) == {"document": 5, "twitter.retweet": 2}
    assert texts(found) == [
        "A & B https://a.example/?x=1&copy=2", "text 2", "text 3", "long", "text 5",
    ]  # fmt: skip
    assert [row["native_id"] for row in found] == list("1234567")
    assert (found[0]["date"], found[0]["language_hint"]) == ("2014-08-31T00:29:15Z", "en")


@pytest.mark.parametrize(
    "start", ["Grailbird.data.tweets_2013_01 = \n", "window.YTD.tweets.part0 = ", "var tweets=",
              "\ufeffGrailbird.data.tweets_2013_01 =\n", ""],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", ";", "\n;\n"])
def test_archives_are_scripts_of_any_year(tmp_path: Path, start: str, end: str) -> None:
    tweets = [
        {"id_str": "1", "text": "one https://t.co/a", "created_at": "2013-01-31 20:39:34 +0000",
         "entities": {"urls": [url("https://t.co/a", "https://a.example")], "media": []}},
        {"id_str": "2", "text": "RT @a: two", "created_at": "2013-01-31 20:39:34 +0000"},
    ]  # fmt: skip
    path = tmp_path / "2013_01.js"
    path.write_text(start + json.dumps(tweets, indent=2) + end)
    found = rows("twitter", path)
    assert outcomes(found) == {"document": 1, "twitter.retweet": 1}
    assert (texts(found), found[0]["date"]) == (["one https://a.example"], "2013-01-31T20:39:34Z")


def test_a_short_link_that_begins_another_is_not_put_into_it(tmp_path: Path) -> None:
    links = [url("https://t.co/a", "http://one"), url("https://t.co/ab", "http://two")]
    for given in (links, links[::-1]):
        tweet = {"id": 1, "text": "https://t.co/a https://t.co/ab", "entities": {"urls": given}}
        assert texts(read(tmp_path, "twitter", tweet)) == ["http://one http://two"]


def test_tweets_of_snscrape_are_read(tmp_path: Path) -> None:
    tweet = {
        "id": 1, "rawContent": "see https://t.co/a", "date": "2021-02-03T04:05:06+00:00",
        "links": [{"text": "a", "tcourl": "https://t.co/a", "url": "https://a.example/b"}],
        "retweetedTweet": None, "lang": "en",
    }  # fmt: skip
    found = read(tmp_path, "twitter", tweet, tweet | {"retweetedTweet": {"id": 9}})
    assert outcomes(found) == {"document": 1, "twitter.retweet": 1}
    assert (texts(found), found[0]["date"]) == (["see https://a.example/b"], "2021-02-03T04:05:06Z")


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2013-01-31 20:39:34 +0200", "2013-01-31T18:39:34Z"),
        ("Sun Aug 31 00:29:15 -0000 2014", "2014-08-31T00:29:15Z"),
        ("2024-05-01T00:00:00.000Z", "2024-05-01T00:00:00.000Z"),
        ("0001-01-01 00:00:00 +2359", "0001-01-01 00:00:00 +2359"),
        ("Sun Foo 31 00:29:15 +0000 2014", None),
        (5, None),
    ],
)
def test_dates_of_tweets_are_in_utc(tmp_path: Path, written: Any, date: str | None) -> None:
    (row,) = read(tmp_path, "twitter", {"id": 1, "text": "x", "created_at": written})
    assert row["date"] == date


@pytest.mark.parametrize("more", [{}, {"mentions": [], "urls": []}, {"urls": [{"shortUrl": 1}, 2]}])
def test_long_texts_of_an_archive_are_read(tmp_path: Path, more: dict[str, Any]) -> None:
    """Their ids are not those of tweets, so that they have no address."""
    note = {
        "noteTweetId": "77",
        "createdAt": "2024-02-08T15:12:34.000Z",
        "core": {"text": "A text of more than 280 characters &amp; a link"} | more,
    }
    path = tmp_path / "note-tweet.js"
    path.write_text(f"window.YTD.note_tweet.part0 = {json.dumps([{'noteTweet': note}], indent=1)}")
    (found,) = rows("twitter", path)
    assert found["content"] == b"A text of more than 280 characters & a link"
    assert (found["native_id"], found["url"]) == ("77", None)
    assert found["date"] == "2024-02-08T15:12:34.000Z"
    link = {"shortUrl": "https://t.co/a", "expandedUrl": "https://example.org/page"}
    note["core"] = {"text": "See https://t.co/a there", "urls": [link]}
    path.write_text(f"window.YTD.note_tweet.part0 = {json.dumps([{'noteTweet': note}])};")
    (found,) = rows("twitter", path)
    assert found["content"] == b"See https://example.org/page there"


def test_items_may_stand_under_their_ids(tmp_path: Path) -> None:
    items = {"7": {"id": 7, "text": "one"}, "8": None, "9": {"text": "two"}, "10": {"dead": True}}
    for written in (json.dumps(items), json.dumps(items, indent=1)):
        path = tmp_path / "dump.json"
        path.write_text(written)
        found = rows("hacker_news", path)
        assert [row["native_id"] for row in found] == ["7", "9", "10"]
        assert texts(found) == ["one", "two"]
    (other,) = read(tmp_path, "hacker_news", {"7": "text"})
    assert other["error"] == "item without an id"
