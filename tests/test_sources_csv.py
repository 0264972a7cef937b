"""CSV files as programs write them: delimiters, quotes and encodings are found out, and said."""

import bz2
import codecs
import csv
import io
import random
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources import KINDS, open_unit
from pipelines.sources.records import Look
from pipelines.sources.units import WorkUnit
from tests.reading import Row, errors, outcomes, rows

TEXTS = ["one, two; three", 'a "quoted" word | bar', "two\nlines", "tab\there", "ŋ मिल", "it's"]


def written(delimiter: str, texts: list[str] = TEXTS, **how: Any) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, **how)
    writer.writerow(["id", "text", "url"])
    writer.writerows([n, text, "u"] for n, text in enumerate(texts))
    return out.getvalue()


def written_to(folder: Path, text: str) -> Path:
    path = folder / "a.csv"
    path.write_text(text)
    return path


def read(tmp_path: Path, data: bytes, name: str = "a.csv", **options: Any) -> list[Row]:
    (tmp_path / name).write_bytes(data)
    return rows("csv", tmp_path / name, **options)


def look(path: Path, **options: Any) -> Look | None:
    unit = WorkUnit(0, "test", "csv", str(path), options=tuple(sorted(options.items())))
    with open_unit(unit) as file:
        return KINDS["csv"].look(unit, file)


def texts(found: list[Row]) -> list[str]:
    return [row["content"].decode() for row in found if row["content"] is not None]


NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", sorted(NAMES))
def test_delimiter_and_encoding_are_found_and_said(
    tmp_path: Path, delimiter: str, encoding: str, end: str
) -> None:
    data = written(delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).encode(encoding)
    found = read(tmp_path, data)
    assert texts(found) == TEXTS
    assert [(row["native_id"], row["url"]) for row in found] == [(str(n), "u") for n in range(6)]
    told = look(tmp_path / "a.csv")
    if delimiter == "," and encoding.startswith("utf-8"):
        assert told is None
    else:
        assert told is not None
        assert not told.fault
        assert f"columns between {NAMES[delimiter]}, in utf-" in told.note


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("text\nfoo, bar; baz\na, b\n", ["foo, bar; baz", "a, b"]),
        ('id\ttext\n1\t"To be or\n2\t5" disk\n3\t"\n', ['"To be or', '5" disk', '"']),
        ("id,text\n1,'a, b'\n2,'c'\n", ["a, b", "c"]),
        ("sep=;\r\nid;text\r\n1;a, b\r\n", ["a, b"]),
        ("a|b;text|c\n1|2;x|3\n", []),
        ("id;text;a,b\n1;x, y;z\n2;q;r\n", ["x, y", "q"]),
        ("text,id\n\nfirst,1\n\n", ["first"]),
    ],
)
def test_files_that_look_like_something_else(
    tmp_path: Path, data: str, expected: list[str]
) -> None:
    name = "a.tsv" if "\t" in data else "a.csv"
    assert texts(read(tmp_path, data.encode(), name)) == expected


def test_options_that_are_given_win(tmp_path: Path) -> None:
    data = b"text;x,y\nabc;1,2\n"
    assert texts(read(tmp_path, data)) == ["abc"]
    assert texts(read(tmp_path, data, delimiter=",", text="text;x")) == ["abc;1"]
    assert texts(read(tmp_path, b"text\n'a'\n'b'\n", quote='"')) == ["'a'", "'b'"]
    assert texts(read(tmp_path, b'text\nx\n"a"\n', quote="none")) == ["x", '"a"']
    assert texts(read(tmp_path, "text\nŋ\n".encode(), encoding="latin-1")) == ["Å\x8b"]


@pytest.mark.parametrize("encoding", ["windows-1252", "windows-1251", "gb18030", "shift_jis"])
def test_an_older_encoding_is_found_and_said(tmp_path: Path, encoding: str) -> None:
    """Rows would be errors one by one, and their words lost."""
    words = {"windows-1251": "мельница", "gb18030": "磨坊在河边", "shift_jis": "水車"}
    text = words.get(encoding, "Müller’s café")
    data = written(";", [text] * 5).encode(encoding)
    assert texts(read(tmp_path, data)) == [text] * 5
    found = look(tmp_path / "a.csv")
    assert found is not None
    assert not found.fault
    assert f"in {codecs.lookup(encoding).name} by the look of its first bytes" in found.note
    assert "set the option encoding" in found.note
    assert texts(read(tmp_path, data, encoding=encoding)) == [text] * 5
    given = look(tmp_path / "a.csv", encoding=encoding)
    assert given is not None
    assert given.note.endswith(f"in {codecs.lookup(encoding).name}")


def test_bytes_of_no_encoding_are_refused_with_the_option_that_mends_it(tmp_path: Path) -> None:
    data = b"text\n" + bytes(range(128, 256)) * 8 + b"\n"
    (told,) = errors(read(tmp_path, data))
    assert "not UTF-8, and its encoding is not found out; set the option encoding" in told
    found = look(tmp_path / "a.csv")
    assert found is not None
    assert (found.option, found.fault) == ("encoding", told)


def test_damaged_bytes_in_utf8_cost_their_row(tmp_path: Path) -> None:
    data = "text\nŋ one\n".encode() + b"\xff two\n" + "ŋ three\n".encode()
    assert outcomes(read(tmp_path, data)) == {"document": 2, "error": 1}
    ascii_only = b"text\none\n\xff two\nthree\n"
    assert outcomes(read(tmp_path, ascii_only, encoding="utf-8")) == {"document": 2, "error": 1}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"delimiter": ";;"}, "delimiter"), ({"quote": "double"}, "quote"),
        ({"encoding": "utf8-latin"}, "encoding"), ({"encoding": "base64"}, "encoding"),
        ({"ids": "per_folder"}, "ids"), ({"delimiter": 5}, "delimiter"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_named(
    tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=f"source 'test': .*{told}"):
        read(tmp_path, b"text\na\n", **options)
    with pytest.raises(ValueError, match=f"source 'test': .*{told}"):
        look(tmp_path / "a.csv", **options)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"text": "Bodyy"}, "no column 'Bodyy', which the option text names: the first line"),
        ({"text": "body", "url": "lnk"}, "no column 'lnk', which the option url names: .* 'link'"),
        ({"text": "body", "title": "head"}, "no column 'head', which the option title names"),
    ],
)
def test_a_column_that_an_option_names_must_be_there(
    tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    data = b"id,body,link\n1,a,b\n"
    (found,) = errors(read(tmp_path, data, **options))
    assert "names" in found or options["text"] == "Bodyy"
    seen = look(tmp_path / "a.csv", **options)
    assert seen is not None
    assert seen.fault == found
    assert seen.option in told


def test_compressed_files_are_looked_at_as_well(tmp_path: Path) -> None:
    data = bz2.compress(written(";", TEXTS * 3).encode("utf-16"))
    assert texts(read(tmp_path, data, "a.csv.bz2")) == TEXTS * 3


def test_random_tables_are_what_was_written(tmp_path: Path) -> None:
    """Parity with the standard library's writer, also where a value is longer than the head."""
    for seed in range(60):
        rng = random.Random(seed)
        values = [
            "".join(rng.choices("ab,;\t|\"\n' ŋ", k=rng.randrange(1, 30))) + "x"
            for _ in range(rng.randrange(3, 20))
        ]
        values += ["long " * 20_000] * (seed % 3 == 0)
        quoting = rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
        data = written(rng.choice(",;\t|"), values, quoting=quoting)
        found = read(tmp_path, data.encode(rng.choice(["utf-8", "utf-16"])))
        assert texts(found) == values, seed


@pytest.mark.parametrize(
    ("row", "cells"),
    [("1,a,b,extra", 4), ("1,a,b,,extra", 5)],
)
def test_a_row_with_more_cells_than_the_header_is_an_error(
    tmp_path: Path, row: str, cells: int
) -> None:
    """The text ended at the delimiter, and its rest was lost without a word."""
    found = read(tmp_path, f"id,text,url\n0,x,u\n{row}\n2,y,u\n3,short\n".encode())
    assert texts(found) == ["x", "y", "short"]
    (told,) = errors(found)
    assert f"row with {cells} cells that ends on line 3, and the header has 3" in told
    assert "extra" not in told


def test_quotes_after_backslashes_are_found_and_said(tmp_path: Path) -> None:
    """MySQL and Spark write them so; texts were cut at the next delimiter."""
    data = r"""id,text,url
0,"a \"q\" b, c",u
1,"C:\temp, \"d\"",u
2,"ends \\",u
"""
    found = read(tmp_path, data.encode())
    assert texts(found) == ['a "q" b, c', r'C:\temp, "d"', "ends \\"]
    told = look(tmp_path / "a.csv")
    assert told is not None
    assert (
        told.note == "is read as columns between commas, with backslashes before quotes, in utf-8"
    )
    doubled = 'id,text\n0,"C:\\"\n1,"a ""q"", b"\n'
    assert texts(read(tmp_path, doubled.encode())) == ["C:\\", 'a "q", b']
    assert look(tmp_path / "a.csv") is None


def test_an_open_quote_between_rows_of_several_lines_costs_little(tmp_path: Path) -> None:
    good = [f'{n},"row {n}, first\nsecond line"' for n in range(12)]
    lines = "\n".join(["id,text", *good[:5], '50,"open row', *good[5:]]) + "\n"
    found = rows("csv", written_to(tmp_path, lines))
    texts = [row["content"] for row in found if row["content"]]
    assert [t for t in texts if t.startswith(b"row")] == [
        f"row {n}, first\nsecond line".encode() for n in range(12) if n != 5
    ]
    assert outcomes(found)["error"] == 1


def test_quotes_that_are_text_stay(tmp_path: Path) -> None:
    lines = 'id\ttext\n1\t"so" they said\n2\tplain\n3\t"open\n'
    found = rows("csv", written_to(tmp_path, lines))
    assert [row["content"] for row in found] == [b'"so" they said', b"plain", b'"open']


def test_a_quote_without_an_end_costs_its_row(tmp_path: Path) -> None:
    """The whole file was read without quotes: lines of texts were rows, and words were ids."""
    data = b'id,text\n1,"line1\nline2 ""q"""\n2,plain\n3,"unterminated'
    found = read(tmp_path, data)
    assert texts(found) == ['line1\nline2 "q"', "plain"]
    assert [row["native_id"] for row in found] == ["1", "2", "a.csv#2"]
    (told,) = errors(found)
    assert 'row that begins on line 5 of a.csv has a "' in told
    assert "quote to none" in told
    (told,) = errors(read(tmp_path, b'sep=,\nid,text\n1,"a"\n2,"b\nc\nd\n'))
    assert "begins on line 4 of a.csv" in told
    assert "all up to line 6 is in it" in told
    # Without a value in quotes before it, a quote is a character.
    assert texts(read(tmp_path, b'id,text\n1,x\n2,"b')) == ["x", '"b']


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "NULL", "None", "<NA>", "\\N"])
def test_what_tables_write_for_no_value_is_neither_id_nor_text(
    tmp_path: Path, missing: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n{missing},a\n{missing},b\n3,{missing}\n4,null and void\n")
    found = rows("csv", path)
    assert [row["native_id"] for row in found] == ["a.csv#0", "a.csv#1", "3", "4"]
    assert [row["skip_reason"] for row in found] == [None, None, "csv.empty", None]


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        ('id,text\n1,"a \\"b\\" c"\n', ['a "b" c']),
        ('id,text\n1,"one \\"line\\"\ntwo, \\"q\\""\n2,ok\n', ['one "line"\ntwo, "q"', "ok"]),
        ('id,text\n1,"C:\\\\d\\\\"\n2,"say \\"hi\\""\n', ["C:\\d\\", 'say "hi"']),
        ('text\n"a \\"b\\" c"\n"d"\n', ['a "b" c', "d"]),
        ('id;text\n1;"a \\"b\\"; c"\n', ['a "b"; c']),
        ('id,text\n1,"C:\\d\\"\n2,"ok"\n', ["C:\\d\\", "ok"]),
    ],
)
def test_quotes_behind_backslashes_are_found_out(
    tmp_path: Path, data: str, texts: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(data)
    assert [row["content"].decode() for row in rows("csv", path)] == texts
