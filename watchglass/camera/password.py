"""Giving a camera a random password that nobody sees.

It may die at any step, or the network may: the new password is durable before the camera is told of it, beside the
old one, and neither is dropped until a fresh connection has shown which of the two the camera takes. Until then both
are kept as *pending*, and `settle` asks again. The way back for people is the camera's factory reset.
"""

import contextlib
import dataclasses
import secrets
import string
from collections.abc import Callable
from typing import Protocol

from watchglass.base.errors import BadInputError, RefusedError, UnreachableError, UsageError, WatchglassError
from watchglass.camera.device import Account, DeviceInfo
from watchglass.camera.quirks import AccountPolicy, account_policy
from watchglass.model.camera import Credentials, PendingPassword

LENGTH = 16
"""95 bits, and what every camera takes: makers ask for 8 or more characters of two or three kinds, some allow 16."""

WAY_BACK = (
    "Nobody has seen the new password, and it is in this data folder only. To get into the camera without watchglass, "
    "reset it to its factory settings (mostly a small button that is held for ten seconds)."
)
_APART = "Its own page has accounts of its own, whose passwords are as they were: change them there."


class Device(Protocol):
    """A conversation with a camera: `OnvifCamera`, or a stand-in."""

    def information(self) -> DeviceInfo:
        """Who made it."""

    def accounts(self) -> list[Account]:
        """Who may sign in."""

    def set_password(self, account: Account, password: str) -> None:
        """Give an account another password."""


Connect = Callable[[str, Credentials], contextlib.AbstractContextManager[Device]]
"""A fresh conversation with the camera at an address, signed in so."""


class Vault(Protocol):
    """Where the credentials of one camera are kept, durably."""

    def current(self) -> Credentials | None:
        """What the camera is asked with."""

    def is_ours(self) -> bool:
        """Whether that was made here."""

    def pending(self) -> PendingPassword | None:
        """What is being set."""

    def propose(self, pending: PendingPassword) -> None:
        """Keep it beside what there is."""

    def settle(self, credentials: Credentials, *, ours: bool) -> None:
        """Keep this, and nothing beside it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Changed:
    """A password was set. `note` is for the person."""

    note: str


def generate() -> str:
    """A password: letters and digits, some of each, so that no camera stumbles over a character."""
    while True:
        password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))
        kinds = (str.isupper, str.islower, str.isdecimal)
        if all(any(kind(letter) for letter in password) for kind in kinds):
            return password


def change(vault: Vault, address: str, connect: Connect, streams_open: Callable[[Credentials], None]) -> Changed:
    """Give the camera's account a new password, and keep it. `streams_open` raises RefusedError where it opens no stream.

    Whatever is raised, what the camera takes is kept: UsageError before anything was changed, RefusedError where the
    old password is in force again, UnreachableError where nobody knows and both are kept.
    """
    if vault.pending() is not None:
        settle(vault, connect)
    current = vault.current()
    if current is None:
        raise UsageError("The camera has no user name and password that could be changed: add it with --user.")
    account, policy = _account(address, current, connect)
    if _holds(address, Credentials(current.username, generate()), connect):
        raise UsageError(
            "The camera takes any password, so none that is set can be relied on: switch on authentication in its settings."
        )
    new = Credentials(current.username, generate())
    vault.propose(PendingPassword(address, new))
    failure = _attempt(address, current, connect, account, new.password)
    if _settled(vault, connect) == current:
        raise BadInputError(
            f"The camera did not take a new password{f' ({failure.sentence})' if failure else ''} The old one is in force."
        )
    try:
        streams_open(new)
    except RefusedError:
        vault.propose(PendingPassword(address, current))  # what is current is the new one by now
        _attempt(address, new, connect, account, current.password)
        if _settled(vault, connect) == new:
            raise RefusedError(
                "The camera takes the new password, but its streams do not, and it did not take the old one back: "
                "enter what its streams want with 'watchglass camera credentials'."
            ) from None
        vault.settle(current, ours=False)
        raise RefusedError(
            "The camera keeps the passwords of its streams apart from ONVIF's, so it was given its old one back: set a "
            "random one for both on its own page, and tell it with 'watchglass camera credentials'."
        ) from None
    return Changed(f"{_APART} {WAY_BACK}" if policy is AccountPolicy.ONVIF_APART else WAY_BACK)


def settle(vault: Vault, connect: Connect) -> bool:
    """Find out which password a camera has whose change was cut short, and keep that one. True if it is the new one.

    RefusedError if it takes neither, UnreachableError if it does not answer; then both are kept.
    """
    pending = vault.pending()
    if pending is None:
        return False
    return _settled(vault, connect) == pending.credentials


def _account(address: str, current: Credentials, connect: Connect) -> tuple[Account, AccountPolicy]:
    with connect(address, current) as camera:
        try:
            accounts = camera.accounts()
        except RefusedError:
            raise RefusedError(
                f"{current.username} may not change passwords on the camera, or not with this password: "
                "name an administrator's account."
            ) from None
        account = next((one for one in accounts if one.name == current.username), None)
        if account is None:
            raise UsageError(f"The camera has no ONVIF account called {current.username}: its password is not changed.")
        return account, account_policy(camera.information())


def _attempt(
    address: str, signed: Credentials, connect: Connect, account: Account, password: str
) -> WatchglassError | None:
    """Set a password. What went wrong says nothing of which one holds: the answer may have been lost."""
    try:
        with connect(address, signed) as camera:
            camera.set_password(account, password)
    except WatchglassError as error:
        return error
    return None


def _settled(vault: Vault, connect: Connect) -> Credentials:
    """Of the two passwords that are kept the one that the camera takes, the only one that is kept from then on."""
    pending, current = vault.pending(), vault.current()
    if pending is None or current is None:
        raise UsageError("No change of this camera's password was cut short.")
    try:
        for credentials, ours in ((pending.credentials, True), (current, vault.is_ours())):
            if _holds(pending.address, credentials, connect):
                vault.settle(credentials, ours=ours)
                return credentials
    except (UnreachableError, BadInputError) as error:
        raise UnreachableError(
            f"{error.sentence} Which password it has is not known: both are kept, and 'watchglass camera probe' with the "
            "camera's name finds out once it answers."
        ) from None
    raise RefusedError(
        "The camera takes neither its old password nor the new one. Wait some minutes in case it has locked itself, then "
        "try again; else reset it to its factory settings and use 'watchglass camera credentials'."
    )


def _holds(address: str, credentials: Credentials, connect: Connect) -> bool:
    """Whether the camera takes them for what only an administrator may know: some tell everybody all else."""
    try:
        with connect(address, credentials) as camera:
            camera.accounts()
    except RefusedError:
        return False
    return True
