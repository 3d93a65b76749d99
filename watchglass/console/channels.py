"""Channels: by which alerts reach people. What is secret of one goes in and never comes out again."""

from typing import Annotated, Any

import pydantic
from anyio import to_thread
from fastapi import APIRouter, Path, status

from watchglass.alert.vapid import private_key, public_bytes, written
from watchglass.base.errors import RefusedError, UnreachableError
from watchglass.console.context import SIGNED_IN, Console, Context, Who
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import MAX_ID, Shape
from watchglass.model.channel import Channel, ChannelKind, Push, Settings, Webhook, parse_settings

router = APIRouter(prefix="/api/channels", responses=ANSWERS, dependencies=SIGNED_IN, tags=["channels"])

ChannelId = Annotated[int, Path(ge=1, le=MAX_ID, description="The channel's number.")]
SettingsIn = Annotated[dict[str, Any], pydantic.Field(description="As its kind has them.", max_length=16)]
Secret = Annotated[str, pydantic.Field(max_length=4000)]


Tried = Annotated[
    bool,
    pydantic.Field(
        description="Send a test by it first, and keep it only if that arrives. There is nothing to try of a browser, nor of a "
        "webhook whose key its receiver cannot have yet."
    ),
]


class NotArrivedError(UnreachableError):
    """A channel was tried out, and the test did not arrive: it may be kept all the same, untried."""


class ChannelIn(Shape):
    """A channel to add."""

    name: str = pydantic.Field(min_length=1, max_length=64)
    kind: ChannelKind = pydantic.Field(strict=False)
    settings: SettingsIn
    secret: Secret = pydantic.Field(
        default="",
        repr=False,
        description="Password, signing key or a service's whole address. A webhook without one gets a key.",
    )
    tried: Tried = True


class ChannelChange(Shape):
    """What is to be another way; what is left out stays."""

    name: str | None = pydantic.Field(default=None, min_length=1, max_length=64)
    settings: SettingsIn | None = None
    secret: Secret | None = pydantic.Field(
        default=None, repr=False, description="Needed with other settings where there is one."
    )
    tried: Tried = True
    enabled: bool | None = None


class ChannelOut(Shape):
    """A channel, without its secret."""

    id: int
    name: str
    kind: ChannelKind
    settings: dict[str, Any]
    enabled: bool
    trouble: str = pydantic.Field(description="A sentence on what is wrong at the moment; empty while all is well.")


class AddedOut(ChannelOut):
    """A channel that was just added."""

    signing_key: str = pydantic.Field(description="Of a webhook, to set its receiver up with: it is shown this once.")


class ChannelsOut(Shape):
    """All channels, in the order in which they were added."""

    channels: list[ChannelOut]


class PushKeyOut(Shape):
    """Our key for browser push."""

    key: str = pydantic.Field(description="`applicationServerKey`: 65 bytes in URL-safe base64.")


class TestOut(Shape):
    """A test alert that is on its way."""

    __test__ = False  # which pytest would take it for

    alert_id: int = pydantic.Field(description="Of which /api/alerts says what becomes of it.")


@router.get("")
def list_channels(console: Context) -> ChannelsOut:
    """List channels. Every alert is on the console, whether there is one or not."""
    return ChannelsOut(channels=[_told(one) for one in console.channels.all()])


@router.get("/push-key")
def push_key(console: Context) -> PushKeyOut:
    """Say what a browser must know of us before it lets us send it alerts."""
    return PushKeyOut(key=written(public_bytes(private_key(console.channels.push_key()))))


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_channel(body: ChannelIn, console: Context) -> AddedOut:
    """Add a channel: a webhook, an MQTT broker, a browser, or e-mail, chat and SMS through a service's address."""
    settings = parse_settings(body.kind, body.settings)
    if body.tried:
        await _try(console, body.name, settings, body.secret)
    return await to_thread.run_sync(_add, console, body, settings)


def _add(console: Console, body: ChannelIn, settings: Settings) -> AddedOut:
    added = console.channels.add(body.name, settings, body.secret)
    made = body.kind is ChannelKind.WEBHOOK and not body.secret
    return AddedOut(**dict(_told(added)), signing_key=console.channels.secret(added.id) if made else "")


@router.patch("/{channel_id}")
async def change_channel(channel_id: ChannelId, body: ChannelChange, console: Context) -> ChannelOut:
    """Change a channel. A secret is never sent to an address that it was not given for."""
    before = await to_thread.run_sync(console.channels.get, channel_id)
    settings = before.settings if body.settings is None else parse_settings(before.kind, body.settings)
    if body.tried and body.secret is not None:
        await _try(console, body.name or before.name, settings, body.secret)
    return await to_thread.run_sync(_change, console, before, body, settings)


async def _try(console: Console, name: str, settings: Settings, secret: str) -> None:
    """UsageError where it makes no sense, NotArrivedError where the test did not arrive."""
    if isinstance(settings, Push) or (isinstance(settings, Webhook) and not secret):
        return
    try:
        await to_thread.run_sync(console.trial, name, settings, secret, limiter=console.rooms.probes)
    except (RefusedError, UnreachableError) as error:
        raise NotArrivedError(error.sentence) from error


def _change(console: Console, before: Channel, body: ChannelChange, settings: Settings) -> ChannelOut:
    channels, channel_id = console.channels, before.id
    if body.settings is not None or body.secret is not None:
        channels.change(channel_id, settings, body.secret)
    if body.name is not None and body.name != before.name:
        channels.rename(channel_id, body.name)
    if body.enabled is not None:
        channels.set_enabled(channel_id, body.enabled)
    return _told(channels.get(channel_id))


@router.delete("/{channel_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_channel(channel_id: ChannelId, console: Context) -> None:
    """Remove a channel with its secret. What still waits for it is undelivered, and says so."""
    console.channels.remove(channel_id)


@router.post("/{channel_id}/test", status_code=status.HTTP_202_ACCEPTED)
def test_channel(channel_id: ChannelId, console: Context, who: Who) -> TestOut:
    """Send a test alert, which says that it is one."""
    return TestOut(alert_id=console.outbox.take_test(channel_id, who.name).id)


def _told(channel: Channel) -> ChannelOut:
    return ChannelOut(
        id=channel.id,
        name=channel.name,
        kind=channel.kind,
        settings={name: getattr(channel.settings, name) for name in type(channel.settings).__dataclass_fields__},
        enabled=channel.enabled,
        trouble=channel.trouble,
    )
