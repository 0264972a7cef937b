"""Labelled documents for `benchmarks.decontamination`: items of benchmarks planted in web text.

Every choice is a keyed hash of the item's name, so the documents are the same in each run.
"""

import dataclasses
import hashlib
import inspect
import json
import random
import re
import statistics
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq

from benchmarks.dedup import DATA
from dedup.benchmarks import FORMATS, BenchmarkFile, Fields
from dedup.decontamination import Item
from pipelines.sources import benchmark_files

FILES = {"humaneval": "HumanEval.jsonl.gz", "gsm8k": "gsm8k-test.jsonl",
         "truthfulqa": "TruthfulQA.csv"}  # fmt: skip
PIECE_WORDS = 60


@dataclasses.dataclass(frozen=True)
class Planted:
    """A document with what is planted in it.

    Attributes:
      item: name of benchmark and item that it holds; None for a document that holds none.
      form: how the item was planted, or which look-alike was.
    """

    text: str
    host: str
    form: str
    item: tuple[str, str] | None = None


def rng_of(*key: str) -> random.Random:
    """Random choices for one key."""
    return random.Random(hashlib.sha256("\0".join(key).encode()).digest())


def reported(item: Item) -> bool:
    """Whether an item belongs to the half that is reported; on the other half rules were chosen."""
    return rng_of("half", item.benchmark, item.name).random() < 0.5


# Public text that exam questions quote and that many pages have.
QUOTED = [
    ("In the beginning God created the heaven and the earth. And the earth was without form, and "
     "void; and darkness was upon the face of the deep. And the Spirit of God moved upon the face "
     "of the waters.", "Genesis"),
    ("The Lord is my shepherd; I shall not want. He maketh me to lie down in green pastures: he "
     "leadeth me beside the still waters. He restoreth my soul.", "the twenty-third psalm"),
    ("To every thing there is a season, and a time to every purpose under the heaven: a time to be "
     "born, and a time to die; a time to plant, and a time to pluck up that which is planted.",
     "Ecclesiastes"),
    ("Permission is hereby granted, free of charge, to any person obtaining a copy of this "
     "software and associated documentation files (the \"Software\"), to deal in the Software "
     "without restriction.", "the MIT licence"),
    ("Redistribution and use in source and binary forms, with or without modification, are "
     "permitted provided that the following conditions are met.", "the BSD licence"),
    ("This program is free software: you can redistribute it and/or modify it under the terms of "
     "the GNU General Public License as published by the Free Software Foundation.", "the GPL"),
    ("We hold these truths to be self-evident, that all men are created equal, that they are "
     "endowed by their Creator with certain unalienable Rights, that among these are Life, Liberty "
     "and the pursuit of Happiness.", "the Declaration of Independence"),
    ("Four score and seven years ago our fathers brought forth on this continent, a new nation, "
     "conceived in Liberty, and dedicated to the proposition that all men are created equal.",
     "the Gettysburg Address"),
    ("All human beings are born free and equal in dignity and rights. They are endowed with reason "
     "and conscience and should act towards one another in a spirit of brotherhood.",
     "the Universal Declaration of Human Rights"),
    ("To be, or not to be, that is the question: Whether 'tis nobler in the mind to suffer the "
     "slings and arrows of outrageous fortune, or to take arms against a sea of "
     "troubles.", "Hamlet"),
    ("It was the best of times, it was the worst of times, it was the age of wisdom, it was the "
     "age of foolishness, it was the epoch of belief, it was the epoch of incredulity.",
     "A Tale of Two Cities"),
    ("It is a truth universally acknowledged, that a single man in possession of a good fortune, "
     "must be in want of a wife.", "Pride and Prejudice"),
    ("Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in "
     "my purse, and nothing particular to interest me on shore, I thought I would sail "
     "about a little.",
     "Moby-Dick"),
    ("Congress shall make no law respecting an establishment of religion, or prohibiting the free "
     "exercise thereof; or abridging the freedom of speech, or of the press.",
     "the First Amendment"),
    ("Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut "
     "labore et dolore magna aliqua.", "filler text of printers"),
    ("Every body perseveres in its state of rest, or of uniform motion in a right line, unless it "
     "is compelled to change that state by forces impressed thereon.", "Newton's first law"),
]  # fmt: skip
_ASKED = [
    "Read this passage carefully: {quoted} Which well known work is the passage taken from, and "
    "what does its author want the reader to feel?",
    "{quoted} Name the text in which these words were first printed and explain in one sentence "
    "why editors still reproduce it today.",
    "A teacher copies the following lines on the blackboard for her class. {quoted} How many verbs "
    "did the pupils have to underline before lunch?",
]
_QUOTED_ANSWER = "The words come from {source}, as most readers notice at once."


def write_quotations(folder: Path) -> BenchmarkFile:
    """A benchmark whose questions quote public text, three a quotation."""
    rows = [
        {"id": f"{number}-{k}", "question": asked.format(quoted=quoted),
         "answer": _QUOTED_ANSWER.format(source=source)}
        for number, (quoted, source) in enumerate(QUOTED)
        for k, asked in enumerate(_ASKED[: 1 + number % 3])
    ]  # fmt: skip
    path = folder / "quotations.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return BenchmarkFile("quotations", str(path), Fields(("question", "question+answer"), "id"))


def files(folder: Path) -> list[BenchmarkFile]:
    """The benchmarks that corpora are searched for."""
    real = [
        BenchmarkFile(name, str(DATA / "benchmarks" / file), FORMATS[name])
        for name, file in FILES.items()
    ]
    return [*real, write_quotations(folder)]


class Web:
    """Pieces of real English web text of about `PIECE_WORDS` words, and their words."""

    def __init__(self) -> None:
        pages = pq.read_table(DATA / "webpages/wcxb-dev.gold.parquet")["main_content"].to_pylist()
        excerpts = pq.read_table(
            DATA / "text/web-excerpts-186-langs.parquet", columns=["lang", "text"]
        ).to_pylist()
        english = [row["text"] for row in excerpts if row["lang"] == "eng_Latn"]
        self.clean = [text for text in [*pages, *english] if text]
        self.foreign = [row["text"] for row in excerpts[::37] if row["lang"] != "eng_Latn"]
        self.pieces: list[str] = []
        for text in self.clean:
            piece: list[str] = []
            for line in text.split("\n"):
                piece += [line] if line.strip() else []
                if sum(len(some.split()) for some in piece) >= PIECE_WORDS:
                    self.pieces.append("\n".join(piece))
                    piece = []
        counts = Counter(re.findall(r"[a-z]{4,}", " ".join(self.clean).lower()))
        self.counts = counts
        self.vocabulary = sorted(word for word, count in counts.items() if 3 <= count <= 60)

    def piece(self, rng: random.Random) -> str:
        piece = rng.choice(self.pieces)
        return piece if len(piece) < 2_000 else piece[:2_000].rsplit(" ", 1)[0]


def planted(web: Web, body: str, rng: random.Random, inline: bool = False) -> str:
    """Text in front, the body in lines of its own (or behind a sentence), text behind."""
    between = (" ", " ") if inline else ("\n", "\n")
    before = web.piece(rng).rstrip()
    if inline and before[-1:] not in ".!?":
        before += "."
    return f"{before}{between[0]}{body}{between[1]}{web.piece(rng)}"


def rewrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 47, break_long_words=False, break_on_hyphens=False))


def repunctuated(text: str) -> str:
    return re.sub(r"(?<=\w)(?= )", ",", re.sub(r"[^\w\s'’`´ʼ‘]", " – ", text))


def changed(web: Web, text: str, rng: random.Random, every: int | None = None) -> str:
    """One word exchanged, or every so many; never a number, which would be another exercise."""
    pieces = re.findall(r"[^\W\d_][\w'’]*|\W+|\w+", text)
    places = [i for i, piece in enumerate(pieces) if re.match(r"[^\W\d_]", piece)]
    chosen = [rng.choice(places)] if every is None else places[rng.randrange(every) :: every]
    for at in chosen:
        pieces[at] = rng.choice(web.vocabulary)
    return "".join(pieces)


_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
]  # fmt: skip


def in_words(text: str) -> str:
    """Numbers from 0 to 20 that stand alone, as words."""
    return re.sub(
        r"(?<![\d.,/$])\b(1?\d|20)\b(?![.,/]\d|%)", lambda match: _WORDS[int(match[0])], text
    )


def _question(item: Item) -> tuple[str, str]:
    return item.exercises[0]


def positives(web: Web, item: Item) -> Iterator[Planted]:
    """The item in four forms, and two paraphrases that are told apart from these."""
    question, answer = _question(item)
    key = (item.benchmark, item.name)

    def document(form: str, body: str, inline: bool = False) -> Planted:
        rng = rng_of("document", form, *key)
        text = planted(web, body, rng, inline)
        # Two sites have the item: three that had a short question alone would make it common.
        site = f"leak{rng_of(*key).randrange(20_000)}-{rng.randrange(2)}.example"
        return Planted(text, site, form, key)

    rng = rng_of("forms", *key)
    both = f"{question}\n{answer}"
    body = both if rng.random() < 0.5 else question
    inline = item.benchmark != "humaneval" and rng.random() < 0.5
    yield document("verbatim", body, inline)
    printings: list[Callable[[str], str]] = [rewrapped, str.swapcase, repunctuated, str.title]
    reprinted = rng.choice(printings)(rewrapped(body) if rng.random() < 0.5 else body)
    yield document("reprinted", reprinted)
    asked = changed(web, question, rng)
    yield document("one word changed", f"{asked}\n{answer}" if body == both else asked, inline)
    apart = f"{question}\n{web.piece(rng)}\n{web.piece(rng)}\n{answer}"
    yield document("apart", apart)
    if (spelled := in_words(question)) != question and item.benchmark == "gsm8k":
        yield document("numbers as words", f"{spelled}\n{answer}" if body == both else spelled)
    for every in (5, 3):
        yield document(f"every {every} words", changed(web, body, rng, every))


def negatives(web: Web, items: list[Item]) -> Iterator[Planted]:
    """Five families of documents that look like items and hold none."""
    for item in items:
        rng = rng_of("negatives", item.benchmark, item.name)
        question, _ = _question(item)
        if item.benchmark == "gsm8k":
            form, body = "other numbers", _other_numbers(question, rng)
        elif item.benchmark == "humaneval":
            form, body = "same signature", _other_body(question, rng)
        elif item.benchmark == "truthfulqa":
            yield _negative(web, "same template", _same_template(web, question, rng), rng)
            form, body = "discusses it", _discussion(web, question, rng)
        else:
            quoted = QUOTED[int(item.name.split("-")[0])][0]
            for _ in range(8):
                form = "common text"
                yield _negative(web, form, f"As is often quoted: {quoted}", rng)
            continue
        yield _negative(web, form, body, rng)
        if (spelled := in_words(body)) != body and item.benchmark == "gsm8k":
            yield _negative(web, "others as words", spelled, rng_of("words", item.name))
        if item.benchmark == "gsm8k" and rng.random() < 0.3:
            body = f"The benchmark GSM8K has an exercise about {_shuffled(web, question, rng)}."
            yield _negative(web, "discusses it", body, rng)


def _negative(web: Web, form: str, body: str, rng: random.Random) -> Planted:
    return Planted(planted(web, body, rng), f"site{rng.randrange(20_000)}.example", form)


def _other_numbers(question: str, rng: random.Random) -> str:
    """Every number another one."""

    def another(match: re.Match[str]) -> str:
        value = int(match[0])
        return str(value + rng.choice([1, 2, 3, 5, 7, 11]) if value < 1000 else value + 170)

    if re.search(r"\d", question):
        return re.sub(r"\d+", another, question)
    words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return re.sub(
        r"\b(" + "|".join(words) + r")\b",
        lambda match: words[(words.index(match[0]) + 1 + rng.randrange(7)) % len(words)],
        question,
    )


def _functions(modules: list[ModuleType]) -> list[str]:
    """Bodies of real functions, without their docstrings."""
    bodies = []
    for module in modules:
        for _, function in inspect.getmembers(module, inspect.isfunction):
            source = inspect.getsource(function)
            body = source.split('"""')[-1] if '"""' in source else source.split(":\n", 1)[-1]
            bodies.append(textwrap.indent(textwrap.dedent(body.strip("\n")), "    ")[:600])
    return bodies


_BODIES = _functions([textwrap, statistics, random, inspect])


def _other_body(prompt: str, rng: random.Random) -> str:
    signature = next(line for line in reversed(prompt.split("\n")) if line.startswith("def "))
    imports = [line for line in prompt.split("\n") if line.startswith(("import ", "from "))]
    return "\n".join([*imports, signature, rng.choice(_BODIES)])


def _rare(web: Web, question: str) -> list[str]:
    """The question's longer words, those first that are rare on the web."""
    words = dict.fromkeys(re.findall(r"[A-Za-z]{4,}", question))
    return sorted(words, key=lambda word: (web.counts[word.lower()], word))


def _same_template(web: Web, question: str, rng: random.Random) -> str:
    """The question about something else: half of its longer words, the rarest, are others."""
    words = _rare(web, question)
    for word in words[: max(2, (len(words) + 1) // 2)] or question.split()[-1:]:
        question = re.sub(rf"\b{re.escape(word)}\b", rng.choice(web.vocabulary), question)
    return question


def _shuffled(web: Web, question: str, rng: random.Random) -> str:
    words = _rare(web, question)
    rng.shuffle(words)
    return ", ".join(words)


def _discussion(web: Web, question: str, rng: random.Random) -> str:
    """The benchmark talked about; or a short question inside of a sentence that goes on."""
    if len(question.split()) < 8:
        asked = question.rstrip("?").strip()
        asked = asked[:1].lower() + asked[1:]
        return (
            f"At dinner my cousin wanted to know {asked} and why anyone would "
            f"{rng.choice(web.vocabulary)} over it, but nobody at the table could say."
        )
    return (
        f"TruthfulQA tests whether models repeat falsehoods; one of its questions concerns "
        f"{_shuffled(web, question, rng)}, which most people get wrong."
    )


def corpus(web: Web, items: list[Item], reported_half: bool) -> list[Planted]:
    """All labelled documents of one half of the items, and as many pages without anything."""
    some = [item for item in items if reported(item) == reported_half]
    made = [document for item in some for document in positives(web, item)]
    made += negatives(web, some)
    for number, text in enumerate([*web.clean, *web.foreign]):
        made.append(Planted(text[:20_000], f"clean{number}.example", "web pages"))
    return made


def read_items(every: list[BenchmarkFile]) -> list[Item]:
    return [item for file in every for item in benchmark_files.read(file)]
