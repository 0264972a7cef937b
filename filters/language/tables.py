"""Thresholds and stop words by language: tables that ship with the package.

A recipe names a table in the place of a number: `max_top_2_gram_ratio: fineweb-2`.
"""

import csv
import dataclasses
import functools
import importlib.resources
import re
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class LanguageTable:
    """Values of each language.

    Attributes:
      source: repository, version and files.
      thresholds: value by key of a threshold, then by language code (`fra_Latn`).
      stop_words: by language code.
      labels: language codes by ISO 639-3 and BCP 47 language.
    """

    source: str
    thresholds: Mapping[str, Mapping[str, float]]
    stop_words: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]

    def code(self, label: str | None) -> str | None:
        """The table's language that a label stands for: `fr`, `fra`, `fra_Latn`, `fr-Latn-CA`.

        None where the table lacks the language, or has it in another script.
        """
        language, *rest = re.split("[-_]", label or "")
        code = self.labels.get(language.lower())
        scripts = [part for part in rest if len(part) == 4 and part.isalpha()]
        if code is None or not scripts:
            return code
        known = code[-4:]
        return code if scripts[0].title() in {known, *_SCRIPTS.get(known, ())} else None


# Scripts of ISO 15924 that stand for one another.
_SCRIPTS = {"Hani": ("Hans", "Hant"), "Hang": ("Kore",), "Jpan": ("Hira", "Kana")}

_FILES = {
    "fineweb-2": (
        "fineweb_2.csv",
        "huggingface/fineweb-2 at baedee4 (ODC-By), configs/*.yml; 40 of its languages",
    ),
}
TABLES = tuple(_FILES)


@functools.cache
def language_table(name: str) -> LanguageTable:
    """A table by its name.

    Raises:
      KeyError: there is none.
    """
    file, source = _FILES[name]
    text = importlib.resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    keys = [key for key in rows[0] if key.startswith(("min_", "max_"))]
    labels = {}
    for row in rows:
        for label in (row["code"][:3], *row["languages"].split(" ")):
            labels[label] = row["code"]
    return LanguageTable(
        source,
        {key: {row["code"]: float(row[key]) for row in rows} for key in keys},
        {row["code"]: tuple(row["stop_words"].split(" ")) for row in rows},
        labels,
    )
