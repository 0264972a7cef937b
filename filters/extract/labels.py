"""Labels of what pages link to beside their text: buttons to share it, and other texts of the site.

Most such boxes are known by their class. Without one, a paragraph `Share` and a list below `You may
also like` look like a part of the text, whatever stands around. So these are read in the languages
that have most pages, and only where a label is all that a block says beside its links.
"""

import functools

import numpy as np
from numba import njit

from filters.extract import elements
from filters.extract.blocks import CHARS, LINKED, Blocks
from filters.extract.elements import TEXT, Lookup
from filters.extract.layout import Layout
from filters.extract.tree import Nodes
from filters.text.characters import Bools, Bytes, decode, find_slot
from filters.wikitext.lookups import FNV_BASIS, FNV_PRIME

NO_LABEL, SHARES, RELATES = range(3)

_SHARES = """
    share|share this|share this article|share this post|share this page|share this story|share on
    share with|share via|share article|share post|share now|sharing is caring|spread the word
    teilen|artikel teilen|beitrag teilen|jetzt teilen|diesen artikel teilen|seite teilen
    partager|partager cet article|partagez|partager sur|partager l article
    compartir|comparte|compartir en|comparte esto|compartir este artículo|compártelo
    compartilhar|compartilhe|compartilhe isso|partilhar|compartilhar este artigo
    condividi|condividi su|condividi questo articolo|condividi l articolo
    deel dit artikel|deel dit|dela artikeln|del artikel|del denne artikkelen
    udostępnij|podziel się|udostępnij artykuł|sdílet|sdílejte|sdílet článek|zdieľať
    поделиться|поделитесь|поделиться ссылкой|поделиться в соцсетях|поделись с друзьями|поділитися
    paylaş|bu yazıyı paylaş|megosztás|oszd meg|distribuie|сподели|κοινοποίηση|μοιραστείτε
    分享|分享到|分享至|分享本文|シェア|シェアする|この記事をシェア|共有|공유|공유하기|साझा करें
    chia sẻ|bagikan|bagikan ini|kongsi|แชร์|شارك|مشاركة|شارك المقال|شارك هذا|שתף|שיתוף
"""
_RELATES = """
    you may also like|you might also like|you might like|you may like|you may also be interested in
    you might also be interested in|you may be interested in|related articles|related article
    related posts|related post|related stories|related story|related content|related news|related
    related reading|related topics|related pages|related links|read more|read also|also read
    read next|more stories|more articles|more news|more from this author|more like this|up next
    recommended|recommended for you|recommended reading|recommended articles|recommended stories
    what to read next|don t miss|see related|latest news|latest articles|latest posts|keep reading
    recent posts|popular posts|most popular|most read|trending|trending now|continue reading
    lesen sie auch|auch interessant|das könnte sie auch interessieren|mehr zum thema|weiterlesen
    das könnte dir auch gefallen|ähnliche artikel|ähnliche beiträge|verwandte artikel|mehr lesen
    weitere artikel|verwandte beiträge|das könnte sie interessieren|lies auch|lesen sie mehr
    à lire aussi|lire aussi|lire la suite|articles similaires|sur le même sujet|à voir aussi
    vous aimerez aussi|vous pourriez aussi aimer|articles liés|en savoir plus|lire également
    también te puede interesar|te puede interesar|lea también|lee también|artículos relacionados
    más noticias|noticias relacionadas|leer más|quizás te interese|te puede gustar|lea además
    leia também|leia mais|artigos relacionados|veja também|notícias relacionadas|saiba mais
    você também pode gostar|talvez te interesse|posts relacionados|mais lidas
    leggi anche|potrebbe interessarti|potrebbe interessarti anche|articoli correlati|leggi tutto
    ti potrebbe interessare|ti potrebbero interessare anche|leggi di più|potrebbe piacerti anche
    lees ook|lees meer|gerelateerde artikelen|ook interessant|läs också|läs mer|les også|læs også
    lue myös|zobacz też|zobacz również|czytaj także|czytaj też|przeczytaj także|podobne artykuły
    przeczytaj również|čtěte také|související články|mohlo by vás zajímat|přečtěte si také
    читайте также|читать также|похожие статьи|похожие записи|статьи по теме|материалы по теме
    читайте так же|вам может понравиться|вам также может понравиться|читайте ещё|читайте по теме
    читайте також|схожі статті|прочетете още|вижте още|διαβάστε επίσης|σχετικά άρθρα
    ilginizi çekebilir|bunlar da ilginizi çekebilir|benzer yazılar|ilgili haberler|ilgili yazılar
    kapcsolódó cikkek|ez is érdekelheti|citește și|articole similare|citiți și
    相关文章|相关阅读|推荐阅读|延伸阅读|猜你喜欢|相關文章|延伸閱讀|推薦閱讀|你可能也喜歡|您可能感兴趣
    関連記事|あわせて読みたい|こちらもおすすめ|おすすめ記事|合わせて読みたい|人気記事|関連ページ
    관련 기사|관련기사|관련 글|함께 보면 좋은 글|추천 기사|baca juga|artikel terkait|berita terkait
    xem thêm|bài viết liên quan|có thể bạn quan tâm|tin liên quan|đọc thêm|อ่านเพิ่มเติม
    اقرأ أيضا|اقرأ أيضًا|مقالات ذات صلة|مواضيع ذات صلة|قد يعجبك أيضا|بیشتر بخوانید
    קראו גם|כתבות נוספות
    यह भी पढ़ें|ये भी पढ़ें|इसे भी पढ़ें|আরও পড়ুন
"""
_MOST_CHARS = 60  # of a label
_BASIS, _PRIME = np.uint64(FNV_BASIS), np.uint64(FNV_PRIME)
_A, _H1, _LI = map(elements.tag, ("a", "h1", "li"))
_VALUES = elements.tags("td th dt dd pre")  # texts of these are no labels
_BEHIND = 5  # blocks behind a heading that may be its text
_STEPS = 16  # elements around a text that may be a link


def _letters(text: str) -> str:
    return "".join(c for c in text if (c.isascii() and c.isalnum()) or not _is_sign(ord(c)))


@njit(cache=True, nogil=True)
def _is_sign(code: int) -> bool:
    """Whether a character is no letter or digit, as far as labels have such."""
    if code < 0x80:
        small = code | 32
        return not (ord("a") <= small <= ord("z") or ord("0") <= code <= ord("9"))
    return (
        0xA0 <= code < 0xC0
        or 0x2000 <= code < 0x2C00
        or 0x3000 <= code < 0x3004
        or 0xFE00 <= code < 0xFE10
        or 0xFF00 <= code < 0xFF10
        or code in (0xFF1A, 0xFF1E, 0x60C)
        or code >= 0x1F000
    )


@functools.cache
def _labels() -> Lookup:
    """From the hash of a label's letters, those of ASCII in lower case, to its kind."""
    kinds = {}
    for kind, labels in ((SHARES, _SHARES), (RELATES, _RELATES)):
        for label in map(str.strip, labels.replace("\n", "|").split("|")):
            for spelt in (label, label.capitalize(), label.title(), label.upper()):
                letters = _letters(spelt)
                small = "".join(c.lower() if c.isascii() else c for c in letters)
                kinds[small] = kind
    kinds.pop("", None)
    return elements.lookup(kinds)


def drop_labelled(keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout) -> None:
    """Drops labels of links to share a text and to other texts, and the links below the latter.

    These are the list right behind the label if most of it is links, or the blocks there that are
    links and no more. A linked heading with a text of its own below is none of them: `Read more`
    before it belongs to the post above, and `Latest news` is then the heading of a section.
    """
    _drop(keep, data, nodes, blocks, layout, _labels(), _VALUES)


@njit(cache=True, nogil=True)
def _drop(
    keep: Bools, data: Bytes, nodes: Nodes, blocks: Blocks, layout: Layout, labels: Lookup,
    values: Bytes,
) -> None:  # fmt: skip
    owner, counts = blocks.owner, blocks.counts
    for block in range(len(keep)):
        chars, linked = counts[block, CHARS], counts[block, LINKED]
        if not keep[block] or owner[block] < 0 or values[nodes.tag[owner[block]]]:
            continue
        if chars - linked > _MOST_CHARS or (linked == 0 and chars > _MOST_CHARS):
            continue
        kind = _label_of(data, nodes, blocks, block, labels)
        if kind == NO_LABEL:
            continue
        heading = layout.heading[owner[block]]
        if heading >= 0 and nodes.tag[heading] == _H1:
            continue
        if kind == SHARES:
            keep[block] = layout.item[owner[block]] >= 0 and linked == 0
            continue
        if linked > 0 and linked < chars:
            keep[block] = False  # Read more: the title of another text
            continue
        end, first = block + 1, block + 1
        group = np.int64(-1)
        if first < len(keep) and owner[first] >= 0:
            group = np.int64(layout.group[owner[first]])
        if group > owner[block]:
            held, of_links = 0, 0
            while end < len(keep) and group <= owner[end] <= nodes.last[group]:
                held += counts[end, CHARS]
                of_links += counts[end, LINKED]
                end += 1
            if 2 * of_links <= held:
                continue
        else:
            has_text = False
            while end < len(keep) and 10 * counts[end, LINKED] >= 9 * counts[end, CHARS]:
                has_text = _has_text_below(keep, end, blocks, layout)
                if has_text:
                    break
                end += 1
            if has_text and end == first:
                keep[block] = heading >= 0
                continue
        if end > first:
            for dropped in range(block, end):
                keep[dropped] = False


@njit(cache=True, nogil=True)
def _has_text_below(keep: Bools, block: int, blocks: Blocks, layout: Layout) -> bool:
    """Whether a block is a heading, and what is kept behind it, after a date or author, is text."""
    owner, counts = blocks.owner, blocks.counts
    heading = layout.heading[owner[block]] if owner[block] >= 0 else -1
    if heading < 0:
        return False
    for behind in range(block + 1, min(block + _BEHIND, len(keep))):
        its = layout.heading[owner[behind]] if owner[behind] >= 0 else -1
        is_linked = 2 * counts[behind, LINKED] > counts[behind, CHARS]
        if its >= 0 and its != heading:
            return False
        if keep[behind] and its < 0 and not is_linked:
            return True
    return False


@njit(cache=True, nogil=True)
def _label_of(data: Bytes, nodes: Nodes, blocks: Blocks, block: int, labels: Lookup) -> int:
    """Which kind of label a block is, without its links or, if it is one, with them."""
    whole = outside = _BASIS
    node, last, owner = np.int64(blocks.first[block]), blocks.last[block], blocks.owner[block]
    link_end = np.int64(-1)
    above = np.int64(nodes.parent[node])
    for _ in range(_STEPS):
        if above <= owner or above < 0:
            break
        if nodes.tag[above] == _A:
            link_end = np.int64(nodes.last[above])
        above = np.int64(nodes.parent[above])
    for at in range(node, last + 1):
        if nodes.tag[at] == _A:
            link_end = max(link_end, np.int64(nodes.last[at]))
        elif nodes.tag[at] == TEXT:
            place, end = nodes.start[at], nodes.end[at]
            while place < end:
                code, width = decode(data, place)
                if code == ord("&") and place + 5 < end and data[place + 1] == ord("n"):
                    width, code = 6, ord(" ")  # &nbsp;
                if not _is_sign(code):
                    for step in range(width):
                        byte = np.uint64(data[place + step])
                        low = byte | np.uint64(32) if code < 0x80 else byte
                        whole = (whole ^ low) * _PRIME
                        if at > link_end:
                            outside = (outside ^ low) * _PRIME
                place += width
    value = whole if outside == _BASIS else outside
    slot = find_slot(labels.keys, len(labels.keys), value)
    return int(labels.numbers[slot]) if labels.keys[slot] else NO_LABEL
