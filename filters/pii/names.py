"""Names of persons, by Presidio and spaCy's models (the extra `names`).

Differs from the other kinds: a model decides from the whole context, slowly and not always rightly,
and redacting again may find more, since the context has changed.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filters.pii.hits import Hit, overlapping
from filters.pii.kinds import Kind

NAME = Kind(
    "name",
    0,
    lambda text, places, regions: [],  # a model finds it, not a pattern
    lambda value: f"person-{value >> 32:08x}",
    r"person-[0-9a-f]{8}",
    str.casefold,
)
ENTITY = "PERSON"


def missing(models: Mapping[str, str]) -> str | None:
    """What has to be installed before `Names` can work with these models; None when all is."""
    if importlib.util.find_spec("presidio_analyzer") is None:
        return "names need Presidio: pip install 'winnow-corpus[names]'"
    for model in models.values():
        if not Path(model).is_dir() and importlib.util.find_spec(model) is None:
            return f"there is no spaCy model {model!r}: python -m spacy download {model}"
    return None


class Names:
    """Finds names in texts of some languages.

    Args:
      models: spaCy model, a package or a folder, by language.

    Raises:
      ImportError: Presidio or a model is not installed; says how to install it.
    """

    def __init__(self, models: Mapping[str, str]) -> None:
        if why := missing(models):
            raise ImportError(why)
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer

        self._engine: Any = SpacyNlpEngine(
            models=[{"lang_code": code, "model_name": model} for code, model in models.items()]
        )
        self._engine.load()
        self._recognizers = {
            code: SpacyRecognizer(supported_language=code, supported_entities=[ENTITY])
            for code in models
        }

    def find(self, text: str, language: str | None, done: Sequence[Hit]) -> list[Hit]:
        """Names in order and apart, none of which touches a stand-in that is there already."""
        recognizer = self._recognizers.get(language or "")
        if recognizer is None:
            return []
        artifacts = self._engine.process_text(text, language)
        hits: list[Hit] = []
        for result in sorted(recognizer.analyze(text, [ENTITY], artifacts)):
            start, end = result.start, result.end
            if not overlapping(done, start, end) and not overlapping(hits, start, end):
                hits.append(Hit(start, end, NAME.name))
        return hits
