"""What the shipped recipes keep of texts that people judged, by language.

    python -m benchmarks.recipes

* Excerpts of the web that readers judged, in 22 languages: the half that
  `benchmarks.page_classifiers` does not learn from. They are the first and last 500 characters of
  texts, without their line ends, so that what a recipe says of lines is not seen here (the first
  half, which is cut, gets a full stop). A text in a wrong language counts as kept if it is kept
  under the language that readers denied, as with `--set documents.language.keep`.
* Pages of WCXB: their main text, made by hand, and all that they show besides, as texts of their
  own (boilerplate alone). Half of the pages, by a keyed hash.
* Texts without labels, of which most should stay: excerpts of all 186 languages, articles of
  Wikipedia, posts, code (Python's standard library), answers to problems (GSM8K).
"""

import collections
import json
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from benchmarks.filters import BATCH, DATA
from benchmarks.language import tag
from benchmarks.page_classifiers import Excerpts, excerpts, pages
from filters.rules.apply import apply_rules
from filters.rules.registry import published
from manifests import schemas
from pipelines.recipe import loading
from pipelines.recipe.recipe import Recipe
from pipelines.sources import KINDS, open_unit
from pipelines.sources.units import WorkUnit
from pipelines.stages.documents import steps_of

Languages = npt.NDArray[np.str_]
DROPPED = ""
# Labels of the excerpts as the identifiers have them, besides what `tag` does.
_TAGS = {"zho_Hans": "zh", "pes_Arab": "fa", "nno_Latn": "nn", "nob_Latn": "nb"}
ENGLISH = {"fineweb-en": [], "highest-quality-en": []}
# The user's model of this recipe is not measured here, only what stands beside it.
CHANGES = {"highest-quality-en": ["documents.classifiers.quality=null"]}


def recipe(name: str) -> Recipe:
    return loading.load(name, CHANGES.get(name, []))


def languages_kept(wanted: Recipe, texts: Sequence[str]) -> Languages:
    """The language under which each text is kept, DROPPED where it is not."""
    steps = steps_of(wanted)
    found = np.full(len(texts), DROPPED, "U20")
    row = dict.fromkeys(schemas.RECORDS.names)
    for at in range(0, len(texts), BATCH):
        batch = pa.RecordBatch.from_pylist(
            [
                {**row, "native_id": str(at + i), "media_type": schemas.PLAIN, "input_bytes": 1,
                 "content": text.encode()}
                for i, text in enumerate(texts[at : at + BATCH])
            ],
            schema=schemas.RECORDS,
        )  # fmt: skip
        kept = steps.apply(batch, "texts", "texts").kept
        rows = np.array(kept["native_id"].to_pylist(), int)
        found[rows] = kept["language"].to_pylist()
    return found


def by_label(some: Excerpts) -> dict[str, npt.NDArray[np.bool_]]:
    wrong = np.nan_to_num(some.labels["lang_correct"], nan=1.0) < 0.75
    unnatural, adult = some.is_kind("unnatural"), some.is_kind("adult")
    return {
        "good": ~wrong & ~unnatural & ~adult,
        "unnatural": unnatural,
        "adult": adult,
        "wrong language": wrong,
    }


def _share(kept: npt.NDArray[np.bool_], of: npt.NDArray[np.bool_]) -> str:
    return f"{kept[of].mean():.2f} ({of.sum()})" if of.any() else ""


def excerpts_table(name: str, some: Excerpts, every: bool = True) -> Iterator[str]:
    """Rows of a recipe: the share kept of each label, and of how many, by language."""
    texts = [text.replace("\n", ".\n", 1) for text in some.texts]
    found = languages_kept(recipe(name), texts)
    labels = by_label(some)
    tags = np.array([_TAGS.get(n) or tag(n.replace("ara_", "arb_")) for n in some.languages])
    kept = {label: found != DROPPED for label in labels}
    kept["wrong language"] = found == tags
    shares = [_share(kept[label], mask) for label, mask in labels.items()]
    yield f"| `{name}` | all | {' | '.join(shares)} |"
    for language in sorted(set(tags.tolist())) if every else ():
        mine = tags == language
        shares = [_share(kept[label], mask & mine) for label, mask in labels.items()]
        yield f"| | {language} | {' | '.join(shares)} |"


def read(kind: str, path: Path, **options: object) -> list[str]:
    """Texts of a source of plain text, as its reader gives them."""
    unit = WorkUnit(0, "bench", kind, str(path), options=tuple(options.items()))
    texts: list[str] = []
    with open_unit(unit) as file:
        for batch in KINDS[kind].read(unit, file, 256, 16 << 20):
            texts += [
                c.decode("utf-8", "replace") for c in batch["content"].drop_null().to_pylist()
            ]
    return texts


def code() -> list[str]:
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


def answers() -> list[str]:
    lines = (DATA / "benchmarks/gsm8k-test.jsonl").read_text(encoding="utf-8").splitlines()
    return [f"{row['question']}\n\n{row['answer']}" for row in map(json.loads, lines)]


def what_drops(texts: Sequence[str]) -> collections.Counter[str]:
    """Reasons of the published rules, in how many texts each."""
    names = ("gopher_quality", "gopher_repetition", "c4_quality", "fineweb_quality")
    rules = {name: published(name) for name in names}
    counts: collections.Counter[str] = collections.Counter()
    for reasons in apply_rules(pa.array(texts, pa.large_string()), rules).reasons.to_pylist():
        counts.update(set(reasons))
    return counts


def main() -> None:
    every = excerpts()
    judged = every.where(every.judged & every.reported)
    english = judged.where(judged.languages == "eng_Latn")
    print("| recipe | language | good | unnatural | adult | wrong language |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in ("web-multilingual", "fineweb-2"):
        print(*excerpts_table(name, judged), sep="\n")
    for name in ("fineweb-en", "highest-quality-en"):
        print(*excerpts_table(name, english, every=False), sep="\n")

    main_text, boilerplate = pages(reported=True)
    print("\n| recipe | main text of pages | boilerplate alone |\n| --- | --- | --- |")
    for name in ("web-multilingual", "fineweb-2", "fineweb-en", "highest-quality-en"):
        shares = []
        for texts in (main_text, boilerplate):
            kept = languages_kept(recipe(name), texts) != DROPPED
            shares.append(f"{kept.mean():.2f} ({len(texts)})")
        print(f"| `{name}` | {' | '.join(shares)} |")

    keys = np.array([xxhash.xxh3_64_intdigest(i.encode(), 17) % 40 for i in every.ids])
    some = every.where((keys == 0) & ~every.judged)
    print("\n| recipe | all languages | worst |\n| --- | --- | --- |")
    for name in ("web-multilingual", "fineweb-2"):
        texts = [text.replace("\n", ".\n", 1) for text in some.texts]
        kept = languages_kept(recipe(name), texts) != DROPPED
        shares_of = {
            name_of: float(kept[some.languages == name_of].mean())
            for name_of, texts_of in collections.Counter(some.languages.tolist()).items()
            if texts_of >= 8
        }
        worst = sorted(shares_of.items(), key=lambda item: item[1])[:6]
        print(f"| `{name}` | {kept.mean():.2f} | {', '.join(f'{n} {s:.2f}' for n, s in worst)} |")

    print("\n| recipe | texts | kept |\n| --- | --- | --- |")
    api = DATA / "api"
    submissions = read("reddit", api / "reddit-RS_2019-10-subset.zst")[:2000]
    sets = [
        ("apis", "comments of Reddit", read("reddit", api / "reddit-RC_2005-12.zst")),
        ("apis", "submissions of Reddit", submissions),
        ("apis", "posts of Stack Exchange",
         read("stackexchange", api / "stackexchange-beer-Posts.xml")),
        ("code-and-math", "code", code()),
        ("code-and-math", "problems and answers", answers()),
        ("code-and-math", "main text of pages", main_text),
        ("code-and-math", "boilerplate alone", boilerplate),
    ]  # fmt: skip
    for path in sorted((DATA / "wikipedia/minidumps").glob("*.xml.bz2")):
        sets.append(("wikipedia", path.name.split("wiki")[0], read("mediawiki", path)))
    for name, what, texts in sets:
        kept = languages_kept(recipe(name), texts) != DROPPED
        print(f"| `{name}` | {what} | {kept.mean():.2f} ({len(texts)}) |")

    sides = {"code": code(), "problems and answers": answers(), "main text": main_text}
    counts = {what: what_drops(texts) for what, texts in sides.items()}
    print(f"\n| published rule drops | {' | '.join(sides)} |\n| --- {'| --- ' * len(sides)}|")
    for reason in sorted(set().union(*counts.values())):
        shares = [f"{counts[what][reason] / len(texts):.2f}" for what, texts in sides.items()]
        if max(map(float, shares)) >= 0.05:
            print(f"| `{reason}` | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
