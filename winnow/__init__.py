"""Training data for language models, from raw crawls to token shards.

A recipe says what to read and what to keep. A run does it, on all cores of this machine or on a
Beam engine, and leaves a folder: shards of token ids, the tokenizer, and tables that say what
became of every document. There are two ways to use winnow from Python.

Run recipes, and look at what they did. `load_recipe` reads a recipe and changes keys of it, `run`
runs one, `open` opens a run that exists, such as one that the command `winnow run` made, and
`TokenShards` reads its shards for training:

    >>> import winnow
    >>> recipe = winnow.load_recipe("demo", {"documents.rules.gopher_quality.min_words": 30})
    >>> run = winnow.run(recipe, "runs/thirty-words")
    >>> run
    <winnow run runs/thirty-words: recipe demo, 112 of 270 documents kept>
    >>> run.languages["language"].to_pylist()[:2]
    ['en', 'de']
    >>> texts = run.documents(["doc_id", "text"]).read_all()

Or apply single steps of a run to a column of your own pages or texts. `extract` finds the main text
of HTML, `wikitext` reads the markup of wikis, `language` identifies languages, `rules` judges
quality, `deduplicate` finds exact and near duplicates, `redact` replaces personal data,
`signatures` makes MinHash signatures:

    >>> texts = ["Write to jane.doe@mail.test.", "Write to jane.doe@mail.test.", "Bonjour, Jane !"]
    >>> winnow.language(texts)["language"].to_pylist()
    ['en', 'en', 'fr']
    >>> winnow.deduplicate(texts)["kept"].to_pylist()
    [True, False, True]
    >>> winnow.redact(texts)["text"].to_pylist()[0]
    'Write to <EMAIL>.'
    >>> winnow.rules(texts, {"gopher_quality": {"min_words": 5}})["kept"].to_pylist()
    [False, False, False]

Each takes a list of str and None, a pyarrow string or large_string array, a ChunkedArray, or a
series of pandas or polars, and gives a row for each text; pages for `extract` may be bytes.

Errors say what is wrong and how to mend it; a wrong recipe, rule or threshold is a ValueError that
names the nearest known one. The errors of recipes are of the class RecipeError, which is a
ValueError: catch them as that.

`help(winnow.rules)` and so on say everything about a function. What `run` and `open` return is of
the class Run: `help(run)`, with such an object, lists its tables and methods. docs/python.md has
all of these texts on one page.
"""

from winnow import rooms

rooms.claim()

from winnow.batches import language, redact, rules  # noqa: E402
from winnow.duplicates import deduplicate, signatures  # noqa: E402
from winnow.pages import extract, wikitext  # noqa: E402
from winnow.runs import load_recipe, open, run  # noqa: E402
from winnow.tokens import TokenShards  # noqa: E402

__all__ = [
    "TokenShards",
    "deduplicate",
    "extract",
    "language",
    "load_recipe",
    "open",
    "redact",
    "rules",
    "run",
    "signatures",
    "wikitext",
]
