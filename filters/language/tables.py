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
      stop_words: by language code; some have none.
      labels: language codes by ISO 639-3 and BCP 47 language; of several scripts the usual one's.
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
        usual = self.labels.get(language.lower())
        scripts = [part.title() for part in rest if len(part) == 4 and part.isalpha()]
        if usual is None or not scripts:
            return usual
        code = f"{usual[:-4]}{_SCRIPTS.get(scripts[0], scripts[0])}"
        return code if code in self.stop_words else None


# Scripts of ISO 15924 that the tables have under another one.
_SCRIPTS = {"Hans": "Hani", "Hant": "Hani", "Kore": "Hang", "Hira": "Jpan", "Kana": "Jpan"}

_FILES = {
    "fineweb-2": (
        "fineweb_2.csv",
        "huggingface/fineweb-2 at d331bee (ODC-By), configs/*.yml, 239 of its languages (Hausa at "
        "6cd950c, Turkish at baedee4, the only versions at hand); English as in FineWeb, by the "
        "defaults of datatrove's filters",
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
    return LanguageTable(
        source,
        {key: {row["code"]: float(row[key]) for row in rows} for key in keys},
        {row["code"]: tuple(row["stop_words"].split()) for row in rows},
        {label: row["code"] for row in rows for label in row["languages"].split()},
    )
