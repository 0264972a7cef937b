"""Every limit that docs/limits.md promises is tried by a test, and has the number that it has."""

import json
import time
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from filters.extract import bounds, main_content
from filters.rules.apply import apply_rules
from filters.text import normalize, spacy_english
from filters.text.chunks import LONGEST_NEIGHBOUR
from pipelines.recipe.config import MOST_VALUES
from pipelines.sources import limits, parquet
from tests.reading import documents, errors, rows

FOLDER = Path(__file__).parent
LINE = json.dumps({"text": "a line of text"}).encode() + b"\n"
# By how a row of the table begins: the numbers that it names, and the tests of what passes it.
PAGES = "test_bounds.py test_a_page_with_too_much_is_an_error_row"
TABLES = "test_sources_parquet.py test_a_dictionary_with_one_long_text_for_all_rows_is_an_error"
LONG = "test_limits.py test_long_words_take_time_by_their_length"
TESTED: dict[str, tuple[list[int], str]] = {
    "size of a record": (
        [16],
        "test_sources_lines.py test_a_line_over_the_limit_is_passed_over_in_bounded_memory",
    ),
    "content of a compressed member": (
        [200, limits.FREE_BYTES >> 20],
        "test_bombs.py test_a_bomb_is_an_error_and_takes_little_memory",
    ),
    "content of all members": (
        [200, limits.FREE_BYTES_OF_ALL >> 20],
        "test_limits.py test_many_small_frames_are_together_a_bomb",
    ),
    "content of a unit": ([], "test_bombs.py test_a_units_content_may_be_limited"),
    "rows of Parquet": ([parquet.DECODED_BYTES >> 20, parquet.DECODED_ROWS], TABLES),
    "items of lists": ([200], "test_limits.py test_lists_of_very_many_items_are_not_decoded"),
    "elements of a page": (
        [
            main_content.MAX_DEPTH,
            main_content.MAX_PRECISE_TAGS,
            main_content.MAX_PRECISE_LINKS,
        ],
        "test_extract.py test_pages_that_hang_the_slow_extractor_are_counted_out",
    ),
    "attributes of one tag": ([bounds.MOST_ATTRIBUTES], PAGES),
    "labels": ([bounds.MOST_LABELS], PAGES),
    "templates of a page": ([bounds.MOST_TEMPLATES], PAGES),
    "options of": (
        [bounds.MOST_OPTIONS],
        "test_bounds.py test_options_are_read_in_time_by_their_number",
    ),
    "open elements": ([bounds.MOST_STEPS // 1_000_000], PAGES),
    "characters of a page": (
        [5],
        "test_extract.py test_a_page_with_too_much_lost_is_an_error_without_its_text",
    ),
    "combining marks": ([normalize.MOST_MARKS], "test_limits.py test_runs_of_marks"),
    "length of a word": ([spacy_english.LONGEST_URL, LONGEST_NEIGHBOUR], LONG),
    "values of a recipe": (
        [MOST_VALUES],
        "test_recipe_faults.py test_odd_yaml_is_told_in_a_sentence",
    ),
}


def table() -> list[str]:
    text = (FOLDER.parent / "docs" / "limits.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [line.removeprefix("| ") for line in lines[2:]]


def test_every_row_of_the_table_has_its_numbers_and_a_test() -> None:
    for row in table():
        (known,) = [begin for begin in TESTED if row.startswith(begin)]
        numbers, test = TESTED[known]
        for number in numbers:
            assert f"{number:,}" in row.split("|")[1], f"{known} is {number:,}"
        file, name = test.split()
        assert f"def {name}" in (FOLDER / file).read_text(), f"{known} has no test {test}"
    assert len(table()) == len(TESTED)


@pytest.mark.parametrize("content", [b" ", b"\n", b"\r\n"])
def test_many_small_frames_are_together_a_bomb(tmp_path: Path, content: bytes) -> None:
    """Each of them is small enough to have any ratio."""
    compress = zstandard.ZstdCompressor(level=9).compress
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(compress(LINE) + compress(content * (8 << 20)) * 40)
    begun = time.process_time()
    found = rows("jsonl", path, limit=16 << 20)
    assert time.process_time() - begun < 10
    assert len(documents(found)) == 1
    (problem,) = errors(found)
    assert "zstd data from byte 0 on grows to more than 200 times its size (max_ratio)" in problem


def test_lists_of_very_many_items_are_not_decoded(tmp_path: Path) -> None:
    """12 million turns of conversations in a few kilobytes; nobody minds them beside the text."""
    path = tmp_path / "a.parquet"
    turn = pa.array([{"role": "user", "content": "a"}])
    turns = turn.take(pa.array(np.zeros(12_000_000, np.int32)))
    chats = pa.ListArray.from_arrays(pa.array(range(0, 12_000_001, 200_000), pa.int32()), turns)
    for name, expected in (("messages", 0), ("other", 60)):
        columns = {name: chats} | ({} if name == "messages" else {"text": ["a text"] * 60})
        pq.write_table(pa.table(columns), path, compression="zstd")
        assert path.stat().st_size < 20_000
        found = rows("parquet", path)
        assert len(documents(found)) == expected
        if not expected:
            assert "rows 0 to 59 cannot be read: grows to more than 200 times" in errors(found)[0]


def test_runs_of_marks() -> None:
    """At the limit a text is brought to normal form C; past it, it stays, and takes little time."""
    marks = "\u0301\u0323"
    for count, changed in ((normalize.MOST_MARKS, True), (normalize.MOST_MARKS + 2, False)):
        text = "a" + marks * (count // 2) + " e\u0301"
        (found,) = normalize.normalize(pa.array([text], pa.large_string()), ("nfc",)).to_pylist()
        assert found == (unicodedata.normalize("NFC", text) if changed else text)
    many = pa.array([("a" + marks * 50_000 + " ") * 3], pa.large_string())
    begun = time.process_time()
    normalize.normalize(many, normalize.STEPS)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "piece", ["'", '"', "(", "\"'(", "'s", "[]", "’", "http://a'b/", "a-", "$", "@'", ":-)"]
)
def test_long_words_take_time_by_their_length(piece: str) -> None:
    """spaCy takes four times as long for twice as many apostrophes: 8 s for 8 kB."""
    rules: dict[str, dict[str, float]] = {"datatrove_gopher_quality": {}}
    text = "The mill stands where the river bends. "
    for size in (1_000, 40_000):  # the first time kernels and spaCy are loaded
        given = pa.array([text + piece * (size // len(piece))], pa.large_string())
        begun = time.process_time()
        apply_rules(given, rules)
    assert time.process_time() - begun < 2
