"""API keys whose issuers gave them a form of their own, and private keys in PEM's.

Source: the forms that issuers publish, mostly for GitHub's secret scanning partners
(https://docs.github.com/en/code-security/secret-scanning). Keys without a form of their own can't
be told from other random strings, and are left.
"""

import re

from filters.pii.places import Place

Span = tuple[int, int]

API_KEY = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"  # Amazon
    r"|AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{20,}"  # Slack
    r"|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}"  # Stripe
    r"|sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]+-)[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic
    r"|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"
    r"|hf_[A-Za-z]{34}|npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50,}|dckr_pat_[A-Za-z0-9_-]{27}"
    r"|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"  # SendGrid
    r"|(?:AC|SK)[0-9a-f]{32}"  # Twilio
    r"|[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"  # Telegram
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|dop_v1_[0-9a-f]{64}|r8_[A-Za-z0-9]{37}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}"  # JSON Web Token
    r")(?![A-Za-z0-9_])"
)
# Up to its end, or where that is missing up to the end of its base64.
PRIVATE_KEY = re.compile(
    r"-----BEGIN (?P<label>(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:[^-]{0,20000}-----END (?P=label)-----|[A-Za-z0-9+/=\s]*(?<=[A-Za-z0-9+/=-]))"
)


def api_key_spans(text: str, places: list[Place]) -> list[Span]:
    found = (API_KEY.match(text, place.start) for place in places)
    return [match.span() for match in found if match]


def private_key_spans(text: str, places: list[Place]) -> list[Span]:
    found = (PRIVATE_KEY.match(text, place.start) for place in places)
    return [match.span() for match in found if match]
