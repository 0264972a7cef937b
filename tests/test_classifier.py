"""Quality classifiers: scores, training and its failures, evaluation, thresholds from a share."""

import dataclasses
import json
import pickle
import random
from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from filters.language import classifier, evaluation, models
from filters.language.classifier import (
    POSITIVE,
    Classifier,
    Training,
    TrainingError,
    is_held_out,
    train,
)
from filters.language.evaluation import evaluate
from filters.settings import checks
from manifests import schemas
from manifests.store import Store
from pipelines.cli import app
from pipelines.commands.quantile import top_share
from pipelines.commands.train_classifier import train_classifier
from pipelines.recipe import loading
from pipelines.recipe.config import RecipeError
from pipelines.recipe.recipe import Recipe
from pipelines.stages.documents import steps_of

SMALL = Training(dimension=8, epochs=20, learning_rate=0.5, buckets=1000)
GOOD, BAD = "theorem lemma proof water energy history", "buy cheap click now winner casino"


def texts(words: str, count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices([*words.split(), "the", "of", "and"], k=30)) + "\nx"
            for _ in range(count)]  # fmt: skip


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with good.jsonl and bad.parquet, the latter's text in a column of its own."""
    folder = tmp_path_factory.mktemp("sets")
    lines = [json.dumps({"content": text}) for text in texts(GOOD, 120, 1)]
    (folder / "good.jsonl").write_text("\n".join(lines))
    pq.write_table(pa.table({"content": texts(BAD, 120, 2)}), folder / "bad.parquet")
    return folder


@pytest.fixture(scope="module")
def model(sets: Path) -> Path:
    out = sets / "quality.bin"
    train_classifier([f"{sets}/good.jsonl"], [f"{sets}/bad*"], out, SMALL, 0.2, "content")
    return out


def test_training_writes_its_evaluation_beside_the_model(sets: Path, model: Path) -> None:
    content = json.loads(model.with_name("quality.bin.json").read_text())
    assert content["evaluation"]["auc"] > 0.95
    assert content["evaluation"]["recall"] > 0.8
    assert content["evaluation"]["precision"] > 0.8
    assert [entry["texts"] for entry in content["inputs"]] == [120, 120]
    assert content["training"]["texts"] + content["evaluation"]["texts"] == 240
    assert content["model_sha256"] == Classifier(str(model), "positive").digest
    assert content["settings"]["held_out"] == 0.2


def test_scores_are_fasttexts(model: Path) -> None:
    ours = Classifier(str(model), "positive")
    oracle = fasttext.load_model(str(model))
    some: list[str | None] = [*texts(GOOD, 3, 5), *texts(BAD, 3, 6), "", None, " \n", "неизвестно"]
    got = ours.score(pa.array(some, pa.large_string()))
    for text, score in zip(some, got.tolist(), strict=True):
        line = (text or "").replace("\n", " ")
        expected = dict(zip(*oracle.predict(line, k=2), strict=True)) if line.strip() else {}
        assert score == pytest.approx(min(1, expected.get("__label__positive", 0)))
    again = pickle.loads(pickle.dumps(ours)).score(pa.array(some, pa.large_string())[2:])
    assert again.tolist() == got[2:].tolist()


def test_a_model_without_the_label_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no label 'hq'; it has negative, positive"):
        Classifier(str(model), "hq")
    with pytest.raises(FileNotFoundError, match=r"give the path of a \.bin"):
        Classifier(str(tmp_path / "none.bin"), "positive")
    (tmp_path / "other.bin").write_bytes(b"no model")
    with pytest.raises(ValueError, match="is no supervised fastText model"):
        Classifier(str(tmp_path / "other.bin"), "positive")


def test_training_that_diverges_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = []
    works = fasttext.train_supervised

    def fails_twice(**options: object) -> object:
        rates.append(options["lr"])
        if len(rates) < 3:
            raise RuntimeError("Encountered NaN.")
        return works(**options)

    monkeypatch.setattr(fasttext, "train_supervised", fails_twice)
    pairs = [("positive", GOOD)] * 20 + [("negative", BAD)] * 20
    how = dataclasses.replace(SMALL, learning_rate=0.4)
    done = train(pairs, how, tmp_path / "m.bin")
    assert rates[:3] == [0.4, 0.2, 0.1]
    assert done["attempts"] == len(rates)

    def always(**options: object) -> None:
        raise RuntimeError("Encountered NaN.")

    monkeypatch.setattr(fasttext, "train_supervised", always)
    with pytest.raises(TrainingError, match=r"diverged 6 times.*lower --learning-rate"):
        train(pairs, how, tmp_path / "m.bin")
    with pytest.raises(TrainingError, match="no negative text"):
        train(pairs[:20], how, tmp_path / "m.bin")


def test_training_again_gives_the_same_model(tmp_path: Path) -> None:
    pairs = [("positive", GOOD)] * 20 + [("negative", BAD)] * 20
    made = []
    for i in range(3):
        assert train(pairs, SMALL, tmp_path / f"{i}.bin")["attempts"] == 1
        made.append((tmp_path / f"{i}.bin").read_bytes())
    assert made[0] == made[1] == made[2]


def test_a_hashed_model_holds_no_text_and_is_what_fasttext_reads(tmp_path: Path) -> None:
    pairs = [*(("positive", t) for t in texts(GOOD, 60, 1)), *(("negative", t) for t in
             texts(BAD, 50, 2))]  # fmt: skip
    out = tmp_path / "m.bin"
    done = train(pairs, dataclasses.replace(SMALL, hashed=True), out)
    assert done["char_ngrams"] == list(classifier.HASHED_NGRAMS)
    assert out.stat().st_size < 4 * SMALL.buckets + 1000
    assert not [word for word in f"{GOOD} {BAD}".split() if word.encode() in out.read_bytes()]
    oracle = fasttext.load_model(str(out))
    assert oracle.get_words() == ["</s>"]
    ours = Classifier(str(out), "negative")
    some = [*texts(GOOD, 2, 5), *texts(BAD, 2, 6), "unseen 水 words"]
    expected = [dict(zip(*oracle.predict(classifier.one_line(t), k=2), strict=True)) for t in some]
    got = ours.score(pa.array([*some, "", None], pa.large_string())).tolist()
    assert got[:-2] == pytest.approx([min(1, e["__label__negative"]) for e in expected], abs=1e-5)
    assert got[-2:] == [0, 0]
    assert got[0] < 0.1
    assert got[2] > 0.9


@pytest.mark.parametrize(
    "words",
    [
        "lamp carpet shelf curtain kettle spoon oven saucer bucket broom ladder hammer",
        "Tisch Stuhl Lampe Löffel Gabel Messer Teller Tasse Schrank Fenster Eimer Leiter",
        "rivière montagne forêt village école marché jardin bateau cheval pain fromage",
        "озеро берёза дорога книга окно молоко хлеб поезд город школа письмо зима река лес гора"
        " музей театр музыка история врач учитель инженер завод станция урок",
        "mesa silla libro puerta ventana camino árbol piedra barco nube lluvia pan",
    ],
    ids=["en", "de", "fr", "ru", "es"],
)
def test_lists_of_innocent_words_are_not_adult(words: str) -> None:
    """Pages for adults are often lists of keywords; not all such lists are."""
    adult = Classifier("winnow-adult", POSITIVE)
    lists = [" ".join(random.Random(i).choices(words.split(), k=80)) for i in range(40)]
    said = adult.score(pa.array(lists, pa.large_string()))
    assert (said < 0.4).mean() > 0.95


@pytest.mark.parametrize("kind", ["unnatural", "boilerplate"])
def test_tables_are_neither_unnatural_nor_boilerplate(kind: str) -> None:
    chance = random.Random(5)
    tables = {
        "rainfall": lambda: f"{chance.choice(['Leeds', 'York', 'Hull'])} {chance.random():.2f} mm",
        "squares": lambda: f"{chance.randrange(99)} x {chance.randrange(99)} =",
        "columns": lambda: "\t".join(str(chance.randrange(10**6)) for _ in range(5)),
    }
    found = Classifier(f"winnow-{kind}", POSITIVE)
    for name, row in tables.items():
        texts = ["\n".join(row() for _ in range(25)) for _ in range(20)]
        dropped = (found.score(pa.array(texts, pa.large_string())) > 0.55).mean()
        assert dropped < 0.1, name


@pytest.mark.parametrize("name", models.CLASSIFIERS)
def test_classifiers_that_ship_are_named(name: str) -> None:
    shipped, text = Classifier(name, "positive"), "The river runs from the hills to the sea."
    score = float(shipped.score(pa.array([text], pa.large_string()))[0])
    assert 0 < score < 0.5
    assert models.CLASSIFIERS[name].stat().st_size < 1e6
    with pytest.raises(FileNotFoundError, match=f"did you mean '{name}'"):
        Classifier(f"{name}s", "positive")


def test_evaluation() -> None:
    scores = np.array([0.9, 0.8, 0.6, 0.4, 0.4], np.float32)
    found = evaluate(scores, np.array([True, False, True, True, False]))
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    # Pairs: .9 beats both, .6 one of two, .4 a half of one.
    assert found["auc"] == pytest.approx((2 + 1 + 0.5) / 6)
    assert found["at_recall"][0] == {
        "recall": 0.5, "min_score": pytest.approx(0.6), "precision": pytest.approx(2 / 3)
    }  # fmt: skip
    nothing = evaluate(np.empty(0, np.float32), np.empty(0, bool))
    assert nothing == {"texts": 0, "positive": 0, "precision": None, "recall": None, "auc": None,
                       "at_recall": []}  # fmt: skip


def test_the_share_held_out_hangs_on_text_and_seed_alone() -> None:
    some = [str(i) for i in range(4000)]
    held = [is_held_out(text, 0.25, 7) for text in some]
    assert 900 < sum(held) < 1100
    assert held == [is_held_out(text, 0.25, 7) for text in some]
    assert held != [is_held_out(text, 0.25, 8) for text in some]


def records(some: list[str]) -> pa.RecordBatch:
    row = dict.fromkeys(schemas.RECORDS.names)
    return pa.RecordBatch.from_pylist(
        [
            {**row, "native_id": str(i), "media_type": schemas.PLAIN, "input_bytes": 1,
             "content": text.encode()}
            for i, text in enumerate(some)
        ],
        schema=schemas.RECORDS,
    )  # fmt: skip


def test_a_recipe_measures_and_drops_by_score(model: Path, tmp_path: Path) -> None:
    options = [
        "documents.rules={}",
        "documents.language={}",
        f"documents.classifiers={{quality: {{model: {model}, min_score: 0.5}}}}",
    ]
    loaded = loading.load("demo", options)
    batch = records([*texts(GOOD, 5, 8), *texts(BAD, 5, 9)])
    done = steps_of(loaded).apply(batch, "s", "p")
    assert done.kept["native_id"].to_pylist() == [str(i) for i in range(5)]
    assert set(done.dropped["reason"].to_pylist()) == {"classifier.quality.low_score"}
    assert min(done.kept["classifier.quality"].to_pylist()) >= 0.5
    options.append("documents.classifiers.quality.min_score=null")
    assert not loading.load("demo", options).documents.classifiers["quality"].decides
    by_language = [*options, "documents.classifiers.quality.min_scores={fr: 1}"]
    recipe = loading.load("demo", by_language)
    (check,) = [c for c in checks(recipe.documents) if c.name == "classifier.quality"]
    assert (check.knows("fr"), check.knows("en")) == (True, False)  # an alarm names languages
    for loaded in (loading.load("demo", options), recipe):
        done = steps_of(loaded).apply(batch, "s", "p")
        assert done.kept.num_rows == 10
    by_language[-1] = "documents.classifiers.quality.min_scores={en: 0.5}"
    assert steps_of(loading.load("demo", by_language)).apply(batch, "s", "p").kept.num_rows == 5

    store = Store(str(tmp_path / "run"))
    for i in range(2):
        with store.write_part(f"documents/{i}.parquet", done.kept.schema) as part:
            part.write(done.kept.slice(5 * i, 5))
    found = top_share(store, "classifier.quality", 0.5)
    assert (found.reached, found.documents) == (5, 10)
    assert found.value == min(done.kept["classifier.quality"].to_pylist()[:5])
    with pytest.raises(ValueError, match=r"did you mean 'classifier\.quality'"):
        top_share(store, "classifier.qualty", 0.5)
    with pytest.raises(ValueError, match="give a share above 0"):
        top_share(store, "classifier.quality", 0)


def test_recipes_name_classifiers(model: Path) -> None:
    with pytest.raises(RecipeError, match=r"unknown key 'documents\.classifiers\.q\.modl'"):
        loading.load("demo", ["documents.classifiers={q: {modl: x}}"])
    loaded = loading.load("demo", [f"documents.classifiers={{q: {{model: {model}}}}}"])
    assert Recipe.from_json(loaded.to_json()) == loaded


def test_the_command_says_what_came_out(sets: Path, tmp_path: Path) -> None:
    command = ["train-classifier", "--positive", f"{sets}/good.jsonl", "--negative",
               f"{sets}/bad.parquet", "--field", "content", "--out", f"{tmp_path}/m.bin",
               "--dimension", "8", "--buckets", "1000", "--epochs", "20",
               "--learning-rate", "0.5"]  # fmt: skip
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "held out: precision" in done.output
    assert (
        classifier.POSITIVE
        in json.loads((tmp_path / "m.bin.json").read_text())["inputs"][0].values()
    )
    done = CliRunner().invoke(app, [*command, "--held-out", "1.5"])
    assert done.exit_code == 1


def test_epochs_are_tried_until_more_do_not_help(sets: Path, tmp_path: Path) -> None:
    how = Training(dimension=8, buckets=1000)
    out = tmp_path / "m.bin"
    done = train_classifier(
        [f"{sets}/good.jsonl"], [f"{sets}/bad.parquet"], out, how, 0.2, "content"
    )
    tried = done["training"]["validation"]
    assert [row["epochs"] for row in tried] == list(classifier.EPOCHS[: len(tried)])
    best = max(row["auc"] for row in tried)
    chosen = next(row for row in tried if row["epochs"] == done["training"]["epochs"])
    assert chosen["auc"] >= best - 0.002
    assert done["evaluation"]["auc"] > 0.95
    assert done["calibration"]["error_after"] < 0.2
    assert done["warnings"] == []
    assert (
        Classifier(str(out), "positive").digest
        == json.loads(out.with_name("m.bin.json").read_text())["model_sha256"]
    )


def test_texts_without_spaces_have_ngrams_of_characters() -> None:
    pairs = [("positive", "水は川を流れて海へ行く。"), ("negative", "今すぐ買うと安い。")]
    assert Training().resolved(pairs).char_ngrams == classifier.UNSPACED_NGRAMS
    assert Training().resolved([("positive", GOOD), ("negative", BAD)]).char_ngrams == (0, 0)
    assert Training(char_ngrams=(2, 3)).resolved(pairs).char_ngrams == (2, 3)


def test_a_column_of_labels_is_a_target(tmp_path: Path) -> None:
    good, bad = texts(GOOD, 60, 3), texts(BAD, 60, 4)
    table = {
        "text": [*good, *bad, "left out", "left out too", None],
        "spam": [*["0"] * 60, *["1"] * 59, "0.5", "", None, "1"],
    }
    pq.write_table(pa.table(table), tmp_path / "judged.parquet")
    paths, out = [str(tmp_path / "judged.parquet")], tmp_path / "m.bin"
    done = train_classifier([], [], out, SMALL, 0.2, labels=paths, target="spam")
    assert done["inputs"] == [{"label": "spam", "path": paths[0], "texts": 120}]
    assert done["evaluation"]["auc"] > 0.9
    scores = Classifier(str(out), "positive").score(pa.array([BAD, GOOD], pa.large_string()))
    assert scores[0] > 0.5 > scores[1]
    with pytest.raises(TrainingError, match="no column 'span'; did you mean 'spam'"):
        train_classifier([], [], out, SMALL, 0.2, labels=paths, target="span")
    with pytest.raises(TrainingError, match="column 'text' has values that are no numbers"):
        train_classifier([], [], out, SMALL, 0.2, labels=paths, target="text")
    with pytest.raises(TrainingError, match="--labels and --target go together"):
        train_classifier([], [], out, SMALL, 0.2, labels=paths)
    with pytest.raises(TrainingError, match="give --positive and --negative"):
        train_classifier([], ["x"], out, SMALL, 0.2)


def test_a_model_that_has_learnt_nothing_is_warned_of() -> None:
    positive = np.array([True, False] * 10)
    constant = np.full(20, 0.9, np.float32)
    told = evaluation.warnings(constant, positive)
    assert "AUC is 0.50" in told[0]
    assert "positive of all 20 texts" in told[1]
    assert evaluation.warnings(np.where(positive, 0.8, 0.2).astype("f4"), positive) == []
    assert "of one kind" in evaluation.warnings(constant, np.ones(20, bool))[0]


def test_each_language_with_enough_texts_has_its_row() -> None:
    positive = np.array([True, False] * 14)
    languages = ["en"] * 20 + ["de"] * 8
    scores = np.where(positive, 0.8, 0.2).astype(np.float32)
    found = evaluation.by_language(scores, positive, languages)
    assert [*found] == ["en"]
    assert (found["en"]["texts"], found["en"]["auc"]) == (20, 1.0)


def test_calibrated_scores_are_probabilities() -> None:
    draw = np.random.default_rng(1)
    truth = draw.random(4000)
    positive = draw.random(4000) < truth
    logits = np.log(truth / (1 - truth))
    scores = (1 / (1 + np.exp(-(3 * logits + 1)))).astype(np.float32)  # far too sure
    line = evaluation.calibration(scores[:2000], positive[:2000])
    assert line is not None
    assert line[0] == pytest.approx(1 / 3, abs=0.05)
    after = evaluation.calibrated(scores[2000:], line)
    assert evaluation.calibration_error(after, positive[2000:]) < 0.04
    assert evaluation.calibration_error(scores[2000:], positive[2000:]) > 0.1
    assert evaluation.calibration(scores, np.ones(4000, bool)) is None
