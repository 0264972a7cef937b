"""datatrove's own filters and formatters as a rule: any of them, as it is, document by document.

Slow (0.1 to 3 MB/s) but exact by definition: it is that library's code that decides. A recipe
names a class and gives the arguments of its constructor:

    datatrove:
      - filter: GopherQualityFilter
        args: {min_doc_words: 30, language: de}
      - formatter: SymbolLinesFormatter
        args: {symbols_to_remove: ["|"]}

Differs from running it in datatrove: nothing is fetched from the network, neither models nor
lists nor the public suffix list (tldextract's own snapshot is used); what a filter draws at
random is a keyed hash of the text, so that a retry and another batch size agree; metadata that
a filter sets is not kept; text that it rewrites is taken over where it kept the document. The
replacements of PIIFormatter, which take turns, start anew with each document.
"""

import contextlib
import difflib
import functools
import hashlib
import importlib
import inspect
import json
import logging
import re
import threading
import types
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

logger = logging.getLogger(__name__)

# Filters keep state and are patched while they run; they hold the GIL anyway.
_LOCK = threading.RLock()


class NotOffline(RuntimeError):
    """A filter wants a file from the network."""


KINDS = {"filter": "datatrove.pipeline.filters", "formatter": "datatrove.pipeline.formatters"}


@functools.cache
def classes_of(kind: str) -> dict[str, type[Any]]:
    """Filters or formatters by class name, without those that nobody can name in a recipe."""
    # Imported here because it takes a third of a second that most runs do not need.
    module = importlib.import_module(KINDS[kind])
    return {
        name: value
        for name, value in sorted(vars(module).items())
        if inspect.isclass(value)
        and name.endswith(kind.title())
        and name not in ("LambdaFilter", "BaseFormatter")  # wants a function; does nothing
    }


def kind_of(entry: Mapping[str, Any]) -> str:
    """Whether an entry of a valid recipe is a filter or a formatter."""
    return "formatter" if "formatter" in entry else "filter"


def changed_columns(entries: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """The measure that tells which documents a formatter changed; None for a filter."""
    names: list[str | None] = []
    for entry in entries:
        name = f"{entry['formatter']}.changed" if kind_of(entry) == "formatter" else None
        again = sum(other is not None and other.startswith(str(name)) for other in names)
        names.append(f"{name}_{again + 1}" if again else name)
    return names


def faults(entries: Any) -> Iterator[tuple[tuple[int, ...], str]]:
    """What is wrong with a recipe's list of filters: the position in it, and a sentence."""
    if isinstance(entries, (str, bytes)) or not isinstance(entries, Sequence):
        told = (
            f"rule 'datatrove' wants a list of filters, not {type(entries).__name__}; "
            "write 'datatrove: [{filter: NAME, args: {...}}]'"
        )
        yield (), told
        return
    for position, entry in enumerate(entries):
        yield from (((position,), told) for told in _faults_of(f"datatrove[{position}]", entry))


def _faults_of(where: str, entry: Any) -> Iterator[str]:
    given = [kind for kind in KINDS if isinstance(entry, Mapping) and kind in entry]
    if len(given) != 1 or not isinstance(entry[given[0]], str):
        yield (
            f"{where} wants a mapping with 'filter: NAME' or 'formatter: NAME', and perhaps 'args'"
        )
        return
    kind = given[0]
    for key in entry:
        if key not in (kind, "args"):
            yield _unknown(f"key in {where}", key, [kind, "args"])
    name, args = entry[kind], entry.get("args", {})
    classes = classes_of(kind)
    if name not in classes:
        yield _unknown(f"datatrove {kind} in {where}", name, list(classes))
        return
    if not isinstance(args, Mapping):
        yield f"args of {where} ({name}) want a mapping, not {type(args).__name__}"
        return
    parameters = inspect.signature(classes[name]).parameters
    known = [key for key in parameters if key != "exclusion_writer"]
    for key in args:
        if key not in known:
            yield _unknown(f"argument of {where}", f"{key} of {name}", known)
    for key in known:
        if parameters[key].default is inspect.Parameter.empty and key not in args:
            yield f"{where} ({name}) lacks its argument '{key}'"
    try:
        json.dumps(dict(args))
    except TypeError as error:
        yield f"args of {where} ({name}) hold more than JSON can: {error}"


def _unknown(what: str, name: Any, known: list[str]) -> str:
    near = difflib.get_close_matches(str(name).split(" ")[0], known, n=1, cutoff=0)
    hint = f"did you mean '{near[0]}'? Known: {', '.join(known)}" if near else "it takes none"
    return f"unknown {what}: '{name}'; {hint}"


def run(
    entry: Mapping[str, Any],
    text: pa.LargeStringArray,
    urls: pa.StringArray | None = None,
    languages: pa.StringArray | None = None,
) -> tuple[list[str | None], pa.LargeStringArray | None]:
    """Reasons of one filter (None keeps), and the new text if it rewrote any.

    A formatter keeps everything. A document on which either fails gets the reason
    `datatrove.<name>.error`, and the log tells the kind and number of failures.

    Raises:
      ImportError: the class wants a package that is not installed.
      NotOffline: it wants a file that is not on this machine.
      ValueError: its constructor refuses the arguments.
    """
    kind = kind_of(entry)
    name = entry[kind]
    document_class = importlib.import_module("datatrove.data").Document
    texts = text.to_pylist()
    metadata = [
        {key: value for key, value in zip(("url", "language"), row, strict=True) if value}
        for row in zip(_values(urls, texts), _values(languages, texts), strict=True)
    ]
    reasons: list[str | None] = []
    errors: Counter[str] = Counter()
    rewritten = False
    with _LOCK, _offline(name):
        step = _load(kind, name, json.dumps(dict(entry.get("args", {})), sort_keys=True))
        for row, before in enumerate(texts):
            content = before or ""
            digest = hashlib.blake2b(content.encode(), digest_size=16)
            document = document_class(content, digest.hexdigest(), metadata=metadata[row])
            if hasattr(step, "uniform"):
                step.uniform = functools.partial(_draw, content, name, step.winnow_seed)
            try:
                if kind == "filter":
                    result = step.filter(document)
                else:
                    _start_anew(step)
                    document.text = step.format(content)
                    result = True
            except NotOffline:
                raise  # wrong with the installation, as is the next, not with this document
            except ImportError as error:
                raise _missing(name, error) from error
            except Exception as error:
                errors[type(error).__name__] += 1
                reasons.append(f"datatrove.{name}.error")
                continue
            keep, why = result if isinstance(result, tuple) else (result, None)
            reasons.append(None if keep else f"datatrove.{name}.{normalise_reason(why)}")
            if keep and document.text != content:
                texts[row] = document.text
                rewritten = True
    for kind, count in sorted(errors.items()):
        logger.warning("datatrove's %s raised %s on %d documents", name, kind, count)
    return reasons, pa.array(texts, pa.large_string()) if rewritten else None


def _values(column: pa.StringArray | None, texts: Sequence[Any]) -> list[str | None]:
    return [None] * len(texts) if column is None else column.to_pylist()


def normalise_reason(reason: str | None) -> str:
    """A filter's reason as a name: `< 3 paragraphs` becomes `below_3_paragraphs`."""
    words = (reason or "dropped").lower().replace("<", " below ").replace(">", " above ")
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_") or "dropped"


@functools.lru_cache(maxsize=64)
def _load(kind: str, name: str, args: str) -> Any:
    arguments = json.loads(args)
    try:
        step = classes_of(kind)[name](**{k: _tuples(v) for k, v in arguments.items()})
    except ImportError as error:
        raise _missing(name, error) from error
    except (TypeError, ValueError, re.error) as error:
        raise ValueError(f"datatrove's {name} refuses its arguments: {error}") from error
    step.winnow_seed = arguments.get("seed") or 0
    if hasattr(step, "tldextractor"):
        tldextract = importlib.import_module("tldextract")
        step.tldextractor = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
    return step


def _start_anew(step: Any) -> None:
    """Lets a formatter's replacements, which take turns, start with the first one."""
    for replacer in vars(step).values():
        if hasattr(replacer, "_replace_i"):
            replacer._replace_i = 0


def _missing(name: str, error: ImportError) -> ImportError:
    return ImportError(f"datatrove's {name} wants a package that is not installed: {error}")


def _tuples(value: Any) -> Any:
    """YAML has no tuples, and `str.endswith` takes no list."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _draw(content: str, name: str, seed: int) -> float:
    """A number in [0, 1) that depends on the text, the filter and its seed alone."""
    digest = hashlib.blake2b(f"{name} {seed} {content}".encode(), digest_size=8)
    return (int.from_bytes(digest.digest(), "big") >> 11) / 2**53


@contextlib.contextmanager
def _offline(name: str) -> Iterator[None]:
    """Within, datatrove copies local files into its cache but fetches nothing."""
    io: Any = importlib.import_module("datatrove.io")
    unigrams: Any = importlib.import_module("datatrove.pipeline.filters.unigram_log_probs")
    copy, urllib = io.download_file, unigrams.urllib

    def refuse(source: str, target: str, *args: Any, **kwargs: Any) -> Any:
        if "://" not in source:
            return copy(source, target, *args, **kwargs)
        raise NotOffline(
            f"datatrove's {name} wants {source} and this run fetches nothing: "
            f"put that file at {target}"
        )

    io.download_file = refuse
    unigrams.urllib = types.SimpleNamespace(request=types.SimpleNamespace(urlretrieve=refuse))
    try:
        yield
    finally:
        io.download_file, unigrams.urllib = copy, urllib
