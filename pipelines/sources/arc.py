"""ARC, the format before WARC: headers of its records as those of WARC.

The header of a record is one line: URL, IP address, date, media type and length, in version 2 with
more fields before the length. The content of a page is what the server sent, as in WARC.
"""

import re

START = b"filedesc://"  # the URL of a file's first record, which describes the file
PAGE_START = b"http"
MAX_HEADER_BYTES = 8 << 10

# URLs and media types may contain spaces.
HEADER = re.compile(
    rb"(?P<url>[a-z][a-z0-9+.-]*:[^\r\n]*) (?P<ip>[0-9a-f.:]+|-) (?P<date>\d{14}|\d{12}|\d{8}) "
    rb"(?P<type>[^\r\n]*) (?P<length>\d{1,15})\r?\n",
    re.I,
)
# The pattern of a record that is searched, at the start of a line.
SEARCHED = re.compile(
    rb"(?m:^)" + HEADER.pattern.replace(b"[a-z][a-z0-9+.-]*:", b"https?:", 1), re.I
)


def begins(head: bytes) -> bool:
    """Whether a file that begins so is ARC; pieces of a file lack the record that describes it."""
    return head.startswith(START) or HEADER.match(head) is not None


def warc_header(found: re.Match[bytes]) -> bytes:
    """The WARC header of a record whose line `HEADER` matched."""
    url, date = found["url"], found["date"].ljust(14, b"0")  # of some crawlers, the day alone
    kind, media_type = b"response", found["type"]
    if url.startswith(START):
        kind = b"warcinfo"
    elif url.lower().startswith(PAGE_START):
        media_type = b"application/http; msgtype=response"
    return (
        b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\n"
        b"WARC-Date: %s-%s-%sT%s:%s:%sZ\r\nContent-Type: %s\r\nContent-Length: %s\r\n\r\n"
        % (
            kind,
            url,
            date[:4],
            *(date[at : at + 2] for at in range(4, 14, 2)),
            media_type,
            found["length"],
        )
    )
