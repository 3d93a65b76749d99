"""Channels of one data folder. What is secret of one lies in a file that only its owner can read, never in the catalogue."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.errors import BadInputError, MissingInputError, UsageError
from watchglass.model.channel import (
    KEY_PREFIX,
    Channel,
    ChannelKind,
    Settings,
    Webhook,
    check_secret,
    parse_settings,
    write_settings,
)
from watchglass.model.link import KEY_BYTES
from watchglass.store import schema
from watchglass.store.counters import raise_counter, read_counter
from watchglass.store.database import reading, writing
from watchglass.store.folder import DataFolder

MOST = 100

_T = schema.channels
_REMOVED = "The channel was removed."


class Channels:
    """The list of channels. Safe from several threads and processes. A change raises `revision()`."""

    def __init__(
        self,
        engine: sa.Engine,
        folder: DataFolder,
        told: Callable[[], None] = lambda: None,
        files: durable.Files = durable.DISK,
    ) -> None:
        """`told` is called when what waits for a channel may be sent now."""
        self._engine = engine
        self._told = told
        self._secrets = ChannelSecrets(folder, files)

    def revision(self) -> int:
        """Rises with every change of a channel, but not of its trouble."""
        with reading(self._engine) as connection:
            return read_counter(connection, "channels")

    def all(self) -> list[Channel]:
        """Every channel, in the order in which they were added."""
        with reading(self._engine) as connection:
            return [_channel(row) for row in connection.execute(sa.select(_T).order_by(_T.c.id))]

    def get(self, id: int) -> Channel:  # noqa: A002
        """The channel with this id. MissingInputError if there is none."""
        with reading(self._engine) as connection:
            return _channel(_row(connection, id))

    def secret(self, id: int) -> str:  # noqa: A002
        """What is secret of a channel, for whoever sends; never for a page or a log. Empty where there is nothing."""
        return self._secrets.read(id)

    def link_key(self) -> bytes:
        """What links in messages are signed with; made once."""
        return self._secrets.key("links")

    def push_key(self) -> bytes:
        """By which browsers' push services know us; made once. With another one, browsers must be let receive alerts again."""
        return self._secrets.key("push")

    def add(self, name: str, settings: Settings, secret: str = "") -> Channel:
        """Add a channel; a webhook without a signing key gets one. UsageError if the name is taken, or the secret is none."""
        secret = _whole(settings, secret)
        channel = Channel(0, " ".join(name.split()), settings)  # which checks the name
        row = {
            "name": channel.name,
            "kind": channel.kind.value,
            "settings": write_settings(settings),
            "enabled": True,
            "trouble": "",
        }
        with writing(self._engine) as connection:
            _must_be_free(connection, channel.name)
            if (connection.execute(sa.select(sa.func.count()).select_from(_T)).scalar() or 0) >= MOST:
                raise UsageError(f"There are {MOST} channels, which is the most: remove one that is not used.")
            id_ = int(connection.execute(sa.insert(_T).values(row).returning(_T.c.id)).scalar_one())
            self._secrets.write(id_, secret)  # before the commit: a channel that is listed has its secret
            raise_counter(connection, "channels")
        return Channel(id_, channel.name, settings)

    def change(self, id: int, settings: Settings, secret: str | None = None) -> None:  # noqa: A002
        """Give a channel other settings, and another secret unless that is None. UsageError as `add`, or for another kind.

        A secret is never sent to an address that it was not given for: who changes the address gives the secret again.
        """
        with writing(self._engine) as connection:
            channel = _channel(_row(connection, id))
            if type(settings) is not type(channel.settings):
                raise UsageError("A channel stays of the kind that it is: add another one, and remove this.")
            if secret is None and settings != channel.settings and self._secrets.read(id):
                raise UsageError("To change a channel's settings, enter its password or key again.")
            if secret is not None:
                self._secrets.write(id, _whole(settings, secret))
            values = {"settings": write_settings(settings), "trouble": ""}
            connection.execute(sa.update(_T).where(_T.c.id == id).values(values))
            raise_counter(connection, "channels")
        self._told()

    def rename(self, id: int, name: str) -> None:  # noqa: A002
        """Give a channel another name. UsageError if it is taken."""
        with writing(self._engine) as connection:
            channel = Channel(id, " ".join(name.split()), _channel(_row(connection, id)).settings)
            _must_be_free(connection, channel.name, but=id)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(name=channel.name))
            raise_counter(connection, "channels")

    def set_enabled(self, id: int, enabled: bool) -> None:  # noqa: A002
        """Switch a channel on or off. While it is off nothing new is to be sent by it; what waits, waits on."""
        with writing(self._engine) as connection:
            _row(connection, id)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(enabled=enabled, trouble=""))
            raise_counter(connection, "channels")
        self._told()

    def set_trouble(self, id: int, sentence: str) -> None:  # noqa: A002
        """Say what is wrong with a channel; empty: nothing. A channel that has gone is left alone."""
        with writing(self._engine) as connection:
            changed = sa.update(_T).where(_T.c.id == id, _T.c.trouble != sentence).values(trouble=sentence)
            if connection.execute(changed).rowcount:
                raise_counter(connection, "alerts")  # what is shown beside them

    def remove(self, id: int) -> None:  # noqa: A002
        """Remove a channel with its secret. What still waits for it is undelivered, and says so."""
        table = schema.deliveries
        with writing(self._engine) as connection:
            _row(connection, id)
            given_up = {"state": "undelivered", "cause": _REMOVED, "next_us": None, "lease_us": None}
            waiting = sa.and_(table.c.channel == id, table.c.next_us.is_not(None))
            connection.execute(sa.update(table).where(waiting).values(given_up))
            connection.execute(sa.delete(_T).where(_T.c.id == id))
            raise_counter(connection, "channels")
            raise_counter(connection, "alerts")
        self._secrets.write(id, "")

    def sweep(self) -> None:
        """Remove secrets of channels that are no more: whoever removed one may have died before its secret was gone."""
        with writing(self._engine) as connection:  # nobody adds one meanwhile
            self._secrets.sweep(set(connection.execute(sa.select(_T.c.id)).scalars()))


class ChannelSecrets:
    """`secrets/channel-<id>.json`, written durably, readable to their owner only; and keys of our own."""

    def __init__(self, folder: DataFolder, files: durable.Files = durable.DISK) -> None:
        self._folder = folder
        self._files = files

    def path(self, channel: int) -> Path:
        """Where the secret of a channel lies."""
        return self._folder.secrets / f"channel-{channel}.json"

    def read(self, channel: int) -> str:
        """The secret of a channel, empty if it has none. BadInputError if the file is damaged."""
        path = self.path(channel)
        try:
            return str(json.loads(path.read_bytes())["secret"])
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise BadInputError(f"Cannot read {path}: {error.strerror}. Check who owns that file.") from error
        except (ValueError, KeyError, TypeError):
            # Without the cause: its text would quote what is in the file.
            raise BadInputError(f"{path} is damaged: enter the channel's password or key again.") from None

    def write(self, channel: int, secret: str) -> None:
        """Replace the secret of a channel; an empty one removes it."""
        path = self.path(channel)
        try:
            if secret:
                durable.replace(path, json.dumps({"secret": secret}).encode(), 0o600, self._files)
            else:
                durable.remove(path, self._files)
        except OSError as error:
            raise durable.write_error(error, f"the secret of a channel ({path})") from error

    def sweep(self, channels: set[int]) -> None:
        """Remove secrets of channels that are no more, and writes that were cut short."""
        wanted = {self.path(channel).name for channel in channels}
        for path in self._folder.secrets.iterdir():
            if path.name.removeprefix(".").startswith("channel-") and path.name not in wanted:
                durable.remove(path, self._files)

    def key(self, name: str) -> bytes:
        """32 random bytes: made once, and the same for all processes."""
        path = self._folder.secrets / f"{name}.key"
        try:
            with durable.locked(self._folder.secrets):  # one makes it
                key = path.read_bytes() if path.exists() else b""
                if len(key) != KEY_BYTES:
                    key = secrets.token_bytes(KEY_BYTES)
                    durable.replace(path, key, 0o600, self._files)
        except OSError as error:
            raise durable.write_error(error, f"a key of this machine ({path})") from error
        return key


def new_signing_key() -> str:
    """As it is shown to whoever sets a receiver up."""
    return KEY_PREFIX + secrets.token_hex(20)  # hexadecimal digits are base64 as well: 40 of them are 30 bytes


def must_be_there(connection: sa.Connection, channel: int) -> None:
    """MissingInputError if there is no such channel."""
    _row(connection, channel)


def _whole(settings: Settings, secret: str) -> str:
    if isinstance(settings, Webhook) and not secret:
        secret = new_signing_key()
    check_secret(settings, secret)
    return secret


def _must_be_free(connection: sa.Connection, name: str, but: int | None = None) -> None:
    for row in connection.execute(sa.select(_T.c.id, _T.c.name)):
        if row.name.casefold() == name.casefold() and row.id != but:
            raise UsageError(f"There is a channel called {row.name!r} already: choose another name.")


def _row(connection: sa.Connection, id: int) -> sa.Row[Any]:  # noqa: A002
    row = connection.execute(sa.select(_T).where(_T.c.id == id)).first()
    if row is None:
        raise MissingInputError(f"There is no channel with the id {id}; it may have been removed.")
    return row


def _channel(row: sa.Row[Any]) -> Channel:
    settings = parse_settings(ChannelKind(row.kind), json.loads(row.settings))
    return Channel(row.id, row.name, settings, row.enabled, row.trouble)
