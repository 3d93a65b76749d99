"""A census as one HTML file that stands alone: no network, no other file; it opens from wherever it lies.

Every name in it comes from an input and is not trusted: it is written as text, and the page's own policy (CSP) lets nothing run
but the one script whose hash it names.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shapely.geometry.base import BaseGeometry

import watchglass
from watchglass.census import sections
from watchglass.census.drawn import DOTS, MANY, Drawn, draw
from watchglass.census.plots import BLUE, INK, PAPER, STEPS
from watchglass.census.sections import Listed, text
from watchglass.census.values import Area, Camera, Census
from watchglass.census.writing import plain

_HERE = Path(__file__).parent
_MOVED = 0.5  # metres: less than that nobody sees
# What a plot's colours become on a dark screen: what was pale on white, for there is less of it, is dark on black.
_TURNED = {
    INK: "#e8edf0",
    "#000000": "#e8edf0",
    PAPER: "#13191d",
    BLUE: "#7cc0f0",
    **dict(zip(STEPS, ("#1d3a52", "#2b5b80", "#4a88b5", "#7fb4da", "#d5e6f2"), strict=True)),
}


def _dark() -> str:
    """A style of the picture's own, so that it follows the screen."""
    # Hatches have their colours in attributes, all else has them in styles.
    rules = "".join(
        f'[style*="{what}: {light}"], [{what}="{light}"] {{ {what}: {dark} !important }}\n'
        for light, dark in _TURNED.items()
        for what in ("fill", "stroke")
    )
    return f"<style>@media (prefers-color-scheme: dark) {{\ntext {{ fill: #e8edf0 !important }}\n{rules}}}</style>"


@dataclasses.dataclass(frozen=True, slots=True)
class Plotted:
    """A plot as SVG text; `words` say what is to be seen in it, for who does not see it."""

    title: str
    words: str
    svg: str


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """All that a report shows. `seen` is the ground seen by bands of pixels per metre; `again` the command that made it.

    `openstreetmap` says whether anything in it comes from there: its licence (ODbL) then wants to be named.
    """

    title: str
    census: Census
    areas: Sequence[Area] = ()
    cameras: Sequence[Camera] = ()
    seen: Mapping[int, BaseGeometry] = dataclasses.field(default_factory=dict)
    correlations: Sequence[Listed] = ()
    comparisons: Sequence[Listed] = ()
    plots: Sequence[Plotted] = ()
    again: str = ""
    openstreetmap: bool = True


def as_html(shown: Shown) -> str:
    """The whole file."""
    style, script = (_read(f"report.{kind}") for kind in ("css", "js"))
    parts = _parts(shown)
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in parts)
    body = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{title}</h2>{content}</section>'
        for name, title, content in parts
    )
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>{text(shown.title)}</title><style>{style}</style></head><body>"
        f'{_header(shown)}<nav aria-label="Parts of this page"><ul>{links}</ul></nav></header>'
        f"<main>{body}</main>{_footer(shown)}<script>{script}</script></body></html>\n"
    )


def _parts(shown: Shown) -> list[tuple[str, str, str]]:
    """The sections there is something to put in: id, title, content."""
    census = shown.census
    made = [
        ("figures", "Key figures", sections.key_figures(census)),
        ("conclude", "What may and may not be concluded", sections.bullets(census.notes)),
        ("map", "Map", _map(shown)),
        ("table", "All areas", sections.tables(census)),
        ("plots", "Plots", "".join(_plot(one) for one in shown.plots)),
        ("correlation", "Cameras and other figures", "".join(sections.listed(one) for one in shown.correlations)),
        ("comparison", "Side by side", "".join(sections.listed(one) for one in shown.comparisons)),
        ("assumptions", "What was assumed", sections.bullets(census.assumptions)),
        ("remarks", "What was wrong with the inputs", sections.remarks(census.remarks)),
        ("again", "How to make it again", _again(shown)),
    ]
    return [part for part in made if part[2]]


def _header(shown: Shown) -> str:
    census = shown.census
    areas = f"{len(census.areas):,} area{'' if len(census.areas) == 1 else 's'}"
    cameras = sum(one.count for one in shown.cameras)
    counted = f"Cameras in {areas}" + (f"; {cameras:,} of them on the map" if cameras else "")
    return (
        f"<header><h1><bdi>{text(shown.title)}</bdi></h1><p>{counted}. Counted {_moment(census.made)}"
        f"{_from(census.inputs)}.</p>"
    )


def _from(inputs: Iterable[str]) -> str:
    names = ", ".join(f"<bdi>{text(one)}</bdi>" for one in inputs)
    return f" from {names}" if names else ""


def _moment(made: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(made)
    except ValueError:
        return text(made)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    moment = moment.astimezone(dt.UTC)
    return f'<time datetime="{moment.isoformat()}">on {moment.day} {moment:%B %Y at %H:%M} UTC</time>'


def _map(shown: Shown) -> str:
    """The map with its buttons; empty where there is nothing to draw."""
    drawn = draw(shown.census.areas, shown.areas, shown.cameras, shown.seen)
    outlines, bands = _names(drawn), sorted(band for band, shape in shown.seen.items() if not shape.is_empty)
    if not (outlines or shown.cameras or bands):
        return ""
    controls = [
        '<button type="button" id="closer">Closer</button>',
        '<button type="button" id="farther">Farther</button>',
        '<button type="button" id="whole">Whole map</button>',
    ]
    if outlines:
        options = "".join(f'<option value="{row}">{text(name)}</option>' for row, name in enumerate(outlines))
        controls.append(f'<label>Go to <select id="go"><option value="">all areas</option>{options}</select></label>')
        controls.append('<label><input type="checkbox" id="areas-on" checked> Outlines</label>')
    if shown.cameras:
        controls.append('<label><input type="checkbox" id="cameras-on" checked> Cameras</label>')
    if bands:
        options = "".join(
            f'<option value="{band}"{" selected" if band == bands[0] else ""}>at {band} px/m and more</option>'
            for band in bands
        )
        controls.append(
            f'<label>Seen ground <select id="band"><option value="">not shown</option>{options}</select></label>'
        )
    layers = f'{{"areas":{drawn.areas},"cameras":{drawn.cameras},"hexagons":{drawn.hexagons},"seen":{drawn.seen}}}'
    return (
        f'<div class="bar">{"".join(controls)}</div>'
        '<div class="map"><canvas id="canvas" tabindex="0" role="application" aria-label="Map of areas and cameras. '
        'Arrow keys move it, plus and minus zoom, 0 shows all. The table has the same figures." '
        'aria-describedby="told">A map needs JavaScript. The table has the same figures.</canvas></div>'
        '<p class="hint"><small>Drag to move; zoom with the buttons, a double click, two fingers, + and -, or the wheel once the '
        "map is clicked on.</small></p>"
        f'{_legend(shown, drawn, bands)}<p><small>{_drawing(shown, drawn)}</small></p><div class="told" id="told" role="status" '
        f'data-empty="{"Point at an area for its figures, or choose one above." if outlines else ""}"></div>'
        f'<script type="application/json" id="layers">{_data(layers)}</script>'
    )


def _names(drawn: Drawn) -> list[str]:
    return [one["properties"]["name"] for one in json.loads(drawn.areas)["features"]]


def _legend(shown: Shown, drawn: Drawn, bands: Sequence[int]) -> str:
    kinds = []
    if shown.cameras and len(shown.cameras) <= DOTS:
        kinds += [("dot", "camera that looks one way, or nobody has said"), ("ring", "dome or panning camera")]
    if len(shown.cameras) > MANY:
        kinds.append(
            ("hexagons", f"cameras in a hexagon, up to {drawn.fullest:,}; a fifth of the hexagons has each shade")
        )
    if bands:
        kinds.append(("seen", "ground that cameras see"))
    items = "".join(f'<li><canvas data-kind="{kind}" aria-hidden="true"></canvas>{words}</li>' for kind, words in kinds)
    return f'<ul class="legend">{items}</ul>' if items else ""


def _drawing(shown: Shown, drawn: Drawn) -> str:
    """What was done to what is drawn so that it fits."""
    said = []
    if len(shown.cameras) > DOTS:
        said.append(f"{len(shown.cameras):,} cameras are too many to be drawn one by one: hexagons hold their counts.")
    elif len(shown.cameras) > MANY:
        said.append(
            "Where many cameras are in sight, hexagons hold their counts; closer by there are dots, to within 1 m."
        )
    if drawn.moved > _MOVED:
        metres = f"{drawn.moved:,.0f}" if drawn.moved >= 1 else f"{drawn.moved:.1f}"
        said.append(f"Shapes are drawn to within about {metres} m; figures are of the exact ones.")
    if drawn.squares:
        said.append(f"Seen ground is drawn in squares of about {drawn.squares:,.0f} m: those whose middle is seen.")
    return " ".join(said)


def _plot(one: Plotted) -> str:
    """A picture by itself, in which no script runs and nothing is loaded, and no name can meet another's."""
    picture = one.svg.replace("</svg>", f"{_dark()}</svg>")
    data = base64.b64encode(picture.encode("utf-8", "replace")).decode()
    return (
        f'<figure><h3 class="hidden">{text(one.title)}</h3><div class="plot" role="group" tabindex="0" aria-label="{text(one.title)}">'
        f'<img alt="{text(one.words)}" src="data:image/svg+xml;base64,{data}"></div><figcaption aria-hidden="true">{text(one.words)}</figcaption></figure>'
    )


def _again(shown: Shown) -> str:
    lines = "\n".join(plain(line) for line in shown.again.splitlines() if line.strip())
    command = f"<pre><code>{html.escape(lines)}</code></pre>" if lines else ""
    return f"<p>Made by watchglass {text(watchglass.__version__)}.</p>{command}"


def _footer(shown: Shown) -> str:
    licence = (
        '<p>Map data © <a rel="noopener noreferrer" href="https://www.openstreetmap.org/copyright">OpenStreetMap contributors</a>, under the '
        '<a rel="noopener noreferrer" href="https://opendatacommons.org/licenses/odbl/1-0/">Open Database License 1.0</a> (ODbL); figures made '
        "from it are to name it.</p>"
        if shown.openstreetmap
        else ""
    )
    return f"<footer>{licence}<p>Cameras and places only: nothing here is about any person, and no owner is named.</p></footer>"


def _data(told: str) -> str:
    """JSON that may stand in a page: nothing in it can end the element that holds it."""
    return (
        told.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
