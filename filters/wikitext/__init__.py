"""MediaWiki markup to plain text, and what differs between the languages of its wikis."""

from filters.wikitext.convert import Markup, wikitext_to_text
from filters.wikitext.names import hidden_namespaces, is_disambiguation, is_redirect, wiki_code

__all__ = [
    "Markup",
    "hidden_namespaces",
    "is_disambiguation",
    "is_redirect",
    "wiki_code",
    "wikitext_to_text",
]
