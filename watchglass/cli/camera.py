"""`watchglass camera`: which cameras there are, and what may be seen of them. Works while `up` runs, which takes changes up within a second."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, MissingInputError, UsageError
from watchglass.base.timekeeping import local_time, machine_zone
from watchglass.camera.device import Survey
from watchglass.camera.url import display, is_device, parse_device, parse_source
from watchglass.cli import onboarding
from watchglass.cli.folder import existing_machine_of, machine_of
from watchglass.cli.options import Data, Json, settings_of, who
from watchglass.ingest.open import probe
from watchglass.model.camera import (
    Camera,
    Credentials,
    Health,
    Source,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
)
from watchglass.model.hours import PrivacyHours
from watchglass.model.media import StreamInfo
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder

app = typer.Typer()

_STREAMS = "rtsp://host/path or rtsps://, a video file, or /dev/video0"
Address = Annotated[str | None, typer.Argument(metavar="ADDRESS", help=f"{_STREAMS}. Not with --onvif.")]
Probed = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        help=f"{_STREAMS}; an ONVIF camera's host or http:// address; or the name of one that was added.",
    ),
]
Onvif = Annotated[
    str | None,
    typer.Option(metavar="HOST", help="Ask the camera there (host, host:port, http:// or https://) for its streams."),
]
SetPassword = Annotated[
    bool,
    typer.Option("--set-password", help="Give the camera a random password that nobody sees, over ONVIF."),
]
Verify = Annotated[
    bool, typer.Option("--verify-tls", help="Refuse an https:// camera whose certificate nobody vouches for.")
]
Sub = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="The camera's small stream, which is then watched in place of the main one."),
]
User = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="User name on the camera; its password is asked for, or read from standard input."
    ),
]
Protocol = Annotated[Transport, typer.Option(help="How pictures travel from the camera.")]
_POLICIES = (
    "What may be seen of it. people-and-things: all but the empty scene as flat shapes. vehicles: these coarsely, "
    "all else as flat shapes. counts-only: no picture, shown or kept; only how many are in sight."
)
_SPEECH = (
    "Its sound is kept sealed, for custodians alone, and never in the view. Recording speech needs a legal ground of its "
    "own in most countries: make sure that you have it, and tell people who may be heard."
)
_WORDS = {
    ViewPolicy.FLAT: "people and things",
    ViewPolicy.VEHICLES: "vehicles visible",
    ViewPolicy.COUNTS: "counts only",
}
Sound = Annotated[
    bool,
    typer.Option(
        "--sound/--no-sound",
        help="Keep its sound, sealed with the original; never in the view. Recording speech needs a legal ground of its "
        "own in most countries.",
    ),
]
NameOrId = Annotated[str, typer.Argument(metavar="CAMERA", help="Its name, or its number.")]


@dataclasses.dataclass(frozen=True, slots=True)
class _Wanted:
    main: Source
    sub: Source | None
    credentials: Credentials | None

    def streams(self) -> list[tuple[StreamRole, Source]]:
        main = [(StreamRole.MAIN, self.main)]
        return [*main, (StreamRole.SUB, self.sub)] if self.sub else main


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What people call it, as in 'Front door'.")],
    address: Address = None,
    onvif: Onvif = None,
    set_password: SetPassword = False,
    verify: Verify = False,
    sub: Sub = None,
    user: User = None,
    transport: Protocol = Transport.TCP,
    policy: Annotated[ViewPolicy, typer.Option(help=_POLICIES)] = ViewPolicy.FLAT,
    sound: Sound = False,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Open the camera first, to see that it answers.")
    ] = True,
    data: Data = None,
) -> None:
    """Add a camera. A user name and password in the address are kept apart from it, readable by you alone."""
    if set_password and onvif is None:
        raise UsageError("A camera's password is set over ONVIF: name its host with --onvif.")
    look = None
    _added(name, data)  # should it be there already, with a password that was being set, that is settled at least
    if onvif is None:
        if address is None:
            raise UsageError(f"Say where the camera is: {_STREAMS}; or --onvif HOST.")
        wanted = _wanted(address, sub, user)
    else:
        if address is not None or sub is not None:
            raise UsageError("With --onvif the camera says where its streams are: leave out their addresses.")
        wanted, look = _surveyed(onvif, user, verify)
    if check:
        probe(name, wanted.streams(), wanted.credentials, transport)
        if look and wanted.credentials:
            onboarding.warn_if_open(name, wanted.main, transport)
    machine = machine_of(data)
    cameras = machine.cameras
    secrets = wanted.credentials
    camera = cameras.add(name, wanted.main, wanted.sub, transport, secrets, policy=policy, sound=sound, by=who())
    typer.echo(f"Camera {camera.name!r} was added (number {camera.id}).")
    if sound:
        typer.echo(_SPEECH)
    if look:
        onboarding.say_warnings(look)
    if set_password:
        onboarding.set_password(machine, camera, look.address if look else onvif, verify)


@app.command("list")
def list_all(data: Data = None, as_json: Json = False) -> None:
    """List all cameras, what may be seen of them, and how they are."""
    machine = existing_machine_of(data)
    cameras, running = machine.cameras, machine.folder.in_use()
    if as_json:
        found = [_described(camera, running, cameras.health(camera.id)) for camera in cameras.all()]
        typer.echo(json.dumps(found, indent=2))
        return
    for camera in cameras.all():
        state = _state(camera, cameras) if running else "not running"
        seen = _WORDS[camera.policy] + (", with sound" if camera.sound else "")
        typer.echo(f"{camera.id:>3}  {camera.name}  {display(camera.main)}  {seen}  {state}")
    if not cameras.all():
        typer.echo("There are no cameras yet. Add one with: watchglass camera add 'Front door' rtsp://...")
    elif not running:
        typer.echo("watchglass is not running: nothing is watched or kept. Start it with: watchglass up")


@app.command("discover")
def discover(
    seconds: Annotated[float, typer.Option(help="How long to wait for answers.")] = 5.0, as_json: Json = False
) -> None:
    """Look for ONVIF cameras in the networks that this machine is in."""
    found = onboarding.found(seconds)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
    else:
        onboarding.say_found(found)


@app.command("probe")
def probe_one(
    address: Probed,
    sub: Sub = None,
    user: User = None,
    transport: Protocol = Transport.TCP,
    verify: Verify = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Look at a camera: what it sends, over ONVIF what it offers and what to mend. Nothing of it is kept."""
    wanted = _added(address, data)
    if wanted is None and is_device(address):
        look = onboarding.look(address, Credentials(user, _password(user)) if user is not None else None, verify)
        if as_json:
            typer.echo(json.dumps(onboarding.as_json(look), indent=2))
        else:
            onboarding.say(look)
        return
    wanted = wanted or _wanted(address, sub, user)
    streams = probe(display(wanted.main), wanted.streams(), wanted.credentials, transport)
    if as_json:
        typer.echo(json.dumps([_stream(role, info) for role, info in streams], indent=2))
        return
    for role, info in streams:
        rate = f"{info.rate:g} frames/s" if info.rate else "frame rate not said"
        typer.echo(f"{role.value}: {info.codec}, {info.width} x {info.height}, {rate}")


@app.command("policy")
def change_policy(
    camera: NameOrId, policy: Annotated[ViewPolicy, typer.Argument(help=_POLICIES)], data: Data = None
) -> None:
    """Say what may be seen of a camera. What was kept before stays as it is, until its time is over."""
    cameras = existing_machine_of(data).cameras
    found = cameras.find(camera)
    cameras.set_policy(found.id, policy, by=who())
    typer.echo(f"Camera {found.name!r}: {_WORDS[policy]} from now on.")


@app.command("hours")
def change_hours(
    camera: NameOrId,
    hours: Annotated[
        str | None, typer.Argument(metavar="HOURS", help="As in 'mon-fri 08:00-16:00, sat 09:00-12:00', local time.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="It is never off for the time of day any more.")] = False,
    data: Data = None,
) -> None:
    """Say when in the week a camera is off: nothing is seen and nothing is kept then. Without hours, show them."""
    if none and hours is not None:
        raise UsageError("Give either hours or --none.")
    cameras = existing_machine_of(data).cameras
    found = cameras.find(camera)
    if none or hours is not None:
        wanted = None if hours is None else PrivacyHours.parse(hours)
        cameras.set_privacy_hours(found.id, wanted, by=who())
        found = cameras.get(found.id)
    said = f"off {found.privacy_hours}" if found.privacy_hours else "no privacy hours"
    typer.echo(f"Camera {found.name!r}: {said}.")


@app.command("set")
def change_settings(
    camera: NameOrId,
    sound: Annotated[
        bool | None,
        typer.Option("--sound/--no-sound", help="Keep its sound from now on, sealed with the original; or keep none."),
    ] = None,
    data: Data = None,
) -> None:
    """Change a camera's settings. What was kept before stays as it is, until its time is over."""
    if sound is None:
        raise UsageError("Say what is to be changed: --sound or --no-sound.")
    cameras = existing_machine_of(data).cameras
    found = cameras.find(camera)
    cameras.set_sound(found.id, sound, by=who())
    what = "its sound is kept with its originals" if sound else "no sound is kept"
    typer.echo(f"Camera {found.name!r}: {what} from now on.")
    if sound:
        typer.echo(_SPEECH)


@app.command("remove")
def remove(
    camera: NameOrId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Remove a camera and everything that is kept of it."""
    cameras = existing_machine_of(data).cameras
    found = cameras.find(camera)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"Nobody is there to ask whether camera {found.name!r} may go. Say so with --yes.")
        typer.confirm(f"Remove camera {found.name!r} and everything that is kept of it?", abort=True)
    ours = _nobody_knows_its_password(cameras, found)
    cameras.remove(found.id, by=who())
    typer.echo(f"Camera {found.name!r} was removed.")
    if ours:
        typer.echo("Its password, which nobody has seen, went with it: reset the camera to its factory settings.")


@app.command("credentials")
def credentials(
    camera: NameOrId,
    none: Annotated[bool, typer.Option("--none", help="The camera needs no user name and password any more.")] = False,
    set_password: SetPassword = False,
    onvif: Annotated[str | None, typer.Option(metavar="HOST", help="Where its ONVIF is, for --set-password.")] = None,
    verify: Verify = False,
    data: Data = None,
) -> None:
    """Tell a camera's new user name and password. Asks for both, or reads them as two lines of standard input."""
    machine = existing_machine_of(data)
    cameras = machine.cameras
    found = cameras.find(camera)
    if set_password:
        if none:
            raise UsageError("A camera that needs no password cannot be given one: leave out --none.")
        onboarding.set_password(machine, found, onvif, verify)
        return
    if none:
        cameras.set_credentials(found.id, None, by=who())
        typer.echo(f"Camera {found.name!r} is asked without user name and password now.")
        return
    user = _user(found)
    cameras.set_credentials(found.id, Credentials(user, _password(user)), by=who())
    typer.echo(f"Camera {found.name!r} is asked with the new user name and password now.")


def _user(camera: Camera) -> str:
    if sys.stdin.isatty():
        name: str = typer.prompt(f"User name on camera {camera.name!r}")
        return name
    name = sys.stdin.readline().rstrip("\n")
    if not name:
        raise UsageError(
            f"No user name for camera {camera.name!r} came on standard input. Write it as the first line and the "
            "password as the second, or run this in a terminal to be asked."
        )
    return name


def _surveyed(onvif: str, user: str | None, verify: bool) -> tuple[_Wanted, Survey]:
    """What the camera at an ONVIF address has to offer, and which of it to take."""
    inside = parse_device(onvif)[1]
    credentials = Credentials(user, _password(user)) if user is not None else inside
    look = onboarding.look(onvif, credentials, verify)
    main, sub = onboarding.sources(look)
    return _Wanted(main, sub, credentials), look


def _added(name: str, data: Path | None) -> _Wanted | None:
    """The streams of a camera that was added, by its name; None if there is none. Settles which password it has."""
    if "/" in name or not DataFolder.is_one(settings_of(data).data):
        return None
    machine = existing_machine_of(data)
    camera = next((one for one in machine.cameras.all() if one.name.casefold() == name.strip().casefold()), None)
    if camera is None:
        return None
    onboarding.settle(machine, camera)
    return _Wanted(camera.main, camera.sub, machine.cameras.credentials(camera.id))


def _wanted(address: str, sub: str | None, user: str | None) -> _Wanted:
    main, credentials = parse_source(address)
    small, small_credentials = parse_source(sub) if sub else (None, None)
    if user is not None:
        credentials = Credentials(user, _password(user))
    for source in (main, small):
        if source is not None and source.kind is SourceKind.FILE and not Path(source.address).is_file():
            what = "is not a file" if Path(source.address).exists() else "does not exist"
            raise MissingInputError(f"The video {source.address} {what}. For a camera write rtsp://address/path.")
    return _Wanted(main, small, credentials or small_credentials)


def _password(user: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = typer.prompt(f"Password of {user} on the camera", hide_input=True)
    return password


def _nobody_knows_its_password(cameras: Cameras, camera: Camera) -> bool:
    """Whether it was made here. Secrets that are damaged must not hinder anybody from removing their camera."""
    try:
        return cameras.password_is_ours(camera.id)
    except BadInputError:
        return False


def _state(camera: Camera, cameras: Cameras) -> str:
    if off := camera.as_of(local_time(SystemClock(), machine_zone())).off:
        return f"off ({off})"
    health = cameras.health(camera.id)
    return "; ".join(
        f"{role.value} {one.state.value}{f' ({one.cause})' if one.cause else ''}" for role, one in health.items()
    )


def _described(camera: Camera, running: bool, health: dict[StreamRole, Health]) -> dict[str, object]:
    return {
        "id": camera.id,
        "name": camera.name,
        "kind": camera.main.kind.value,
        "address": display(camera.main),
        "sub_address": display(camera.sub) if camera.sub else None,
        "transport": camera.transport.value,
        "policy": camera.policy.value,
        "sound": camera.sound,
        "enabled": camera.enabled,
        "privacy_hours": str(camera.privacy_hours) if camera.privacy_hours else None,
        "running": running,  # where it is false, health is of the last time
        "health": {
            role.value: {"state": one.state.value, "since_us": one.since, "cause": one.cause}
            for role, one in health.items()
        },
    }


def _stream(role: StreamRole, info: StreamInfo) -> dict[str, object]:
    return {"role": role.value, "codec": info.codec, "width": info.width, "height": info.height, "rate": info.rate}
