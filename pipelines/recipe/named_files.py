"""What is wrong with the files, models and packages that a recipe names, found by opening them.

The stages open the same files hours later, some of them in every worker. Nothing here imports what
only a run needs, unless the recipe names a file that only this can read.
"""

import importlib.util
from collections.abc import Iterable, Iterator

import pyarrow.compute as pc

from filters import pii
from filters.language import codes, models
from filters.settings import Classifier, Language
from manifests.schemas import UNDETERMINED
from manifests.suggestions import suggest
from pipelines.recipe.config import Keys
from pipelines.recipe.recipe import Recipe
from pipelines.sources import benchmark_files, files, parallel_text
from pipelines.sources.host_lists import host_files, read_hosts
from pipelines.sources.id_lists import read_ids
from pipelines.sources.url_lists import url_list
from tokenizer_train.settings import TokenCost, Tokenizer

# Packages of the extra `precise`; the first cannot be imported without the second, which is none of
# its own dependencies by name.
_PRECISE = ("trafilatura", "lxml_html_clean")


def faults(recipe: Recipe) -> Iterator[tuple[Keys, str]]:
    """What is wrong, by the keys of the value that names it: a sentence with its remedy."""
    documents = recipe.documents
    for index, source in enumerate(recipe.sources):
        urls = source.options.get("urls")
        if isinstance(urls, str):
            try:
                url_list(urls)
            except (OSError, ValueError) as error:
                yield ("sources", index, "options", "urls"), str(error)
        templates = source.options.get("templates")
        if source.kind == "mediawiki" and isinstance(templates, str):
            try:
                files.open_binary(templates).close()
            except OSError as error:
                yield ("sources", index, "options", "templates"), str(error)
    screened = documents.url_filter
    for key, path in (host_files(screened) if screened else {}).items():
        try:
            read_hosts(path)
        except (OSError, ValueError) as error:
            yield ("documents", "url_filter", key), str(error)
    if documents.deny is not None:
        try:
            read_ids(documents.deny)
        except (OSError, ValueError) as error:
            yield ("documents", "deny"), str(error)
    if documents.extract != "fast":
        for package in _PRECISE:
            if importlib.util.find_spec(package) is None:
                yield (
                    ("documents", "extract"),
                    f"{documents.extract!r} needs the package {package}, which is not installed; "
                    "pip install 'winnow-corpus[precise]'",
                )
                break
    yield from _faults_of_language(documents.language)
    for name, classifier in documents.classifiers.items():
        if fault := _fault_of_classifier(classifier):
            key, what = fault
            yield ("documents", "classifiers", name, key), what
    names = documents.pii.names if documents.pii else {}
    if names and (why := pii.missing(names)):
        yield ("documents", "pii", "names"), why
    if decontaminate := recipe.duplicates.decontaminate:
        try:
            # Read before work starts: a benchmark that nothing can be found of is a mistake.
            benchmark_files.index_for(decontaminate)
        except ValueError as error:
            yield ("duplicates", "decontaminate"), str(error)
    if recipe.tokenizer.path is not None and (why := _fault_of_tokenizer(recipe.tokenizer)):
        yield ("tokenizer", "path"), why
    cost = recipe.token_cost
    try:
        codes.require_tag(cost.reference)
    except ValueError as error:
        yield ("token_cost", "reference"), str(error)
    else:
        if cost.parallel is not None and (why := _fault_of_parallel(cost.parallel, cost)):
            yield ("token_cost", "parallel"), why


def named(recipe: Recipe) -> Iterator[tuple[Keys, str]]:
    """Every path of a recipe but those of its sources, by the keys that name it."""
    documents = recipe.documents
    for key, path in (host_files(documents.url_filter) if documents.url_filter else {}).items():
        yield ("documents", "url_filter", key), path
    if documents.deny is not None:
        yield ("documents", "deny"), documents.deny
    yield ("documents", "language", "model"), documents.language.model
    for name, classifier in documents.classifiers.items():
        yield ("documents", "classifiers", name, "model"), classifier.model
    for index, run in enumerate(recipe.duplicates.against):
        yield ("duplicates", "against", index), run
    if recipe.tokenizer.path is not None:
        yield ("tokenizer", "path"), recipe.tokenizer.path
    if recipe.token_cost.parallel is not None:
        yield ("token_cost", "parallel"), parallel_text.path_of(recipe.token_cost.parallel)


def _faults_of_language(wanted: Language) -> Iterator[tuple[Keys, str]]:
    try:
        labels = models.labels_of(wanted.model)
    except (OSError, ValueError) as error:
        yield ("documents", "language", "model"), str(error)
        return
    missing = set(wanted.keep) - set(labels) - {UNDETERMINED}
    if missing:  # langcodes is imported where labels are no tags as they stand
        missing -= _tags(labels)
    for index, language in enumerate(wanted.keep):
        if language in missing:
            yield (
                ("documents", "language", "keep", index),
                f"{language!r} is none of the {len(labels)} languages of the model {wanted.model}, "
                f"so that no document could be kept for it; leave it out, or give another "
                f"model{suggest(language, labels)}",
            )


def _tags(labels: Iterable[str]) -> set[str]:
    return {codes.bcp47(label) for label in labels}


def _fault_of_classifier(wanted: Classifier) -> tuple[str, str] | None:
    try:
        labels = models.read_labels(models.classifier_path(wanted.model))
    except (OSError, ValueError) as error:
        return "model", str(error)
    if wanted.label not in labels:
        known = ", ".join(sorted(labels)[:20]) + (", ..." if len(labels) > 20 else "")
        return "label", f"{wanted.model} has no label {wanted.label!r}; it has {known}"
    return None


def _fault_of_tokenizer(wanted: Tokenizer) -> str | None:
    from tokenizer_train.given import tokenizer_json  # only where a tokenizer is given

    path = str(wanted.path)
    try:
        with files.open_binary(path) as file:
            tokenizer_json(path, file.read(), wanted.pattern, wanted.eos_token)
    except (OSError, ValueError) as error:
        return str(error)
    return None


def _fault_of_parallel(given: str, wanted: TokenCost) -> str | None:
    try:
        rows = parallel_text.read([given])
    except (OSError, ValueError) as error:
        return str(error)
    filled = pc.greater(pc.fill_null(pc.binary_length(rows["text"]), 0), 0)
    labels = rows["language"].filter(filled).unique().to_pylist()
    if parallel_text.label_of(wanted.reference, labels) is None:
        return (
            f"{given} has no text in {wanted.reference!r}, the language of token_cost.reference "
            f"that others are compared with, but in {len(labels)} other "
            f"language{'' if len(labels) == 1 else 's'}; add its sentences, or set "
            "token_cost.reference to a language that it has"
        )
    return None
