"""Pages as MediaWiki renders them (Parsoid's HTML), to plain text.

As `filters.wikitext` leaves out references, navigation, tables, pictures and formulas unless they
are asked for. Text that templates make stays: here they are expanded.

Source: https://www.mediawiki.org/wiki/Specs/HTML for references, media and formulas; the class
names of boxes are those of the templates of the large Wikipedias.
"""

from resiliparse.parse.html import HTMLTree

from filters.extract.main_content import whole_text

# Never running text: references and their lists, notices, navigation, what only editors see.
FURNITURE = (
    "style", "script", ".mw-ref", ".reference", ".mw-references-wrap", ".references", ".reflist",
    ".navbox", ".vertical-navbox", ".sidebar", ".sistersitebox", ".metadata", ".ambox", ".hatnote",
    ".dablink", ".noprint", ".mw-editsection", ".shortdescription", ".toc", ".catlinks",
    "#coordinates", "[role=navigation]", "[role=note]",
)  # fmt: skip
INFOBOXES = (".infobox", ".infobox_v2", ".infobox_v3", ".sinottico", ".taxobox", ".biota")
PICTURES = ("figure", ".thumb", ".gallery", ".mw-gallery-traditional")
CAPTIONLESS = ("img", "figure > a", "figure > span", ".gallerybox .thumb")


def wiki_page_text(
    html: str, *, tables: bool, infoboxes: bool, captions: bool, math: bool, markdown: bool = False
) -> str:
    """Text of a page; what the arguments mean, `filters.wikitext.Markup` says."""
    skip = list(FURNITURE)
    boxes = "".join(f":not({box})" for box in INFOBOXES)
    if not infoboxes:
        skip += INFOBOXES
    if not tables:
        skip += [f"table{boxes}"] if infoboxes else ["table"]
    skip += CAPTIONLESS if captions else PICTURES
    if not math:
        skip += [".mwe-math-element", "math"]
    tree = HTMLTree.parse(html)
    if tree.document is not None:
        for element in tree.document.query_selector_all(", ".join(skip)):
            if element.parent is not None:
                element.parent.remove_child(element)
    return whole_text(tree, markdown=markdown)
