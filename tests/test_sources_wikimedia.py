"""CirrusSearch and Wikimedia Enterprise dumps: pairs of lines, archives, rendered pages."""

import bz2
import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from filters.extract.wiki_html import wiki_page_text
from pipelines.sources.wiki_text import language_of
from tests.reading import Row, documents, errors, outcomes, rows


def pair(number: int, **fields: object) -> str:
    page = {
        "title": f"T{number}", "namespace": 0, "wiki": "dewiki", "language": "de",
        "timestamp": "2024-01-01T00:00:00Z", "text": "Der Text. Mehr.", "template": [],
        "source_text": "'''Der''' Text.\n\n{|\n| a || b\n|}\n[[Datei:x|c]]Mehr.", **fields,
    }  # fmt: skip
    action = {"index": {"_type": "page", "_id": str(number)}}
    return f"{json.dumps(action)}\n{json.dumps(page)}\n"


def cirrus(tmp_path: Path, content: str, **options: object) -> list[Row]:
    path = tmp_path / "dewiki-cirrussearch-content.json.gz"
    path.write_bytes(gzip.compress(content.encode()))
    return rows("cirrussearch", path, **options)


def test_cirrussearch_pages(tmp_path: Path) -> None:
    content = "".join(
        [
            pair(1),
            pair(2, namespace=4),
            pair(3, text=" "),
            pair(4, template=["Vorlage:Begriffsklärung"]),
            pair(5, text=7),
            pair(6, title=None),
        ]
    )
    found = cirrus(tmp_path, content)
    assert [row["skip_reason"] or bool(row["error"]) for row in found] == [
        False, "cirrussearch.namespace", "cirrussearch.empty", "cirrussearch.disambiguation",
        "cirrussearch.empty", True,
    ]  # fmt: skip
    first = found[0]
    assert first["content"] == b"Der Text. Mehr."
    assert (first["native_id"], first["title"]) == ("dewiki/1", "T1")
    assert (first["date"], first["language_hint"]) == ("2024-01-01T00:00:00Z", "de")


def test_cirrussearch_wikitext_has_lines_and_the_options_of_mediawiki(tmp_path: Path) -> None:
    (row,) = cirrus(tmp_path, pair(1), text="source_text")
    assert row["content"] == b"Der Text.\n\nMehr."
    (row,) = cirrus(tmp_path, pair(1), text="source_text", tables=True)
    assert row["content"] == b"Der Text.\n\na | b\n\nMehr."
    with pytest.raises(ValueError, match="tables needs text: source_text"):
        cirrus(tmp_path, pair(1), tables=True)
    with pytest.raises(ValueError, match="neither 'text' nor 'source_text'"):
        cirrus(tmp_path, pair(1), text="opening_text")


def test_a_page_without_a_wiki_has_that_of_the_file_or_is_an_error(tmp_path: Path) -> None:
    text = "Es sind {{formatnum:12345}} [[Datei:x|c]]{{m|la|cattus}}."
    bare = pair(1, wiki=None, language=None, source_text=text)
    named = pair(2, wiki="dewiktionary", language=None, source_text=text)
    first, second = cirrus(tmp_path, bare + named, text="source_text")
    assert first["content"].decode().startswith("Es sind 12.345 ")
    assert (first["native_id"], first["language_hint"]) == ("dewiki/1", "de")
    assert "cattus" in second["content"].decode()  # as templates of Wiktionary are
    path = tmp_path / "search.json"
    path.write_text(bare + pair(2, wiki="frwiki", language=None, source_text=text))
    first, second = rows("cirrussearch", path, text="source_text")
    assert "names neither its language nor a wiki" in first["error"]
    assert second["content"].decode().startswith("Es sind 12\u202f345 ")
    (row,) = rows("cirrussearch", path)[:1]  # plain text needs no language
    assert (row["native_id"], row["language_hint"]) == ("search.json/1", None)


@pytest.mark.parametrize(
    ("wiki", "language"),
    [
        ("dewiki", "de"), ("zh_min_nanwiki", "zh-min-nan"), ("enwiktionary", "en"),
        ("simplewiki", "en"),
        ("pt.wikivoyage.org", "pt"), ("ja.m.wikipedia.org", "ja"), ("alswiki", "gsw"),
        ("commonswiki", None), ("wikidatawiki", None), ("search.json", None), (None, None),
    ],
)  # fmt: skip
def test_the_name_of_a_wiki_says_its_language(wiki: str | None, language: str | None) -> None:
    assert language_of(wiki) == language


def test_enterprise_pages_without_a_wiki_go_by_their_address_or_file(tmp_path: Path) -> None:
    unknown = {"is_part_of": None, "in_language": None}
    path = tmp_path / "pages.ndjson"
    path.write_text(article(1, **unknown) + article(1, **unknown, url="https://example.com/x"))
    first, second = rows("wikimedia_enterprise", path)
    assert (first["native_id"], first["language_hint"]) == ("en.wikipedia.org/1", "en")
    assert (second["native_id"], second["language_hint"]) == ("pages.ndjson/1", None)
    assert second["content"] == first["content"]
    named = tmp_path / "frwiki-NS0-20240101-ENTERPRISE-HTML.ndjson"
    named.write_text(article(1, **unknown, url=None))
    (row,) = rows("wikimedia_enterprise", named)
    assert (row["native_id"], row["language_hint"]) == ("frwiki/1", "fr")


def test_broken_pairs_cost_themselves(tmp_path: Path) -> None:
    one, two, three = (pair(n).splitlines() for n in (1, 2, 3))
    content = "\n".join([one[0], two[0], two[1], "{", "[1]", three[1], three[0]])
    found = cirrus(tmp_path, content)
    assert [row["native_id"] for row in documents(found)] == ["dewiki/2"]
    assert [e.split(",")[0] for e in errors(found)] == [
        "two actions without a page between them",
        "no valid JSON at character 1",
        "JSON value is no object",
        "page without an id or a title",
        "the last action has no page: file cut?",
    ]
    assert outcomes(cirrus(tmp_path, "")) == {"error": 1}


HTML = """<html><body><section>
<div role="note" class="hatnote">For other uses, see X.</div>
<table class="infobox vcard"><tr><th>Born</th><td>1815</td></tr></table>
<p id="mwBw"><b>Ada</b> was <a href="./x">a writer</a><sup class="mw-ref reference"><a>[1]</a></sup>
of <span class="mwe-math-element"><span class="mwe-math-mathml-inline"><math><semantics>
<mrow><mi>x</mi></mrow>
<annotation encoding="application/x-tex">{\\displaystyle x^2}</annotation></semantics></math>
</span></span> notes.</p>
<figure><a href="y"><img alt="alt words"></a><figcaption>The caption</figcaption></figure>
<h2>Life</h2><ul><li>one</li><li>two</li></ul>
<table class="wikitable"><tr><td>cell a</td><td>cell b</td></tr></table>
<div class="mw-references-wrap"><ol class="references"><li>Source</li></ol></div>
<div class="navbox">Navigation</div><style>.x{}</style>
</section></body></html>"""


def article(number: int, **fields: object) -> str:
    page = {
        "name": f"T{number}", "identifier": number, "date_modified": "2024-01-01T00:00:00Z",
        "url": f"https://en.wikipedia.org/wiki/T{number}",
        "namespace": {"identifier": 0}, "in_language": {"identifier": "en"},
        "is_part_of": {"identifier": "enwiki"}, "templates": [{"name": "Template:Infobox person"}],
        "article_body": {"html": HTML, "wikitext": "x"}, **fields,
    }  # fmt: skip
    return json.dumps(page) + "\n"


PAGES = [
    article(1),
    article(2, namespace={"identifier": 6}),
    article(3, templates=[{"name": "Template:Disambiguation"}]),
    article(4, article_body={"html": "<p> </p>"}),
    article(5, article_body=None),
    article(6, name=None),
]
OUTCOMES = [
    False, "wikimedia_enterprise.namespace", "wikimedia_enterprise.disambiguation",
    "wikimedia_enterprise.empty", "wikimedia_enterprise.empty", True,
]  # fmt: skip


def archive(*files: tuple[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            tar.addfile(member, io.BytesIO(content.encode()))
    return out.getvalue()


@pytest.mark.parametrize("form", ["ndjson", "tar.gz", "tar.bz2"])
def test_enterprise_pages_as_lines_and_in_archives(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"enwiki-NS0.{form}"
    if form == "ndjson":
        path.write_text("".join(PAGES))
    else:
        tar = archive(("a_0.ndjson", "".join(PAGES[:2])), ("a_1.ndjson", "".join(PAGES[2:])))
        path.write_bytes(gzip.compress(tar) if form == "tar.gz" else bz2.compress(tar))
    found = rows("wikimedia_enterprise", path)
    assert [row["skip_reason"] or bool(row["error"]) for row in found] == OUTCOMES
    first = found[0]
    assert (first["native_id"], first["title"]) == ("enwiki/1", "T1")
    assert first["url"] == "https://en.wikipedia.org/wiki/T1"
    lines = [line.strip() for line in first["content"].decode().split("\n") if line.strip()]
    assert lines[0] == "Ada was a writer of $x^2$ notes."
    assert lines[1:] == ["Life", "- one", "- two"]


def test_what_stays_of_a_rendered_page_is_an_option() -> None:
    def words(**chosen: bool) -> list[str]:
        options = {"tables": False, "infoboxes": False, "captions": False, "math": False}
        return wiki_page_text(HTML, **{**options, **chosen}).split()

    default = set(words())
    assert default.isdisjoint({"Born", "cell", "caption", "[1]", "Source", "Navigation", "alt"})
    assert set(words(tables=True)) - default == {"cell", "a", "b", "|"} - default
    assert set(words(infoboxes=True)) - default == {"Born", "1815", "|"}
    assert set(words(captions=True)) - default == {"The", "caption"}
    assert set(words(math=True)) - default == {"$x^2$"}


def test_rendered_pages_are_markdown_where_the_recipe_asks(tmp_path: Path) -> None:
    path = tmp_path / "enwiki-NS0.ndjson"
    code = (
        '<p>So:</p><div class="mw-highlight mw-highlight-lang-python mw-content-ltr" dir="ltr">'
        "<pre><span></span><span>x</span> <span>=</span> <span>1</span>\n</pre></div>"
    )
    path.write_text(article(1) + article(2, article_body={"html": code}))
    first, second = rows("wikimedia_enterprise", path, layout="markdown", tables=True)
    text = first["content"].decode()
    assert "\n## Life\n\n- one\n- two\n" in text
    assert "\n| cell a | cell b |\n| --- | --- |" in text
    assert second["content"].decode() == "So:\n\n```python\nx = 1\n```"


def test_a_cut_archive_keeps_what_stands_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.json.tar.gz"
    whole = archive(*((f"a_{n}.ndjson", article(n) * 5) for n in range(20)))
    for data in (gzip.compress(whole)[:-100], gzip.compress(whole[:-70_000])):
        path.write_bytes(data)
        found = rows("wikimedia_enterprise", path)
        assert outcomes(found)["error"] in (1, 2)  # a line that the cut goes through is one more
        assert len(documents(found)) > 20


def test_a_line_that_is_too_large_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "large.tar"
    path.write_bytes(archive(("a.ndjson", article(1) + "x" * 3_000_000 + "\n" + article(2))))
    found = rows("wikimedia_enterprise", path)
    assert [row["native_id"] for row in found][::2] == ["enwiki/1", "enwiki/2"]
    assert "max_record_mb" in errors(found)[0]
