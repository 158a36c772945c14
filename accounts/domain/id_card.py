"""Identity-document numbers: normalise what people type, check what a standard lets us check, mask what pages show."""

import re
import unicodedata
from datetime import date
from enum import StrEnum

from stdnum.iso7064 import mod_11_2

LENGTH = 18
SHOWN_AT_THE_START = 3
SHOWN_AT_THE_END = 2  # fewer than the four that may be the check code
SHORT = 2 * (SHOWN_AT_THE_START + SHOWN_AT_THE_END)  # from here on at least half of the number stays hidden

_IGNORED = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u2010-\u2015\u2212-]")
_LOOKS_LIKE_X = str.maketrans("×✕✖", "XXX")
_CHARACTERS = re.compile(r"[0-9]{17}[0-9X]")


class Fault(StrEnum):
    """Why a number cannot be that of a mainland ID card."""

    LENGTH = "length"
    CHARACTERS = "characters"
    BIRTH_DATE = "birth_date"
    CHECKSUM = "checksum"


def normalise(typed: str) -> str:
    """Return the number as it is stored: half-width, upper case, without spaces, dashes or invisible characters."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", typed)).translate(_LOOKS_LIKE_X).upper()


def fault(number: str) -> Fault | None:
    """Return what GB 11643 finds wrong with a normalised number, or None.

    The region (first six digits) is not looked up: numbers keep the code of the place that issued the first card, which
    may be younger than its holder or long renamed, and no published list is complete.
    """
    if len(number) != LENGTH:
        return Fault.LENGTH
    if not _CHARACTERS.fullmatch(number):
        return Fault.CHARACTERS
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Fault.BIRTH_DATE
    return None if mod_11_2.is_valid(number) else Fault.CHECKSUM


def is_valid(number: str) -> bool:
    """Tell whether a normalised number is a mainland ID-card number by GB 11643 (18 characters, date, checksum)."""
    return fault(number) is None


def mask(number: str) -> str:
    """Return the number with its middle hidden; the shorter the number, the less of it is shown."""
    if len(number) <= SHOWN_AT_THE_START + SHOWN_AT_THE_END:
        return "*" * (len(number) - 1) + number[-1:]
    start = SHOWN_AT_THE_START if len(number) >= SHORT else 1
    hidden = len(number) - start - SHOWN_AT_THE_END
    return number[:start] + "*" * hidden + number[-SHOWN_AT_THE_END:]
