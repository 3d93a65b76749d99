"""Trying a channel out before it is relied on: one test message, now, and a sentence on what to mend if it does not arrive."""

import contextlib

from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Message
from watchglass.alert.senders import MakeSender
from watchglass.base.errors import RefusedError, UnreachableError
from watchglass.model.channel import Channel, Settings, check_secret


def try_out(name: str, settings: Settings, secret: str, message: Message, make: MakeSender) -> None:
    """Send `message`, which says that it is a test, over a channel that need not be kept yet. On return it has arrived.

    RefusedError if the receiver does not want it (a wrong password), UnreachableError if it was not reached, UsageError if
    settings or secret make no sense. Takes as long as the receiver does, which is seconds where it does not answer.
    """
    channel = Channel(0, name, settings)
    check_secret(settings, secret)
    with contextlib.ExitStack() as opened:
        sender = opened.enter_context(make(channel, secret))
        try:
            sender.send(message)
        except ChannelDownError as error:
            kind = UnreachableError if "cannot be reached" in error.sentence else RefusedError
            raise kind(f"Channel {name!r}: {error.sentence}") from error
        except (NotTakenError, NeverTakenError) as error:
            raise RefusedError(f"Channel {name!r}: {error.sentence}") from error
