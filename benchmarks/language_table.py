"""The table of `filters.language.four_grams`: how often windows occur in 1,700 languages.

    pip download --no-deps --dest FOLDER commonlid==0.2.5 wordfreq==3.1.1
    python -m benchmarks.language_table FOLDER

Three sources say how often a window of four characters occurs in a language; a language has the
mean of those that know it.

* FUN-LangID (google-research, Apache-2.0), carried by the wheel of commonlid as
  commonlid/vendor/fun_langid.py: the 150 most frequent windows of each of 1,647 languages in a
  crawl of the web, in their order. How often a window of a rank occurs was measured on FLORES-200
  dev: .0076 (1 + rank / 3) ^ -.68.
* FLORES-200 dev (CC BY-SA 4.0): 997 sentences of Wikinews, Wikivoyage and Wikijunior in 204
  languages. Its devtest is never read here.
* wordfreq (CC BY-SA 4.0): words of 37 languages and how often they occur, mostly in subtitles, the
  web and Wikipedia.
"""

import collections
import gzip
import math
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import langcodes
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import regex

from benchmarks.filters import DATA
from filters.language.codes import bcp47
from filters.language.four_grams import BLANK, FIRST_ID, NO_SCRIPT, PLANES, SCALE, folded
from filters.language.models import FOUR_GRAMS

Windows = dict[str, float]

MOST = 3_000  # windows of a language
RANKED = 150
FLOOR = 1e-5  # how often a window occurs in a language of whose list it is not
COMMON = 10.0  # ... more often by so much where all languages have it
FEWEST = 3  # occurrences in FLORES-200 dev, below which a window may be chance
MOST_WORDS = 20_000
# Weights of languages of which there is a list alone, the first COMMON_ONES of which are more
# common on the web: their lists end early, and what is not in them counts for nothing. Found by
# hiding the other sources of 60 languages: at 1.33 from 59 to 66 % of their text has a higher sum
# in one of the lists than in a language with more sources, and 0 to 7 % of the others' text.
STRETCHED = 1.33
COMMON_ONES = 300
SCRIPT_SHARE = 0.2  # of a language's letters, from which on it is written in a script

# Not languages: texts of scanners, fragments.
_NO_LANGUAGE = "zxx"
# The same language under several names, that the sources have.
SAME = {"fat": "ak", "ber-Zber": "ber", "fuv": "ff", "quy": "qu", "pbt": "ps", "dik": "din"}

LONE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
LETTER = regex.compile(r"[\p{L}\p{M}]")

# ISO 15924 codes of the scripts that the sources have, as `regex` knows them.
SCRIPTS = [
    "Latn", "Cyrl", "Arab", "Deva", "Beng", "Hani", "Kana", "Hang", "Adlm", "Armn", "Avst",
    "Bali", "Batk", "Cakm", "Cans", "Cher", "Ethi", "Geor", "Goth", "Grek", "Gujr", "Guru",
    "Hebr", "Java", "Khmr", "Knda", "Laoo", "Lisu", "Mlym", "Mtei", "Mymr", "Nkoo", "Olck",
    "Orya", "Osge", "Saur", "Sinh", "Sund", "Sylo", "Syrc", "Tale", "Taml", "Tavt", "Telu",
    "Tfng", "Thaa", "Thai", "Tibt",
]  # fmt: skip
_ALSO_OF = {"Hira": "Kana", "Bopo": "Hani"}


def script_ids() -> npt.NDArray[np.uint8]:
    """1 and more by code point: the place of its script in SCRIPTS; 0 for what is no letter."""
    found = np.full(PLANES, NO_SCRIPT, np.uint8)
    every = [(code, code) for code in SCRIPTS] + list(_ALSO_OF.items())
    text = "".join(map(chr, (c for c in range(PLANES) if not 0xD800 <= c < 0xE000)))
    for code, script in every:
        for match in regex.finditer(rf"(?:(?=[\p{{L}}\p{{M}}])\p{{Script={code}}})+", text):
            for character in match[0]:
                found[ord(character)] = 1 + SCRIPTS.index(script)
    return found


def windows_of(text: str) -> Iterator[str]:
    """The windows of a text, as the kernel reads them."""
    text = "".join(map(folded, text))
    text = f" {' '.join(text.split())} "
    for start in range(max(1, len(text) - 3)):
        window = text[start : start + 4].strip()
        if len(window) > 1:
            yield window
    yield from LONE.findall(text)


def tag_of(label: str) -> str:
    return SAME.get(tag := bcp47(SAME.get(label, label)), tag)


def ranked(wheel: Path) -> dict[str, Windows]:
    """FUN-LangID's lists, ranks made to shares of windows."""
    with zipfile.ZipFile(wheel) as file:
        source = file.read("commonlid/vendor/fun_langid.py").decode()
    scope: dict[str, Any] = {"__name__": "fun_langid"}
    exec(compile(source, "fun_langid.py", "exec"), scope)  # a list of 1.6 MB, written as code
    model = scope["FunLangID"].__new__(scope["FunLangID"])
    model._init_lexicon()
    found: dict[str, Windows] = {}
    for label, windows in model._lexicon:
        tag = tag_of(label)
        if label.startswith(_NO_LANGUAGE) or tag in found:
            continue
        shares: Windows = collections.defaultdict(float)
        for rank, window in enumerate(windows):
            share = 0.0076 * (1 + min(rank, RANKED) / 3) ** -0.68
            for own in {" ".join("".join(map(folded, window)).split())}:
                if 0 < len(own) <= 4:
                    shares[own] = max(shares[own], share)
        found[tag] = dict(shares)
    return found


def parallel(split: str = "dev") -> dict[str, tuple[Windows, float]]:
    """Shares of windows in FLORES-200, and the share of those that lie within a word."""
    table = pq.read_table(DATA / f"parallel/flores200-{split}.parquet", columns=["lang", "text"])
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for label, text in zip(*(table[name].to_pylist() for name in ("lang", "text")), strict=True):
        if label != "aka_Latn":  # the same text as twi_Latn, in the same language
            counts[tag_of(label)].update(windows_of(text))
    found = {}
    for tag, counted in counts.items():
        total = counted.total()
        within = sum(n for window, n in counted.items() if " " not in window) / total
        found[tag] = {w: n / total for w, n in counted.items() if n >= FEWEST}, within
    return found


def word_lists(wheel: Path) -> dict[str, Windows]:
    """Shares of windows within words of wordfreq."""
    import msgpack  # type: ignore[import-not-found,unused-ignore]  # which wordfreq needs

    found = {}
    with zipfile.ZipFile(wheel) as file:
        for name in file.namelist():
            if "/small_" not in name:
                continue
            language = name.split("/small_")[1].split(".")[0]
            data = gzip.decompress(file.read(name))
            shares: Windows = collections.defaultdict(float)
            words = 0
            for centibels, equals in enumerate(msgpack.unpackb(data, raw=False)[1:]):
                for word in equals[: max(0, MOST_WORDS - words)]:
                    words += 1
                    for window in windows_of(word):
                        shares[window] += 10 ** (-centibels / 100)
            total = sum(shares.values())
            # The lists have Serbian, Croatian and Bosnian as one.
            for tag in ("sr-Latn", "hr", "bs") if language == "sh" else (tag_of(language),):
                found[tag] = {w: share / total for w, share in shares.items()}
    return found


def joined(
    lists: Mapping[str, Windows],
    sentences: Mapping[str, tuple[Windows, float]],
    words: Mapping[str, Windows],
) -> dict[str, Windows]:
    """Of each language the mean of its sources, its MOST frequent windows.

    A list is silent on what it does not have, words are on windows across words.
    """
    found = {}
    for tag in sorted({*lists, *sentences}):
        shares, within = sentences.get(tag, ({}, 0.7))
        ranks = {} if LONE.search("".join(shares)) else lists.get(tag, {})
        own = {w: within * share for w, share in words.get(tag, {}).items()}
        mean: Windows = {}
        for window in {*ranks, *shares, *own}:
            said = [source[window] for source in (ranks, own) if window in source]
            if shares:
                said.append(shares.get(window, 0.0))
            if own and " " not in window and window not in own:
                said.append(0.0)
            mean[window] = sum(said) / len(said)
        best = sorted(mean.items(), key=lambda item: (-item[1], item[0]))
        found[tag] = dict(best[:MOST])
    return found


def weights(shares: Mapping[str, Windows]) -> dict[str, dict[str, int]]:
    """Logarithms of shares over that of a language which does not have the window, in 1/SCALE."""
    languages = collections.Counter(window for own in shares.values() for window in own)
    found = {}
    for tag, own in shares.items():
        floors = {w: FLOOR * (1 + COMMON * languages[w] / len(shares)) for w in own}
        logs = {w: round(SCALE * math.log(share / floors[w])) for w, share in own.items() if share}
        found[tag] = {w: weight for w, weight in logs.items() if weight > 0}
    return found


def write(found: Mapping[str, Mapping[str, int]], rare: list[str]) -> None:
    """Writes the table; `rare` has the languages of lists alone, the most common ones first."""
    tags = sorted(found, key=lambda tag: (tag in rare, tag))
    scripts = script_ids()
    characters = sorted({c for own in found.values() for window in own for c in window} - {" "})
    ids = {c: FIRST_ID + i for i, c in enumerate(characters)} | {" ": BLANK}
    stretched = set(rare[:COMMON_ONES])
    by_window: list[dict[int, list[tuple[int, int]]]] = [
        collections.defaultdict(list) for _ in range(2)
    ]
    members = np.zeros((1 + len(SCRIPTS), len(tags)), np.uint8)
    for label, tag in enumerate(tags):
        letters = np.zeros(1 + len(SCRIPTS))
        for window, weight in found[tag].items():
            key = 0
            for character in window:
                key = key << 16 | ids[character]
                letters[scripts[ord(character)]] += weight
            factor = STRETCHED if tag in stretched else 1
            by_window[tag in rare][key].append((label, round(factor * weight)))
        letters[NO_SCRIPT] = 0
        members[:, label] = letters > SCRIPT_SHARE * letters.sum()
    members[NO_SCRIPT] = 0
    usual = np.full(1 + len(SCRIPTS), -1, np.int32)
    for script, code in enumerate(SCRIPTS, 1):
        name = {"Kana": "Jpan", "Hang": "Kore"}.get(code, code)
        tag = str(langcodes.Language.get(f"und-{name}").maximize().language)
        if code != "Latn" and tag in tags and members[script, tags.index(tag)]:
            usual[script] = tags.index(tag)
    changes = np.flatnonzero(np.diff(scripts, prepend=np.uint8(255)))
    values: dict[str, Any] = {
        "characters": np.array([*map(ord, characters)], np.uint32),
        "lone": np.array([bool(LONE.match(c)) for c in characters], np.uint8),
        "script_values": scripts[changes],
        "script_lengths": np.diff(changes, append=PLANES).astype(np.uint32),
        "members": np.packbits(members, axis=1),
        "usual": usual,
        "common": np.array(len(tags) - len(rare)),
        "tags": np.array([*map(ord, "\n".join(tags))], np.uint8),
        "script_names": np.array([*map(ord, "\n".join(SCRIPTS))], np.uint8),
    }
    for name, postings in zip(("", "rare_"), by_window, strict=True):
        keys = sorted(postings)
        pairs = [pair for key in keys for pair in postings[key]]
        values |= {
            f"{name}key_steps": np.diff(np.array(keys, np.uint64), prepend=np.uint64(0)),
            f"{name}counts": np.array([len(postings[key]) for key in keys], np.uint16),
            f"{name}labels": np.array([label for label, _ in pairs], np.uint16),
            f"{name}weights": np.array([weight for _, weight in pairs], np.uint8),
        }
        print(f"{len(keys):,} windows, {len(pairs):,} weights")
    np.savez_compressed(FOUR_GRAMS, **values)
    print(
        f"{len(tags):,} languages, {len(characters):,} characters, "
        f"{FOUR_GRAMS.stat().st_size:,} bytes"
    )


def main(folder: Path) -> None:
    (lists,), (words,) = (folder.glob(f"{name}-*.whl") for name in ("commonlid", "wordfreq"))
    of_lists, of_sentences, of_words = ranked(lists), parallel(), word_lists(words)
    found = weights(joined(of_lists, of_sentences, of_words))
    write(found, [tag for tag in of_lists if tag not in of_sentences])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
