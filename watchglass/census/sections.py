"""Parts of a census's report as HTML: key figures in words, tables that can be sorted, lists, and remarks."""

import dataclasses
import html
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence

from watchglass.census.values import FIGURES, Census, Figure, Measures, Remark
from watchglass.census.writing import alike, figure_names, index_names, interval, plain, shown

LISTED = 50
"""Remarks of one kind that are listed; of the others there is the number, and they are in the JSON."""

KINDS = 40
"""Kinds of remarks that are shown one by one."""

KEY = ("cameras", "all", "per-1000", "per-km2", "effective", "public-seen", "walks-seen", "owned")

_SENTENCES: Mapping[str, str] = {
    "cameras": "On the map {area} has {value} cameras.",
    "all": "By what two sources have in common there are {value}.",
    "per-1000": "For every 1,000 people there are {value}.",
    "per-km2": "For every square kilometre there are {value}.",
    "effective": "What they see together is as much as {value} cameras would see that stand alone and unhindered.",
    "public-seen": "They see {value} of public space.",
    "walks-seen": "They see {value} of what one may walk along.",
    "owned": "An owner is named for {value} of them.",
}

# Figures by what they tell of, each a table of its own: one of all would be twenty columns wide.
_TOPICS: Mapping[str, tuple[str, ...]] = {
    "How many cameras": ("cameras", "all", "per-", "rank-"),
    "What they see of public space": ("effective", "public-seen"),
    "What they see of walking routes": ("walks-seen",),
    "What is said of them": ("owned", "purposed", "signed"),
}
_SINGLE = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|\d[\d.,]*")


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """Sentences, and a table if there is one. Of a column of numbers each cell is a number, or None where nothing is known."""

    title: str
    sentences: Sequence[str] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str | float | None]] = ()


def text(words: str) -> str:
    """Untrusted words as they may stand in HTML, in an attribute as well."""
    return html.escape(plain(words))


def bullets(sentences: Iterable[str]) -> str:
    """Sentences as a list."""
    items = "".join(f"<li>{text(one)}</li>" for one in sentences)
    return f"<ul>{items}</ul>" if items else ""


def key_figures(census: Census) -> str:
    """The chief figures: of one area as they are, of several the middle one and both ends."""
    cards: list[str] = []
    for name in KEY:
        found = [(area.area, one) for area in census.areas if (one := area.figures.get(name)) is not None]
        if found:
            cards.append(_card(name, found, len(census.areas)))
    if len(census.areas) > 1:
        sentences = [said for name in ("per-1000", "per-km2", "public-seen") if (said := _ends(census.areas, name))]
        sentences += _firsts(census.areas)
    else:
        sentences = [said for area in census.areas for said in _said(area)]
    return (f'<dl class="cards">{"".join(cards)}</dl>' if cards else "") + "".join(f"<p>{one}</p>" for one in sentences)


def tables(census: Census) -> str:
    """All figures of all areas, a table a topic; each can be sorted by any column."""
    names, made = figure_names(census.areas), []
    topics = {topic: [name for name in names if name.startswith(begin)] for topic, begin in _TOPICS.items()}
    rest = [name for name in names if not any(name in some for some in topics.values())]
    topics |= {"Other figures": rest} if rest else {}
    for topic, some in topics.items():
        if some:
            made.append(_table(census, topic, some))
    if not made and census.areas:
        made.append(_table(census, "Areas", []))
    if indices := index_names(census.areas):
        heads = ["Area", *indices]
        made.append(
            _grid("Other figures that came with the areas", heads, [_indices(area, indices) for area in census.areas])
        )
    return "".join(made)


def listed(one: Listed) -> str:
    """A title, sentences, a table."""
    said = "".join(f"<p>{text(sentence)}</p>" for sentence in one.sentences)
    rows = [[_plain_cell(cell) for cell in row] for row in one.rows]
    return f"<h3>{text(one.title)}</h3>{said}{_grid(one.title, one.heads, rows) if rows else ''}"


def remarks(some: Sequence[Remark]) -> str:
    """Remarks by kind, the most frequent first; the first of each with file and line or object."""
    kinds: dict[tuple[bool, str], list[Remark]] = {}
    for one in some:
        kinds.setdefault((one.dropped, _SINGLE.sub("…", plain(one.what))), []).append(one)
    if not kinds:
        return "<p>Nothing: all that was read could be used.</p>"
    dropped = sum(one.dropped for one in some)
    head = (
        f"<p>{len(some):,} remark{'' if len(some) == 1 else 's'}; for {dropped:,} of them the thing could not be used at all. "
        f"Up to {LISTED} of each kind are listed here; all of them are in the JSON of this census.</p>"
    )
    told = [head]
    order = sorted(kinds.items(), key=lambda one: (-len(one[1]), one[0]))
    for (gone, _), group in order[:KINDS]:
        first = f"{plain(group[0].what)}" if len(group) == 1 else _SINGLE.sub("…", plain(group[0].what))
        items = "".join(f"<li>{text(one.source)}, {text(one.where)}: {text(one.what)}</li>" for one in group[:LISTED])
        more = f"<p>And {len(group) - LISTED:,} more.</p>" if len(group) > LISTED else ""
        fate = "not used" if gone else "used without it"
        told.append(
            f"<details><summary>{len(group):,} times: {html.escape(first)} ({fate})</summary><ul>{items}</ul>{more}</details>"
        )
    if rest := order[KINDS:]:
        told.append(f"<p>And {sum(len(group) for _, group in rest):,} of {len(rest):,} other kinds.</p>")
    return "".join(told)


def _card(name: str, found: Sequence[tuple[str, Figure]], areas: int) -> str:
    words = _words(name)
    if areas == 1:
        [(_, one)] = found
        value, around = shown(name, one.value), interval(name, one)
        under = (
            f"{around}<br><small>{text(one.how)}</small>"
            if around
            else "<small>how far this may be off is not known</small>"
        )
    else:
        ranked = sorted(found, key=lambda one: one[1].value)
        value = shown(name, statistics.median(one.value for _, one in found))
        ends = f"{shown(name, ranked[0][1].value)} to {shown(name, ranked[-1][1].value)}"
        # Above the number: whoever quotes it would else take it for all areas together.
        words += f", <strong>in the middle one of {len(found):,} areas</strong>"
        under = f"<small>they go from {ends}</small>"
    return f'<div><dt>{words}</dt><dd><span class="value">{value}</span><br>{under}</dd></div>'


def _ends(areas: Sequence[Measures], name: str) -> str:
    """Which area has the most of something, and which the least."""
    found = sorted(
        ((one.value, area.area, one) for area in areas if (one := area.figures.get(name)) is not None),
        key=lambda one: one[:2],
    )
    if len(found) < 2:
        return ""
    (_, least, low), (_, most, high) = found[0], found[-1]
    return (
        f"{_first_up(_words(name))}: most in <bdi>{text(most)}</bdi> with {_with(name, high)}, least in <bdi>{text(least)}</bdi> "
        f"with {_with(name, low)}."
    )


def _firsts(areas: Sequence[Measures]) -> list[str]:
    ranks = [one for area in areas if (one := area.figures.get("rank-per-1000")) is not None and one.low is not None]
    first = sum(one.low is not None and one.low <= 1 for one in ranks)
    if not ranks:
        return []
    if first == 1:
        return ["As far as the error is known, no other area may as well be first by cameras per 1,000 people."]
    return [f"As far as the error is known, {first:,} areas may as well be first by cameras per 1,000 people."]


def _said(area: Measures) -> Iterable[str]:
    """What is known of one area, in sentences."""
    for name, sentence in _SENTENCES.items():
        if one := area.figures.get(name):
            around = interval(name, one)
            how = f": {text(one.how)}" if one.how else ""
            known = f" ({around}{how})" if around else ""
            yield sentence.format(area=f"<bdi>{text(area.area)}</bdi>", value=f"{shown(name, one.value)}{known}")


def _with(name: str, one: Figure) -> str:
    around = interval(name, one)
    return shown(name, one.value) + (f" ({around})" if around else "")


def _table(census: Census, topic: str, names: Sequence[str]) -> str:
    # People and km² once, and last: on a narrow screen they would stand before every figure.
    first = topic not in _TOPICS or topic == next(iter(_TOPICS))
    heads = ["Area", *(FIGURES.get(name, name).split(":")[0] for name in names), *(("people", "km²") if first else ())]
    rows = []
    for area in census.areas:
        row = [_name(area.area), *(_figure(name, area.figures.get(name)) for name in names)]
        rows.append([*row, _value("cameras", area.population), _value("", area.km2)] if first else row)
    hows = []
    for name in names:
        some = alike(plain(one.how) for area in census.areas if (one := area.figures.get(name)) is not None and one.how)
        hows.append(f"<li>{_first_up(_words(name))}: {html.escape('; '.join(some[:3]))}</li>" if some else "")
    how = "".join(hows)
    return _grid(topic, heads, rows) + (
        f"<details><summary>How the intervals were had</summary><ul>{how}</ul></details>" if how else ""
    )


def _indices(area: Measures, indices: Sequence[str]) -> list[tuple[str, str | float | None]]:
    return [_name(area.area), *(_value("", area.indices.get(name)) for name in indices)]


Cell = tuple[str, str | float | None]
"""What is shown (HTML), and what is sorted by: None where nothing is known."""


def _name(area: str) -> Cell:
    return f"<bdi>{text(area)}</bdi>", plain(area)


def _value(name: str, value: float | None) -> Cell:
    return ("not known", None) if value is None else (shown(name, value), value)


def _figure(name: str, one: Figure | None) -> Cell:
    if one is None:
        return "not known", None
    around = interval(name, one)
    return shown(name, one.value) + (f"<small>{around}</small>" if around else ""), one.value


def _plain_cell(cell: str | float | None) -> Cell:
    if isinstance(cell, str):
        return f"<bdi>{text(cell)}</bdi>", plain(cell)
    return _value("", cell)


def _grid(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table that scrolls in its own frame and can be sorted by each of its columns."""
    kinds = [
        "text" if any(isinstance(row[column][1], str) for row in rows) else "number" for column in range(len(heads))
    ]
    top = "".join(
        f'<th scope="col" aria-sort="none" data-kind="{kind}"{_class(kind)}><button type="button">{text(head)}</button></th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    body = "".join(f"<tr>{_row(row, kinds)}</tr>" for row in rows)
    tall = " tall" if len(rows) > 15 else ""
    return (
        f'<div class="scroll{tall}" role="region" tabindex="0" aria-label="{text(caption)}"><table class="sortable"><caption>{text(caption)}'
        f'<span class="hidden">, can be sorted by the buttons in its head</span></caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[Cell], kinds: Sequence[str]) -> str:
    cells = []
    for column, ((content, key), kind) in enumerate(zip(row, kinds, strict=True)):
        by = "" if key is None else f' data-sort="{html.escape(str(key))}"'
        cells.append(f'<th scope="row"{by}>{content}</th>' if not column else f"<td{by}{_class(kind)}>{content}</td>")
    return "".join(cells)


def _class(kind: str) -> str:
    return ' class="text"' if kind == "text" else ""


def _words(name: str) -> str:
    return text(FIGURES.get(name, name))


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]
