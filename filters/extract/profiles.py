"""What forums show at each post beside what was written: profiles of authors, repeated subjects.

A profile has the author's name first, which stays; his rank, counts of posts and the day he joined
are no text. Its element is known by its class, which is its forum software's: phpBB, XenForo,
vBulletin, SMF, MyBB, FluxBB, Invision, Vanilla, Flarum. Subjects are known by what they repeat, in
some languages: `Re: Old looms`, `AW: Old looms`.
"""

import functools

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, Blocks
from filters.extract.elements import TEXT, Lookup
from filters.extract.raised import start_tag
from filters.extract.tree import Nodes, name_bits
from filters.text.characters import Bools, Bytes, find_slot, table_size
from filters.text.matching import as_bytes, find_bytes
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

_BR = elements.tag("br")
_SURE, _LIKELY = 1, 2  # names of profiles alone; names that other things have as well
_NAMES = """
    postprofile message-user messageUserInfo username_container userinfo-extra-container b-userinfo
    userinfo_extra author_information author_statistics cAuthorPane cAuthorPane_info
    ipsComment_author AuthorInfo PostUser postleft lia-message-author-details
"""
_LIKELY_NAMES = as_bytes("userinfo", "poster", "user_info", "post_author", "posterinfo")
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)
(_VBULLETIN,) = as_bytes(' id="postmenu_')
_PROSE = 120  # characters of a line that is no field of a profile
_MOST_BLOCKS = 16  # of a profile
_MOST_SUBJECT = 200  # characters
_STEPS = 8  # elements around a block that may be a profile


# What mail and forums put before the subject of a reply, in the languages that do.
_REPLIES = """
    re aw antw antwort sv vs svar odp rif res rv r ynt ответ Ответ 回复 答复 回覆 返信
"""


@functools.cache
def _lookups() -> tuple[Lookup, Lookup]:
    """The names of profiles' classes, and the words before subjects."""
    names, replies = dict.fromkeys(_NAMES.split(), 1), dict.fromkeys(_REPLIES.split(), 1)
    return elements.lookup(names), elements.lookup(replies)


def drop_profiles(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks) -> None:
    """Drops all but the names of profiles, and subjects of replies that stand before."""
    if keep.any():
        names, prefixes = _lookups()
        _drop_profiles(keep, data, nodes, blocks, names)
        _drop_subjects(keep, data, nodes, blocks, prefixes)


@njit(cache=True, nogil=True)
def _drop_profiles(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, names: Lookup) -> None:
    """Profiles whose class is not their software's alone have to be several of one shape.

    Each stands in an element of its own; those side by side are cards, `<div class="poster">`.
    """
    owner, count = blocks.owner, len(keep)
    kinds = np.full(len(nodes.tag), -1, np.int8)  # of each element, once it was looked at
    around = np.full(count, -1, np.int64)
    likely = np.zeros(3, np.int64)  # the first such profile, the latest of its shape, how many
    for block in range(count):
        node = np.int64(owner[block])
        for _ in range(_STEPS):
            if node < 0:
                break
            if kinds[node] < 0:
                kinds[node] = _kind(data, nodes, node, names)
                if kinds[node] == _LIKELY:
                    likely[0] = node if likely[0] == 0 else likely[0]
                    if nodes.shape[node] == nodes.shape[likely[0]]:
                        is_card = likely[1] and nodes.parent[node] == nodes.parent[likely[1]]
                        likely[1] = node
                        likely[2] += -count if is_card else 1
            if kinds[node] > 0:
                around[block] = node  # the outermost
            node = np.int64(nodes.parent[node])
    block = 0
    while block < count:
        profile, end = around[block], block + 1
        while end < count and around[end] in (profile, -1) and profile >= 0:
            if around[end] < 0 and (owner[end] < profile or owner[end] > nodes.last[profile]):
                break
            end += 1
        is_profile = profile >= 0 and end - block <= _MOST_BLOCKS
        if is_profile and kinds[profile] == _LIKELY:
            is_profile = likely[2] > 1 and nodes.shape[profile] == nodes.shape[likely[0]]
        for at in range(block, end):
            is_profile = is_profile and blocks.counts[at, CHARS] < _PROSE
        is_named = False
        for at in range(block, end if is_profile else block):
            is_name = not is_named and blocks.counts[at, CHARS] > 1
            keep[at] = keep[at] and is_name
            is_named = is_named or is_name
            if is_name:
                _cut_behind_line(nodes, blocks, at)
        block = end


@njit(cache=True, nogil=True)
def _cut_behind_line(nodes: Nodes, blocks: Blocks, block: int) -> None:
    """Makes the texts of a block empty that stand behind its first line."""
    is_first, has_text = True, False
    for node in range(blocks.first[block], blocks.last[block] + 1):
        if nodes.tag[node] == _BR:
            is_first = is_first and not has_text
        elif nodes.tag[node] == TEXT:
            has_text = True
            if not is_first:
                nodes.end[node] = nodes.start[node]


@njit(cache=True, nogil=True)
def _kind(data: Bytes, nodes: Nodes, node: int, names: Lookup) -> int:
    """Whether an element is surely a profile, likely, or none (0)."""
    if nodes.class_end[node] > nodes.class_start[node]:
        bits = name_bits(data, nodes.class_start[node], nodes.class_end[node], names)
        if bits:
            return _SURE
        for name in _LIKELY_NAMES:
            at = find_bytes(data, nodes.class_start[node], nodes.class_end[node], name)
            behind, end = at + len(name), nodes.class_end[node]
            is_word = at == nodes.class_start[node] or data[at - 1] == ord(" ")
            if is_word and (behind == end or (behind < end and data[behind] == ord(" "))):
                return _LIKELY
    # vBulletin 3 has profiles in cells: the name with a menu, and lines.
    for below in range(node + 1, min(node + 4, nodes.last[node] + 1)):
        if nodes.tag[below] != TEXT:
            start, end = start_tag(data, nodes, below)
            if find_bytes(data, start, end, _VBULLETIN) < end:
                return _SURE
    return 0


@njit(cache=True, nogil=True)
def _drop_subjects(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, prefixes: Lookup
) -> None:
    """Drops replies' subjects, such a word and a colon, that an earlier block has as well."""
    size = table_size(2 * len(keep))
    table = np.zeros(size, np.uint64)
    for block in range(len(keep)):
        if not keep[block] or not 0 < blocks.counts[block, CHARS] <= _MOST_SUBJECT:
            continue
        whole, behind = _subject(data, nodes, blocks, block, prefixes)
        if behind:
            keep[block] = table[find_slot(table, size, behind)] == 0
            table[find_slot(table, size, behind)] = behind
        else:
            table[find_slot(table, size, whole)] = whole


@njit(cache=True, nogil=True)
def _subject(
    data: Bytes, nodes: Nodes, blocks: Blocks, block: int, prefixes: Lookup
) -> tuple[np.uint64, np.uint64]:
    """The hash of a block's letters, and of those behind the words of a reply, 0 without one."""
    whole, behind, word, is_reply, is_open = _BASIS, _BASIS, _BASIS, False, True
    for node in range(blocks.first[block], blocks.last[block] + 1):
        for at in range(nodes.start[node], nodes.end[node] if nodes.tag[node] == TEXT else 0):
            byte = np.uint64(data[at])
            if byte <= ord(" "):
                continue
            whole = (whole ^ byte) * _PRIME
            behind = (behind ^ byte) * _PRIME
            if not is_open:
                continue
            if byte == ord(":"):
                is_open = prefixes.keys[find_slot(prefixes.keys, len(prefixes.keys), word)] != 0
                is_reply = is_reply or is_open
                behind = _BASIS if is_open else behind
                word = _BASIS
            elif byte >= 0x80 or ord("A") <= byte:
                small = byte | np.uint64(32) if byte <= ord("Z") else byte
                word = (word ^ small) * _PRIME
    return whole, behind if is_reply else np.uint64(0)
