"""What the kernels of rules find is what plain Python finds, whatever the batch."""

import collections
import random
import subprocess
import sys
import types

import numpy as np
import pyarrow as pa
import pytest

from filters.rules import registry
from filters.rules.apply import apply_rules
from filters.text import characters
from filters.text.word_kinds import SPACY_ENGLISH, WHITESPACE
from filters.text.words import TextView
from pipelines import kernels
from tests.test_datatrove_pack import generated

GIVEN = [
    *generated(500, seed=21),
    "",
    "one line\r\nand\x85another\u2028 ... .... # … ##\n\n\nend",
    "repeat this phrase of words here " * 40,
    "can not can not cannot cannot can not stop now " * 9,  # equal n-grams, cut differently
    "漢字かな " * 30,
]
PACK = registry.pack_rules("datatrove-0.10")


def texts(values):
    return pa.array(values, pa.large_string())


def test_chunks_and_lines_are_those_of_str():
    view = TextView(texts(GIVEN))
    chunks, lines = view.chunks, view.printed_lines
    data = bytes(view.data)
    for row, text in enumerate(GIVEN):
        mine = range(chunks.first[row], chunks.first[row + 1])
        words = [data[chunks.start[i] : chunks.end[i]].decode() for i in mine]
        assert words == text.split()
        assert [int(chunks.chars[i]) for i in mine] == list(map(len, words))
        assert chunks.number_signs[row] == text.count("#")
        assert chunks.ellipses[row] == text.count("...") + text.count("…")
        counts = np.diff(lines.first_word[lines.first[row] : lines.first[row + 1] + 1])
        assert counts.tolist() == [len(line.split()) for line in text.splitlines()]
        assert view.lines.newlines[row] == text.count("\n")


def test_equal_bytes_and_no_others_have_equal_hashes():
    pieces = sorted({"", *(p for text in GIVEN for p in (text, *text.split(), *text.split("\n")))})
    rows = [characters.hash_bytes(data := _bytes(p), 0, len(data)) for p in pieces]
    assert len(set(rows)) == len(pieces)
    shifted = [
        characters.hash_bytes(_bytes("xyz" + p + "tail"), 3, 3 + len(p.encode())) for p in pieces
    ]
    assert shifted == rows
    a, b = np.uint64(rows[1]), np.uint64(rows[2])
    assert characters.mix(a, b) != characters.mix(b, a)


def _bytes(text):
    return np.frombuffer(text.encode(), np.uint8)


def test_bytes_are_found_counted_and_copied_at_every_offset():
    text = "ab\ncdéfgh漢ij\nklmnopqrs😀\n"
    data = _bytes(text)
    starts = [i for i in range(len(data) + 1) if i == len(data) or data[i] & 0xC0 != 0x80]
    for start in starts:
        for end in (e for e in starts if e >= start):
            part = bytes(data[start:end])
            found = characters.find_newline(data, start, end) - start
            assert found == (part + b"\n").index(b"\n")
            assert characters.count_characters(data, start, end) == len(part.decode())
            out = np.zeros(len(part) + 2 + characters.COPY_ROOM, np.uint8)
            past = characters.copy_bytes(data, start, end, out, 2)
            assert bytes(out[2:past]) == part


def repeated_grams(words, n):
    """Characters in n-grams seen before, as datatrove counts them."""
    seen, repeated, at = set(), 0, 0
    while at <= len(words) - n:
        gram = "".join(words[at : at + n])
        if gram in seen:
            repeated += len(gram)
            at += n
        else:
            seen.add(gram)
            at += 1
    return repeated


@pytest.mark.parametrize("kind", [WHITESPACE, SPACY_ENGLISH])
def test_ngram_measures_are_those_of_a_plain_count(kind):
    draw = random.Random(2)
    repetitive = [
        " ".join(
            draw.choices(
                [
                    "a",
                    "b",
                    "ab",
                    "ba",
                    "aba",
                    "the",
                    "cannot",
                    "can",
                    "not",
                    "of",
                    "漢",
                    ".",
                    ",",
                    "!",
                ],
                k=size,
            )
        )
        for size in range(200)
    ]
    given = GIVEN + repetitive
    view = TextView(texts(given))
    words = view.words(kind)
    data = bytes(view.data)
    measured = apply_rules(texts(given), {"gopher_repetition": {"words": kind}}).measures
    for row, text in enumerate(given):
        mine = range(words.first[row], words.first[row + 1])
        cut = [data[words.start[i] : words.start[i] + words.sizes[i]].decode() for i in mine]
        for n in range(2, 5):
            grams = collections.Counter(" ".join(cut[i : i + n]) for i in range(len(cut) - n + 1))
            gram, count = (grams.most_common(1) or [("", 0)])[0]
            wanted = len(gram) * count / max(len(text), 1)
            assert measured[f"gopher_repetition.top_{n}_gram_ratio"][row].as_py() == wanted
        for n in range(5, 11):
            wanted = repeated_grams(cut, n) / max(len(text), 1)
            assert measured[f"gopher_repetition.duplicate_{n}_gram_ratio"][row].as_py() == wanted


def test_any_split_or_joining_of_batches_gives_the_same_columns():
    recipe = {
        **PACK,
        "gopher_repetition": registry.published("gopher_repetition"),
        "gopher_quality": registry.published("gopher_quality"),
        "c4_quality": registry.published("c4_quality"),
        "fineweb_quality": registry.published("fineweb_quality"),
    }
    given = texts(GIVEN)
    whole = apply_rules(given, recipe)
    draw = random.Random(4)
    for _ in range(4):
        cuts = sorted(draw.sample(range(len(given) + 1), draw.randint(0, 9)))
        parts = [
            apply_rules(given[a:b], recipe)
            for a, b in zip([0, *cuts], [*cuts, len(given)], strict=True)
        ]
        joined = pa.Table.from_batches([part.measures for part in parts])
        assert joined.equals(pa.Table.from_batches([whole.measures]))
        assert [r for p in parts for r in p.reasons.to_pylist()] == whole.reasons.to_pylist()
        assert [t for p in parts for t in p.text.to_pylist()] == whole.text.to_pylist()


COMPILED_LATER = """
import gc, sys
import pyarrow as pa
from numba.core.dispatcher import Dispatcher
from filters.language.identify import LanguageIdentifier
from filters.rules import registry
from filters.rules.apply import apply_rules
from pipelines import kernels

def compiled():
    return {(d.py_func.__qualname__, s) for d in gc.get_objects()
            if isinstance(d, Dispatcher) for s in d.signatures}

for part in kernels.PARTS:
    part()
# What a kernel names is not loaded when it comes from the cache itself.
used = [k for k in kernels.every() if k.signatures]
for kernel in used:
    used += [k for k in kernels.called(kernel) if k not in used]
idle = [k for k in kernels.every() if k not in used]
before = compiled()
text = pa.array([" ".join(f"w{i}{j}." for j in range(200)) + "\\n[1] {" for i in range(300)] + [""],
                pa.large_string())
LanguageIdentifier().identify(text)
apply_rules(text, registry.pack_rules("datatrove-0.10"))
for words in ("whitespace", "unicode", "spacy-en"):
    apply_rules(text[3:], {
        "gopher_quality": {"words": words}, "gopher_repetition": {"words": words},
        "c4_quality": {}, "fineweb_quality": {"words": words}})
later = compiled() - before
sys.exit(f"compiled after the warm-up: {later}; in no part: {idle}" if later or idle else 0)
"""


def test_every_kernel_is_in_a_part_that_is_compiled_after_installation():
    """Else a worker would compile it in the middle of a run."""
    program(COMPILED_LATER)


def test_callers_of_what_is_missing_are_compiled_anew(monkeypatch):
    """numba would take them from its cache, with the code that they called before."""

    class Kernel:
        def __init__(self, function):
            self.py_func, self._cache, self.flushed = function, self, False

        def flush(self):
            self.flushed = True

    named = {}
    source = "def a(): b()\ndef b(): c()\ndef c(): 1\ndef d(): e()\ndef e(): 1"
    exec(source, named)
    named |= {name: Kernel(named[name]) for name in "abcde"}
    for name in "abcde":
        named[name].py_func = types.FunctionType(named[name].py_func.__code__, named)
    found = [named[name] for name in "abcde"]
    monkeypatch.setattr(kernels, "every", lambda: found)
    monkeypatch.setattr(kernels, "_is_missing", lambda kernel: kernel is named["c"])
    kernels._forget_stale()
    assert [kernel.flushed for kernel in found] == [True, True, False, False, False]


RUN_COMPILES = """
import sys
import types
from numba.core import event
from pipelines.cli import app

class Compiled(event.Listener):
    def on_start(self, started):
        sys.exit(f"compiled during the run: {started.data['dispatcher']}")
    def on_end(self, ended):
        pass

event.register("numba:compile", Compiled())
app(["run", "demo", "--out", sys.argv[1], "--workers", "1", "--quiet",
     "--set", "duplicates.lines={max_documents: 1}", "--set", "duplicates.spans={}"])
"""


def test_a_run_compiles_nothing_and_says_so_by_silence(tmp_path):
    """The signatures that a run calls are those that `winnow compile` has left in the cache."""
    program("from pipelines.commands.compile import compile_missing; compile_missing()")
    assert "compiling" not in program(RUN_COMPILES, tmp_path / "run")


def test_with_an_empty_cache_every_kernel_is_missing(tmp_path, monkeypatch):
    """Else the first run of an installed wheel would compile inside its workers, unannounced."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    told = program(
        "from pipelines import kernels; import sys;"
        "print(len(kernels.missing()), len(kernels.every()), file=sys.stderr)"
    )
    missing, every = map(int, told.split())
    assert missing == every > 100


def program(source, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", source, *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr
