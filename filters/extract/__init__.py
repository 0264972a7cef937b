"""Text of records by their media type: main content of pages, text of wiki pages in HTML."""
