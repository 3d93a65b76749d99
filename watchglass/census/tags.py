"""OpenStreetMap's tags of man_made=surveillance as fields of a `Camera` (https://wiki.openstreetmap.org/wiki/Tag:man_made=surveillance).

Anybody may write anything into a tag. What can't be read is left out with a remark; the rest of the camera stays.

`camera:tilt` is -90 (straight down) to 90. `camera:angle` is older and has been used for the tilt, downwards from the horizon, and for
the angle of view: up to 90 it is taken as the tilt, as most maps do; above, as the angle of view; beside `camera:tilt` nothing
says which, and it is left out.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping

from watchglass.census import numbers
from watchglass.census.numbers import NotANumberError
from watchglass.census.values import Camera, Mount, Remark, Setting, View

Tags = Mapping[str, str]

DIRECTIONS = ("camera:direction", "surveillance:direction", "direction")
ANGLES = ("camera:fov", "camera:angle_of_view", "fov")
HEIGHTS = ("height", "camera:height")
COUNTS = ("camera:count", "cameras", "count")
PURPOSES = ("surveillance:purpose", "camera:purpose", "purpose")
OWNERS = ("operator", "owner", "operator:wikidata", "owner:wikidata", "surveillance:operator")
SIGNS = ("surveillance:sign", "camera:sign", "sign")
PIXELS = ("camera:resolution", "resolution")

NOT_A_CAMERA, UNUSED = "not a camera", "out of use"
"""Kinds of remarks for which a camera is dropped."""

HIGHEST = 150.0  # metres: towers have cameras, clouds don't
MOST_AT_ONE_PLACE = 10_000

_FOOT = 0.3048  # metres
_UNITS = {"": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "cm": 0.01}
_UNITS |= dict.fromkeys(("ft", "feet", "foot", "'"), _FOOT)
_LENGTH = re.compile(r"([0-9]{1,6}(?:[.,][0-9]{1,9})?)\s*([a-z]*|')\.?")
_FEET = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*'\s*([0-9]+(?:\.[0-9]+)?)\s*(?:\"|'')")

_POINTS = ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw")
_COMPASS = {name: 22.5 * number for number, name in enumerate(_POINTS)}
_COMPASS |= {"north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0}
_COMPASS |= {"south": 180.0, "southwest": 225.0, "west": 270.0, "northwest": 315.0}
_HALVES = re.compile(r"\b(north|south)[ _-]?(east|west)\b")
_DEGREES = r"[0-9]{1,4}(?:[.,][0-9]+)?\s*(?:°|deg(?:rees)?)?|[a-z]+"
_RANGE = re.compile(rf"({_DEGREES})\s*(?:-|to)\s*({_DEGREES})")
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")
_ALL_AROUND = View(0.0, 360.0)

_CAMERAS = frozenset({"camera", "cameras", "cctv", "video", "webcam", "yes"})
_NO_CAMERAS = frozenset({
    "guard", "guards", "gunshot_detector", "gunshot_detectors", "gunshot", "shotspotter", "microphone", "audio", "sensor", "motion_sensor",
    "motion_detector", "bluetooth", "wifi", "rfid", "cell_site_simulator", "seismic", "laser", "radar", "alarm", "dog", "none", "no",
})  # fmt: skip
_MOUNTS = {
    "fixed": Mount.FIXED,
    "panning": Mount.PANNING,
    "dome": Mount.DOME,
}
_MOUNTS_MEANT = {
    "ptz": Mount.PANNING,
    "pan": Mount.PANNING,
    "static": Mount.FIXED,
    "bullet": Mount.FIXED,
    "doorbell": Mount.FIXED,
    "panorama": Mount.DOME,
    "panoramic": Mount.DOME,
    "fisheye": Mount.DOME,
    "360": Mount.DOME,
}
_ON_WALL = frozenset({"wall", "building", "facade", "house"})
_OFF_WALL = frozenset({
    "pole", "mast", "street_lamp", "streetlamp", "street_light", "lamp", "lamp_post", "lamppost", "tree", "ceiling", "traffic_signals", "traffic_light",
    "traffic_sign", "gantry", "bridge", "roof", "tower", "fence", "gate", "tripod", "stand", "trailer", "ground", "pylon", "post", "arch",
})  # fmt: skip
_NOBODY = frozenset({"", "no", "unknown", "?", "none", "n/a", "fixme", "unclear"})
_LONGEST_TEXT = 100


class WrongTagError(ValueError):
    """A tag's value can't be read. Its text says why."""


def shown(text: str) -> str:
    """What somebody wrote, as it is quoted: in one line, and not longer than one."""
    line = " ".join(text.split())
    return f"{line[:60]}…" if len(line) > 60 else line


def views(text: str) -> tuple[tuple[View, ...], list[str]]:
    """Directions in a tag, and what is wrong with each that can't be read. `90-270` goes clockwise from 90 to 270."""
    found, wrong = [], []
    plain = _HALVES.sub(r"\1\2", text.translate(_DASHES).casefold())
    for part in (one.strip() for one in re.split(r"[;|/&]", plain[:1000])):
        if not part:
            continue
        try:
            view = _view(part)
        except WrongTagError as error:
            wrong.append(str(error))
        else:
            if view not in found:
                found.append(view)
    if not found and not wrong:
        wrong.append("it is empty")
    return tuple(found), wrong


def _view(text: str) -> View:
    spread = _RANGE.fullmatch(text)
    if not spread:
        middle = _bearing(text) % 360
        return View(middle, middle)
    start, end = _bearing(spread[1]), _bearing(spread[2])
    if start == 0 and end >= 359:  # both are customary for a camera that turns all around
        return _ALL_AROUND
    return View(start % 360, end if end == 360 and start != 360 else end % 360)


def _bearing(text: str) -> float:
    """0 to 360 degrees of one direction. WrongTagError."""
    plain = re.sub(r"\s*(°|deg(rees)?)$", "", text.strip())
    if plain in _COMPASS:
        return _COMPASS[plain]
    if plain in {"forward", "backward", "both"}:
        raise WrongTagError(f"{shown(plain)} is said of a way, and a camera has none")
    if not re.fullmatch(r"[0-9]{1,4}([.,][0-9]+)?", plain):
        raise WrongTagError(f"{shown(text)} is neither degrees nor letters of a compass")
    value = float(plain.replace(",", "."))
    if value > 360:
        raise WrongTagError(f"{shown(text)} is more than 360 degrees")
    return value


def length(text: str) -> float:
    """Metres: `4`, `4 m`, `4,5`, `12 ft`, `12'`, `12'6"`. WrongTagError."""
    plain = text.strip().casefold().replace("\u2032", "'").replace("\u2033", '"').replace("\u2019", "'")
    if feet := _FEET.fullmatch(plain):
        return _FOOT * (float(feet[1]) + float(feet[2]) / 12)
    found = _LENGTH.fullmatch(plain)
    if not found or found[2] not in _UNITS:
        raise WrongTagError(f"{shown(text)} is not a length in metres or feet")
    return float(found[1].replace(",", ".")) * _UNITS[found[2]]


def building_height(tags: Tags) -> tuple[float, str]:
    """How high a building is, by its `height` or 3 m for each of its `building:levels`, NaN if nobody says; and what can't be
    read of it, if anything. From where it begins (`min_height`) is not asked: what stands on pillars counts as a wall.
    """
    wrong = ""
    for key in ("height", "building:height"):
        if key in tags:
            try:
                value = length(tags[key])
            except WrongTagError as error:
                wrong = f"{key}: {error}"
            else:
                if 0 < value < 1000:
                    return value, wrong
                wrong = f"{key}: {shown(tags[key])} is no height of a building"
    if levels := tags.get("building:levels"):
        found = re.fullmatch(r"\s*([0-9]{1,3}(?:[.,][0-9]+)?)\s*", levels[:20])
        if found and (value := 3 * float(found[1].replace(",", "."))):
            return value, wrong
        wrong = wrong or f"building:levels: {shown(levels)} is no number of storeys"
    return float("nan"), wrong


@dataclasses.dataclass(slots=True)
class _Reading:
    """One camera's tags as they are read. `names` are what to call tags in remarks: a table's columns."""

    tags: Tags
    source: str
    where: str
    names: Mapping[str, str]
    remarks: list[Remark] = dataclasses.field(default_factory=list)

    def remark(self, kind: str, key: str, why: str, dropped: bool = False) -> None:
        said = f"{self.names.get(key, key)}={shown(self.tags.get(key, ''))}"
        self.remarks.append(Remark(self.source, self.where, f"{said}: {why}", dropped, kind))

    def first(self, keys: tuple[str, ...]) -> str | None:
        """The first of these tags that is there and not empty."""
        return next((key for key in keys if self.tags.get(key, "").strip()), None)

    def word(self, key: str) -> str:
        return self.tags.get(key, "").strip().casefold()

    def number(
        self, keys: tuple[str, ...], kind: str, read: Callable[[str], float], least: float, most: float
    ) -> float | None:
        """A number above the least and up to the most."""
        if not (key := self.first(keys)):
            return None
        try:
            value = read(self.tags[key])
        except (WrongTagError, NotANumberError) as error:
            self.remark(kind, key, f"{error}; left out")
            return None
        if least < value <= most:
            return value
        self.remark(kind, key, f"not between {least:g} and {most:g}; left out")
        return None


def camera(
    tags: Tags, source: str, where: str, place: tuple[float, float], names: Mapping[str, str] | None = None
) -> tuple[Camera | None, list[Remark]]:
    """The camera with these tags at a place (longitude, latitude), None if it is none; and remarks on what is odd."""
    reading = _Reading(tags, source, where, names or {})
    if not _is_camera(reading):
        return None, reading.remarks
    tilt, angle = _tilt_and_angle(reading)
    height = reading.number(HEIGHTS, "height", length, 0, HIGHEST)
    count = reading.number(COUNTS, "count", _whole, 0, MOST_AT_ONE_PLACE)
    pixels = reading.number(PIXELS, "pixels", _pixels, 15, 100_000)
    purpose = reading.first(PURPOSES)
    setting, zone = _setting_and_zone(reading)
    made = Camera(
        where,
        source,
        *place,
        mount=_mount(reading),
        views=_views(reading),
        angle=angle,
        height=height,
        tilt=tilt,
        pixels=None if pixels is None else round(pixels),
        setting=setting,
        zone=zone,
        purpose=tags[purpose].strip()[:_LONGEST_TEXT] if purpose else None,
        owned=any(reading.word(key) not in _NOBODY for key in OWNERS),
        signed=_signed(reading),
        on_wall=_on_wall(reading),
        count=1 if count is None else round(count),
    )
    return made, reading.remarks


def _is_camera(reading: _Reading) -> bool:
    key = "surveillance:type"
    kinds = {part.strip() for part in reading.word(key).split(";")} - {""}
    for unused in ("disused", "abandoned", "removed", "demolished"):
        if reading.word(unused) == "yes":
            reading.remark(UNUSED, unused, "out of use; not counted", dropped=True)
            return False
    if not kinds or kinds & _CAMERAS:
        return True
    if kinds & _NO_CAMERAS:
        reading.remark(NOT_A_CAMERA, key, "not a camera; not counted", dropped=True)
        return False
    reading.remark(key, key, "another kind; counted as a camera")
    return True


def _mount(reading: _Reading) -> Mount | None:
    key = "camera:type"
    words = [part.strip() for part in reading.word(key).split(";") if part.strip()]
    if not words or words == ["unknown"]:
        return None
    known = {word: _MOUNTS.get(word) or _MOUNTS_MEANT.get(word) for word in words}
    mount = next((one for one in known.values() if one), None)
    if mount is None:
        reading.remark(key, key, "neither fixed, panning nor dome; left out")
    elif len(words) > 1 or words[0] not in _MOUNTS:
        reading.remark(key, key, f"taken as {mount}")
    return mount


def _views(reading: _Reading) -> tuple[View, ...]:
    """By the first tag of direction that can be read. One beside it that says something else is remarked on."""
    taken: tuple[View, ...] = ()
    by = ""
    for key in DIRECTIONS:
        if not reading.tags.get(key, "").strip():
            continue
        found, wrong = views(reading.tags[key])
        if taken:
            if found != taken:
                reading.remark("direction", key, f"{reading.names.get(by, by)} is taken instead")
            continue
        for why in wrong:
            reading.remark("direction", key, f"{why}; left out")
        taken, by = found, key
    return taken


def _tilt_and_angle(reading: _Reading) -> tuple[float | None, float | None]:
    """Degrees below the horizon, and the angle of view: see the module's words on `camera:angle`."""
    angle = reading.number(ANGLES, "angle", _angle, 0, 360)
    up = reading.number(("camera:tilt",), "tilt", _angle, -90.001, 90)
    tilt = None if up is None else 0.0 - up
    key = "camera:angle"
    if not reading.first((key,)):
        return tilt, angle
    if reading.first(("camera:tilt",)):
        reading.remark("angle", key, "camera:angle is used for tilt and for angle of view; left out beside camera:tilt")
        return tilt, angle
    value = reading.number((key,), "angle", _angle, -90.001, 360)
    if value is None:
        return tilt, angle
    if value <= 90:
        if value < 0:
            reading.remark("angle", key, f"taken as {-value:g} degrees below the horizon")
        return abs(value), angle
    if angle is None:
        reading.remark("angle", key, "too much for a tilt; taken as the angle of view")
        return tilt, value
    reading.remark("angle", key, f"neither a tilt nor the angle of view, {angle:g}; left out")
    return tilt, angle


def _angle(text: str) -> float:
    return _number(re.sub(r"\s*(°|deg(rees)?\.?)\s*$", "", text.strip(), flags=re.IGNORECASE))


def _number(text: str) -> float:
    """One that is there. NotANumberError."""
    value = numbers.read(text)
    if value is None:
        raise NotANumberError(f'"{shown(text)}" is not a number')
    return value


def _whole(text: str) -> float:
    value = numbers.read_whole(text)
    if value is None:
        raise NotANumberError(f'"{shown(text)}" is not a number')
    return value


def _pixels(text: str) -> float:
    """The width of 1920x1080, or of 1920 alone."""
    found = re.fullmatch(r"([0-9]{2,6})\s*(?:[x\u00d7*]\s*[0-9]{2,6})?\s*(?:px|pixels)?", text.strip().casefold()[:40])
    if not found:
        raise WrongTagError(f"{shown(text)} is no size of a picture")
    return float(found[1])


def _setting_and_zone(reading: _Reading) -> tuple[Setting | None, str | None]:
    key = "surveillance"
    words = [part.strip() for part in reading.word(key).split(";") if part.strip()]
    zone = reading.word("surveillance:zone")[:_LONGEST_TEXT] or None
    setting = next((Setting(word) for word in words if word in set(Setting)), None)
    if setting and len(words) > 1:
        reading.remark(key, key, f"taken as {setting}")
    if not setting and words and words != ["yes"]:
        zone = zone or (words[0][:_LONGEST_TEXT] if words[0] in {"traffic", "parking", "town", "building"} else None)
        said = "read as surveillance:zone" if zone == words[0] else "left out"
        reading.remark(key, key, f"neither public, outdoor nor indoor; {said}")
    if not setting and reading.word("indoor") == "yes":
        setting = Setting.INDOOR
    return setting, zone


def _signed(reading: _Reading) -> bool | None:
    if not (key := reading.first(SIGNS)):
        return None
    word = reading.word(key)
    if word in {"yes", "true", "1", "y", "ja", "oui", "si", "sí"}:
        return True
    if word in {"no", "false", "0", "n", "nein", "non", "none"}:
        return False
    reading.remark("sign", key, "neither yes nor no; left out")
    return None


def _on_wall(reading: _Reading) -> bool | None:
    key = "camera:mount"
    words = {part.strip().replace(" ", "_") for part in reading.word(key).split(";")} - {"", "unknown"}
    if words & _ON_WALL:
        return True
    if words & _OFF_WALL or not words:
        return False if words else None
    reading.remark(key, key, "not known; left out")
    return None
