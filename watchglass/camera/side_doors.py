"""Doors past every seal: what else a camera lets out, or keeps, of what watchglass redacts and seals.

None of it is ever used. The person who sets the camera up is told what there is, why it matters, and what to do.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence

from watchglass.camera.device import Account, Caution, Port, Profile, Warned
from watchglass.model.camera import Credentials

CLOCK_SECONDS = 2.0
_FOOTAGE = {"recording", "search", "replay"}  # ONVIF Profile G
_SHORT = 8  # characters; makers themselves ask for as many

# Modules that tell who somebody is, or whose car: by ONVIF's own names (tt:FaceRecognition, tt:LicensePlate ...) and
# those of makers. Looked for only so that people are told to switch them off.
_IDENTIFIES = re.compile(
    r"(?<!inter)(?<!sur)face|facial|licen[sc]e.?plate|plate.?recog|number.?plate|\b[al]npr\b|\blpr\b|biometr",
    re.IGNORECASE,
)
_COMMON = frozenset({"admin", "password", "12345", "123456", "12345678", "123456789", "888888", "666666", "root"})


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What was found out of a camera. None: it did not tell."""

    address: str
    credentials: Credentials | None
    services: frozenset[str]
    streams: Sequence[Profile]
    offset: float | None
    open_to_everybody: bool
    accounts: Sequence[Account] | None
    ports: Sequence[Port] | None
    storages: Sequence[str] | None
    analytics: Sequence[str]


def warnings(facts: Facts) -> tuple[Warned, ...]:
    """All that a person should know, the most urgent first."""
    return (
        *_access(facts),
        *_footage(facts),
        *_identification(facts.analytics),
        *_page(facts),
        *_streams(facts.streams),
        *_clock(facts.offset),
    )


def _access(facts: Facts) -> Iterator[Warned]:
    if facts.open_to_everybody:
        yield Warned(
            Caution.OPEN,
            "It tells everybody in its network where its streams are, without a password: switch on authentication for "
            "ONVIF and RTSP in its settings.",
        )
    credentials = facts.credentials
    if credentials and _is_weak(credentials):
        yield Warned(
            Caution.PASSWORD,
            "Its password is short or one of those that are tried first: have a random one set, with 'watchglass camera "
            "credentials NAME --set-password' once the camera is added.",
        )
    others = [one.name for one in facts.accounts or () if credentials is None or one.name != credentials.username]
    if others:
        yield Warned(
            Caution.ACCOUNTS,
            f"Others may sign in at it too ({_listed(others)}): remove the accounts that nobody needs, and give those "
            "that stay, the one it was delivered with above all, passwords of their own.",
        )


def _is_weak(credentials: Credentials) -> bool:
    password = credentials.password
    return len(password) < _SHORT or password.casefold() in {*_COMMON, credentials.username.casefold()}


def _footage(facts: Facts) -> Iterator[Warned]:
    if facts.storages or facts.services & _FOOTAGE:
        where = f" ({_listed(facts.storages)})" if facts.storages else ""
        yield Warned(
            Caution.FOOTAGE,
            f"It can keep footage of its own{where}, unredacted, for whoever has its password or its memory card: "
            "switch recording off in its settings, and take the card out.",
        )


def _identification(analytics: Sequence[str]) -> Iterator[Warned]:
    if found := [name for name in analytics if _IDENTIFIES.search(name)]:
        yield Warned(
            Caution.IDENTIFIES,
            f"It tells by itself who is in its pictures, or whose car ({_listed(found)}): switch that off in its "
            "settings. watchglass never uses it.",
        )


def _page(facts: Facts) -> Iterator[Warned]:
    web = [one.number for one in facts.ports or () if one.enabled and one.protocol in {"HTTP", "HTTPS"}]
    if web or facts.ports is None:
        ports = f" (port {' and '.join(str(port) for port in sorted(set(web)))})" if web else ""
        yield Warned(
            Caution.PAGE,
            f"It serves a page of its own{ports}, which shows its unredacted picture to whoever has a password: keep the "
            "camera in a network that only watchglass reaches, and switch the page off where the camera lets you.",
        )


def _streams(streams: Sequence[Profile]) -> Iterator[Warned]:
    taken = [one for one in streams if one.stream]
    if any(one.stream and one.stream.address.startswith("rtsp:") for one in taken):
        yield Warned(
            Caution.PLAIN,
            "Its streams come without encryption: whoever can listen in that network sees what the camera sees. "
            "Switch on RTSPS if it has it and add it by its rtsps:// address, or give cameras a network of their own.",
        )
    if hosts := sorted({one.elsewhere for one in taken if one.elsewhere}):
        yield Warned(
            Caution.ELSEWHERE,
            f"It says that its streams are at {_listed(hosts)}: they are asked for at the address that you gave, and "
            "nobody else is. If they do not open, correct the camera's own address in its network settings.",
        )
    if len({one.video_source for one in taken}) > 1:
        yield Warned(
            Caution.CHANNELS,
            "It has several pictures (a recorder, or a camera with several lenses): the first is taken. Add the others "
            "by their rtsp:// addresses.",
        )


def _clock(offset: float | None) -> Iterator[Warned]:
    if offset is not None and abs(offset) > CLOCK_SECONDS:
        yield Warned(
            Caution.CLOCK,
            f"Its clock is {abs(offset):,.0f} s {'ahead of' if offset > 0 else 'behind'} this machine's: name a time "
            "server (NTP) in its settings, the same one that this machine has.",
        )


def _listed(names: Iterable[str]) -> str:
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
