"""Numbering plans of regions, asked quickly: Google's metadata (the library phonenumbers).

The library parses a number anew for each region, in some 50 microseconds. Here a region's lengths
and patterns are looked at first, so that it is asked about what can be a number there.
"""

import dataclasses
import functools
import re
from typing import Any

import phonenumbers
from phonenumbers.data import _ALT_NUMBER_FORMATS
from phonenumbers.phonemetadata import PhoneMetadata

# Kinds of numbers that people have.
_PERSONAL = ("fixed_line", "mobile")
_SHORT = 8


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
      formats: how numbers are written: what they begin with, and their groups.
    """

    code: str
    lengths: frozenset[int]
    personal_lengths: frozenset[int]
    prefix: str | None
    transform: str | None
    valid: str
    formats: tuple[tuple[str | None, str], ...]

    def nationals(self, digits: str) -> list[str]:
        """What the number may be without national prefix, as it stands first."""
        found = [digits]
        match = _compiled(self.prefix).match(digits) if self.prefix else None
        if match and match.end():
            if self.transform and match.lastindex and match[match.lastindex]:
                found.append(match.expand(self.transform) + digits[match.end() :])
            else:
                found.append(digits[match.end() :])
        return found

    def is_possible(self, digits: str) -> bool:
        """Has it a length that occurs here?"""
        return any(len(national) in self.lengths for national in self.nationals(digits))

    def is_valid(self, digits: str) -> bool:
        """Is it in use, as far as the pattern of all numbers together tells?"""
        valid = _compiled(self.valid)
        return any(valid.fullmatch(national) for national in self.nationals(digits))

    def is_short(self, digits: str) -> bool:
        """Has it the length of a fixed line or a mobile telephone, which are all short here?"""
        return len(digits) in self.personal_lengths and max(self.personal_lengths) <= _SHORT

    def may_be_valid(self, digits: str, groups: str) -> bool:
        """Is it in use, and are its groups whole, as far as patterns tell without the library?

        Args:
          groups: the digits as they are grouped, a space between.
        """
        options = self.nationals(digits)
        if digits.startswith(self.code):
            options += self.nationals(digits[len(self.code) :])
        valid = _compiled(self.valid)
        return any(valid.fullmatch(n) and self._keeps_groups(n, groups) for n in options)

    def _keeps_groups(self, national: str, groups: str) -> bool:
        for leading, pattern in self.formats:
            match = _compiled(pattern).fullmatch(national)
            if match is None or (leading and not _compiled(leading).match(national)):
                continue
            at = 0
            for group in match.groups():
                at = groups.find(group, at) + len(group)
                if at < len(group):
                    break
            else:
                return True
        return not self.formats


@functools.cache
def plan(region: str) -> Plan | None:
    """A region's plan, or None if nobody has one."""
    data: Any = PhoneMetadata.metadata_for_region(region)
    if data is None:
        return None
    personal = (getattr(data, kind) for kind in _PERSONAL)
    return Plan(
        str(data.country_code),
        frozenset(data.general_desc.possible_length),
        frozenset(n for use in personal if use for n in use.possible_length if n > 0),
        data.national_prefix_for_parsing,
        data.national_prefix_transform_rule,
        data.general_desc.national_number_pattern,
        tuple(
            (f.leading_digits_pattern[-1] if f.leading_digits_pattern else None, f.pattern)
            for f in (*data.number_format, *_ALT_NUMBER_FORMATS.get(data.country_code, ()))
        ),
    )


_compiled = functools.cache(re.compile)  # re's own cache is small


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
