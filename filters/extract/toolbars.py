"""Labels beside code: the name of its language, and `Copy`, where a page draws them around it.

They look like paragraphs of a word, and a text has one before each piece of code. Where an element
holds code and such labels alone, or a class says what the element beside the code is, they are none
of its text. `Bash` as a heading or a paragraph before code is.
"""

import functools

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.elements import TEXT, Lookup
from filters.extract.raised import bounds
from filters.extract.tree import Nodes
from filters.text.characters import Bytes, find_slot
from filters.text.matching import as_bytes, find_bytes
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

_LABELS = """
    bash sh shell zsh fish console terminal powershell cmd batch python python3 py javascript js
    typescript ts jsx tsx java kotlin scala groovy c c++ cpp c# csharp f# fsharp objective-c swift
    go golang rust rs ruby rb php perl lua r julia dart haskell elixir erlang clojure ocaml matlab
    sql mysql postgresql plsql tsql html css scss sass less xml json json5 jsonc yaml yml toml ini
    properties dockerfile docker makefile cmake nginx apache markdown md latex tex diff plaintext
    txt graphql protobuf vue svelte solidity assembly asm vb vbnet hcl terraform razor http
    copy copycode copied copytoclipboard copysnippet kopieren codekopieren copier copierlecode
    copiar copiarcódigo copia copiacodice kopiëren kopiuj kopiera копировать скопировать
    копироватькод 复制 复制代码 複製 コピー コードをコピー 복사 salin kopyala نسخ
"""
_CODE = elements.tags("pre")
# Elements whose texts are no labels, and those that are more than a frame around code.
_TEXTS = elements.tags("p h1 h2 h3 h4 h5 h6 li dt dd td th caption figcaption summary legend")
_PAGES = elements.tags("html body main article li td th dd blockquote")
_CLASSES = as_bytes("lang", "copy", "code", "toolbar")  # what classes of labels hold
_LEVELS = 4  # elements around code that are looked at
_MOST_NODES = 24  # of what stands beside code in one of them
_MOST_LABEL = 32  # bytes
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)


@functools.cache
def _labels() -> Lookup:
    """The labels without spaces, those of ASCII in lower case."""
    spelt = {word for label in _LABELS.split() for word in (label, label.capitalize())}
    return elements.lookup(dict.fromkeys({_lower(word) for word in spelt}, 1))


def _lower(word: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in word)


def empty_labels(data: Bytes, nodes: Nodes) -> None:
    """Makes the texts of labels beside code empty."""
    if _CODE[nodes.tag].any():
        _empty(data, nodes, _labels())


@njit(cache=True, nogil=True)
def _empty(data: Bytes, nodes: Nodes, labels: Lookup) -> None:
    for node in range(len(nodes.tag)):
        if not _CODE[nodes.tag[node]]:
            continue
        frame, last = np.int64(node), np.int64(nodes.last[node])
        for _ in range(_LEVELS):
            around = np.int64(nodes.parent[frame])
            if around < 0:
                break
            end = np.int64(nodes.last[around])
            is_frame = not _PAGES[nodes.tag[around]]
            is_frame = is_frame and _are_labels(data, nodes, around + 1, frame, labels)
            if not (is_frame and _are_labels(data, nodes, last + 1, end + 1, labels)):
                _empty_siblings(data, nodes, frame, last, labels)
                break
            _empty_texts(nodes, around + 1, frame)
            _empty_texts(nodes, last + 1, end + 1)
            frame, last = around, end


@njit(cache=True, nogil=True)
def _empty_siblings(data: Bytes, nodes: Nodes, frame: int, last: int, labels: Lookup) -> None:
    """Empties the elements right before and behind a frame whose class says that they are labels.

    Args:
      frame, last: the first and the last node of the frame.
    """
    behind = np.int64(last + 1)
    before = np.int64(frame - 1)
    for _ in range(_MOST_NODES):
        if before < 0 or nodes.parent[before] == nodes.parent[frame]:
            if before < 0 or nodes.tag[before] != TEXT or not _is_blank(data, nodes, before):
                break
            before -= 1
        else:
            before = np.int64(nodes.parent[before])
            if before <= nodes.parent[frame]:
                break
    is_named = before > nodes.parent[frame] and _is_named(data, nodes, before)
    if is_named and _are_labels(data, nodes, before, frame, labels):
        _empty_texts(nodes, before, frame)
    if behind < len(nodes.tag) and nodes.tag[behind] == TEXT and _is_blank(data, nodes, behind):
        behind += 1
    if behind < len(nodes.tag) and nodes.parent[behind] == nodes.parent[frame]:
        end = np.int64(nodes.last[behind] + 1)
        if _is_named(data, nodes, behind) and _are_labels(data, nodes, behind, end, labels):
            _empty_texts(nodes, behind, end)


@njit(cache=True, nogil=True)
def _is_named(data: Bytes, nodes: Nodes, node: int) -> bool:
    """Whether an element has the class of a label."""
    start, end = nodes.class_start[node], nodes.class_end[node]
    for word in _CLASSES:  # noqa: SIM110 (a kernel)
        if end > start and find_bytes(data, start, end, word) < end:
            return True
    return False


@njit(cache=True, nogil=True)
def _are_labels(data: Bytes, nodes: Nodes, first: int, end: int, labels: Lookup) -> bool:
    """Whether nodes have no text but labels."""
    if end - first > _MOST_NODES:
        return False
    for node in range(first, end):
        if _TEXTS[nodes.tag[node]]:
            return False
        if nodes.tag[node] != TEXT or _is_blank(data, nodes, node):
            continue
        if not _is_label(data, nodes, node, labels):
            return False
    return True


@njit(cache=True, nogil=True)
def _is_blank(data: Bytes, nodes: Nodes, node: int) -> bool:
    start, end = bounds(data, nodes, node)
    return start == end


@njit(cache=True, nogil=True)
def _is_label(data: Bytes, nodes: Nodes, node: int, labels: Lookup) -> bool:
    start, end = bounds(data, nodes, node)
    if end - start > _MOST_LABEL:
        return False
    value = _BASIS
    for at in range(start, end):
        byte = data[at]
        if byte <= ord(" ") or byte in (ord("!"), ord(":")):
            continue
        if ord("A") <= byte <= ord("Z"):
            byte |= 32
        value = (value ^ np.uint64(byte)) * _PRIME
    return bool(labels.keys[find_slot(labels.keys, len(labels.keys), value)])


@njit(cache=True, nogil=True)
def _empty_texts(nodes: Nodes, first: int, end: int) -> None:
    for node in range(first, end):
        if nodes.tag[node] == TEXT:
            nodes.end[node] = nodes.start[node]
