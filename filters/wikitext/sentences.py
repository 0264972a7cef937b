"""Where a sentence ends, for `tidy`, which takes out those that lack a value.

Half a sentence is worse than none. So a full stop ends one only where little speaks against it:
behind a word of four or more letters that is no abbreviation, and before a capital or at the end of
the line; never behind a number, an initial or `U.S.`. Scripts without case have marks of their own,
or full stops behind words that are seldom shortened.
"""

import numpy as np
from numba import njit

from filters.wikitext.lookups import LOST, NEWLINE, NUL, SPACE, U8, U64, fnv
from filters.wikitext.templates.finding import find_hash, hash_span

# Of four letters or more, since shorter words never end a sentence here.
_ABBREVIATIONS = (
    # English, and what many languages share
    "approx assn assoc blvd bros calif capt cmdr comm conn corp dept dist govt hist incl intl "
    "lieut mass messrs minn natl okla orig penn pres prof prov pseud publ resp sept supp supt "
    "tenn transl univ wash "
    # German
    "abschn allg aufl ausg bearb bzgl dipl ehem eigtl einschl einw entspr evtl exkl franz "
    "frhr gegr gest griech hebr hrsg inkl insb insbes insg ital jahrh kath mill mind niederl "
    "nördl östl österr preuß russ sogen südl ungef urspr verh verst westl württ zzgl "
    # French
    "arrond boul chap coll dépt départ exempl févr habit janv juil quest régt théo "
    # Spanish, Portuguese, Catalan, Romanian, Italian
    "abit aprox atte avda cent circ cnel cmdte depto dott dpto edif excmo exmo gral habs ilmo "
    "licdo locuit merc mons municip ntra obisp págs pobl pref profª sres srta sras stgo tnte "
    "trad aprx sigg "
    # Dutch, the languages of Scandinavia, Finnish
    "bijv burg enzv inwon kath milj noordl omstr oorspr oostel zuidel dvs ekskl enkl forts "
    "föreg innb indb innv inkl invån jämf kungl maks omkr oppr uppsk esim huom joht noin "
    "todenn "
    # Polish, Czech, Slovak, Hungarian, Turkish, Croatian
    "angl dosł godz jedn miesz mieszk niem odpow około powt pocz popr przyb przybl tłum ulic "
    "wschod zach např něm obyv okol popř příp přibl řeck sevd stol tzv obyvat približ állít "
    "kerül körny lakos megj szül ill yakl örn stan stanovn "
    # Russian, Ukrainian, Bulgarian, Serbian
    "акад англ букв венг вост геогр герм голл гражд греч европ жител испан итал латин ориг "
    "лейт млрд назв напр насел нидерл обыкн окол перв полк польск прибл прим примеч проф "
    "просп разг район росс санскр славян совр соврем собр сокр сред татар техн тысяч укр урож "
    "устар франц церк числ швед эстон южн осіб мешк найб близьк відс жит насељ приближ "
    "становн ок "
    # Greek
    "αριθ δηλ κατοικ πληθ περίπ σελ χιλ "
)
# Shorter words that do end sentences, above all those behind an age or a number of years. What is
# an abbreviation in another language is not here: `lat.`, `god.`, `mar.`.
_SHORT_WORDS = (
    "age ago all day end far her him his its law men now oil old one out own red sea six son "
    "ten too top two war was way who win won you "  # en
    "alt ist hat "  # de
    "ans mer roi vie "  # fr
    "hoy "  # es
    "oud zee "  # nl
    "år "  # sv, no, da, nn
    "rok "  # cs, sk
    "ani "  # ro
    "лет рік "  # ru, uk
    "έτη "  # el
)
# Words behind a number, abbreviations elsewhere: years in Polish and Czech, and units, which have
# no full stop of their own. `lat.` for Latin follows no number.
_COUNTED_WORDS = "lat let km ha kg cm mm"
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
SHORT_WORDS = frozenset(_SHORT_WORDS.split())
COUNTED_WORDS = frozenset(_COUNTED_WORDS.split())


def _hashes(words: frozenset[str]) -> U64:
    spellings = {s for word in words for s in (word, word[:1].upper() + word[1:])}
    return np.array(sorted(map(fnv, spellings)), np.uint64)


_HASHES, _SHORT_HASHES = _hashes(ABBREVIATIONS), _hashes(SHORT_WORDS)
_COUNTED_HASHES = _hashes(COUNTED_WORDS)
_NO_LETTER, _SMALL, _CAPITAL, _CASELESS, _INDIC = range(5)
# Of each character below U+2000; those above are punctuation or letters without case.
_KINDS = np.array(
    [
        _CAPITAL if chr(i).isupper()
        else _SMALL if chr(i).islower()
        else _INDIC if 0x900 <= i < 0xE00
        else _CASELESS if chr(i).isalpha() or 0x5D0 <= i <= 0x7BF
        else _SMALL if 0x300 <= i < 0x370  # marks above letters
        else _NO_LETTER
        for i in range(0x2000)
    ],
    np.uint8,
)  # fmt: skip
_HANGUL_FIRST, _HANGUL_LAST = 0xAC00, 0xD7A3
_MIN_LETTERS = 4
# Arabic, Hebrew, Georgian and the like; the scripts of India have marks and vowels that count too.
_MIN_CASELESS, _MIN_INDIC, _MIN_HANGUL = 3, 6, 2
_MAX_WORD_BYTES = 80


@njit(cache=True, nogil=True)
def ends_sentence(out: U8, at: int, start: int, end: int) -> bool:
    """Whether the byte at `at` is the last of a sentence, in the text from `start` to `end`."""
    c = out[at]
    if c == ord("."):
        return _stops(out, at, start, end)
    if at - 2 < start or c < 0x80:
        return False
    first, second = out[at - 2], out[at - 1]
    if first == 0xE3:
        return bool(second == 0x80 and c == 0x82)  # 。
    if first == 0xE0:
        return bool(second == 0xA5 and (c == 0xA4 or c == 0xA5))  # । ॥
    if first == 0xEF:
        return bool(second == 0xBC and (c == 0x81 or c == 0x9F or c == 0x8E))  # ！ ？ ．
    if first == 0xE1:
        # ። of Ethiopic, ။ of Burmese, ។ of Khmer
        return bool((second == 0x8D and c == 0xA2) or (second == 0x81 and c == 0x8B)
                    or (second == 0x9F and c == 0x94))  # fmt: skip
    if second == 0xDB:
        return bool(c == 0x94)  # ۔ of Urdu
    if second == 0xD6:
        return bool(c == 0x89)  # ։ of Armenian
    return bool(second == 0xD8 and c == 0x9F)  # ؟


@njit(cache=True, nogil=True)
def _stops(out: U8, at: int, start: int, end: int) -> bool:
    """Whether the full stop at `at` ends a sentence."""
    after = at + 1
    while after < end and out[after] == NUL:
        after += 1
    if after < end and out[after] != SPACE and out[after] != NEWLINE:
        return False
    while after < end and (out[after] == SPACE or out[after] == NUL):
        after += 1
    last = after >= end or out[after] == NEWLINE
    first = at
    while first > start and at - first < _MAX_WORD_BYTES:
        c = out[first - 1]
        if c <= SPACE or c in (40, 45):  # a bracket or a hyphen is before the word
            break
        if c in (0xA0, 0xAF) and _space_before(out, first, start):
            break
        first -= 1
    letters = 0
    kind = _NO_LETTER
    hangul = False
    i = first
    while i < at:
        code, size = _character(out, i, at)
        if code == 39:  # l'Isère
            letters = 0
        else:
            kind = _kind(code)
            if kind == _NO_LETTER:
                return False
            letters += 1
            hangul = _HANGUL_FIRST <= code <= _HANGUL_LAST
        i += size
    if kind == _NO_LETTER:
        return False
    if kind == _INDIC:
        return letters >= _MIN_INDIC
    if kind == _CASELESS:
        return letters >= (_MIN_HANGUL if hangul else _MIN_CASELESS)
    if letters < _MIN_LETTERS:
        word = hash_span(out, first, at)
        counted = find_hash(_COUNTED_HASHES, word) >= 0 and _follows_value(out, first, start)
        if not counted and find_hash(_SHORT_HASHES, word) < 0:
            return False
    elif _is_abbreviation(out, first, at):
        return False
    return last or _kind(_character(out, after, end)[0]) == _CAPITAL


@njit(cache=True, nogil=True)
def _space_before(out: U8, at: int, start: int) -> int:
    """How many bytes the space before `at` has, also one that does not break; 0 for none."""
    if at > start and out[at - 1] == SPACE:
        return 1
    if at >= start + 2 and out[at - 2] == 0xC2 and out[at - 1] == 0xA0:
        return 2
    if at >= start + 3 and out[at - 3] == 0xE2 and out[at - 2] == 0x80 and out[at - 1] == 0xAF:
        return 3
    return 0


@njit(cache=True, nogil=True)
def _follows_value(out: U8, at: int, start: int) -> bool:
    """Whether a number, or a value that nobody knows, stands before the word at `at`."""
    size = _space_before(out, at, start)
    while size:
        at -= size
        size = _space_before(out, at, start)
    return bool(at > start and (out[at - 1] == LOST or 48 <= out[at - 1] <= 57))


@njit(cache=True, nogil=True)
def _is_abbreviation(out: U8, first: int, last: int) -> bool:
    return find_hash(_HASHES, hash_span(out, first, last)) >= 0


@njit(cache=True, nogil=True)
def _kind(code: int) -> int:
    if code < len(_KINDS):
        return int(_KINDS[code])
    return _CASELESS if code > 0x303F else _NO_LETTER


@njit(cache=True, nogil=True)
def _character(out: U8, at: int, end: int) -> tuple[int, int]:
    """The character at `at` and how many bytes it has; 0 for a damaged one."""
    c = int(out[at])
    if c < 0x80:
        return c, 1
    size = 2 if c < 0xE0 else 3 if c < 0xF0 else 4
    if c < 0xC0 or at + size > end:
        return 0, 1
    code = c & (0x7F >> size)
    for i in range(at + 1, at + size):
        code = code << 6 | int(out[i]) & 0x3F
    return code, size
