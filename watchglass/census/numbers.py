"""Numbers as people write them in tables: 11,29,000 and 1.234,5 and 15.35m and 12 %.

One comma or point with three digits behind it can mean either. What settles it: another cell of the same column (`marks`),
or that the column counts things, so that it has no fractions (`whole`). If nothing does, a comma groups thousands and
a point begins a fraction, as in English.
"""

import math
import re
import unicodedata
from collections.abc import Iterable

POINT, COMMA = ".", ","

_LONGEST = 80  # characters
_MANY = 1e300  # beyond it nothing is counted, and a sum would no longer be finite

_FACTORS = {
    "k": 1e3,
    "tsd": 1e3,
    "thousand": 1e3,
    "lakh": 1e5,
    "lakhs": 1e5,
    "m": 1e6,
    "mn": 1e6,
    "mln": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "millionen": 1e6,
    "crore": 1e7,
    "crores": 1e7,
    "bn": 1e9,
    "billion": 1e9,
    "billions": 1e9,
    "만": 1e4,
    "万": 1e4,
    "萬": 1e4,
    "억": 1e8,
    "亿": 1e8,
    "億": 1e8,
}
_NOTHING = frozenset({"", "-", "--", "n/a", "na", "n.a.", "nan", "null", "none", "k.a.", "s/d", "..", "...", "?"})
_SIGNS = str.maketrans(
    {"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2019": "'", "`": "'"}
)
_PARTS = re.compile(r"([+-]?)\s*([0-9][0-9.,' ]*|[.,][0-9]+)(e[+-]?[0-9]{1,3})?\s*([^\W\d_]*\.?|%)", re.IGNORECASE)
_WESTERN = re.compile(r"[0-9]{1,3}(?:S[0-9]{3})+")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")


class NotANumberError(ValueError):
    """A cell is no number. Its text says what is wrong with it."""


def read(text: str, mark: str | None = None, *, whole: bool = False) -> float | None:
    """The number in a cell; None if it is empty or says that nobody knows. A per cent is a hundredth: "12 %" is 0.12.

    `mark` is what begins fractions in this column, if that is known. NotANumberError.
    """
    plain = _plain(text)
    if plain.casefold() in _NOTHING:
        return None
    found = _PARTS.fullmatch(plain) if len(plain) <= _LONGEST else None
    if not found:
        raise NotANumberError(f"{_shown(text)} is not a number")
    sign, digits, exponent, unit = found.groups()
    factor = _factor(unit, text)
    if whole and factor != 1:
        whole = False  # 1.234 million is whole without its point being one of thousands
    if exponent:
        mark, whole = mark or POINT, False
    head, tail = _split(digits.strip(), text, mark, whole)
    value = float(f"{head or '0'}.{tail or '0'}{exponent or ''}") * factor
    if not math.isfinite(value) or value > _MANY:
        raise NotANumberError(f"{_shown(text)} is larger than anything that is counted")
    return -value if sign == "-" else value


def read_whole(text: str, mark: str | None = None) -> int | None:
    """A count: what `read` reads, if it is whole. NotANumberError."""
    value = read(text, mark, whole=True)
    if value is None:
        return None
    if abs(value - round(value)) > 1e-4:  # so much can come of 15.351 times a billion
        raise NotANumberError(f"{_shown(text)} is not a whole number")
    return round(value)


def marks(cells: Iterable[str]) -> frozenset[str]:
    """What begins fractions in this column: point or comma as far as any cell settles it; both if cells contradict."""
    return frozenset(mark for cell in cells if (mark := _settles(cell)))


def mark_of(cells: Iterable[str]) -> str | None:
    """The one mark that a column's cells settle; None if none does, or if they contradict one another."""
    found = marks(cells)
    return next(iter(found)) if len(found) == 1 else None


def _plain(text: str) -> str:
    """With plain digits, spaces and signs: NFKC makes no-break and thin spaces ordinary ones."""
    folded = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip()
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in folded)


def _factor(unit: str, text: str) -> float:
    if unit == "%":
        return 0.01
    factor = _FACTORS.get(unit.rstrip(".").casefold()) if unit else 1.0
    if factor is None:
        raise NotANumberError(f"{_shown(text)} is not a number: {_shown(unit)} is no word for so many")
    return factor


def _split(digits: str, text: str, mark: str | None, whole: bool) -> tuple[str, str]:
    """Digits before and behind the mark of fractions, without what groups them."""
    used = {sign: digits.count(sign) for sign in (POINT, COMMA) if sign in digits}
    gaps = {sign for sign in " '" if sign in digits}
    if len(gaps) > 1 or (gaps and len(used) > 1):
        raise NotANumberError(f"{_shown(text)} is not a number: it groups thousands in two ways")
    if not used:
        return _ungrouped(digits, next(iter(gaps), ""), text), ""
    if len(used) == 1 and not gaps:
        ((sign, count),) = used.items()
        if count > 1 or (_either(digits, sign) and not _is_fraction(sign, mark, whole)):
            return _ungrouped(digits, sign, text), ""
        head, _, tail = digits.partition(sign)
        return head, tail
    last = max(used, key=digits.rfind)
    if used[last] > 1:
        raise NotANumberError(f"{_shown(text)} is not a number: it has more than one {_named(last)}")
    head, _, tail = digits.partition(last)
    grouping = next(iter(gaps), "") or (POINT if last == COMMA else COMMA)
    if not tail.isdigit() and tail:
        raise NotANumberError(f"{_shown(text)} is not a number: its groups go on behind the {_named(last)}")
    return _ungrouped(head, grouping, text), tail


def _ungrouped(digits: str, sign: str, text: str) -> str:
    """Without the sign that groups thousands, which must stand where thousands end (or lakhs, with commas)."""
    if not sign:
        return digits
    if re.fullmatch(_WESTERN.pattern.replace("S", re.escape(sign)), digits) or (
        sign == COMMA and _INDIAN.fullmatch(digits)
    ):
        return digits.replace(sign, "")
    groups = [len(group) for group in digits.split(sign)]
    said = " and ".join(str(size) for size in groups) if len(groups) < 5 else "too many"
    raise NotANumberError(
        f"{_shown(text)} is not a number: its {_named(sign)}s make groups of {said} digits, not of three"
    )


def _either(digits: str, sign: str) -> bool:
    """Whether this one sign can be read both ways: 1,234 can, 0,234 and 1234,567 and 1,23 can't."""
    head, _, tail = digits.partition(sign)
    return len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"


def _is_fraction(sign: str, mark: str | None, whole: bool) -> bool:
    if mark is not None:
        return sign == mark
    return not whole and sign == POINT


def _settles(text: str) -> str | None:
    """The mark of fractions that this cell must have been written with; None if it could be either, or is no number."""
    plain = _plain(text)
    found = _PARTS.fullmatch(plain) if len(plain) <= _LONGEST else None
    if not found:
        return None
    digits = found[2].strip()
    used = [sign for sign in (POINT, COMMA) if sign in digits]
    if not used:
        return None
    try:
        _split(digits, text, None, whole=False)
    except NotANumberError:
        return None
    if len(used) == 2:
        return max(used, key=digits.rfind)
    (sign,) = used
    if digits.count(sign) > 1:
        return POINT if sign == COMMA else COMMA
    gaps = " " in digits or "'" in digits
    return sign if gaps or not _either(digits, sign) else None


def _named(sign: str) -> str:
    return {POINT: "point", COMMA: "comma", " ": "space", "'": "apostrophe"}[sign]


def _shown(text: str) -> str:
    """A cell as it is quoted: in one line, and not longer than a line."""
    line = " ".join(text.split())
    return f'"{line[:40]}…"' if len(line) > 40 else f'"{line}"'
