"""What a page shows beside its text to work on it: buttons that copy code, links to edit a section
or to go back from a note, links to share the page, prompts of notebooks, votes, and where pages of
a printed book begin.

Source: the pages of MediaWiki, Project Gutenberg, Pandoc, kramdown, Jupyter, Sphinx, Docusaurus,
Prism, GitHub, Stack Exchange, Reddit and Hacker News; addresses of Facebook, X and others that
share a page.
"""

from typing import TYPE_CHECKING

from numba import njit

from filters.extract import elements
from filters.extract.elements import CONTROL
from filters.text.characters import Bytes
from filters.text.matching import as_bytes, begins, begins_in_any_case, find_bytes, is_digit

if TYPE_CHECKING:
    from filters.extract.tree import Nodes

_A, _BUTTON, _P, _PRE, _CODE, _SPAN, _TD, _TH = map(
    elements.tag, ("a", "button", "p", "pre", "code", "span", "td", "th")
)


# In the attributes of buttons that copy; a `marketing-copy` is a text.
_COPIES = as_bytes('="copy ', '="copy"', "clipboard", "data-copy", "copy-code", "copycode")
_LABELS = as_bytes("Copy</button", "Copy code</button", "Copied!</button", "Copy to clipboard<")
_BACK = as_bytes("\u21a9", "\u21a9\ufe0e", "[\u21a9]", "\u21b5")
(_BUTTON_END,) = as_bytes("</button>")
_MOST_BUTTON = 400  # bytes of its tag, and of what it holds, that are looked at

_HREF, _WWW, _SLASHES = as_bytes(' href="', "www.", "//")
# How addresses begin that share a page, behind `https://www.` and with their scheme.
_SHARES = as_bytes(
    "facebook.com/sharer", "facebook.com/share.php", "facebook.com/dialog/", "twitter.com/intent/",
    "twitter.com/share", "twitter.com/home?status", "x.com/intent/", "x.com/share",
    "linkedin.com/share", "linkedin.com/cws/share", "linkedin.com/sharing", "threads.net/intent",
    "pinterest.com/pin/create", "reddit.com/submit", "old.reddit.com/submit", "t.me/share",
    "telegram.me/share", "wa.me/?text", "api.whatsapp.com/send?text", "web.whatsapp.com/send?text",
    "tumblr.com/share", "tumblr.com/widgets/share", "vk.com/share", "vkontakte.ru/share",
    "connect.ok.ru/", "getpocket.com/save", "getpocket.com/edit", "bsky.app/intent",
    "news.ycombinator.com/submitlink", "addtoany.com/", "buffer.com/add", "xing.com/spi/shares",
    "social-plugins.line.me/", "line.me/R/msg", "b.hatena.ne.jp/", "service.weibo.com/share",
)  # fmt: skip
_SENDS = as_bytes(
    "mailto:?", "whatsapp://send", "sms:?", "viber://forward", "tg://msg", "fb-messenger://share",
    "javascript:window.print",
)  # fmt: skip
_PAGE, _ID = as_bytes("page", ' id="')
_MOST_MARK = 160  # bytes in which a mark of a page stands, tags and all
_MOST_NAME = 30  # bytes of the text of such a link: that of a quotation to share is longer
_MOST_LINK = 2000  # bytes of the link that are looked at


@njit(cache=True, nogil=True)
def is_control(data: Bytes, nodes: "Nodes", node: int, begin: int, behind: int) -> bool:
    """Whether an element is one of these, by its class, or of buttons and links by their text.

    Args:
      begin, behind: where its tag begins and ends.
    """
    if nodes.tag[node] == _BUTTON and _is_in_sentence(data, nodes, node, begin, behind):
        return False
    if nodes.bits[node] & CONTROL and nodes.tag[node] not in (_TD, _TH):  # of a table of contents
        return True
    if nodes.tag[node] in (_A, _SPAN) and _is_page_mark(data, begin, behind):
        return True
    if nodes.tag[node] == _A:
        for sign in _BACK:
            after = behind + len(sign)
            if (
                begins(data, behind, len(data), sign)
                and after < len(data)
                and data[after] == ord("<")
            ):
                return True
        return is_share(data, begin, behind)
    elif nodes.tag[node] == _BUTTON:
        for label in _LABELS:
            if begins(data, behind, len(data), label):
                return True
        for at in range(begin, min(behind, begin + _MOST_BUTTON)):
            for word in _COPIES:
                if begins_in_any_case(data, at, len(data), word):
                    return True
    return False


@njit(cache=True, nogil=True)
def _is_in_sentence(data: Bytes, nodes: "Nodes", node: int, begin: int, behind: int) -> bool:
    """Whether a button is named by a sentence, `Click <button>Copy</button> to copy`.

    Text follows it, and stands before it or it is in a paragraph; beside code it works on that.
    """
    above = nodes.parent[node]
    if above < 0 or nodes.tag[above] in (_PRE, _CODE):
        return False
    before = begin - 1
    while before >= 0 and data[before] <= ord(" "):
        before -= 1
    is_behind_text = before >= 0 and data[before] != ord(">")
    if not (is_behind_text or nodes.tag[above] == _P):
        return False
    most = min(len(data), behind + _MOST_BUTTON)
    after = find_bytes(data, behind, most, _BUTTON_END) + len(_BUTTON_END)
    while after < most and data[after] <= ord(" "):
        after += 1
    return after < most and data[after] != ord("<")


@njit(cache=True, nogil=True)
def is_share(data: Bytes, begin: int, behind: int) -> bool:
    """Whether a link shares the page by its address, and says no more than where to.

    Args:
      begin, behind: where its tag begins and ends.
    """
    at = find_bytes(data, begin, behind, _HREF) + len(_HREF)
    if at >= behind:
        return False
    host = find_bytes(data, at, min(at + 8, behind), _SLASHES) + len(_SLASHES)
    host += len(_WWW) if begins(data, host, behind, _WWW) else 0
    found = False
    for address in _SHARES:
        found = found or begins(data, host, behind, address)
    for address in _SENDS:
        found = found or begins(data, at, behind, address)
    if not found:
        return False
    length, in_tag, at = 0, False, behind
    while at + 2 < min(len(data), behind + _MOST_LINK) and length <= _MOST_NAME:
        if data[at] == ord("<"):
            if data[at + 1] == ord("/") and data[at + 2] == ord("a"):
                return True
            in_tag = True
        elif data[at] == ord(">"):
            in_tag = False
        else:
            length += not in_tag
        at += 1
    return False


@njit(cache=True, nogil=True)
def _is_page_mark(data: Bytes, begin: int, behind: int) -> bool:
    """Whether an element is where a page of a printed book begins: `[Pg 12]` with id `Page_12`.

    It holds the number of an id in it, in brackets, and no word before it but one of `Pg`, `S.`.

    Args:
      begin, behind: where its tag begins and ends.
    """
    most = min(len(data), behind + _MOST_MARK)
    at = find_bytes(data, begin, most, _ID) + len(_ID)
    if at >= most or not begins_in_any_case(data, at, most, _PAGE):
        return False
    at += len(_PAGE)
    while at < most and not (is_digit(data[at]) or data[at] == ord('"')):
        at += 1
    number = at
    while at < most and data[at] != ord('"'):
        at += 1
    size = at - number
    if size == 0 or at >= most:
        return False
    place, depth, letters, is_open, is_closed, digits = behind, 0, 0, False, False, 0
    while place < most:
        byte = data[place]
        if byte == ord("<"):
            depth += -1 if place + 1 < most and data[place + 1] == ord("/") else 1
            if depth < 0:
                break
            while place < most and data[place] != ord(">"):
                place += 1
        elif byte in (ord("["), ord("{"), ord("(")):
            is_open = not is_open and letters == 0
        elif byte in (ord("]"), ord("}"), ord(")")):
            is_closed = True
        elif is_digit(byte):
            if digits >= size or byte != data[number + digits] or is_closed:
                return False
            digits += 1
        elif byte > ord(" ") and byte != ord("."):
            letters += 1
            if letters > 4 or digits or is_closed:
                return False
        place += 1
    return depth < 0 and is_open and is_closed and digits == size
