"""MediaWiki and Stack Exchange dumps: pages, posts, and XML that breaks."""

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from filters.extract import main_content
from manifests import schemas
from pipelines.sources import KINDS, mediawiki, seven_zip
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.xml_elements import Elements
from tests.reading import documents, errors, outcomes, rows

SITEINFO = """<siteinfo>
  <sitename>Wikipedia</sitename>{dbname}
  <base>https://hi.wikipedia.org/wiki/%E0%A4%AE</base>
</siteinfo>"""
DBNAME = "<dbname>hiwiki</dbname>"


def dump(*pages: str, dbname: str = DBNAME, end: str = "</mediawiki>") -> bytes:
    head = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="hi">'
    return (head + SITEINFO.format(dbname=dbname) + "".join(pages) + end).encode()


def page(
    number: int, text: str | None = "पाठ &amp; <!-- c -->[[a|b]]", ns: int = 0, extra: str = ""
) -> str:
    body = "<text deleted='deleted' />" if text is None else f"<text>{text}</text>"
    return (
        f"<page><title>भारत {number}?</title><ns>{ns}</ns><id>{number}</id>{extra}"
        f"<revision><id>{number}00</id><timestamp>2024-01-01T00:00:00Z</timestamp>{body}"
        "</revision></page>"
    )


def wiki(tmp_path: Path, data: bytes, **options: object) -> list[dict[str, object]]:
    path = tmp_path / "hiwiki.xml"
    path.write_bytes(data)
    return rows("mediawiki", path, **options)  # type: ignore[arg-type]


def test_a_page_keeps_what_the_dump_says(tmp_path: Path) -> None:
    (row,) = wiki(tmp_path, dump(page(7, "पाठ &amp; [[a|b]] &lt;ref&gt;")))
    assert row == {
        "native_id": "hiwiki/7",
        "url": "https://hi.wikipedia.org/wiki/%E0%A4%AD%E0%A4%BE%E0%A4%B0%E0%A4%A4_7%3F",
        "title": "भारत 7?",
        "date": "2024-01-01T00:00:00Z",
        "language_hint": "hi",
        "license": "CC-BY-SA-4.0",
        "media_type": "text/plain",
        "charset": None,
        "content": "पाठ & b".encode(),
        "input_bytes": len("पाठ & [[a|b]] <ref>".encode()),
        "skip_reason": None,
        "error": None,
        "error_kind": None,
    }


def test_each_page_is_accounted_for(tmp_path: Path) -> None:
    data = dump(
        page(1),
        page(2, ns=4),
        page(3, extra='<redirect title="x" />'),
        page(4, text=None),
        page(5, text=" \n"),
        page(6).replace("<text>", "<model>json</model><text>"),
        page(10, text="#अनुप्रेषित [[x]]"),
        page(11, text="a\n{{बहुविकल्पी शब्द}}"),
        page(7).replace("<id>7</id>", ""),
        page(8, "x" * 5000),
        "<page><title>t</title><id>9</id></page>",
    )
    found = wiki(tmp_path, data, limit=4000)
    assert [row["skip_reason"] or bool(row["error"]) for row in found] == [
        False, "mediawiki.namespace", "mediawiki.redirect", "mediawiki.empty", "mediawiki.empty",
        "mediawiki.not_wikitext", "mediawiki.redirect", "mediawiki.disambiguation", True, True,
        "mediawiki.empty",
    ]  # fmt: skip
    assert found[8]["native_id"] == "hiwiki.xml#9"
    assert "max_record_mb" in str(found[9]["error"])


def test_namespaces_are_an_option(tmp_path: Path) -> None:
    data = dump(page(1), page(2, ns=4))
    assert len(documents(wiki(tmp_path, data, namespaces=[0, 4]))) == 2
    with pytest.raises(ValueError, match="no list of numbers such as"):
        wiki(tmp_path, data, namespaces="0")


def test_what_stays_of_a_page_is_an_option(tmp_path: Path) -> None:
    markup = (
        "text\n{|\n| a || b\n|}\n{{Infobox|\nx = y\n}}\n[[File:f|A caption]] &lt;math>1&lt;/math>"
    )
    data = dump(page(1, markup), page(2, "{{disambig}} z"))

    def words(**options: object) -> list[str]:
        return [row["content"].decode() for row in documents(wiki(tmp_path, data, **options))]  # type: ignore[attr-defined]

    assert words() == ["text\n\n$1$"]
    assert words(math=False) == ["text"]
    assert words(tables=True, math=False) == ["text\n\na | b"]
    assert words(infoboxes=True, math=False) == ["text\n\nx: y"]
    assert words(captions=True, math=False) == ["text\n\nA caption"]
    assert words(disambiguations=True, math=False) == ["text", "z"]
    for option in ("tables", "infoboxes", "captions", "math", "disambiguations"):
        with pytest.raises(ValueError, match=f"{option} 'yes' is not true or false"):
            words(**{option: "yes"})


def test_the_index_of_a_multistream_dump_is_passed_over(tmp_path: Path) -> None:
    names = ["w-pages-articles-multistream1.xml-p1p9.bz2", "w-multistream-index1.txt-p1p9.bz2"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert mediawiki.expand(str(tmp_path), {}) == [str(tmp_path / names[0])]
    with pytest.raises(FileNotFoundError, match="only the index of a multistream dump"):
        mediawiki.expand(str(tmp_path / "*index*"), {})


def test_pictures_go_by_the_names_that_the_dump_gives_namespaces(tmp_path: Path) -> None:
    names = '<namespaces><namespace key="6">Ӳкерчĕк</namespace></namespaces></siteinfo>'
    data = dump(page(1, "[[Ӳкерчĕк:x.jpg|a]]b")).replace(b"</siteinfo>", names.encode())
    (row,) = wiki(tmp_path, data)
    assert row["content"] == b"b"


def test_of_several_revisions_the_last_counts(tmp_path: Path) -> None:
    both = page(1, "old").replace("</page>", "") + page(1, "new").partition("</id>")[2]
    (row,) = wiki(tmp_path, dump(both))
    assert row["content"] == b"new"


def test_wikis_without_a_database_name_are_told_apart_by_host(tmp_path: Path) -> None:
    (row,) = wiki(tmp_path, dump(page(1), dbname=""))
    assert row["native_id"] == "hi.wikipedia.org/1"


def test_other_encodings_are_read(tmp_path: Path) -> None:
    text = dump(page(1)).decode()
    (row,) = wiki(tmp_path, text.encode("utf-16"))
    assert row["content"] == "पाठ & b".encode()


@pytest.mark.parametrize("end", ["", "<page><title>cut", "</page></mediawiki>", "<page>&oops;"])
def test_broken_xml_costs_what_follows_only(tmp_path: Path, end: str) -> None:
    found = wiki(tmp_path, dump(*(page(n) for n in range(1, 301)), end=end))
    assert outcomes(found) == {"document": 300, "error": 1}
    assert "after page 300" in errors(found)[0]


@pytest.mark.parametrize("compress", [bz2.compress, gzip.compress])
def test_a_cut_dump_keeps_the_pages_before_the_cut(tmp_path: Path, compress: object) -> None:
    data = dump(*(page(n, text="अ" * 50) for n in range(1, 2001)))
    stored = compress(data[: len(data) // 2]) + compress(data[len(data) // 2 :])  # type: ignore[operator]
    found = wiki(tmp_path, stored[:-200])
    assert 990 < len(documents(found)) < 2000
    (message,) = errors(found)
    assert f"byte {len(stored) - 200}, the end of the compressed file" in message


def test_entities_neither_explode_nor_read_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    bomb = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    for kind, body in (
        ("mediawiki", dump(page(1, "&e11;&x;")).decode()),
        ("stackexchange", '<posts><row Id="1" PostTypeId="1" Body="&e11;" /></posts>'),
    ):
        path = tmp_path / f"{kind}.xml"
        path.write_text(
            f'<!DOCTYPE a [<!ENTITY e0 "eeeeeeeeee">{bomb}'
            f'<!ENTITY x SYSTEM "file://{secret}">]>{body}'
        )
        found = rows(kind, path)
        assert all(len(row["content"] or b"") < 1000 for row in found)
        assert all(b"hidden" not in (row["content"] or b"") for row in found)


def test_elements_are_freed_as_they_pass(tmp_path: Path) -> None:
    path = tmp_path / "posts.xml"
    path.write_bytes(b"<posts>" + b'<row Id="1" />\n' * 5000 + b"</posts>")
    with UnitFile(str(path), open_binary(str(path))) as file:
        most = 0
        for row in Elements(Decompressed(file), ("row",)):
            parent = row.getparent()
            most = max(most, 0 if parent is None else len(parent))
    assert most < 3000  # what one feed of the parser holds


def test_rows_do_not_depend_on_the_batch_size(tmp_path: Path) -> None:
    data = dump(*(page(n) for n in range(1, 50)), end="")
    expected = wiki(tmp_path, data)
    for batch_docs in (1, 7, 49):
        assert wiki(tmp_path, data, batch_docs=batch_docs) == expected


POSTS = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<posts>
  <row Id="1" PostTypeId="1" CreationDate="2014-01-21T20:26:05.383" Title="Was ist Hopfen?"
       Body="&lt;p&gt;Grüße &amp;amp; Hopfen&lt;/p&gt;&#xA;" />
  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2014-01-22T00:00:00" Body="&lt;p&gt;" />
  <row Id="3" PostTypeId="5" Body="&lt;p&gt;wiki&lt;/p&gt;" />
  <row Id="4" PostTypeId="2" Body="" />
  <row PostTypeId="2" Body="x" />
</posts>"""


def test_posts_and_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_text(POSTS, encoding="utf-8")
    found = rows("stackexchange", path)
    assert [row["native_id"] for row in found] == ["1", "2", "3", "4", "Posts.xml#5"]
    assert outcomes(found) == {
        "document": 2, "stackexchange.not_post": 1, "stackexchange.no_body": 1, "error": 1,
    }  # fmt: skip
    assert found[0]["content"] == "<p>Grüße &amp; Hopfen</p>\n".encode()
    assert found[0]["title"] == "Was ist Hopfen?"
    assert found[0]["date"] == "2014-01-21T20:26:05.383"
    assert found[0]["media_type"] == "text/html;fragment"
    named = rows("stackexchange", path, site="beer.stackexchange.com")
    assert [row["native_id"] for row in named[:2]] == [
        "beer.stackexchange.com/1",
        "beer.stackexchange.com/2",
    ]
    assert [row["url"] for row in named[:2]] == [
        "https://beer.stackexchange.com/questions/1",
        "https://beer.stackexchange.com/a/2",
    ]


THREADS = """<posts>
  <row Id="3" PostTypeId="2" ParentId="1" Score="2" Body="low" />
  <row Id="1" PostTypeId="1" Score="9" Title="A &amp;lt; B?" CreationDate="2014-01-21"
       Body="&lt;p&gt;Why &lt;b&gt;open&lt;/p&gt;&lt;pre&gt;&lt;code&gt;if x:&#xA;    y()&#xA;&lt;/code&gt;&lt;/pre&gt;" />
  <row Id="2" PostTypeId="1" Title="Alone" Body="no answer" />
  <row Id="4" PostTypeId="2" ParentId="1" Score="7" Body="high" />
  <row Id="5" PostTypeId="2" ParentId="1" Score="7" Body="high, later" />
  <row Id="6" PostTypeId="2" ParentId="77" Score="7" Body="an orphan" />
  <row Id="7" PostTypeId="5" Body="tag" />
  <row Id="4" PostTypeId="2" ParentId="1" Score="7" Body="again" />
  <row Id="x" PostTypeId="2" ParentId="1" Body="no number" />
  <row Id="8" PostTypeId="2" Score="99999999999999999999" ParentId="1" Body="too much" />
</posts>"""  # noqa: E501


def test_threads_are_questions_with_their_answers_by_score(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_text(THREADS)
    found = rows("stackexchange", path, threads=True, site="x.example")
    assert outcomes(found) == {
        "document": 2, "stackexchange.no_question": 1, "stackexchange.not_post": 1, "error": 3,
    }  # fmt: skip
    first, second = documents(found)
    assert (first["native_id"], first["title"]) == ("x.example/1", "A &lt; B?")
    assert first["url"] == "https://x.example/questions/1"
    assert second["content"] == b"<h1>Alone</h1><div>no answer</div>"
    records = pa.RecordBatch.from_pylist([first], schema=schemas.RECORDS)
    text = main_content.extract(records)["text"][0].as_py()
    order = [
        text.index(part)
        for part in ("A &lt; B?", "Why open", "if x:\n    y()", "high", "later", "low")
    ]
    assert order == sorted(order)
    with pytest.raises(ValueError, match="threads 'yes' is not true or false"):
        rows("stackexchange", path, threads="yes")


def test_threads_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    head, *given, tail = THREADS.replace("/>\n", "/>\n@").split("@")
    given = [row for row in (head.removeprefix("<posts>"), *given) if "again" not in row]
    texts = []
    for order in (given, given[::-1]):
        path = tmp_path / "Posts.xml"
        path.write_text("<posts>" + "".join(order) + tail)
        texts.append(
            [row["content"] for row in documents(rows("stackexchange", path, threads=True))]
        )
    assert texts[0] == texts[1]


def test_a_thread_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_text(THREADS)
    found = rows("stackexchange", path, threads=True, limit=60)
    assert sum("max_record_mb" in error for error in errors(found)) >= 1
    assert [row["native_id"] for row in documents(found)] == ["2"]


def test_archives_of_7_zip(tmp_path: Path) -> None:
    py7zr = pytest.importorskip("py7zr", reason="py7zr is an optional part: winnow-corpus[7z]")
    members = {"beer/Posts.xml": POSTS.encode(), "beer/Users.xml": b"<users />"}
    path = tmp_path / "beer.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    plain = tmp_path / "Posts.xml"
    plain.write_bytes(members["beer/Posts.xml"])
    found = rows("stackexchange", path)
    assert found[:4] == rows("stackexchange", plain)[:4]
    assert found[4]["native_id"] == "beer.7z#5"
    wiki_path = tmp_path / "hiwiki.xml.7z"
    with py7zr.SevenZipFile(wiki_path, "w") as archive:
        archive.writestr(dump(page(1)), "hiwiki.xml")
    assert outcomes(rows("mediawiki", wiki_path)) == {"document": 1}
    assert "holds 0 files *posts.xml" in errors(rows("stackexchange", wiki_path))[0]
    with py7zr.SevenZipFile(tmp_path / "bomb.7z", "w") as archive:
        archive.writestr(b"<posts>" + b" " * (20 << 20), "Posts.xml")
    assert "max_ratio" in errors(rows("stackexchange", tmp_path / "bomb.7z"))[0]
    stored = path.read_bytes()
    for size in range(len(seven_zip.MAGIC), len(stored), 7):
        path.write_bytes(stored[:size])
        assert outcomes(rows("stackexchange", path)) == {"error": 1}
    assert KINDS["stackexchange"].expand(str(path), {}) == [str(path)]


@pytest.mark.parametrize("up", ["", "../../", "a/../../"])
def test_a_member_of_7_zip_is_no_other_file(tmp_path: Path, up: str) -> None:
    """Whatever the archive calls it: a path that leads out is refused or stays inside."""
    py7zr = pytest.importorskip("py7zr", reason="py7zr is an optional part: winnow-corpus[7z]")
    secret = tmp_path / "secret.xml"
    secret.write_bytes(dump(page(7)))
    name = f"{up}{secret}"
    path = tmp_path / "wiki.xml.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(dump(page(1)), "placeholder.xml")
        archive.header.files_info.files[0]["filename"] = name
    found = rows("mediawiki", path)
    assert "7" not in {row["native_id"] for row in documents(found)}
    assert outcomes(found) in ({"document": 1}, {"error": 1})


def test_without_py7zr_an_archive_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beer.7z").write_bytes(seven_zip.MAGIC)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for kind in ("stackexchange", "mediawiki"):
        with pytest.raises(ValueError, match=r"pip install winnow-corpus\[7z\]"):
            KINDS[kind].expand(str(tmp_path / "beer.7z"), {})


@pytest.mark.parametrize(
    "declaration",
    ['<?xmlversion="1.0"?>', '<?xml version="1.0" encoding="none-such"?>', "<?xml >", "<?xml \0?>"],
)
@pytest.mark.parametrize("kind", ["stackexchange", "mediawiki"])
def test_a_broken_declaration_costs_no_row_behind_it(
    tmp_path: Path, declaration: str, kind: str
) -> None:
    body = POSTS.encode() if kind == "stackexchange" else dump(page(1), page(2))
    body = body[body.index(b"<", body.index(b"?>") if b"?>" in body else 0) :]
    path = tmp_path / "a.xml"
    path.write_bytes(body)
    sound = documents(rows(kind, path))
    path.write_bytes(declaration.encode() + body)
    found = rows(kind, path)
    assert [row["content"] for row in documents(found)] == [row["content"] for row in sound]
    assert errors(found)
