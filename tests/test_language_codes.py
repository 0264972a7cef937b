"""Codes, scripts and what a recipe's language section decides."""

import langcodes
import pyarrow as pa
import pytest

from filters.documents import judged_language, reasons_before_rules
from filters.language.codes import PLAIN, _canonical, bcp47, script_ratio, scripts_of
from filters.language.identify import LanguageIdentifier
from filters.settings import Documents, Language
from manifests import schemas
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from tests.test_language import write_model


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("en", "en"),
        ("eng_Latn", "en"),
        ("als", "gsw"),  # lid.176: Alemannic, as in Wikipedia
        ("als_Latn", "sq"),  # GlotLID: Tosk Albanian
        ("no", "nb"),
        ("nob_Latn", "nb"),
        ("cmn_Hani", "zh"),
        ("zho_Hant", "zh-Hant"),
        ("arb_Arab", "ar"),
        ("arz", "arz"),
        ("pnb", "pnb"),
        ("srp_Cyrl", "sr"),
        ("srp_Latn", "sr-Latn"),
        ("uzn_Cyrl", "uz-Cyrl"),
        ("kor_Hang", "ko"),
        ("zh-CN", "zh-CN"),
        ("und", "und"),
        ("not a tag!", "not a tag!"),
    ],
)
def test_labels_become_bcp_47_tags(label: str, tag: str) -> None:
    assert bcp47(label) == tag
    assert bcp47(tag) == tag


def test_labels_that_are_not_looked_up_are_tags_of_themselves() -> None:
    assert {label: _canonical(label) for label in PLAIN} == {label: label for label in PLAIN}
    assert all(langcodes.tag_is_valid(label) for label in PLAIN)


def test_every_label_of_lid_176_has_a_tag_of_its_own() -> None:
    identifier = LanguageIdentifier()
    codes = identifier._codes.to_pylist()
    assert len(set(codes)) == len(codes) == 177
    unknown = {"egl", "ie", "io", "jbo", "vo", "ia", "eo", "lrc"}
    assert {code for code in codes if not scripts_of(code)} <= {*unknown, "und", "nah"}


def test_script_ratio() -> None:
    texts = ["Hello", "привет world", "これは日本語", "hello", None, "12 34", "हिन्दी में", "x"]
    languages = ["en", "ru", "ja", "ru", "en", "en", "hi", "und"]
    ratio = script_ratio(pa.array(texts, pa.large_string()), languages)
    assert ratio.tolist() == pytest.approx([1, 6 / 11, 1, 0, 1, 1, 1, 1])
    assert scripts_of("sr") == ("Cyrillic", "Latin")
    assert scripts_of("sr-Latn") == ("Latin",)


def judged(wanted: Language) -> tuple[list[str], list[list[str | None]]]:
    """Codes and reasons of four made-up answers of a model."""
    text = pa.array(["gut", "хорошо", "good", ""], pa.large_string())
    answers = pa.record_batch(
        {
            "language": pa.array(["de", "de", "en", "und"]),
            "language_score": pa.array([0.6, 0.9, 0.4, 0.0], pa.float32()),
        }
    )
    batch = judged_language(answers, text, wanted)
    reasons = reasons_before_rules(batch, Documents(language=wanted))
    return batch["language"].to_pylist(), [column.to_pylist() for column in reasons]


def test_thresholds_by_language_go_before_the_common_one() -> None:
    low = "language.low_score"
    assert judged(Language(min_score=0.5))[1] == [[None, None, low, low]]
    own = Language(min_score=0.5, min_scores={"de": 0.7, "en": 0.3, "und": 0.0})
    assert judged(own)[1] == [[low, None, None, None]]


def test_a_low_score_can_mean_undetermined() -> None:
    codes, reasons = judged(Language(min_score=0.5, below_min_score="und", keep=("de", "und")))
    assert codes == ["de", "de", "und", "und"]
    assert reasons == [[None] * 4]


def test_a_label_that_does_not_fit_the_script_is_dropped() -> None:
    reasons = judged(Language(min_script_ratio=0.5))[1]
    assert reasons[1] == [None, "language.wrong_script", None, None]


def test_recipes_name_languages_by_tag() -> None:
    options = ["documents.language.keep=[de, gsw]", "documents.language.min_scores={de: 0.7}"]
    loaded = loading.load("demo", options).documents.language
    assert loaded.keep == ("de", "gsw")
    assert loaded.min_scores == {"de": 0.7}
    with pytest.raises(RecipeError, match="write 'gsw'"):
        loading.load("demo", ["documents.language.keep=[als]"])
    with pytest.raises(RecipeError, match=r"min_scores\.de must be a number"):
        loading.load("demo", ["documents.language.min_scores={de: high}"])


def test_paragraphs() -> None:
    texts = ["Das ist ein deutscher Satz.\n\nThis is an English sentence.", None, "", "x\n"]
    identifier = LanguageIdentifier()
    found = identifier.paragraphs(pa.array(texts, pa.large_string()))
    assert found.type == schemas.PARAGRAPHS.type
    lines = [[line["language"] for line in row or ()] for row in found.to_pylist()]
    assert lines[0] == ["de", "und", "en"]
    assert lines[1:3] == [[], ["und"]]
    assert found[1].as_py() is None
    alone = identifier.identify(pa.array([texts[0].split("\n")[0]], pa.large_string()))  # type: ignore[union-attr]
    assert found[0].as_py()[0]["score"] == alone["language_score"][0].as_py()
    assert identifier.paragraphs(pa.array(texts, pa.large_string())[2:]).equals(found[2:])


@pytest.mark.parametrize("name", ["model.bin", "model.ftz"])
def test_labels_of_other_models_by_path(tmp_path: object, name: str) -> None:
    path = write_model(tmp_path / name, labels=["eng_Latn", "zho_Hant", "als_Latn", "srp_Cyrl"])  # type: ignore[operator]
    batch = LanguageIdentifier(str(path)).identify(pa.array(["maja puu", "дом"], pa.large_string()))
    for row in batch.to_pylist():
        assert row["language"] == bcp47(row["language_label"])
        assert row["language"] in ("en", "zh-Hant", "sq", "sr")
