"""Language identifiers on labelled text: macro F1, the worst languages, speed and start-up.

    python -m benchmarks.language

* sentences: FLORES-200 devtest, the 186 labels that the excerpts have too (`ara_Arab` there is
  `arb_Arab`); every third sentence.
* word pairs: two neighbouring words from the middle of each of these sentences, in languages that
  part words by blanks.
* short: MASSIVE 1.1 dev, 52 locales, what people say to a voice assistant; every fifth.
* web: excerpts of web text in 186 languages, those that are not marked as wrong; every 25th.

Speed is MB of UTF-8 a second of processor time on the excerpts, each read once; start-up is the
processor time of the first text in a new process.
"""

import collections
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.filters import DATA
from filters.language.codes import bcp47
from filters.language.models import NAMES

# Individual languages as the macrolanguages under which the identifiers have them.
_MACRO = {"quy": "qu", "pbt": "ps", "fuv": "ff", "dik": "din", "tl": "fil", "prs": "fa-AF"}
_LOCALES = {"zh-CN": "zh", "zh-TW": "zh-Hant", "sl-SL": "sl", "nb-NO": "nb", "tl-PH": "fil"}
BATCH = 256

Labelled = tuple[list[str], pa.LargeStringArray]


def tag(label: str) -> str:
    return _MACRO.get(code := bcp47(label), code)


def labelled() -> dict[str, Labelled]:
    web = pq.read_table(DATA / "text/web-excerpts-186-langs.parquet")
    web = web.take(np.arange(0, len(web), 25))
    rows = [
        (tag(label.replace("ara_", "arb_")), text)
        for label, text, right in zip(
            *(web[name].to_pylist() for name in ("lang", "text", "lang_correct")), strict=True
        )
        if right != "0" and text and text.strip()
    ]
    wanted = {language for language, _ in rows}
    devtest = pq.read_table(DATA / "parallel/flores200-devtest.parquet")
    sentences = [
        (tag(label), text)
        for label, number, text in zip(
            *(devtest[name].to_pylist() for name in ("lang", "sentence_id", "text")), strict=True
        )
        if number % 3 == 0 and label != "aka_Latn" and tag(label) in wanted
    ]
    pairs = []
    for language, text in sentences:
        words = text.split()
        if len(words) > 3:
            pairs.append((language, " ".join(words[len(words) // 2 :][:2])))
    massive = pq.read_table(DATA / "parallel/massive-1.1-dev.parquet")
    massive = massive.take(np.arange(0, len(massive), 5))
    short = [
        (_LOCALES.get(locale, locale.split("-")[0]), text)
        for locale, text in zip(*(massive[n].to_pylist() for n in ("locale", "utt")), strict=True)
    ]
    sets = {"sentences": sentences, "word pairs": pairs, "short": short, "web": rows}
    return {
        name: ([label for label, _ in of], pa.array([text for _, text in of], pa.large_string()))
        for name, of in sets.items()
    }


def f1_by_language(gold: list[str], found: list[str]) -> dict[str, float]:
    right = collections.Counter(a for a, b in zip(gold, found, strict=True) if a == b)
    all_of = collections.Counter(gold) + collections.Counter(found)
    return {language: 2 * right[language] / all_of[language] for language in set(gold)}


def measure(model: str) -> Mapping[str, Any]:
    started = time.process_time()
    from filters.language.identify import LanguageIdentifier

    identifier = LanguageIdentifier(model)
    identifier.identify(pa.array(["A text of a few words."], pa.large_string()))
    figures: dict[str, Any] = {"start": time.process_time() - started}
    for name, (gold, text) in labelled().items():
        started = time.process_time()
        found: list[str] = []
        for at in range(0, len(text), BATCH):
            found += identifier.identify(text.slice(at, BATCH))["language"].to_pylist()
        taken = time.process_time() - started
        by_language = f1_by_language(gold, [*map(tag, found)])
        figures[name] = float(np.mean([*by_language.values()]))
        worst = sorted(by_language.items(), key=lambda item: item[1])[:8]
        figures[f"{name}, worst"] = [f"{language} {f1:.2f}" for language, f1 in worst]
        if name == "web":
            figures["speed"] = sum(len(t.encode()) for t in text.to_pylist()) / 1e6 / taken
    return figures


def fasttext_speed() -> float:
    """MB/s of the fasttext module with lid.176 on the same excerpts."""
    import fasttext

    from filters.language.models import MODEL_176, model_path

    model = fasttext.load_model(str(model_path(MODEL_176)))
    lines = [text.replace("\n", " ") for text in labelled()["web"][1].to_pylist()]
    started = time.process_time()
    for line in lines:
        model.predict(line)
    return sum(len(line.encode()) for line in lines) / 1e6 / (time.process_time() - started)


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    print("| model | sentences | word pairs | short | web | MB/s | start, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    worst = {}
    for model in NAMES:
        if model == "cld2" and importlib.util.find_spec("pycld2") is None:
            continue
        command = [sys.executable, "-m", "benchmarks.language", model]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        figures = json.loads(answer.stdout.splitlines()[-1])
        scores = " | ".join(
            f"{figures[n]:.3f}" for n in ("sentences", "word pairs", "short", "web")
        )
        print(f"| {model} | {scores} | {figures['speed']:.1f} | {figures['start']:.1f} |")
        worst[model] = figures
    print(f"\nThe fasttext module with lid.176: {fasttext_speed():.1f} MB/s.")
    for name in ("sentences", "short", "web"):
        print(f"Worst of winnow-1, {name}: {', '.join(worst['winnow-1'][f'{name}, worst'])}.")


if __name__ == "__main__":
    main()
