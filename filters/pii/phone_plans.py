"""Numbering plans of regions, asked quickly: Google's metadata (the library phonenumbers).

The library parses a number anew for each region, in some 50 microseconds. Here a region's lengths
and patterns are looked at first, so that it is asked about what can be a number there.
"""

import dataclasses
import functools
import re

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

# Kinds of numbers that people have.
_PERSONAL = ("fixed_line", "mobile")


@dataclasses.dataclass(frozen=True)
class Plan:
    """How numbers of a region are made.

    Attributes:
      code: of the country, as digits.
      lengths: of a number without code and national prefix, of any use.
      personal_lengths: of fixed lines and mobile telephones.
      prefix: what is dialled before a number inside of the country, and may be kept.
      transform: what a number that has the prefix becomes; None takes it away.
      valid: matches every number in use.
    """

    code: str
    lengths: frozenset[int]
    personal_lengths: frozenset[int]
    prefix: re.Pattern[str] | None
    transform: str | None
    valid: re.Pattern[str]

    def nationals(self, digits: str) -> list[str]:
        """What the number may be without national prefix, as it stands first."""
        found = [digits]
        match = self.prefix.match(digits) if self.prefix else None
        if match and match.end():
            if self.transform and match.lastindex and match[match.lastindex]:
                found.append(match.expand(self.transform) + digits[match.end() :])
            else:
                found.append(digits[match.end() :])
        return found

    def is_possible(self, digits: str) -> bool:
        """Has it a length that occurs here?"""
        return any(len(national) in self.lengths for national in self.nationals(digits))

    def may_be_valid(self, digits: str) -> bool:
        """Is it in use, as far as the pattern of all numbers together tells?"""
        options = self.nationals(digits)
        if digits.startswith(self.code):
            options += self.nationals(digits[len(self.code) :])
        return any(self.valid.fullmatch(national) for national in options)


@functools.cache
def plan(region: str) -> Plan | None:
    """A region's plan, or None if nobody has one."""
    data = PhoneMetadata.metadata_for_region(region)
    if data is None:
        return None
    prefix, transform = data.national_prefix_for_parsing, data.national_prefix_transform_rule
    personal = [getattr(data, kind).possible_length for kind in _PERSONAL if getattr(data, kind)]
    return Plan(
        str(data.country_code),
        frozenset(data.general_desc.possible_length),
        frozenset(n for lengths in personal for n in lengths if n > 0),
        re.compile(prefix) if prefix else None,
        transform,
        re.compile(data.general_desc.national_number_pattern),
    )


@functools.cache
def _codes() -> frozenset[str]:
    return frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


def is_international(digits: str, strict: bool) -> bool:
    """Is it a country's code and a number there? Possible ones have a length that occurs there."""
    known = _codes()
    if not 7 <= len(digits) <= 17 or not any(digits[:n] in known for n in (1, 2, 3)):
        return False
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return False
    check = phonenumbers.is_valid_number if strict else phonenumbers.is_possible_number
    return bool(check(number))
