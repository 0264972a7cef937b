"""How the time of each step grows with the length of a text, for texts of one kind each.

    python -m benchmarks.growth [BYTES] [STEP...]

Each step gets each text at a length and at four times that. Where time is linear, the exponent is 1
(four times the length takes four times as long), where it is quadratic 2. The table has the slowest
text of each step and that with the largest exponent among those that take a tenth of a second. Each
measurement is a process of its own, which is ended where it takes far too long. What looks steep is
measured again at sixteen times the length, since short times vary. It ends with 1 if an exponent is
above 1.5 then, at a rate below 1 MB/s.
"""

import functools
import importlib
import math
import os
import random
import signal
import sys
import time
from collections.abc import Callable

import pyarrow as pa

from dedup import exact, minhash
from filters import pii
from filters.documents import DocumentSteps
from filters.extract import main_content
from filters.language.identify import LanguageIdentifier
from filters.rules import registry
from filters.rules.apply import apply_rules
from filters.settings import Documents
from filters.text import normalize
from filters.wikitext import wikitext_to_text
from manifests import schemas
from pipelines.recipe.recipe import Recipe
from pipelines.stages.settings import minhash_config
from tests.fork_server import load_everything
from tokenizer_train import patterns, words

MOST_SECONDS = 30
WORST_EXPONENT, SLOW, NOTICED = 1.5, 1.0, 0.1

PIECES = [
    "a", "a ", " ", "\n", "a\n", ".", ". ", "-", "- a\n", "a\u0301\u0323",
    "\u0301\u0323", "ᄀ", "中", "ก", "क्", "1", "1 ", "1.", "1.2.3.4 ",
    "81.2.69.142 ", "a:", "2001:db8::1 ", "@", "a@", "jo@exa.org ",
    "+49 30 901820 ", "030-901820-", "(", "()", "http://a.b/c ", "://a:b@",
    "-----BEGIN PRIVATE KEY-----\n", "eyJhbGciOiJ.", "sk-",
    "DE89370400440532013000 ", "4111111111111111 ", "4111-", "078-05-1120 ", "{",
    "• a\n", "a...\n", '"', '"a', "A b. ", "Hello there world. \n", "lorem ipsum ",
    "javascript\n", "# ", "\r\n", "\xa0", "\u200b", "\t", "\u2028", "Ã©", "â€™",
    "Ãƒ", "\0a", "'", "a'", "'s", "A", "aB", "/", "_", "the cat sat on the mat ",
    "a b c\n\n", '{"a":', "[1]", "$1,", "!?", "𝒳", "U.S.", "e.g. ", " .", "1,000",
    "&amp;", "```\n", "| a ", "    a\n", "<b>", "👩‍👩‍👧", "http://a'b/", ":-)",
]  # fmt: skip
TAGS = [
    "<div>", "<div></div>", "<p>", "<b>", "<b><i>", "<b><p>", "<a href=x>",
    "<a href=x>y</a>", "<table>", "<table><tr><td>", "<ul><li>", "<li>x", "<font>",
    "<form>", "<select>", "<option>a", "<svg>", "<math><mi>", "<template>", "<!--",
    "<!-- -->", "<", "<a", "&amp;", "&", "<script>", "<title>", "<![CDATA[", "<?",
    "<br>", "<img alt=x>", "<span>x</span>", "<pre>", "<h1>x</h1>", "</div>",
    "</p>", "<dl><dt>x<dd>y", "<ruby>x<rt>", "<iframe>", "<body a=b>",
    "<article><p>word word word</p></article>", "<i><div>x</i></div>",
    "<label><input>", "<sup>1</sup>", "<p hidden>a", "<p style='display:none'>a",
    "<style>.a{display:none}</style>", "<button>a</button>", "<iframe srcdoc='a'>",
    "<noscript><p>a", "<p class=comment>a</p>", "<code>a</code>", "<td>a",
    "<math>a</math>",
]  # fmt: skip
MARKS = [
    "[[", "{{", "{{{", "{|\n", "[[a]]", "[[a|", "[[File:a|", "[[File:a|b]]",
    "<ref>", "<ref>a</ref>", '<ref name="', "<!--", "''", "'''a", "==", "== a ==\n",
    "*", "*a\n", "[http://a ", "<nowiki>", "<math>", "|", "|-\n|a||b\n", "{{a|b=",
    "[[{{", "{{[[a]]", "{|[[", "]]", "}}", "[[Category:x]]\n", "&nbsp;",
    "<gallery>", "__TOC__", ";a:b\n", "-{", "-{a}-", "'''''a", "'", "{", "[",
    "<br/>", "{{#if:x|", "{{convert|5|km}}", "{{lang|de|x}}", "#a\n", ":a\n",
]  # fmt: skip


def texts(size: int, pieces: list[str]) -> dict[str, str]:
    """A text of so many bytes that repeats each piece, and a few texts that repeat nothing."""
    found = {piece: piece * (size // len(piece.encode())) for piece in pieces}
    draw = random.Random(1)
    found["random words"] = " ".join(f"{draw.getrandbits(40):x}" for _ in range(size // 11))
    found["random letters"] = "".join(draw.choices("abcdefgh", k=size))
    found["random signs"] = "".join(draw.choices("".join(pieces[:60]), k=size // 2))
    return found


def records(text: str, media_type: str) -> pa.RecordBatch:
    content = text.encode()
    row = dict.fromkeys(schemas.RECORDS.names) | {
        "native_id": "1", "media_type": media_type, "content": content, "input_bytes": len(content),
        "charset": "utf-8",
    }  # fmt: skip
    return pa.RecordBatch.from_pylist([row], schema=schemas.RECORDS)


def steps() -> dict[str, tuple[list[str], Callable[[str], object]]]:
    """Each step with the pieces of its texts."""

    def one(text: str) -> pa.LargeStringArray:
        return pa.array([text], pa.large_string())

    english = {"urls": pa.array(["http://a.example/b"]), "languages": pa.array(["en"])}
    identifier = LanguageIdentifier()
    chain = DocumentSteps(Documents(), 0)
    near = minhash_config(Recipe(name="a", duplicates={"near": {}}))  # type: ignore[arg-type]
    assert near
    found: dict[str, tuple[list[str], Callable[[str], object]]] = {}
    for step in normalize.STEPS:
        found[f"normalize {step}"] = (
            PIECES,
            functools.partial(lambda step, text: normalize.normalize(one(text), (step,)), step),
        )
    for pack in registry.PACKS:
        rules = registry.pack_rules(pack)
        found[f"rules {pack}"] = (
            PIECES,
            functools.partial(lambda rules, text: apply_rules(one(text), rules, **english), rules),
        )
    for replace in ("tag", "stand_in"):
        found[f"pii {replace}"] = (
            PIECES,
            functools.partial(
                lambda replace, text: pii.redact(
                    one(text), tuple(pii.KINDS), replace, key=b"k", languages=pa.array(["en"])
                ),
                replace,
            ),
        )
    found["pii datatrove-0.10"] = (
        PIECES,
        lambda text: pii.redact(
            one(text), ("email", "ip"), "tag", key=b"k", decisions="datatrove-0.10"
        ),
    )
    found["language"] = PIECES, lambda text: identifier.identify(one(text))
    found["language of paragraphs"] = PIECES, lambda text: identifier.paragraphs(one(text))
    found["exact hash"] = PIECES, lambda text: exact.text_hash(one(text))
    found["minhash"] = PIECES, lambda text: minhash.signatures(one(text), near)
    for name in ("gpt2", "o200k"):
        found[f"words of {name}"] = (
            PIECES,
            functools.partial(
                lambda pattern, text: words.count_words(one(text), pattern), patterns.pattern(name)
            ),
        )
    for layout in ("plain", "markdown"):
        found[f"pages as {layout}"] = (
            TAGS,
            functools.partial(
                lambda layout, text: main_content.extract(
                    records(text, schemas.HTML), layout=layout
                ),
                layout,
            ),
        )
    found["wikitext"] = MARKS, lambda text: wikitext_to_text(one(text))
    found["whole chain, text"] = (
        PIECES,
        lambda text: chain.apply(records(text, schemas.PLAIN), "s", "f"),
    )
    return found


def measured(step: Callable[[str], object], text: str) -> float:
    """Seconds of processor time, in a process of its own; infinite if it took far too long.

    Raises:
      RuntimeError: the step fails.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        told = b"failed"
        try:
            begun = time.process_time()
            step(text)
            told = f"{time.process_time() - begun}".encode()
        except BaseException as error:
            told = f"failed: {type(error).__name__}: {error}".encode()[:300]
        finally:
            os.write(writing, told)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    if told.startswith(b"failed"):
        raise RuntimeError(told.decode())
    return float(told) if told else math.inf


def exponent_of(some: float, more: float) -> float:
    """That of the growth, for the times of a length and of four times that."""
    return math.log(max(more, 1e-4) / max(some, 1e-4), 4) if more < math.inf else math.inf


def main(size: int, wanted: list[str]) -> None:
    """Measures the steps whose names begin so, or all."""
    load_everything()
    importlib.import_module("ftfy")
    print(f"| step | slowest text | MB/s at {4 * size // 1000} kB | exponent | largest exponent |")
    print("| --- | --- | ---: | ---: | --- |")
    bad = []
    for name, (pieces, step) in steps().items():
        if wanted and not name.startswith(tuple(wanted)):
            continue
        step("A text of words.")  # what is loaded once
        found = []
        long, longest = texts(4 * size, pieces), texts(16 * size, pieces)
        for piece, text in texts(size, pieces).items():
            try:
                some, more = measured(step, text), measured(step, long[piece])
                exponent = exponent_of(some, more)
                if exponent > WORST_EXPONENT and 4 * size / 1e6 / more < SLOW:
                    most = measured(step, longest[piece])
                    exponent = exponent_of(more, most)
                    if exponent > WORST_EXPONENT:
                        bad.append(f"{name}, {piece!r}: {most:.1f} s, exponent {exponent:.2f}")
            except RuntimeError as error:
                bad.append(f"{name}, {piece!r}: {error}")
                continue
            found.append((more, exponent, piece))
        seconds, exponent, piece = max(found)
        rate = 4 * size / 1e6 / max(seconds, 1e-4)
        steep = max((e, p) for s, e, p in found if s >= NOTICED or s == seconds)
        print(
            f"| {name} | `{piece!r}` | {rate:.2f} | {exponent:.2f} | {steep[0]:.2f} "
            f"`{steep[1]!r}` |", flush=True,
        )  # fmt: skip
    print("\n".join(bad))
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000, sys.argv[2:])
