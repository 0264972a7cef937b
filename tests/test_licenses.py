"""The licence of a document, where a source or a page tells it: from readers to the corpus."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import winnow as library
from filters.extract import main_content
from filters.text.licenses import of_addresses, short_name
from manifests import schemas
from tests.winnow import winnow

CC = "https://creativecommons.org/"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (f"{CC}licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        (f"{CC}licenses/by-nc-nd/4.0/deed.en", "CC-BY-NC-ND-4.0"),
        ("http://www.creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        (f"{CC}licenses/by/3.0/de/deed.de", "CC-BY-3.0-DE"),
        (f"{CC}licenses/by/3.0/igo", "CC-BY-3.0-IGO"),
        (f"{CC}licenses/by/2.0/legalcode", "CC-BY-2.0"),
        (f"{CC}licenses/by/2.0/rdf", "CC-BY-2.0"),
        (f"{CC}publicdomain/zero/1.0/", "CC0-1.0"),
        (f"{CC}publicdomain/mark/1.0/deed.fr", "CC-PDM-1.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc-by-nc-sa-2.5", "CC-BY-NC-SA-2.5"),
        ("cc0-1.0", "CC0-1.0"),
        (" MIT ", "MIT"),
        ("cc", "cc"),
        (f"{CC}", CC),
        (f"{CC}licenses/", f"{CC}licenses/"),
        ("https://example.org/creativecommons.org/licenses/by/4.0/", None),
    ],
)
def test_names_are_short_where_they_are_known(told: str, expected: str | None) -> None:
    assert short_name(told) == (told if expected is None else expected)


def page(*links: str) -> str:
    body = "<p>A text of some words that says what it has to say, and no more than that.</p>"
    return f"<html><head>{''.join(links)}</head><body>{body}</body></html>"


BY, SA = f"{CC}licenses/by/4.0/", f"{CC}licenses/by-sa/4.0/"


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([f'<link rel="license" href="{BY}">'], "CC-BY-4.0"),
        ([f"<a href='{SA}' rel='nofollow license noopener'>x</a>"], "CC-BY-SA-4.0"),
        (['<link rel=license href="//creativecommons.org/licenses/by/4.0/deed.en">'], "CC-BY-4.0"),
        ([f'<link rel="license" href="{BY}">', f'<a rel="license" href="{BY}">x</a>'], "CC-BY-4.0"),
        # Of a picture of somebody else; in words about licences; not shown; of another kind.
        ([f'<link rel="license" href="{BY}">', f'<a rel="license" href="{SA}">x</a>'], None),
        ([f'<a href="{BY}">a licence</a>'], None),
        ([f'<!-- <link rel="license" href="{BY}"> -->'], None),
        (['<link rel="license" href="/terms">', f"<p>{BY}</p>"], None),
        ([f'<link rel="license" href="{CC}">'], None),
        ([f'<link rel="license" href="https://example.org/?of={BY}">'], None),
        (['<a rel="license">x</a>', f"<p>{BY}</p>"], None),
        ([], None),
    ],
)
def test_a_page_says_which_licence_is_its_own(links: list[str], expected: str | None) -> None:
    row: dict[str, Any] = dict.fromkeys(schemas.RECORDS.names)
    row |= {"native_id": "a", "media_type": schemas.HTML, "content": page(*links).encode()}
    batch = pa.RecordBatch.from_pylist([row | {"input_bytes": 1}], schemas.RECORDS)
    found = main_content.extract(batch)
    assert found["license"].to_pylist() == [expected]
    assert "A text of some words" in found["text"][0].as_py()
    told = batch.set_column(
        batch.schema.get_field_index("license"), schemas.RECORDS.field("license"), pa.array(["MIT"])
    )
    assert main_content.extract(told)["license"].to_pylist() == ["MIT"], "the source knows better"


def test_addresses_that_disagree_tell_nothing() -> None:
    assert of_addresses([BY, BY]) == "CC-BY-4.0"
    assert of_addresses([BY, SA]) is None
    assert of_addresses([]) is None


def corpus(folder: Path, *sources: str, recipe: str = "") -> dict[str, str | None]:
    """The licence of each document of a run, by its text's first word."""
    text = "name: licences\nlast_stage: corpus\ndocuments: {language: {min_score: 0}}\n" + recipe
    (folder / "recipe.yaml").write_text(text)
    given = [part for source in sources for part in ("--source", source)]
    out = folder / "run"
    winnow("run", folder / "recipe.yaml", "--out", out, "--workers", "1", "--quiet", *given)
    rows = [
        row
        for path in (out / "corpus").glob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    ]
    return {row["text"].split()[0]: row["license"] for row in rows}


TEXT = "is a text of enough words to be kept as a document of the English language with number"
POSTS = f"""<?xml version="1.0"?><posts>
<row Id="1" PostTypeId="1" Title="Why?" Body="&lt;p&gt;Question {TEXT} 1&lt;/p&gt;"
 ContentLicense="CC BY-SA 4.0" />
<row Id="2" PostTypeId="2" ParentId="1" Body="&lt;p&gt;Answer {TEXT} 2&lt;/p&gt;"
 ContentLicense="CC BY-SA 2.5" />
<row Id="3" PostTypeId="2" ParentId="1" Body="&lt;p&gt;Older {TEXT} 3&lt;/p&gt;" />
</posts>"""


def dump(host: str, words: str) -> str:
    return (
        f"<mediawiki><siteinfo><base>https://{host}/wiki/Main</base></siteinfo><page>"
        f"<title>T</title><ns>0</ns><id>1</id><revision><text>{words} {TEXT}</text></revision>"
        "</page></mediawiki>"
    )


def test_each_source_tells_what_it_knows(tmp_path: Path) -> None:
    (tmp_path / "Posts.xml").write_text(POSTS)
    (tmp_path / "enwiki.xml").write_text(dump("en.wikipedia.org", "Encyclopedia"))
    (tmp_path / "news.xml").write_text(dump("en.wikinews.org", "News"))
    (tmp_path / "own.xml").write_text(dump("wiki.example.org", "Own"))
    (tmp_path / "a.jsonl").write_text(
        "".join(
            json.dumps({"text": f"{word} {TEXT}", **more}) + "\n"
            for word, more in {
                "Line": {"license": "cc-by-4.0"}, "List": {"license": ["mit"]},
                "Choice": {"license": ["mit", "isc"]}, "Empty": {"license": " "}, "None": {},
            }.items()
        )
    )  # fmt: skip
    (tmp_path / "b.csv").write_text(f"text,licence\nCells {TEXT},apache-2.0\nBlank {TEXT},\n")
    lists = pa.table({"text": [f"Row {TEXT}", f"Null {TEXT}"], "license": ["mit", None]})
    pq.write_table(lists, tmp_path / "c.parquet")
    names = pa.table({"text": [f"Inner {TEXT}"], "meta": [{"license": f"{CC}licenses/by/4.0/"}]})
    pq.write_table(names, tmp_path / "d.parquet")
    recipe = f"""
sources:
- {{kind: stackexchange, path: {tmp_path}/Posts.xml, name: posts}}
- {{kind: mediawiki, path: {tmp_path}/enwiki.xml, name: wikipedia}}
- {{kind: mediawiki, path: {tmp_path}/news.xml, name: news}}
- {{kind: mediawiki, path: {tmp_path}/own.xml, name: own,
   options: {{default_license: "{CC}licenses/by/3.0/"}}}}
- {{kind: jsonl, path: {tmp_path}/a.jsonl, name: lines, options: {{default_license: cc0-1.0}}}}
- {{kind: csv, path: {tmp_path}/b.csv, name: cells, options: {{license: licence}}}}
- {{kind: parquet, path: {tmp_path}/c.parquet, name: rows}}
- {{kind: parquet, path: {tmp_path}/d.parquet, name: inner, options: {{license: meta.license}}}}
"""
    assert corpus(tmp_path, recipe=recipe) == {
        "Question": "CC-BY-SA-4.0", "Answer": "CC-BY-SA-2.5", "Older": None,
        "Encyclopedia": "CC-BY-SA-4.0", "News": None, "Own": "CC-BY-3.0",
        "Line": "CC-BY-4.0", "List": "mit", "Choice": "CC0-1.0", "Empty": "CC0-1.0",
        "None": "CC0-1.0", "Cells": "apache-2.0", "Blank": None,
        "Row": "mit", "Null": None, "Inner": "CC-BY-4.0",
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(
        "name: a\nsources: [{kind: jsonl, path: a.jsonl, name: a, options: {default_license: 4}}]\n"
    )
    told = winnow("plan", tmp_path / "recipe.yaml", code=2).stderr
    assert "option 'default_license' is 4, not the name of a licence" in told


def test_the_library_tells_it_too() -> None:
    found = library.extract([page(f'<link rel="license" href="{BY}">')])
    assert found["license"].to_pylist() == ["CC-BY-4.0"]
