"""The kernels: all that numba compiles, once after installation, by processes on all cores.

numba keeps what it has compiled beside each module, or in the user's cache where that folder cannot
be written, or in NUMBA_CACHE_DIR. A kernel is compiled by its first call, so each part here calls
some of them on tiny input, as the stages do. Parts share helpers and nothing else.
"""

import gc
import importlib
import os
import pkgutil
import time
import traceback
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

_TEXT = ["One two three four five six, sieben: acht 九十。\nme@example.org", "", None]


def every() -> list[Any]:
    """All kernels, as numba's dispatchers."""
    from numba.core.dispatcher import Dispatcher

    # In the wheel they are below `winnow`, as this module is.
    above = (__package__ or "").removesuffix("pipelines")
    rooms = tuple(f"{above}{room}." for room in ("dedup", "filters", "shards", "tokenizer_train"))
    for room in rooms:
        package = importlib.import_module(room.removesuffix("."))
        for module in pkgutil.walk_packages(package.__path__, room):
            importlib.import_module(module.name)
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, Dispatcher) and found.py_func.__module__.startswith(rooms)
    ]


def missing() -> list[str]:
    """Names of the kernels that numba's cache has not, or not for this code and this processor."""
    return [f"{k.py_func.__module__}.{k.py_func.__qualname__}" for k in every() if _is_missing(k)]


def called(kernel: Any) -> list[Any]:
    """The kernels that another one names."""
    names, known = kernel.py_func.__code__.co_names, kernel.py_func.__globals__
    modules = [vars(known[n]) for n in names if isinstance(known.get(n), types.ModuleType)]
    found = (space.get(name) for name in names for space in (known, *modules))
    return [k for k in found if isinstance(k, type(kernel))]


def _forget_stale() -> None:
    """Takes callers of what is missing out of the cache, whose code has the old one in it.

    numba looks at a caller's own module alone, so that after a change of the source they would run
    as before, and what is missing would never be compiled.
    """
    kernels = every()
    absent = [k for k in kernels if _is_missing(k)]
    changed = list(absent)
    for kernel in changed:
        changed += [k for k in kernels if k not in changed and kernel in called(k)]
    # What is missing may be there for other processors, which share the cache.
    for caller in changed[len(absent) :]:
        caller._cache.flush()


def _is_missing(kernel: Any) -> bool:
    cache = kernel._cache
    if not hasattr(cache, "_cache_file"):
        return False  # NUMBA_DISABLE_JIT, or no cache
    code = cache._index_key((), kernel.targetctx.codegen())[1:]
    return all(key[1:] != code for key in cache._cache_file._load_index())


def wikitext() -> None:
    from filters.wikitext.convert import wikitext_to_text

    wikitext_to_text(
        _texts("'''A''' is a [[letter|sign]] {{of|the}} alphabet {{lc:A}} &amp; more.")
    )


def pages() -> None:
    from resiliparse.parse.html import HTMLTree

    from filters.extract import bounds
    from filters.extract.main_content import main_text

    bounds.bounded(f"<p {'a ' * bounds.MOST_ATTRIBUTES}>")
    bounds.bounded("<p>" * (bounds.FEW_TAGS + 1))
    main_text(
        HTMLTree.parse(
            "<style>.off{display:none}.row{display:block}</style><p class=off>unseen"
            "<td><b class=sr-only>No</b><i class=row>verse</i><p class=d-md-none>seen on narrow"
            "<p>A page with <a href=x>one</a> line of text, or 10<sup>2</sup>.<pre>x</pre>"
            "<ul><li>one"
        )
    )


def encodings() -> None:
    from filters.encodings.decoders import decode
    from filters.encodings.languages import by_words

    decode(b"\xb0\xa1", "EUC-KR")
    by_words(b"a na\xefve page", "windows-1252")


def languages() -> None:
    from filters.language.identify import LanguageIdentifier

    for model in ("lid.176.ftz", "winnow-1"):
        LanguageIdentifier(model).identify(_texts("こんにちは", "Ni Hermanoj"))


def words() -> None:
    from filters.text import word_kinds
    from filters.text.normalize import normalize
    from filters.text.words import TextView

    normalize(_texts())
    view = TextView(_texts())
    for kind in word_kinds.WORD_KINDS:
        view.words(kind)


def rules() -> None:
    from filters.rules import registry
    from filters.rules.apply import apply_rules

    ready = [name for name, rule in registry.RULES.items() if not rule.required]
    spoken = pa.array(["fr", None, None], pa.string())
    recipe = {name: registry.published(name) for name in ready}
    apply_rules(_texts(), recipe, languages=spoken)


def personal_data() -> None:
    from filters.pii import KINDS, redact

    redact(_texts(), tuple(KINDS))


def merges() -> None:
    from tokenizer_train.bpe import train_words
    from tokenizer_train.fair import Fair
    from tokenizer_train.totals import Totals, Words
    from tokenizer_train.words import WORD_COUNTS

    totals = Totals()
    totals.add(pa.record_batch([["en"], ["low"], [5], [5]], schema=WORD_COUNTS))
    words = Words.of(totals.table())
    fair = Fair.among({"en": 1.0}, words, 0.5)
    train_words(words.text, words.weights, words.seen, 258, fair=fair)


def duplicates() -> None:
    from dedup import bands, clusters, comparison, exact, least_hash, minhash, verification
    from dedup.alphabets import FOLDED
    from dedup.presets import MinHashConfig

    text = _texts()
    least_hash.least_hashes(text.cast(pa.large_binary()))
    bands.exact_keys(exact.text_hash(text))
    config = MinHashConfig()
    bands.band_keys(minhash.signatures(text, config), config)
    members = pa.table([np.zeros(2, np.uint64)] * 3, schema=bands.BAND_MEMBERS)
    clusters.compact(clusters.bucket_edges(members))
    minhash.shingles(text, config)
    read, none = comparison.read(text, config, FOLDED), np.empty(0, np.int64)
    comparison.jaccard(read, none, read, none)
    keys = bands.matrix_keys(minhash.signatures_of_units(read.units, 5, config), config)
    bands.within_language(keys, pa.array(["en"] * len(text)))
    verification.choose_survivors(np.ones((1, 4), np.uint64), np.ones(1, np.float32))


def families() -> None:
    from dedup import bands, minhash
    from dedup import families as of_libraries
    from dedup.exact import text_buffers
    from dedup.presets import MinHashConfig
    from dedup.shingles import XXH64, spans, spelled

    text = _texts()
    config = MinHashConfig(family="datasketch")
    bands.band_keys(minhash.signatures(text, config), config)
    # datatrove, whose words these would be, takes seconds to import.
    found = spans(spelled(*text_buffers(text)), 5, XXH64)
    of_libraries.datatrove_minima(found, 14, 1)
    found.distinct()


def repetition() -> None:
    from dedup import cuts, places
    from dedup import repetition as repeated

    text = _texts()
    places.has_words(text)
    for by in (places.LINE, places.PARAGRAPH, places.SENTENCE):
        repeated.segment_windows(text, by, 1, 1)
    repeated.anchored_windows(text, 2)
    found = repeated.span_windows(text, 2).cuts()
    cuts.apply(text, found)
    cuts.of_original(found, text, text)


def decontamination() -> None:
    from dedup import overlap
    from dedup.decontamination import Item

    question, answer = "How many of the loaves are left at noon today?", "There are eleven left."
    exercise = ((question, answer),)
    items = [Item("", "", (), code, exercise) for code in (False, True)]
    overlap.index(items).find(_texts(f"{question} {answer}"))


def hosts() -> None:
    from filters.urls import url_filter

    listed = url_filter.hash_lines(np.frombuffer(b"a.example", np.uint8))
    url_filter.is_listed(["a.example"], listed)


def worth() -> None:
    from filters.worth.byte_ngrams import ByteModel, Texts

    texts = Texts.of(_texts().cast(pa.large_binary()))
    ByteModel(texts, np.zeros(len(texts.start), np.int64)).bits(texts)


def packing() -> None:
    from shards.cutting import classes_of
    from shards.packed_files import Packed
    from shards.packing import pack
    from shards.settings import Packing

    classes = classes_of([b"a", b" b", b"\n"])
    offsets = np.array([0, 1, 9], np.int64)
    for how in ("best_fit", "concat"):
        settings = Packing.model_validate({"length": 4, "packing": how})
        for ids in (np.ones(9, np.uint16), np.ones(9, np.uint32)):
            for writeable in (True, False):  # arrays of Arrow are not
                ids.flags.writeable = writeable
                keys = np.arange(2, dtype=np.uint64)
                list(pack(ids, offsets, keys, settings, classes, 0, Packed.none()))


# How long each takes in proportion to the others; the longest is begun first.
PARTS: dict[Callable[[], None], float] = {
    pages: 60.0, wikitext: 25.0, rules: 13.0, personal_data: 9.0, languages: 6.5, merges: 6.0,
    duplicates: 5.0, decontamination: 4.0, repetition: 3.5, families: 2.5, words: 2.0, worth: 2.0,
    encodings: 1.5, packing: 3.0, hosts: 0.6,
}  # fmt: skip


def _texts(*more: str) -> pa.LargeStringArray:
    return pa.array([*_TEXT, *more], pa.large_string())


class CompilationError(RuntimeError):
    """A process that compiles kernels has failed; the message says which part."""


def compile_all(say: Callable[[str], None], processes: int | None = None) -> None:
    """Compiles what is missing. Call it while this process has one thread.

    Args:
      say: gets a line whenever there is something new.
      processes: that work at a time; one for each core unless given.

    Raises:
      CompilationError: a part failed.
    """
    kernels = every()
    total = len(kernels)
    for kernel in kernels:
        # Nothing calls a kernel from C; its wrapper is an eighth of the work.
        kernel.targetoptions["no_cfunc_wrapper"] = True
    _forget_stale()
    count = processes or len(os.sched_getaffinity(0))
    waiting = list(PARTS)
    running: dict[int, tuple[Callable[[], None], float]] = {}  # with the time of its begin
    begun, done, busy = time.monotonic(), 0.0, 0.0
    say(f"compiling kernels, once after installation: 0 of {total}")
    while waiting or running:
        while waiting and len(running) < count:
            part = waiting.pop(0)
            running[_started(part)] = part, time.monotonic()
        child, status = os.wait()
        part, since = running.pop(child)
        if status:
            raise CompilationError(
                f"kernels of {part.__name__} cannot be compiled: the process that compiles them "
                f"ended with {os.waitstatus_to_exitcode(status)}"
            )
        now = time.monotonic()
        done, busy = done + PARTS[part], busy + now - since
        speed = done / busy  # of one process
        left = sum(PARTS[p] for p in waiting) + sum(
            max(PARTS[p] / 10, PARTS[p] - (now - since) * speed) for p, since in running.values()
        )
        seconds = left / speed / min(count, max(1, len(waiting) + len(running)))
        told = f", about {seconds:.0f} s left" if left else f"; {now - begun:.0f} s"
        say(
            f"compiling kernels, once after installation: {total - len(missing())} of {total}{told}"
        )


def _started(part: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        part()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
