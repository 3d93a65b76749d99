"""ONVIF cameras: finding them, and asking one what it offers, which is what it is then added with."""

from typing import Literal

import pydantic
from anyio import to_thread
from fastapi import APIRouter

from watchglass.base.errors import UsageError, WatchglassError
from watchglass.camera.device import Profile, Survey
from watchglass.camera.url import display
from watchglass.console.cameras import CannotUseError
from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Shape
from watchglass.model.camera import Credentials

router = APIRouter(prefix="/api/cameras", responses=ANSWERS, dependencies=SIGNED_IN, tags=["cameras"])


class DiscoverIn(Shape):
    """How long to wait for answers."""

    seconds: float = pydantic.Field(ge=0.5, le=15.0)


class FoundOut(Shape):
    """A camera that answered. What it calls itself is its own word."""

    address: str
    name: str
    model: str
    scopes: list[str]


class DiscoveredOut(Shape):
    """All that answered."""

    cameras: list[FoundOut]


class SurveyIn(Shape):
    """Which camera to ask, and as whom."""

    onvif: str = pydantic.Field(min_length=1, max_length=2048, description="http(s):// address, host:port, or a host.")
    username: str | None = pydantic.Field(None, max_length=256)
    password: pydantic.SecretStr | None = pydantic.Field(None, max_length=256)


class ProfileOut(Shape):
    """A stream that the camera offers. `role` null: it is not taken. Rates of 0: the camera does not say.

    `withheld`: it has an address which is not told, since the camera has put a user name or password into it. The command
    line adds such a camera: no answer of the console holds a password.
    """

    role: Literal["main", "sub"] | None
    name: str
    codec: str
    width: int
    height: int
    rate: float
    address: str | None = pydantic.Field(description="To add the camera with, as `url` or `sub_url`.")
    withheld: bool


class WarningOut(Shape):
    """What a person should mend in the camera's own settings."""

    about: str
    sentence: str


class SurveyOut(Shape):
    """What a camera is and offers. `clock_offset_s` is its clock minus ours; `presets` null: it cannot be turned."""

    address: str
    manufacturer: str
    model: str
    firmware: str
    profiles: list[ProfileOut]
    presets: list[str] | None
    clock_offset_s: float | None
    warnings: list[WarningOut]


@router.post("/discover")
async def discover_cameras(body: DiscoverIn, console: Context) -> DiscoveredOut:
    """Look for ONVIF cameras in the networks that the server is in."""

    def find() -> list[FoundOut]:
        found = console.onvif.discover(body.seconds, console.clock, console.rooms.closing)
        return [FoundOut(address=one.address, name=one.name, model=one.model, scopes=list(one.scopes)) for one in found]

    return DiscoveredOut(cameras=await to_thread.run_sync(find, limiter=console.rooms.probes))


@router.post("/survey")
async def survey_camera(body: SurveyIn, console: Context) -> SurveyOut:
    """Ask an ONVIF camera what it offers, which of it to take, and what to mend. Shows no picture, keeps nothing."""
    secret = body.password.get_secret_value() if body.password else ""
    if secret and not body.username:
        raise UsageError("A password was given without a user name; give both.")
    credentials = Credentials(body.username, secret) if body.username else None

    def look() -> SurveyOut:
        try:
            return _told(console.onvif.look(body.onvif, credentials, console.clock, console.rooms.closing))
        except WatchglassError as error:
            raise CannotUseError(error.sentence) from error

    return await to_thread.run_sync(look, limiter=console.rooms.probes)


def _told(survey: Survey) -> SurveyOut:
    return SurveyOut(
        address=survey.address,
        manufacturer=survey.info.manufacturer,
        model=survey.info.model,
        firmware=survey.info.firmware,
        profiles=[_profile(survey, one) for one in survey.profiles],
        presets=None if survey.presets is None else list(survey.presets),
        clock_offset_s=survey.offset,
        warnings=[WarningOut(about=one.caution.value, sentence=one.sentence) for one in survey.warnings],
    )


def _profile(survey: Survey, profile: Profile) -> ProfileOut:
    address = profile.stream.address if profile.stream else None
    withheld = profile.stream is not None and display(profile.stream) != address
    return ProfileOut(
        role="main" if profile is survey.main else "sub" if profile is survey.sub else None,
        name=profile.name,
        codec=profile.codec,
        width=profile.width,
        height=profile.height,
        rate=profile.rate,
        address=None if withheld else address,
        withheld=withheld,
    )
