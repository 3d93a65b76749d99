"""Finding ONVIF cameras, looking at them, adding them, and giving them a password that nobody sees."""

import contextlib
import dataclasses
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from watchglass.app.machine import Machine
from watchglass.base import durable
from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, UsageError, WatchglassError
from watchglass.camera import password
from watchglass.camera.device import DeviceInfo, Found, Profile, Survey
from watchglass.camera.onvif import OnvifCamera, OnvifOptions
from watchglass.camera.onvif_discovery import discover
from watchglass.camera.survey import connected, survey
from watchglass.camera.url import display, host_of, parse_device
from watchglass.cli.options import who
from watchglass.cli.progress import Report, reporting
from watchglass.ingest.open import probe
from watchglass.model.camera import (
    Camera,
    Credentials,
    PendingPassword,
    Source,
    SourceKind,
    StreamRole,
    Transport,
)
from watchglass.store.cameras import Cameras


@dataclasses.dataclass(frozen=True, slots=True)
class StoredVault:
    """The credentials of one camera in the data folder."""

    cameras: Cameras
    camera: int

    def current(self) -> Credentials | None:
        return self.cameras.credentials(self.camera)

    def is_ours(self) -> bool:
        return self.cameras.password_is_ours(self.camera)

    def pending(self) -> PendingPassword | None:
        return self.cameras.pending_password(self.camera)

    def propose(self, pending: PendingPassword) -> None:
        self.cameras.propose_password(self.camera, pending)

    def settle(self, credentials: Credentials, *, ours: bool) -> None:
        self.cameras.set_credentials(self.camera, credentials, ours=ours, by=who())


def found(seconds: float) -> list[Found]:
    """Cameras in the local networks, with a progress bar."""
    if not 0.5 <= seconds <= 60:
        raise UsageError("Cameras can be looked for during 0.5 to 60 seconds: say --seconds 5.")
    what = "Looking for cameras"
    with reporting() as report:
        report(what, 0, seconds)
        return discover(seconds, SystemClock(), progress=lambda passed, _found: report(what, passed, seconds))


def say_found(cameras: Sequence[Found]) -> None:
    """What was found, a line each."""
    for one in cameras:
        scopes = " ".join(one.scopes)
        typer.echo(f"{one.address}  {one.name or 'no name'}  {one.model or 'no model'}  {scopes}".rstrip())
    if not cameras:
        typer.echo(
            "No ONVIF camera answered. Some have it switched off until somebody allows it in their settings, and none is "
            "heard from another network: then use its address, with 'watchglass camera probe'."
        )


def look(onvif: str, credentials: Credentials | None, verify: bool) -> Survey:
    """Ask the camera everything that matters for adding it."""
    addresses, inside = parse_device(onvif)
    credentials = credentials or inside
    with reporting() as report, connected(addresses, credentials, SystemClock(), OnvifOptions(verify=verify)) as camera:
        return survey(camera, credentials, lambda what: _tell(report, what))


def _tell(report: Report, what: str) -> None:
    report(what, 0, 0)


def sources(survey: Survey) -> tuple[Source, Source | None]:
    """Main and substream of a camera. BadInputError if it has none that can be recorded."""
    if survey.main is None or survey.main.stream is None:
        raise BadInputError(
            f"The camera at {survey.address} offers no H.264 or H.265 stream over RTSP: choose one of them in its settings."
        )
    return survey.main.stream, survey.sub.stream if survey.sub else None


def say(survey: Survey) -> None:
    """A survey, for a person."""
    typer.echo(f"{named(survey.info)}, at {survey.address}")
    for profile in survey.profiles:
        typer.echo(f"{_role(survey, profile)}: {_described(profile)}")
    if survey.presets is not None:
        typer.echo(f"It can be turned; its presets: {', '.join(survey.presets) or 'none'}.")
    if survey.offset is None:
        typer.echo("It does not tell the time.")
    else:
        typer.echo(f"Its clock is {abs(survey.offset):.0f} s {'ahead' if survey.offset > 0 else 'behind'}.")
    say_warnings(survey)


def say_warnings(survey: Survey) -> None:
    """What to mend in the camera's own settings."""
    for warned in survey.warnings:
        typer.echo(f"Warning: {warned.sentence}", err=True)


def as_json(survey: Survey) -> dict[str, Any]:
    """A survey, for programs."""
    return {
        "address": survey.address,
        "device": dataclasses.asdict(survey.info),
        "profiles": [
            {
                "role": role if (role := _role(survey, profile)) != "other" else None,
                "token": profile.token,
                "name": profile.name,
                "codec": profile.codec,
                "width": profile.width,
                "height": profile.height,
                "rate": profile.rate,
                "kbit_s": profile.bitrate,
                "address": display(profile.stream) if profile.stream else None,
            }
            for profile in survey.profiles
        ],
        "presets": survey.presets,
        "clock_offset_s": survey.offset,
        "warnings": [{"about": one.caution.value, "sentence": one.sentence} for one in survey.warnings],
    }


def named(info: DeviceInfo) -> str:
    """Which camera it is."""
    name = " ".join(part for part in (info.manufacturer, info.model) if part) or "A camera that does not say its make"
    return f"{name}, firmware {info.firmware}" if info.firmware else name


def warn_if_open(name: str, main: Source, transport: Transport) -> None:
    """Say so if the camera's main stream opens for somebody who shows no password."""
    try:
        probe(name, [(StreamRole.MAIN, main)], None, transport)
    except WatchglassError:
        return
    typer.echo(
        "Warning: Its main stream opens without a password: switch on authentication for RTSP in its settings.",
        err=True,
    )


def set_password(machine: Machine, camera: Camera, onvif: str | None, verify: bool) -> None:
    """Give the camera a random password, and say how to get in without us. The errors of `password.change`."""
    options = OnvifOptions(verify=verify)
    vault = StoredVault(machine.cameras, camera.id)
    addresses = _addresses(camera, onvif)
    if all(address.startswith("http:") for address in addresses):
        typer.echo(
            "Warning: ONVIF sends a new password as it is, and this camera is spoken to without TLS: whoever listens in "
            "its network now learns it. Name its https:// address with --onvif, or do this in a network of its own.",
            err=True,
        )

    def streams_open(credentials: Credentials) -> None:
        if camera.main.kind is SourceKind.RTSP:
            probe(camera.name, [(StreamRole.MAIN, camera.main)], credentials, camera.transport)

    with durable.locked(machine.folder.secrets):  # two at once would each keep another password as the new one
        if vault.pending() is not None:
            password.settle(vault, _connect(options))
        with connected(addresses, vault.current(), SystemClock(), options) as found:
            address = found.address
        changed = password.change(vault, address, _connect(options), streams_open)
    typer.echo(f"Camera {camera.name!r} has a random password now. {changed.note}")


def settle(machine: Machine, camera: Camera) -> None:
    """Find out which password a camera has whose change was cut short, if one was."""
    vault = StoredVault(machine.cameras, camera.id)
    with durable.locked(machine.folder.secrets):
        if vault.pending() is None:
            return
        new = password.settle(vault, _connect(OnvifOptions()))
    which = f"the new one. {password.WAY_BACK}" if new else "the old one."
    typer.echo(f"Setting a password on camera {camera.name!r} was cut short; it has {which}")


def _connect(options: OnvifOptions) -> password.Connect:
    stop = threading.Event()

    @contextlib.contextmanager
    def connect(address: str, credentials: Credentials) -> Iterator[OnvifCamera]:
        with OnvifCamera(address, credentials, SystemClock(), options, stop) as camera:
            yield camera

    return connect


def _addresses(camera: Camera, onvif: str | None) -> Sequence[str]:
    if onvif is None and camera.main.kind is not SourceKind.RTSP:
        raise UsageError(f"Camera {camera.name!r} is no network camera: it has no password.")
    return parse_device(onvif or host_of(camera.main.address))[0]


def _role(survey: Survey, profile: Profile) -> str:
    if profile is survey.main:
        return "main"
    return "sub" if profile is survey.sub else "other"


def _described(profile: Profile) -> str:
    rate = f"{profile.rate:g} frames/s" if profile.rate else "frame rate not said"
    address = display(profile.stream) if profile.stream else "no RTSP address"
    return f"{profile.codec or 'unknown'}, {profile.width} x {profile.height}, {rate}, {address} ({profile.name})"
