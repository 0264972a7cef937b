"""Bytes of web pages to characters, as browsers do it.

Standards: https://encoding.spec.whatwg.org (labels, tables, decoders) and
https://html.spec.whatwg.org/#determining-the-character-encoding (where a page says its encoding).
"""
