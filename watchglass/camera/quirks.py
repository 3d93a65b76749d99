"""Where makes of cameras differ from what the standards say, and what we do about it.

Each quirk is a named policy with its reason and where that is known from; each is heeded in one place. What a camera's
own answers can tell (that its clock is wrong, that it names another host) needs no quirk: it is dealt with for all.
"""

import dataclasses
import enum

from watchglass.camera.device import DeviceInfo

USUAL_PORT = 80


class AccountPolicy(enum.Enum):
    """Which accounts a new password changes."""

    SHARED = "shared"  # one list: ONVIF, streams and the camera's own page alike
    ONVIF_APART = "onvif-apart"  # ONVIF has a list of its own: the page keeps its accounts and their passwords


@dataclasses.dataclass(frozen=True, slots=True)
class OnvifPort:
    """A port where a make serves ONVIF instead of port 80. Heeded where a bare host name was given (camera/url.py)."""

    makers: tuple[str, ...]
    port: int
    reason: str
    source: str


@dataclasses.dataclass(frozen=True, slots=True)
class Accounts:
    """How a make keeps its accounts. Heeded where a password is changed (camera/password.py)."""

    makers: tuple[str, ...]
    policy: AccountPolicy
    reason: str
    source: str


ONVIF_PORTS = (
    OnvifPort(
        ("tp-link", "tapo", "vigi"),
        2020,
        "Tapo cameras have no page, and ONVIF at a port of its own.",
        "https://github.com/AlexxIT/go2rtc/blob/master/internal/onvif/README.md; "
        "https://docs.frigate.video/configuration/cameras (table of PTZ cameras)",
    ),
    OnvifPort(
        ("reolink",),
        8000,
        "Reolink's page is at port 80 and ONVIF apart from it.",
        "https://github.com/AlexxIT/go2rtc/blob/master/internal/onvif/README.md",
    ),
)
"""In the order in which they are tried, after port 80."""

ACCOUNTS = (
    Accounts(
        ("dahua", "amcrest"),
        AccountPolicy.ONVIF_APART,
        "Their menu has a list of ONVIF users beside that of the page's users.",
        "Dahua, DH-IPC-PDBW82041N-B360 user's manual, 6.6.2.3 ONVIF User",
    ),
)


def ports_of_a_bare_host() -> tuple[int, ...]:
    """Where ONVIF is looked for on a host of which nothing else is known, in this order."""
    return USUAL_PORT, *(quirk.port for quirk in ONVIF_PORTS)


def account_policy(info: DeviceInfo) -> AccountPolicy:
    """How this camera keeps its accounts."""
    maker = info.manufacturer.casefold()
    found = (quirk.policy for quirk in ACCOUNTS if any(name in maker for name in quirk.makers))
    return next(found, AccountPolicy.SHARED)
