"""Names of persons by Presidio: replaced beside all else, and refused in clear words without it."""

import importlib.util
from pathlib import Path

import pyarrow as pa
import pytest
import spacy

from filters.pii import Names, redact
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError

HAS_PRESIDIO = importlib.util.find_spec("presidio_analyzer") is not None


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A spaCy model that knows two names."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": name} for name in ("Ada Berg", "Tom")])  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.skipif(not HAS_PRESIDIO, reason="needs the extra `names` (presidio-analyzer)")
@pytest.mark.parametrize("replace", ["tag", "stand_in"])
def test_names_are_replaced_in_their_languages(model: Path, replace: str) -> None:
    names = Names({"en": str(model)})
    text = ["Ada Berg <tom@b.org> met Tom.", "Tom", None, "", "Ada Berg"]
    languages = pa.array(["en", "de", "en", "en", "en"])
    found, counts = redact(
        pa.array(text, pa.large_string()), ("email",), replace,  # type: ignore[arg-type]
        languages=languages, names=names,
    )  # fmt: skip
    assert counts["pii_name"].to_pylist() == [2, 0, 0, 0, 1]
    assert counts["pii_email"].to_pylist() == [1, 0, 0, 0, 0]
    assert found.to_pylist()[1:4] == ["Tom", None, ""]
    if replace == "tag":
        assert found[0].as_py() == "<NAME> <<EMAIL>> met <NAME>."
    else:
        assert found[0].as_py().split(" <")[0] == found[4].as_py()
    kinds = [hit["kind"] for hit in counts["redactions"][0].as_py()]
    assert kinds == ["name", "email", "name"]


@pytest.mark.skipif(HAS_PRESIDIO, reason="Presidio is installed")
def test_without_presidio_the_message_says_how_to_get_it(model: Path) -> None:
    with pytest.raises(ImportError, match=r"pip install 'winnow-corpus\[names\]'"):
        Names({"en": str(model)})
    with pytest.raises(RecipeError, match=r"documents\.pii\.names: names need Presidio"):
        loading.load("demo", [f"documents.pii.names={{en: {model}}}"])


@pytest.mark.skipif(not HAS_PRESIDIO, reason="needs the extra `names` (presidio-analyzer)")
def test_without_a_model_the_message_says_how_to_get_it() -> None:
    with pytest.raises(ImportError, match="python -m spacy download en_core_web_xx"):
        Names({"en": "en_core_web_xx"})
