"""HTML's elements and the words of class names, as numbers that kernels look up.

What an element is follows https://html.spec.whatwg.org/multipage/rendering.html: which elements
begin a line of their own, which are never rendered. The words of classes, ids and roles are common
to the web's themes in any language, since they are English; they are hints, and no hint decides
alone.
"""

import functools
from typing import NamedTuple

import numpy as np

from filters.text.characters import Bytes, Hashes, Ints, find_slot, table_size
from filters.wikitext.lookups import fnv

TEXT = 0  # the tag of a text node
OTHER = 1  # that of an element unknown here, which is inline as in browsers

# Flags of elements.
BLOCK = 1  # begins and ends a line
VOID = 2  # has no content and no end tag
RAW = 4  # its content is text up to its end tag
UNSEEN = 8  # nothing in it is text of the page

_BLOCKS = """
    address article aside blockquote body caption center details dialog dd dir div dl dt fieldset
    figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing
    main menu nav ol optgroup option p plaintext pre search section summary table tbody td tfoot th
    thead tr ul xmp foreignObject
"""
_VOIDS = """
    area base basefont bgsound br col embed frame hr img input keygen link meta param source track
    wbr
"""
_RAW = "iframe noembed noframes plaintext script style xmp"
_UNSEEN = """
    annotation annotation-xml applet audio canvas clipPath datalist defs desc embed head iframe
    input map mask metadata meter noembed noframes noscript object pattern progress rp script select
    style symbol template textarea title video
"""
_INLINE = """
    a abbr b bdi bdo big button cite code data del dfn em font i ins kbd label mark math mfenced
    mfrac mi mn mo mover mphantom mroot mrow mspace msqrt mstyle msub msubsup msup mtable mtd mtext
    mtr munder munderover output q rb rt rtc ruby s samp small span strike strong sub sup svg text
    time tspan tt u var
"""


def _flags() -> dict[str, int]:
    flags: dict[str, int] = {}
    for names, flag in ((_BLOCKS, BLOCK), (_VOIDS, VOID), (_RAW, RAW), (_UNSEEN, UNSEEN)):
        for name in names.split():
            flags[name] = flags.get(name, 0) | flag
    return flags | dict.fromkeys(_INLINE.split(), 0)


_FLAGS = _flags()
NAMES = ("", "", *sorted(_FLAGS))  # of tags, by number
FLAGS = np.array([0, 0, *(_FLAGS[name] for name in NAMES[2:])], np.uint8)
_NUMBERS = {name: number for number, name in enumerate(NAMES) if name}

# The words of classes, ids, roles and item properties, by what they are used for.
CLASS_WORDS = {
    "navigation": """nav navbar navigation menu menus submenu dropdown mega breadcrumb breadcrumbs
        crumbs crumb pagination pager paging""",
    "footer": "footer foot bottom copyright legal colophon contentinfo",
    "header": "header masthead banner topbar top head",
    "aside": "sidebar side aside rail widget widgets secondary complementary",
    "comments": "comment comments commentlist disqus reply replies respond discussion",
    "social": "share sharing social facebook twitter follow like likes whatsapp sharethis addthis",
    "related": """related recommended recommendations recommendation recirc suggested popular
        trending latest also similar upsell crosssell further readmore""",
    "advertisement": """ad ads advert advertisement sponsor sponsored promo promotion cta taboola
        outbrain dfp adslot""",
    "subscription": """newsletter subscribe signup subscription email optin form login register
        account donate""",
    "notice": "cookie cookies consent gdpr modal popup overlay dialog toast notice alert",
    "facts": """meta byline author date time tags tag categories category posted info published bio
        avatar""",
    "content": "content contents article post entry story body text main page copy",
    "prose": "prose markdown richtext rte wysiwyg editor articlebody paragraph paragraphs rich mce",
    "product": """product price sku description details specs specification specifications features
        feature""",
    "review": "review reviews rating ratings stars testimonial testimonials",
    "card": "card cards item items list grid tile tiles teaser",
    "carousel": "carousel slider slick swiper slide slides owl",
    "code": "code highlight syntax hljs prism",
    "media": "caption figure gallery image img video player media thumbnail",
    "hidden": "hidden sr only screen reader visually hide invisible offscreen",
    "forum": "thread message messages forum topic quote signature",
    "search": "search filter filters sort facets facet",
    "tool": "toolbar button buttons btn actions action controls icon icons tooltip skip",
    "contents": "toc tableofcontents outline",
    "accordion": "faq faqs accordion tabs tab panel collapse question answer",
    "lead": "hero intro lead summary excerpt title headline subtitle dek standfirst",
    "shop": "cart basket checkout wishlist shop shipping",
    "layout": "wrapper container wrap inner outer row col column layout section",
}

# Bits of a node: one for each group of words, and above them what attributes say.
WORD_GROUPS = len(CLASS_WORDS)
# Classes that say by a whole name what an element is: text for screen readers alone, or for screens
# and no printed page, a link of a
# heading to itself, an icon that a font draws, a line of code, numbers of lines, an old listing,
# code with a language, drawings of formulas beside their source, notes of a text, and what works on
# the text (`filters.extract.furniture`).
CONTROL = np.uint64(1 << 29)
# Of `<input>`: an answer to choose, a field for text.
FIELD, CHOICE = np.uint64(1 << 28), np.uint64(1 << 58)
(READ_ALOUD, PERMALINK, ICON, CODE_LINE, LINE_NUMBERS, LISTED, HIGHLIGHTER, RENDERING,
 DISPLAYED, NOTES) = (np.uint64(1 << bit) for bit in range(30, 40))  # fmt: skip
HIDDEN, NO_DISPLAY, NAMED, STREAMED = (np.uint64(1 << bit) for bit in range(40, 44))
MATHJAX, FORMULA, TEX = (np.uint64(1 << bit) for bit in range(44, 47))
# Elements whose style keeps the line ends of the source, or the spaces as well; code that is one
# piece of lines, but whose white space is that of prose.
KEEPS_LINES, KEEPS_SPACES, LOOSE = (np.uint64(1 << bit) for bit in range(53, 56))
# Lists whose style gives their items numbers, or takes these away.
NUMBERED, BULLETED = (np.uint64(1 << bit) for bit in range(56, 58))
MARKED = BULLETED  # of an item, that its own text is its mark
# What its style raises or lowers; of a list, how its items are numbered.
RAISED, LOWERED, LETTERS, ROMAN, CAPITALS, REVERSED = (np.uint64(1 << bit) for bit in range(47, 53))
NARROW = CAPITALS  # of what is no `<ol>`, that it is shown on narrow screens alone
# A formula that has a line of its own, elements that hold lines of code as <pre> does, and what of
# them would be a block elsewhere; elements with `aria-hidden`; what is shown and no text.
DISPLAY, LISTING, LINE, UNREAD, LEFT_OUT = (np.uint64(1 << bit) for bit in range(59, 64))

# Names of classes, by what they say. One that ends in `-` or `_` is the beginning of a name.
CLASS_NAMES = {
    READ_ALOUD: """sr-only sr_only visually-hidden visuallyhidden a-offscreen screen-reader-text
        screen-reader-only show-for-sr u-visually-hidden is-visually-hidden govuk-visually-hidden
        clipped v-visible-sr visually_hidden visuallyHidden element-invisible assistive-text
        wprm-screen-reader-text screenreader screen-reader a11y-hidden hidden-visually
        tooltiptext noprint""",
    NARROW: """sm:hidden md:hidden lg:hidden xl:hidden d-sm-none d-md-none d-lg-none d-xl-none
        visible-xs visible-xs-block visible-xs-inline visible-sm visible-sm-block hidden-lg
        hidden-md-up hidden-lg-up hidden-desktop hide-desktop hide-on-desktop desktop-hidden
        hide-for-medium hide-for-large show-for-small-only elementor-hidden-desktop
        is-hidden-desktop is-hidden-tablet mobile-only only-mobile show-mobile show-on-mobile
        visible-mobile""",
    NO_DISPLAY: "hidden d-none hide is-hidden u-hidden display-none",
    PERMALINK: """headerlink permalink anchor anchorjs-link heading-anchor header-anchor anchor-link
        hash-link""",
    ICON: """material-icons material-icons- material-symbols- google-symbols google-material-icons
        mat-ligature-font""",
    CODE_LINE: "line token-line code-line",
    LINE_NUMBERS: "ln lnt",
    LISTED: "dp-",
    HIGHLIGHTER: "syntaxhighlighter highlighter- sourceCode",
    RENDERING: "MathJax MathJax_ katex-html",
    MATHJAX: "MJX-TEX",
    FORMULA: "latex mwe-math- ql-img- tex",
    DISPLAYED: "katex-display",
    CONTROL: """mw-editsection mw-cite-backlink footnote-backref reversefootnote footnote-back
        footnote__backref jp-InputPrompt jp-OutputPrompt input_prompt output_prompt this-page-menu
        copybtn copy-btn btn-copy copy-button copy-code-button clipboard-copy code-copy votecell
        js-voting-container votelinks flat-list ambox navbox vertical-navbox jp-relatedposts
        hatnote dablink rellink homonymie bandeau-container shortdescription mw-redirectedfrom
        mw-jump-link printfooter catlinks pagenum pagenumber pageno pgnum pgnbr
        x-ebookmaker-pageno ws-pagenum
        otPcTab otPcCenter otPcPanel otPcList otPcPopup otFlat otFloatingRoundedCorner
        otFloatingFlat otFloating otCenterRounded cli-modal cli-bar-container
        cky-consent-container cky-modal
        cky-preference-center cky-overlay cmplz-cookiebanner didomi-popup-container
        didomi-consent-popup-container qc-cmp2-container qc-cmp-cleanslate osano-cm-window
        osano-cm-dialog fc-consent-root iubenda-cs-container moove-gdpr-info-bar-container
        moove_gdpr_cookie_modal tarteaucitronRoot coi-banner-wrapper BorlabsCookie
        CybotCookiebotDialog evidon-banner klaro govuk-cookie-banner
        post-buttons back2top postdetails message-userTitle userTitle usertitle message-userExtras
        message-userBanner userBanner extraUserInfo message-attribution-opposite message-footer
        message-signature message-actionBar reactionsBar bbCodeBlock-expandLink quoteExpand
        publicControls quickbuttons post_controls postbit_buttons postfootleft postfootright
        postsignature postfoot postcounter signaturecontainer cAuthorPane_stats ipsComment_controls
        ipsComment_tools post-menu-area topic-map RoleTitle Post-actions lia-message-author-rank
        viewcode-link""",
    NOTES: """footnotes footnote-list endnotes end-notes notes references reference-list ref-list
        reflist bibliography works-cited citations sources fn-group literature""",
    RAISED: "sup superscript exponent",
    LOWERED: "sub subscript",
}

# Attributes that are read.
ATTRIBUTES = (
    "class", "id", "role", "itemprop", "hidden", "aria-labelledby", "style", "aria-hidden",
    "display", "colspan", "rowspan", "alt", "alttext", "start", "value", "open", "type", "reversed",
    "encoding", "src", "aria-level", "data-math",
)  # fmt: skip


class Lookup(NamedTuple):
    """An open hash table from a name's FNV-1a to a number."""

    keys: Hashes
    numbers: Ints


def lookup(numbers: dict[str, int]) -> Lookup:
    """A table of names and their numbers."""
    size = table_size(2 * len(numbers))
    found = Lookup(np.zeros(size, np.uint64), np.zeros(size, np.int64))
    for name, number in numbers.items():
        slot = find_slot(found.keys, size, np.uint64(fnv(name)))
        found.keys[slot], found.numbers[slot] = fnv(name), number
    return found


def tag(name: str) -> int:
    """The number of an element's name.

    Raises:
      KeyError: it is none of HTML's.
    """
    return _NUMBERS[name]


def tags(names: str) -> Bytes:
    """A mask over numbers of elements, 1 for these."""
    mask = np.zeros(len(NAMES), np.uint8)
    mask[[tag(name) for name in names.split()]] = 1
    return mask


@functools.cache
def lookups() -> tuple[Lookup, Lookup, Lookup, Lookup]:
    """From names to numbers: of elements and attributes, of words and names of classes to bits."""
    groups = {word: g for g, words in enumerate(CLASS_WORDS.values()) for word in words.split()}
    names = {
        name: int(bit).bit_length() - 1
        for bit, names in CLASS_NAMES.items() for name in names.split()
    }  # fmt: skip
    attributes = {name: number for number, name in enumerate(ATTRIBUTES, 1)}
    return lookup(_NUMBERS), lookup(attributes), lookup(groups), lookup(names)
