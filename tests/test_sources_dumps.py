"""Tweets, Hacker News, Reddit's options, CSV, and lists of URLs."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
import zstandard

from pipelines.sources.url_lists import reddit_links, url_key, url_list
from tests.reading import Row, documents, errors, outcomes, rows
from tests.realdata import real_data
from tests.winnow import winnow


def tweet(number: int, text: str, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "id_str": str(number),
        "created_at": "Sun Aug 31 00:29:15 +0000 2014",
        "lang": "ja",
        "text": text,
        **more,
    }


LINK = {"urls": [{"url": "https://t.co/a", "expanded_url": "https://a.example/b?c=1"}]}
PICTURE = {"media": [{"url": "https://t.co/p"}]}


def stored(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_tweets_have_their_full_text_and_real_links(tmp_path: Path) -> None:
    tweets = [
        tweet(1, "雨 &amp; 風 https://t.co/a https://t.co/p", entities={**LINK, **PICTURE}),
        tweet(2, "short…", truncated=True, extended_tweet={"full_text": "all of it"}),
        tweet(3, "RT @a: b", retweeted_status={}),
        tweet(4, "cut…", truncated=True),
        tweet(5, " https://t.co/p", entities=PICTURE),
        {"text": "no id"},
        {"id_str": "7"},
        {"tweet": tweet(8, "from an archive", lang="und")},
    ]
    found = rows("twitter", stored(tmp_path / "t.json", {"statuses": tweets}))
    assert outcomes(found) == {
        "document": 3, "twitter.retweet": 1, "twitter.cut_short": 1, "twitter.no_text": 2,
        "error": 1,
    }  # fmt: skip
    assert [row["content"].decode() for row in documents(found)] == [
        "雨 & 風 https://a.example/b?c=1", "all of it", "from an archive",
    ]  # fmt: skip
    first = found[0]
    assert (first["native_id"], first["language_hint"]) == ("1", "ja")
    assert first["date"] == "2014-08-31T00:29:15Z"
    assert found[7]["language_hint"] is None


def test_tweets_come_in_lists_archives_lines_and_version_2(tmp_path: Path) -> None:
    tweets = [tweet(1, "one"), tweet(2, "two")]
    new = {"id": "3", "text": "cut", "created_at": "2024-05-01T00:00:00.000Z",
           "note_tweet": {"text": "a long note"}}  # fmt: skip
    again = {"id": "4", "text": "RT", "referenced_tweets": [{"type": "retweeted", "id": "3"}]}

    def texts(name: str, content: str) -> list[str]:
        path = tmp_path / name
        path.write_text(content)
        return [row["content"].decode() for row in documents(rows("twitter", path))]

    assert texts("list.json", json.dumps(tweets, indent=1)) == ["one", "two"]
    assert texts("tweets.js", f"window.YTD.tweets.part0 = {json.dumps(tweets)}") == ["one", "two"]
    assert texts("a.jsonl", "\n".join(map(json.dumps, tweets))) == ["one", "two"]
    assert texts("v2.json", json.dumps({"data": [new, again], "meta": {}})) == ["a long note"]
    stream = [{"data": new}, {"data": again}]
    assert texts("v2.jsonl", "\n".join(map(json.dumps, stream)) + "\n") == ["a long note"]


@pytest.mark.parametrize("content", ["", "[", "3", '{"a": ', "[1]", "[" * 200_000, "{\n"])
def test_files_of_no_tweets_are_error_rows(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    found = rows("twitter", path)
    assert outcomes(found) == {"error": 1}


def test_real_tweets() -> None:
    path = real_data("api/twitter-v1.1-100-tweets.json")
    found = rows("twitter", path)
    given = json.loads(path.read_bytes())["statuses"]
    retweets = sum("retweeted_status" in one for one in given)
    assert outcomes(found) == {"document": 100 - retweets, "twitter.retweet": retweets}
    assert [row["native_id"] for row in found] == [one["id_str"] for one in given]


def test_a_field_without_a_value_makes_no_retweet(tmp_path: Path) -> None:
    """Else every tweet is lost where a table was exported with all its columns."""
    tweets = [
        tweet(1, "own", retweeted_status=None, quoted_status=None, extended_tweet=None),
        tweet(2, "own too", referenced_tweets=None, retweeted_status=None),
        tweet(3, "another's", retweeted_status={"id": 9}),
        tweet(4, "RT @a: old", retweeted_status=None),
    ]
    found = rows("twitter", stored(tmp_path / "t.json", tweets))
    assert outcomes(found) == {"document": 2, "twitter.retweet": 2}


def test_notices_of_a_stream_are_skipped_and_no_errors(tmp_path: Path) -> None:
    """Else a month of the archived stream holds more errors than tweets."""
    messages = [
        {"delete": {"status": {"id": 5, "id_str": "5", "user_id": 3}, "timestamp_ms": "1"}},
        tweet(1, "a tweet"),
        {"scrub_geo": {"user_id": 1, "up_to_status_id": 2}},
        {"limit": {"track": 1234}},
        {"status_withheld": {"id": 1, "withheld_in_countries": ["DE"]}},
        {"other": 1},
    ]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(map(json.dumps, messages)))
    assert outcomes(rows("twitter", path)) == {
        "document": 1, "twitter.deleted": 1, "twitter.notice": 3, "error": 1,
    }  # fmt: skip
    one = rows("twitter", stored(tmp_path / "one.json", messages[0]))
    assert outcomes(one) == {"twitter.deleted": 1}


def test_hacker_news_items(tmp_path: Path) -> None:
    items = [
        {"id": 1, "type": "comment", "text": "<p>I &amp; you", "time": 1314211127},
        {"id": 2, "type": "story", "title": "Ask", "text": "why?", "time": "x"},
        {"id": 3, "type": "story", "title": "a link", "url": "https://a.example"},
        {"id": 4, "deleted": True, "text": "gone"},
        {"id": 5, "dead": True, "text": "gone"},
        {"text": "none"},
        {"id": 7, "text": 3},
    ]
    path = tmp_path / "hn.jsonl"
    path.write_text("\n".join(map(json.dumps, items)))
    found = rows("hacker_news", path)
    assert outcomes(found) == {
        "document": 2, "hacker_news.no_text": 2, "hacker_news.gone": 2, "error": 1,
    }  # fmt: skip
    assert found[0]["url"] == "https://news.ycombinator.com/item?id=1"
    assert found[0]["date"] == "2011-08-24T18:38:47Z"
    assert (found[1]["title"], found[1]["date"]) == ("Ask", None)


def test_hacker_news_of_missing_items_and_notices(tmp_path: Path) -> None:
    """Firebase answers null for an item that is missing; notices would be texts."""
    texts = [
        "[flagged]",
        "<p>[Delayed]</p>",
        " [dead]\n",
        "[deleted]",
        "[dead] wood",
        "why [flagged]",
    ]
    items = [None, *({"id": n, "text": text} for n, text in enumerate(texts)), None]
    expected = {"document": 2, "hacker_news.notice": 4, "hacker_news.missing": 2}
    path = tmp_path / "hn.jsonl"
    for data in ("\n".join(map(json.dumps, items)), json.dumps(items)):
        path.write_text(data)
        assert outcomes(rows("hacker_news", path)) == expected


def test_hacker_news_of_algolia(tmp_path: Path) -> None:
    """Else items of the search API are errors, and comments inside a story are lost."""
    comment = {"id": 22, "type": "comment", "text": "<p>b", "created_at_i": 5, "children": []}
    tree = {
        "id": 20, "type": "story", "title": "S", "text": None, "url": "https://a.example",
        "created_at_i": 1500000000,
        "children": [
            {"id": 21, "text": "<p>a", "created_at": "2017-07-14T02:40:00.000Z",
             "children": [comment]},
            {"id": 23, "text": None, "author": None, "children": [comment | {"id": 24}]},
            5,
        ],
    }  # fmt: skip
    items = [
        {"objectID": "10", "comment_text": "<p>c", "story_text": None, "story_title": "no",
         "title": None, "created_at_i": 1389806729},
        {"objectID": "11", "story_text": "why?", "title": "Ask", "created_at_i": 1389806729,
         "children": [10, 12]},
        {"objectID": "13", "title": "a link", "story_text": ""},
        tree,
        {"hits": [{"objectID": "30", "comment_text": "d"}, {"objectID": "31"}], "page": 0},
        {"comment_text": "no id"},
    ]  # fmt: skip
    path = tmp_path / "hn.jsonl"
    path.write_text("\n".join(map(json.dumps, items)))
    found = rows("hacker_news", path)
    assert outcomes(found) == {"document": 6, "hacker_news.no_text": 4, "error": 1}
    assert [(row["native_id"], row["content"]) for row in documents(found)] == [
        ("10", b"<p>c"), ("11", b"why?"), ("21", b"<p>a"), ("22", b"<p>b"), ("24", b"<p>b"),
        ("30", b"d"),
    ]  # fmt: skip
    assert [row["title"] for row in documents(found)][:3] == [None, "Ask", None]
    dates = [row["date"] for row in documents(found)]
    assert dates[:3] == ["2014-01-15T17:25:29Z"] * 2 + ["2017-07-14T02:40:00.000Z"]
    assert documents(found)[2]["url"] == "https://news.ycombinator.com/item?id=21"
    assert sum(row["input_bytes"] for row in found) <= path.stat().st_size


def table(
    tmp_path: Path, content: str | bytes, name: str = "t.csv", **options: object
) -> list[Row]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return rows("csv", path, limit=1000, **options)


def test_csv_rows_may_hold_line_ends_quotes_and_blanks(tmp_path: Path) -> None:
    content = '\ufefftext,id,language\r\n"a ""b""\nc",7,hi\r\n  ,8,\r\nd\r\n'
    found = table(tmp_path, content)
    assert [row["native_id"] for row in found] == ["7", "8", "t.csv#2"]
    assert [row["content"] for row in found] == [b'a "b"\nc', None, b"d"]
    assert found[0]["language_hint"] == "hi"
    assert found[1]["skip_reason"] == "csv.empty"
    assert table(tmp_path, gzip.compress(content.encode()), "t.csv.gz")[0]["content"] == b'a "b"\nc'
    assert table(tmp_path, "q\ttext\n1\tx, y", "t.tsv")[0]["content"] == b"x, y"
    assert table(tmp_path, "q;r\n1;x", text="r", delimiter=";")[0]["content"] == b"x"


def test_csv_rows_without_an_id_are_called_by_their_place(tmp_path: Path) -> None:
    """Otherwise all rows without an id were one document."""
    found = table(tmp_path, 'id,text\n,a\n"",b\n" ",c\nnan,d\n0,e\n')
    assert [row["native_id"] for row in found] == ["t.csv#0", "t.csv#1", "t.csv#2", "t.csv#3", "0"]


def test_csv_that_breaks_says_where(tmp_path: Path) -> None:
    told = errors(table(tmp_path, "q,r\n"))[0]
    assert "no column 'text': the first line has 2 columns; is it a header line?" in told
    assert "set the option text to the name of" in told
    damaged = b"text\nok\n\xff\xfe\nok"
    assert errors(table(tmp_path, damaged, encoding="utf-8")) == ["not valid UTF-8"]
    found = table(tmp_path, "text\nok\n" + "x" * 2000)
    assert outcomes(found) == {"document": 1, "error": 1}
    assert errors(table(tmp_path, "")) == ["empty file"]
    cut = table(tmp_path, gzip.compress(b"text\n" + b"word\n" * 99)[:-9], "t.csv.gz")
    assert "stops at byte" in errors(cut)[0]


def test_real_csv_has_as_many_rows_as_the_standard_library_finds() -> None:
    path = real_data("benchmarks/TruthfulQA.csv")
    with path.open(newline="", encoding="utf-8") as file:
        count = len(list(csv.DictReader(file)))
    assert outcomes(rows("csv", path, text="Question", url="Source")) == {"document": count}


SUBMISSIONS = [
    {"id": "a", "score": 3, "url": "https://A.example/x?q=1&amp;r=2#top", "is_self": False},
    {"id": "b", "score": 9, "url": "http://www.a.example/x?q=1&r=2", "is_self": False},
    {"id": "c", "score": 2, "url": "https://low.example/"},
    {"id": "d", "score": 5, "url": "https://www.reddit.com/r/x/comments/d", "is_self": True},
    {"id": "e", "score": 5, "url": "https://i.redd.it/p.jpg"},
    {"id": "f", "score": 5, "url": "https://[broken/"},
    {"id": "g", "score": None, "url": "https://none.example/"},
    {"id": "h", "score": 7, "url": "https://b.example/文"},
]


def reddit_dump(path: Path, posts: list[dict[str, object]]) -> Path:
    lines = "\n".join(map(json.dumps, posts)).encode()
    path.write_bytes(zstandard.ZstdCompressor().compress(lines))
    return path


def test_reddit_links_are_those_of_webtext_once_each(tmp_path: Path) -> None:
    dump = reddit_dump(tmp_path / "RS.zst", SUBMISSIONS)
    out = tmp_path / "urls.txt"
    done = winnow("reddit-links", dump, "--out", out)
    urls = out.read_text().splitlines()
    assert urls == ["http://www.a.example/x?q=1&r=2", "https://b.example/文"]
    assert "2 URLs" in done.stdout
    assert reddit_links([str(dump)], 8) == urls[:1]
    assert url_list(str(out)) == {url_key(url) for url in urls}
    assert url_key("HTTPS://B.example:443/文/#x") in url_list(str(out))
    assert url_key("https://b.example/") not in url_list(str(out))


def test_real_reddit_links() -> None:
    path = real_data("api/reddit-RS_2019-10-subset.zst")
    with path.open("rb") as file:
        stream = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(file)
        posts = [json.loads(line) for line in io.TextIOWrapper(stream, "utf-8")]
    outbound = [p for p in posts if not p["is_self"] and p["score"] >= 3]
    assert len(reddit_links([str(path)], 3)) <= len(outbound)
    assert outcomes(rows("reddit", path, min_score=3))["reddit.score"] > 0


def test_pages_that_a_list_of_urls_does_not_name_are_skipped(tmp_path: Path) -> None:
    record = "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: {}\r\n"
    record += "Content-Length: 4\r\n\r\ntext\r\n\r\n"
    path = tmp_path / "a.wet"
    path.write_text("".join(record.format(f"https://{h}.example/") for h in "abc"), newline="")
    urls = tmp_path / "urls.txt"
    urls.write_text("http://www.b.example\n")
    found = rows("wet", path, urls=str(urls))
    assert outcomes(found) == {"document": 1, "warc.url_not_listed": 2}
    with pytest.raises(FileNotFoundError):
        rows("wet", path, urls=str(tmp_path / "none"))


def test_reddit_options_choose_posts(tmp_path: Path) -> None:
    posts = [
        {"id": "a", "body": "x", "score": 5, "subreddit": "Ask"},
        {"id": "b", "body": "x", "score": 1, "subreddit": "ask"},
        {"id": "c", "selftext": "x", "title": "t", "score": 5, "over_18": True, "subreddit": "ASK"},
        {"id": "d", "body": "x", "score": 5, "subreddit": "other"},
    ]
    dump = reddit_dump(tmp_path / "RC.zst", posts)
    found = rows("reddit", dump, min_score=2, over_18=False, subreddits=["ask"])
    assert [row["skip_reason"] for row in found] == [
        None, "reddit.score", "reddit.over_18", "reddit.subreddit",
    ]  # fmt: skip
    for option in ({"min_score": "3"}, {"over_18": 1}, {"subreddits": "ask"}):
        with pytest.raises(ValueError, match=next(iter(option))):
            rows("reddit", dump, **option)


def comment(number: str, parent: str, body: str, **more: object) -> dict[str, object]:
    given = {"id": number, "link_id": "t3_z", "parent_id": parent, "body": body, "score": 2}
    return {**given, "created_utc": 1314211127, **more}


CONVERSATION = [
    comment("c3", "t1_c1", "reply to one, later"),
    comment("c1", "t3_z", "one &amp; only"),
    comment("c2", "t1_c1", "reply to one"),
    comment("c4", "t3_z", "two"),
    comment("c5", "t1_c2", "deeper"),
    comment("c6", "t3_z", "[deleted]"),
    comment("c7", "t1_c6", "answers what is gone"),
    comment("c8", "t3_z", "bad", score=-5),
    comment("d1", "t3_y", "elsewhere", link_id="t3_y"),
    comment("c1", "t3_z", "again"),
    comment("d2", "t3_y", "no link", link_id=None),
    {"id": "z", "title": "A title", "selftext": "A text", "score": 9, "created_utc": 1314211000},
]


@pytest.mark.parametrize(
    "post",
    [
        {"link_id": "t3_-1"}, {"link_id": "t3_+z"}, {"link_id": "t3_1_0"}, {"link_id": "t3_ z"},
        {"link_id": "t3_"}, {"link_id": -1}, {"link_id": "t3_١"}, {"link_id": "t3_" + "z" * 5000},
        {"id": "-1"}, {"id": "c 1"}, {"id": "c_1"},
    ],
)  # fmt: skip
def test_ids_that_are_no_numbers_of_reddit_are_errors(
    tmp_path: Path, post: dict[str, object]
) -> None:
    path = tmp_path / "RC.jsonl"
    path.write_text(json.dumps({**comment("c1", "t3_z", "said"), **post}))
    assert errors(rows("reddit_threads", path)) == ["no usable id or link_id"]


def test_reddit_threads_are_conversations(tmp_path: Path) -> None:
    found = rows("reddit_threads", reddit_dump(tmp_path / "RC.zst", CONVERSATION), min_score=0)
    assert outcomes(found) == {
        "document": 2, "reddit.deleted": 1, "reddit.score": 1, "error": 2,
    }  # fmt: skip
    other, thread = documents(found)
    assert (other["native_id"], other["content"]) == ("t3_y", b"elsewhere")
    assert thread["content"].decode().split("\n\n") == [
        "A title", "A text", "one & only", "reply to one", "deeper", "reply to one, later", "two",
        "answers what is gone",
    ]  # fmt: skip
    assert (thread["native_id"], thread["title"]) == ("t3_z", "A title")
    assert thread["url"] == "https://www.reddit.com/comments/z"
    assert thread["date"] == "2011-08-24T18:36:40Z"
    backwards = reddit_dump(
        tmp_path / "RC2.zst", [p for p in CONVERSATION if p.get("body") != "again"][::-1]
    )
    assert documents(rows("reddit_threads", backwards, min_score=0)) == documents(found)


def test_a_conversation_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    posts = [comment(f"c{n}", "t3_z", "x" * 100) for n in range(99)]
    found = rows("reddit_threads", reddit_dump(tmp_path / "RC.zst", posts), limit=5000)
    assert outcomes(found) == {"error": 1}
    assert "max_record_mb" in errors(found)[0]


def test_real_reddit_threads_hold_every_comment_that_is_kept() -> None:
    path = real_data("api/reddit-RC_2005-12.zst")
    alone = rows("reddit", path)
    threads = rows("reddit_threads", path)
    with path.open("rb") as file:
        stream = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(file)
        posts = [json.loads(line) for line in io.TextIOWrapper(stream, "utf-8")]
    kept = {row["native_id"] for row in documents(alone)}
    links = {post["link_id"] for post in posts if f"t1_{post['id']}" in kept}
    assert {row["native_id"] for row in documents(threads)} == links
    words = [sum(len(r["content"].split()) for r in documents(f)) for f in (alone, threads)]
    assert words[0] == words[1]
