"""Cameras: listing, adding, trying out, renaming, switching on and off, removing. No answer holds a password."""

import dataclasses
from typing import Annotated, Final, Literal

import pydantic
from anyio import to_thread
from fastapi import APIRouter, status

from watchglass.base.clock import MICROSECONDS
from watchglass.base.errors import BadInputError, UsageError, WatchglassError
from watchglass.base.timekeeping import local_time
from watchglass.camera.url import display, parse_source
from watchglass.console.context import SIGNED_IN, Console, Context, Who
from watchglass.console.fault import ANSWERS
from watchglass.console.originals import OriginalOut, Sealing, original_of, sealing
from watchglass.console.shapes import CameraId, Shape
from watchglass.model.camera import (
    PRIVACY_HOURS,
    Camera,
    Credentials,
    Health,
    HealthState,
    Source,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
    ViewState,
    ViewStatus,
)
from watchglass.model.hours import LONGEST, PrivacyHours
from watchglass.model.media import StreamInfo

router = APIRouter(prefix="/api/cameras", responses=ANSWERS, dependencies=SIGNED_IN, tags=["cameras"])

Policy = Literal["people-and-things", "vehicles", "counts-only"]

_HALF: Final = "A password was given without a user name; give both."
_TRIED: Final = "(new)"  # a camera that is only tried out has no name yet


class HealthOut(Shape):
    """Health of one stream."""

    state: Literal["starting", "up", "degraded", "down", "off"]
    since_us: int
    cause: str = pydantic.Field(description="A sentence, empty while all is well.")


class ViewOut(Shape):
    """What a viewer of the camera sees at the moment. Of one that keeps counts only, `shown` are its numbers."""

    state: Literal["waiting", "learning", "shown", "covered", "paused"]
    since_us: int
    reason: str
    progress: float = pydantic.Field(description="How much of the plate is learnt, 0 to 1.")
    protection: Literal["full", "reduced"]
    width: int
    height: int


class KeptOut(Shape):
    """From the first to the last moment that is kept."""

    from_us: int
    to_us: int


class CountsOut(Shape):
    """How many are in sight at the moment; null where the detector at work does not look for them."""

    people: int
    vehicles: int | None
    animals: int | None
    things: int | None


class CameraOut(Shape):
    """A camera as it was set up, and how it does."""

    id: int
    name: str
    kind: Literal["rtsp", "file", "usb"]
    address: str = pydantic.Field(description="Never with user name or password.")
    sub_address: str | None
    transport: Literal["tcp", "udp"]
    policy: Policy
    sound: bool = pydantic.Field(description="Its sound is kept, sealed with the original; it is never in the view.")
    enabled: bool
    privacy_hours: str | None = pydantic.Field(description="When it is off on purpose, in the machine's local time.")
    resting: bool = pydantic.Field(description="Whether it is in its privacy hours now.")
    resting_until_us: int | None = pydantic.Field(
        description="When they are over; null: it does not rest, or has no end."
    )
    has_credentials: bool
    health: dict[Literal["main", "sub"], HealthOut]
    view: ViewOut
    counts: CountsOut | None = pydantic.Field(
        description="Of a camera that keeps counts only; null where nothing can be said."
    )
    kept: KeptOut | None
    original: OriginalOut


class CamerasOut(Shape):
    """All cameras, in the order in which they were added."""

    cameras: list[CameraOut]


class SourceIn(Shape):
    """Where a camera is found, and how to get in."""

    url: str = pydantic.Field(
        min_length=1,
        max_length=2048,
        description="rtsp:// or rtsps:// URL, an absolute path of a video file, or /dev/videoN. "
        "user:password@ in it is taken out and kept apart.",
    )
    sub_url: str | None = pydantic.Field(None, min_length=1, max_length=2048, description="Of the substream.")
    username: str | None = pydantic.Field(None, max_length=256)
    password: pydantic.SecretStr | None = pydantic.Field(None, max_length=256)
    transport: Literal["tcp", "udp"] = "tcp"


class CameraIn(SourceIn):
    """A new camera."""

    name: str = pydantic.Field(min_length=1, max_length=200)
    policy: Policy = pydantic.Field(
        ViewPolicy.FLAT.value,
        description="What may be seen. people-and-things: all but the empty scene as flat shapes. vehicles: these "
        "coarsely, at most 25 pixels a metre, all else as before. counts-only: no picture, shown or kept; only numbers.",
    )
    sound: bool = pydantic.Field(
        False,
        description="Keep the sound of a network camera, sealed with the original. Recording speech needs a legal ground "
        "of its own in most countries.",
    )


class CameraChange(Shape):
    """What may be changed of a camera; what is left out stays as it is."""

    name: Annotated[str | None, pydantic.Field(min_length=1, max_length=200)] = None
    enabled: bool | None = None
    privacy_hours: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = pydantic.Field(
        None, description="As in: mon-fri 08:00-16:00, sat 09:00-12:00. Empty: none any more."
    )
    policy: Policy | None = pydantic.Field(None, description="In force within seconds; what was kept before stays.")
    sound: bool | None = pydantic.Field(None, description="As when it is added; what was kept before stays.")
    username: str | None = pydantic.Field(
        None, max_length=256, description="On the camera, with its password. Empty: it needs neither any more."
    )
    password: pydantic.SecretStr | None = pydantic.Field(
        None, max_length=256, description="On the camera; without `username`, that of the user name it has."
    )


class StreamOut(Shape):
    """What is in a stream."""

    role: Literal["main", "sub"]
    codec: str
    width: int
    height: int
    rate: float = pydantic.Field(description="Frames a second, 0 where the stream does not say.")


class StreamsOut(Shape):
    """What was found at the addresses that were tried."""

    streams: list[StreamOut]


class CannotUseError(UsageError):
    """A camera that was tried out cannot be used as it was described; the sentence says why."""


@router.get("")
def list_cameras(console: Context) -> CamerasOut:
    """List all cameras."""
    seal = sealing(console)
    return CamerasOut(cameras=[describe(console, camera, seal) for camera in console.cameras.all()])


@router.post("", status_code=status.HTTP_201_CREATED)
def add_camera(body: CameraIn, console: Context, who: Who) -> CameraOut:
    """Add a camera. It is opened as soon as the recorder has seen it, within a second."""
    main, sub, credentials = _sources(body)
    policy = ViewPolicy(body.policy)
    transport = Transport(body.transport)
    add = console.cameras.add
    camera = add(body.name, main, sub, transport, credentials, policy=policy, sound=body.sound, by=who)
    return describe(console, camera)


@router.post("/probe")
async def probe_camera(body: SourceIn, console: Context) -> StreamsOut:
    """Open the streams for a moment and say what is in them. Shows no picture: there is no raw set-up mode."""
    main, sub, credentials = _sources(body)

    streams = [(StreamRole.MAIN, main), *([(StreamRole.SUB, sub)] if sub else [])]

    def probe() -> list[StreamOut]:
        try:
            transport = Transport(body.transport)
            found = console.probe(_TRIED, streams, credentials, transport, stop=console.rooms.closing)
        except WatchglassError as error:
            raise CannotUseError(error.sentence) from error
        return [_stream(role, info) for role, info in found]

    return StreamsOut(streams=await to_thread.run_sync(probe, limiter=console.rooms.probes))


@router.get("/{camera_id}")
def show_camera(camera_id: CameraId, console: Context) -> CameraOut:
    """Show one camera."""
    return describe(console, console.cameras.get(camera_id))


@router.patch("/{camera_id}")
def change_camera(camera_id: CameraId, body: CameraChange, console: Context, who: Who) -> CameraOut:
    """Rename a camera, switch it on or off, say when it is to be off, what may be seen of it and whether its sound is kept, or
    tell its new password.

    With new ones, and with sound, its streams are opened again within a second.
    """
    console.cameras.get(camera_id)
    entered = not body.model_fields_set.isdisjoint({"username", "password"})
    credentials = _new_credentials(console, camera_id, body) if entered else None
    # First what may be refused: nothing else is then changed.
    hours = PrivacyHours.parse(body.privacy_hours) if body.privacy_hours and body.privacy_hours.strip() else None
    if body.sound is not None:
        console.cameras.set_sound(camera_id, body.sound, by=who)
    if body.name is not None:
        console.cameras.rename(camera_id, body.name, by=who)
    if body.privacy_hours is not None:
        console.cameras.set_privacy_hours(camera_id, hours, by=who)
    if body.policy is not None:
        console.cameras.set_policy(camera_id, ViewPolicy(body.policy), by=who)
    if body.enabled is not None:  # once it is known what may be seen of it, and when
        console.cameras.set_enabled(camera_id, body.enabled, by=who)
    if entered:
        console.cameras.set_credentials(camera_id, credentials, by=who)
    return describe(console, console.cameras.get(camera_id))


@router.delete("/{camera_id}/kept", status_code=status.HTTP_204_NO_CONTENT)
def delete_kept(camera_id: CameraId, console: Context) -> None:
    """Delete what is kept of a camera, but for what is held and the minute being written. The files are gone a minute later."""
    console.cameras.get(camera_id)
    console.views.forget(camera_id)


@router.delete("/{camera_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_camera(camera_id: CameraId, console: Context, who: Who) -> None:
    """Forget a camera and all that is kept of it. Refused while a hold keeps footage of it."""
    console.cameras.remove(camera_id, by=who)


def describe(console: Console, camera: Camera, seal: Sealing | None = None) -> CameraOut:
    """A camera for the browser. `seal` is what `sealing` says, where it is known already."""
    now = local_time(console.clock, console.zone)
    camera = camera.as_of(now)
    resting = camera.off == PRIVACY_HOURS
    until = camera.privacy_hours.until(now) if resting and camera.privacy_hours else None
    view = console.cameras.view_status(camera.id) or ViewStatus(ViewState.WAITING, console.clock.wall_us())
    bounds = console.views.bounds(camera.id)
    return CameraOut(
        id=camera.id,
        name=camera.name,
        kind=camera.main.kind.value,
        address=display(camera.main),
        sub_address=display(camera.sub) if camera.sub else None,
        transport=camera.transport.value,
        policy=camera.policy.value,
        sound=camera.sound,
        enabled=camera.enabled,
        privacy_hours=str(camera.privacy_hours) if camera.privacy_hours else None,
        resting=resting,
        resting_until_us=round(until.timestamp()) * MICROSECONDS if until else None,
        has_credentials=_has_credentials(console, camera),
        health=_healths(console, camera),
        view=ViewOut(
            state=view.state.value,
            since_us=view.since,
            reason=view.reason,
            progress=float(view.progress),
            protection=view.protection.value,
            width=view.width,
            height=view.height,
        ),
        counts=_counts(console, camera),
        kept=KeptOut(from_us=bounds[0], to_us=bounds[1]) if bounds else None,
        original=original_of(console, camera, seal or sealing(console)),
    )


def _counts(console: Console, camera: Camera) -> CountsOut | None:
    """What is in sight of a camera that keeps counts only, while it is watched."""
    counts = console.hub.counts(camera.id) if not camera.off and camera.policy is ViewPolicy.COUNTS else None
    return CountsOut(**dataclasses.asdict(counts)) if counts else None


def _has_credentials(console: Console, camera: Camera) -> bool:
    """Whether there are any that can be used: damaged ones must not hide all cameras, its health says enough."""
    try:
        return console.cameras.credentials(camera.id) is not None
    except BadInputError:
        return False


def _healths(console: Console, camera: Camera) -> dict[Literal["main", "sub"], HealthOut]:
    """Health of each stream; of one that nothing has been said of yet, that it is starting, or off."""
    said = console.cameras.health(camera.id)
    silent = Health(HealthState.OFF if camera.off else HealthState.STARTING, console.clock.wall_us())
    return {role.value: _health(said.get(role, silent)) for role, _ in camera.streams()}


def _health(health: Health) -> HealthOut:
    return HealthOut(state=health.state.value, since_us=health.since, cause=health.cause)


def _sources(body: SourceIn) -> tuple[Source, Source | None, Credentials | None]:
    """Main and substream, and the credentials: those given apart, else those in a URL."""
    main, inside = _parsed(body.url)
    sub, inside_sub = _parsed(body.sub_url) if body.sub_url else (None, None)
    if body.username:
        secret = body.password.get_secret_value() if body.password else ""
        return main, sub, Credentials(body.username, secret)
    if body.password is not None and body.password.get_secret_value():
        raise UsageError(_HALF)
    return main, sub, inside or inside_sub


def _new_credentials(console: Console, camera_id: int, body: CameraChange) -> Credentials | None:
    """What a camera's user name and password become; None where it is to have none."""
    secret = body.password.get_secret_value() if body.password else ""
    if body.username:
        return Credentials(body.username, secret)
    if "username" in body.model_fields_set:
        if secret:
            raise UsageError(_HALF)
        return None
    kept = console.cameras.credentials(camera_id)
    if kept is None:
        raise UsageError(_HALF)
    return Credentials(kept.username, secret)


def _parsed(text: str) -> tuple[Source, Credentials | None]:
    source, credentials = parse_source(text)
    if source.kind is SourceKind.FILE and not text.strip().startswith("/"):
        raise UsageError("Write the whole path of a file on the server, beginning with /.")  # relative to what?
    return source, credentials


def _stream(role: StreamRole, info: StreamInfo) -> StreamOut:
    return StreamOut(role=role.value, codec=info.codec, width=info.width, height=info.height, rate=float(info.rate))
