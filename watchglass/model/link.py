"""Signed links: they open one alert's page without signing in, for as long as they say, and do nothing by being opened.

Mail scanners and chat previews follow links. So a link is only ever good to show what an alert said; what is done on that page
is done by a button that posts, with a token of another purpose, which no message holds.
"""

import base64
import dataclasses
import enum
import hmac
import uuid

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import RefusedError

LASTS_US = 7 * 24 * 3600 * MICROSECONDS
LASTS_ON_PAGE_US = 3600 * MICROSECONDS
LASTS_LOOKING_US = 600 * MICROSECONDS
KEY_BYTES = 32

_LONGEST = 200


class Purpose(enum.StrEnum):
    """What a token is good for. Each is signed in, so that none passes for another."""

    OPEN = "open"  # the page of an alert
    JUDGE = "judge"  # one of its buttons, for an hour from when the page was opened
    LOOK = "look"  # the view around the alert, for ten minutes from when the page was opened


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """Leave to do one thing with one alert until a time. `str` of it is nothing secret: `sign` makes the token."""

    purpose: Purpose
    alert: uuid.UUID
    expires: WallUs

    def sign(self, key: bytes) -> str:
        """The token: what it allows in the clear, and HMAC-SHA256 over that; safe in a URL."""
        text = f"{self.purpose}.{self.alert.hex}.{self.expires // MICROSECONDS}"
        return f"{text}.{_seal(text, key)}"


def read(token: str, purpose: Purpose, key: bytes, now: WallUs) -> Link:
    """What a token allows. RefusedError if it is forged, for something else, or has expired."""
    text, _, seal = token[:_LONGEST].rpartition(".")
    if len(token) > _LONGEST or not token.isascii() or not hmac.compare_digest(_seal(text, key), seal):
        raise RefusedError("This link is not one of ours, or a part of it is missing: open it from the message again.")
    kind, alert, expires = text.split(".")  # as we wrote it, for it is signed
    if kind != purpose:
        raise RefusedError("This link is for something else: open the alert from its message.")
    link = Link(purpose, uuid.UUID(alert), WallUs(int(expires) * MICROSECONDS))
    if now >= link.expires:
        raise RefusedError("This link has expired: open it from the message again, or sign in to see the alert.")
    return link


def new_link(alert: uuid.UUID, now: WallUs) -> Link:
    """What a message holds."""
    return Link(Purpose.OPEN, alert, WallUs(now + LASTS_US))


def judging(opened: Link, now: WallUs) -> Link:
    """What the buttons of a page hold that was opened just now; it ends no later than the link does by much."""
    return Link(Purpose.JUDGE, opened.alert, WallUs(now + LASTS_ON_PAGE_US))


def looking(opened: Link, now: WallUs) -> Link:
    """What a page that was opened just now fetches pictures with."""
    return Link(Purpose.LOOK, opened.alert, WallUs(now + LASTS_LOOKING_US))


def _seal(text: str, key: bytes) -> str:
    digest = hmac.digest(key, b"watchglass link\0" + text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
