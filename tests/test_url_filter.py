"""URLs refused as datatrove refuses them, hosts by lists, pages by their robots, domains."""

import importlib
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from filters.settings import Documents, UrlFilter
from filters.urls import url_filter
from filters.urls.domains import domains
from filters.urls.robots import NOINDEX, asks_not_to_be_indexed
from filters.urls.url_filter import Blocklists, UrlScreen, host_list
from manifests import schemas
from pipelines.recipe.config import RecipeError
from pipelines.recipe.loading import load
from pipelines.recipe.recipe import Recipe
from pipelines.sources.host_lists import read_hosts
from pipelines.stages import documents
from pipelines.stages.settings import settings_of
from tests.reading import rows
from tests.realdata import real_data

# What datatrove calls our reasons.
REASONS = {
    "domain": url_filter.DOMAIN,
    "subdomain": url_filter.SUBDOMAIN,
    "url": url_filter.URL,
    "hard_blacklisted": url_filter.WORD,
    "soft_blacklisted": url_filter.SOFT_WORDS,
    "blacklisted_subword": url_filter.SUBWORD,
}
DATATROVE: Final = "datatrove-0.10"


def reasons(screen: UrlScreen, *urls: str | None) -> list[str | None]:
    found: list[str | None] = screen.reasons(pa.array(urls, pa.string())).to_pylist()
    return found


@pytest.fixture
def small_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of a few entries in the place of the shipped ones."""
    import numpy as np

    text = b"bad.example\n  sub.fine.co.uk \n#good.org\n10.0.0.1\n"
    lists = Blocklists(
        np.sort(url_filter.hash_lines(np.frombuffer(text, np.uint8))),
        frozenset({"http://a.org/Page"}),
        frozenset({"casino"}),
        frozenset({"bet", "odds", "win"}),
        frozenset({"freespins"}),
    )
    monkeypatch.setattr(url_filter, "blocklists", lambda: lists)


@pytest.mark.usefixtures("small_lists")
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://bad.example/x", None),  # no public suffix: neither domain nor host
        ("https://sub.fine.co.uk:443/", url_filter.SUBDOMAIN),
        ("https://other.fine.co.uk/", None),
        ("https://good.org/", None),
        ("http://10.0.0.1/", None),
        ("http://a.org/Page", url_filter.URL),
        ("http://a.org/page", None),
        ("http://a.org/big-casino.html", url_filter.WORD),
        ("http://a.org/CASINO", None),
        ("casino", url_filter.WORD),
        ("http://a.org/casinos", None),
        ("http://bet.org/odds?odds", url_filter.SOFT_WORDS),
        ("http://bet.org/bet?bet", None),
        ("http://a.org/FREE/spin%73/free-Spins", url_filter.SUBWORD),
        ("http://a.org/मोड़", None),
        ("", None),
        (None, None),
    ],
)
def test_each_decision(url: str | None, reason: str | None) -> None:
    assert reasons(UrlScreen(DATATROVE), url) == [reason]


@pytest.mark.usefixtures("small_lists")
def test_the_number_of_soft_words_is_the_recipes_to_set() -> None:
    url = "http://bet.org/odds"
    for least, reason in ((1, url_filter.SOFT_WORDS), (2, url_filter.SOFT_WORDS), (3, None)):
        assert reasons(UrlScreen(DATATROVE, least), url) == [reason]


def test_an_empty_word_stands_at_the_ends_of_urls(small_lists: None) -> None:
    pattern = url_filter._any_word({"", "a"})
    for text in ("x/", "/x", "x", "x/a", "/", "xa"):
        expected = bool({"", "a"} & set(url_filter._BETWEEN_WORDS.split(text)))
        found = pa.compute.match_substring_regex(pa.array([text]), pattern)
        assert found.to_pylist() == [expected], text


def test_hosts_are_allowed_and_denied_with_all_below_them() -> None:
    denied = host_list("# a comment\nB.org\n\nhttps://x.a.co.uk/path\n")
    screen = UrlScreen(None, 2, denied, host_list("a.co.uk\nb.org\n"))
    assert reasons(
        screen, "http://a.co.uk/", "http://x.a.co.uk:80/y", "http://z.A.co.uk", "http://b.org",
        "http://c.org", "http://aa.co.uk", None, "",
    ) == [
        None, url_filter.DENIED, None, url_filter.DENIED,
        url_filter.NOT_ALLOWED, url_filter.NOT_ALLOWED, None, None,
    ]  # fmt: skip


def test_batches_do_not_matter() -> None:
    screen = UrlScreen(DATATROVE, 2, frozenset({"b.org"}))
    urls = pa.array(["http://a.org", None, "http://b.org/x", "http://c.net/porn", ""], pa.string())
    whole = screen.reasons(urls)
    assert whole.null_count < 4
    parts = [screen.reasons(urls[i : i + 1]) for i in range(len(urls))]
    assert pa.concat_arrays(parts).equals(whole)
    assert screen.reasons(urls[:0]).to_pylist() == []
    assert screen.reasons(urls[2:]).equals(whole[2:])


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://news.BBC.co.uk/x?y#z", "bbc.co.uk"),
        ("http://me:pass@a.blogspot.com:80/", "blogspot.com"),
        ("http://192.168.0.1:8080/", "192.168.0.1"),
        ("http://localhost/", "localhost"),
        ("http://[::1]/", "[::1]"),
        ("https://www.मोड़.भारत/", "मोड़.भारत"),
        ("a.example.com.", "example.com"),
        ("co.uk", "co.uk"),
        ("", None),
        (None, None),
    ],
)
def test_domains_know_public_suffixes(url: str | None, domain: str | None) -> None:
    assert domains(pa.array([url], pa.string())).to_pylist() == [domain]


def page(number: int, head: str, url: str | None = None, **fields: Any) -> dict[str, Any]:
    text = "The mill stands where the river bends, and the miller keeps a book of every sack."
    content = f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode()
    return dict.fromkeys(schemas.RECORDS.names) | {
        "native_id": str(number), "media_type": schemas.HTML, "content": content, "url": url,
        "input_bytes": len(content), **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="robots" content="noindex">', True),
        ("<META CONTENT='NoFollow, NOINDEX' NAME=Robots>", True),
        ('<meta name="robots" content="none"/>', True),
        ('<meta name="robots" content="index, noimageindex">', False),
        ('<meta name="googlebot" content="noindex">', False),
        ('<!-- <meta name="robots" content="noindex"> -->', False),
        ('<meta name="description" content="what noindex means">', False),
        ("", False),
    ],
)
def test_robots_meta(head: str, expected: bool) -> None:
    batch = pa.RecordBatch.from_pylist([page(1, head)], schema=schemas.RECORDS)
    assert asks_not_to_be_indexed(batch).to_pylist() == [expected]
    plain = pa.RecordBatch.from_pylist(
        [page(1, head, media_type=schemas.PLAIN), page(2, head, content=None)],
        schema=schemas.RECORDS,
    )
    assert asks_not_to_be_indexed(plain).to_pylist() == [False, False]


def test_refused_pages_are_dropped_by_reason_and_others_keep_their_domain(tmp_path: Path) -> None:
    denied = tmp_path / "denied.txt"
    denied.write_text("b.org\n")
    recipe = Recipe(
        name="r", documents=Documents(url_filter=UrlFilter(deny_hosts=str(denied), noindex=True))
    )
    given = [
        page(1, "", "https://www.a.org/"),
        page(2, "", "https://x.b.org/"),
        page(3, "<meta name=robots content=noindex>", "https://www.a.org/3"),
        page(4, "", "https://b.org/", content=None, skip_reason="warc.not_html"),
        page(5, "", "https://b.org/", content=None, error="broken"),
    ]
    records = pa.RecordBatch.from_pylist(given, schema=schemas.RECORDS)
    result = documents.steps_of(recipe).apply(records, "s", "x")
    assert result.kept["domain"].to_pylist() == ["a.org"]
    assert result.dropped["reason"].to_pylist() == [url_filter.DENIED, NOINDEX, "warc.not_html"]
    assert result.errors.num_rows == 1
    before = settings_of("documents", recipe)
    denied.write_text("c.org\n")
    assert settings_of("documents", recipe) != before, "another list must make the stage run again"


def test_a_recipe_whose_list_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    for section, message in (
        ("{deny_hosts: none.txt}", "cannot read none.txt"),
        ("{lists: datatrove}", "did you mean 'datatrove-0.10'"),
        ("{min_soft_words: 0}", "must be from 1 to 1,000,000,000"),
    ):
        path.write_text(f"name: r\ndocuments: {{url_filter: {section}}}\n")
        with pytest.raises(RecipeError, match=message):
            load(str(path))


def real_urls() -> set[str]:
    files = [
        ("warc", "commoncrawl/cc100.warc.gz"), ("warc", "commoncrawl/16-hosts.warc"),
        ("reddit", "api/reddit-RS_2019-10-subset.zst"),
        ("mediawiki", "wikipedia/enwiki-206-pages.xml.bz2"),
        ("twitter", "api/twitter-v1.1-100-tweets.json"),
    ]  # fmt: skip
    found = {r["url"] for kind, name in files for r in rows(kind, real_data(name), limit=1 << 24)}
    posts = rows("jsonl", real_data("api/reddit-RS_2019-10-subset.zst"), text="title", url="url")
    return {url for url in found | {row["url"] for row in posts} if url}


def generated_urls(lists: Any) -> Iterator[str]:
    """From the lists' own entries: in any letters and places, whole and nearly."""
    draw = random.Random(1)
    words = sorted(lists.banned_words | lists.soft_banned_words | lists.banned_subwords)
    hosts = draw.sample(sorted(lists.block_listed_domains), 20_000)
    for host in hosts:
        head = draw.choice(["", "www.", "a.b.", "x"])
        yield f"{draw.choice(['http', 'https'])}://{head}{host}{draw.choice(['', ':80', '.'])}/p"
    yield from draw.sample(sorted(lists.block_listed_url), 5_000)
    ends = ["", "-", "/", "_", "%20", "1", "s", "é", "."]
    for _ in range(20_000):
        parts = draw.choices(words, k=draw.randrange(1, 4))
        parts = [draw.choice([p, p, p.upper(), p.title(), p[:-1]]) for p in parts]
        joined = "".join(f"{part}{draw.choice(ends)}" for part in parts)
        yield f"http://{draw.choice(['a.org', 'b.co.uk', joined])}/{joined}"
    for scheme, host, port, path in itertools.product(
        ["", "//", "http://", "x:y//", "http:///"],
        ["a.org", "user@a.org", "A.ORG.", "[::1]", "1.2.3.4", "मोड़.भारत", "a.org。", "", " a.org "],
        ["", ":8", ":"],
        ["", "/", "?q", "#f", "/a//b"],
    ):
        if url := f"{scheme}{host}{port}{path}":
            yield url


@pytest.mark.real
def test_decisions_are_datatroves_on_all_real_urls_and_generated_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ahocorasick", reason="datatrove's URLFilter wants pyahocorasick")
    pytest.importorskip("fasteners", reason="datatrove's URLFilter wants fasteners")
    module = importlib.import_module("datatrove.pipeline.filters.url_filter")
    document = importlib.import_module("datatrove.data").Document
    tldextract = importlib.import_module("tldextract")
    monkeypatch.setattr(module, "cached_assets_path", lambda **_: str(tmp_path))
    theirs = module.URLFilter()
    theirs.tldextractor = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
    theirs.download_data()
    urls = [*sorted(real_urls()), *generated_urls(theirs)]
    found = UrlScreen(DATATROVE).reasons(pa.array(urls, pa.string())).to_pylist()
    different, seen = [], dict.fromkeys(REASONS.values(), 0)
    for url, reason in zip(urls, found, strict=True):
        verdict = theirs.filter(document("text", "1", metadata={"url": url}))
        expected = None if verdict is True else REASONS[verdict[1]]
        if expected:
            seen[expected] += 1
        if reason != expected:
            different.append((url, reason, expected))
    print(f"{len(urls)} URLs, {len(different)} differences, {seen}")
    assert min(seen.values()) > 100
    assert different == []


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"# only a comment\n\n", "names no host"),
        (b"a.org\nb org\n", "line 2 of .* is no host"),
        ("\ufeffa.org\n".encode("utf-16-le"), "line 1 of .* is no host"),
    ],
)
def test_a_list_without_hosts_is_refused(written: bytes, why: str, tmp_path: Path) -> None:
    """Nothing would be denied, and nobody would be told."""
    path = tmp_path / "hosts.txt"
    path.write_bytes(written)
    with pytest.raises(ValueError, match=why):
        read_hosts(str(path))
