"""Numbers as they are printed: what a text says, and which numbers would be printed so.

"5.2 million" may stand for anything from 5.15 million, rounded, to just under 5.3 million, cut off. Arithmetic is exact.
"""

import dataclasses
import re
from fractions import Fraction

from watchglass.base.errors import BadInputError

SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_PRINTED = re.compile(
    r"(?:(?P<word>nearly|about) )?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?(?: (?P<scale>thousand|million|billion))?"
)
_INDIAN_WITH_A_POINT = re.compile(r"(\d{1,2})\.(\d{2}),(\d{3})")
_NAMES = {
    10**0: "ones", 10**1: "tens", 10**2: "hundreds", 10**3: "thousands", 10**4: "tens of thousands",
    10**5: "hundreds of thousands", 10**6: "millions", 10**7: "tens of millions", 10**8: "hundreds of millions",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Printed:
    """A number that was printed. `unit` is what one of its last digit stands for; `word` "nearly", "about" or nothing."""

    text: str
    value: Fraction
    unit: Fraction
    scale: str = ""
    word: str = ""

    @property
    def decimals(self) -> int:
        """How many digits stand after the point."""
        number = self.text.split()[1 if self.word else 0]
        return len(number.partition(".")[2])

    def may_stand_for(self, value: Fraction) -> bool:
        """Whether this is how `value` is printed, be it rounded or cut off."""
        return _overlap(self.span(), (value, value))

    def span(self, unit: Fraction | None = None) -> tuple[Fraction, Fraction]:
        """Which numbers are printed so, the upper one no longer: those that round to it, and those that are cut off to it.

        "Nearly" allows one of the last digit below, and nothing above; "about" one of it either way. With another `unit`,
        as if only digits down to that were meant.
        """
        unit = self.unit if unit is None else unit
        if self.word == "nearly":
            return self.value - unit, self.value + self.unit / 1000  # the number itself is among them
        if self.word == "about":
            return self.value - unit, self.value + unit
        return self.value - unit / 2, self.value + unit

    def coarse(self) -> Fraction:
        """What its last digit that is no zero stands for: 200 million may have been rounded to hundreds of millions."""
        unit = self.unit
        while self.value and self.value % (unit * 10) == 0:
            unit *= 10
        return unit

    def like(self, value: Fraction, decimals: int) -> str:
        """Another number, written as this one is, with so many decimals."""
        number = value / SCALES.get(self.scale, 1)
        return f"{decimal(number, decimals)} {self.scale}".rstrip()


def read(text: str) -> Printed:
    """The number in a printed text. BadInputError if it is none: "11.29,000"."""
    match = _PRINTED.fullmatch(text.strip())
    if match is None:
        raise BadInputError(f"'{text}' cannot be read as a number: {_readings(text)}.")
    part, scale = match["part"] or "", SCALES.get(match["scale"] or "", 1)
    value = Fraction(match["whole"].replace(",", "") + part) * scale
    unit = Fraction(scale, 10 ** max(0, len(part) - 1))
    return Printed(text.strip(), value, unit, match["scale"] or "", match["word"] or "")


def readings(text: str) -> tuple[int, ...]:
    """What a malformed number could have been meant to be: with a point for a comma of Indian grouping, or thousands."""
    match = _INDIAN_WITH_A_POINT.fullmatch(text.strip())
    if match is None:
        return ()
    return int("".join(match.groups())), int(match[1] + match[2]) * 10


def decimal(value: Fraction | float, decimals: int) -> str:
    """A number with so many decimals and commas between thousands; a half goes up, as by hand."""
    scaled = Fraction(value) * 10**decimals
    whole, rest = divmod(abs(scaled), 1)
    digits = f"{int(whole) + (rest >= Fraction(1, 2)):0{decimals + 1}d}"
    sign = "-" if scaled < 0 and int(digits) else ""
    before, after = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    return f"{sign}{int(before):,}{'.' + after if after else ''}"


def unit_name(unit: Fraction) -> str:
    """Tens, thousands, tens of millions."""
    return _NAMES.get(int(unit), f"multiples of {decimal(unit, 0)}")


def explained_by(printed: Printed, needed: tuple[Fraction, Fraction], unit: Fraction | None = None) -> bool:
    """Whether some number between the two of `needed` would be printed so."""
    return _overlap(printed.span(unit), needed)


def _overlap(span: tuple[Fraction, Fraction], needed: tuple[Fraction, Fraction]) -> bool:
    return needed[0] < span[1] and span[0] <= needed[1]


def _readings(text: str) -> str:
    meant = readings(text)
    if not meant:
        return "write it as 1234567, 1,234,567 or 1.2 million"
    return f"as Indian grouping it would be {meant[0]:,}, as thousands {meant[1]:,}"
