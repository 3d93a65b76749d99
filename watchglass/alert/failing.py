"""Why a message did not go out, and what follows: is it this message, this moment, or the channel?"""

from watchglass.base.errors import WatchglassError


class ChannelDownError(WatchglassError):
    """Nothing gets through to a channel at the moment: no connection, wrong password. The whole channel waits."""


class NotTakenError(WatchglassError):
    """The receiver did not take this message now. It is tried again; others go on."""


class NeverTakenError(WatchglassError):
    """The receiver will never take this message. It is not tried again."""
