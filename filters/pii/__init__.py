"""Personal data: found by kind, replaced by tags or keyed stand-ins, counted."""

from filters.pii.kinds import KINDS, Kind
from filters.pii.names import Names, missing
from filters.pii.redact import DEFAULT_KINDS, Decisions, Replacement, kinds_of, redact

__all__ = [
    "DEFAULT_KINDS",
    "KINDS",
    "Decisions",
    "Kind",
    "Names",
    "Replacement",
    "kinds_of",
    "missing",
    "redact",
]
