"""Who may sign in to the console: names, password hashes, sessions, and the link that makes the first account."""

import dataclasses
import hashlib
import hmac
import math
import secrets
import threading
import unicodedata
from typing import Any

import argon2
import sqlalchemy as sa

from watchglass.base.clock import MICROSECONDS, Clock
from watchglass.base.errors import MissingInputError, RefusedError, UsageError
from watchglass.model.record import Account
from watchglass.store import schema
from watchglass.store.database import reading, writing

PASSWORD_LENGTH = 10
SESSION_DAYS = 30

_LONGEST_PASSWORD = 1024  # characters; more is an attempt to keep us busy
_NAME_LENGTH = 64
_DAY_US = 24 * 3600 * MICROSECONDS
_SLIDE_US = 3600 * MICROSECONDS  # a session's end moves at most once an hour: not every request is a write
_TOKEN_BYTES = 32

_FREE_TRIES = 5
_LONGEST_WAIT = 60.0  # seconds
_NAMES_REMEMBERED = 1000

_WRONG = "The name or the password is wrong."


@dataclasses.dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0  # on the monotonic clock


class _Lockout:
    """Failures in a row of each name. In memory alone: strangers must not be able to make us write to the disk."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._names: dict[str, _Failures] = {}

    def attempt(self, key: str) -> None:
        """Count a try as failed before it is known, so that tries side by side count too. RefusedError if locked."""
        with self._lock:
            now = self._clock.monotonic()
            failures = self._names.setdefault(key, _Failures())
            if failures.until > now:
                seconds = math.ceil(failures.until - now)
                raise RefusedError(f"Too many wrong passwords for this name: try again in {seconds} s.")
            failures.count += 1
            if failures.count >= _FREE_TRIES:
                failures.until = now + min(_LONGEST_WAIT, 2.0 ** (failures.count - _FREE_TRIES))
            if len(self._names) > _NAMES_REMEMBERED:
                # The least suspicious goes: names made up by the thousand must not clear one under attack.
                del self._names[min((name for name in self._names if name != key), key=lambda n: self._names[n].count)]

    def succeeded(self, key: str) -> None:
        with self._lock:
            self._names.pop(key, None)


class Accounts:
    """Accounts and sessions. Of passwords argon2id hashes are kept, of tokens SHA-256: a stolen
    catalogue opens nothing.

    Safe from several threads. One `Accounts` should serve all sign-ins of a machine, for it counts the failures.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, hasher: argon2.PasswordHasher | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._hasher = hasher or argon2.PasswordHasher()
        self._lockout = _Lockout(clock)
        # What unknown names are checked against, so that they take as long as known ones.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def any(self) -> bool:
        """True once somebody can sign in."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(schema.accounts.c.id).limit(1)).first() is not None

    def create(self, name: str, password: str) -> Account:
        """Add an account. UsageError if the name is taken or the password too short."""
        values = self._new(name, password)
        with writing(self._engine) as connection:
            return _insert(connection, values)

    def check(self, name: str, password: str) -> Account:
        """The account that name and password open. RefusedError if they are wrong or were too often."""
        key = _key(name)
        self._lockout.attempt(key)
        with reading(self._engine) as connection:
            table = schema.accounts
            row = connection.execute(sa.select(table).where(table.c.name_key == key)).first()
        kept = row.password_hash if row else self._nobody
        if not self._matches(kept, password) or row is None:
            raise RefusedError(_WRONG)
        self._lockout.succeeded(key)
        if self._hasher.check_needs_rehash(kept):
            self._strengthen(row, password)
        return Account(row.id, row.name)

    def set_password(self, name: str, password: str) -> None:
        """Change a password and end all sessions of the account. MissingInputError if there is no such account."""
        hashed = self._hash(password)
        table, sessions = schema.accounts, schema.sessions
        with writing(self._engine) as connection:
            row = connection.execute(sa.select(table.c.id).where(table.c.name_key == _key(name))).first()
            if row is None:
                raise MissingInputError(f"There is no account called {name!r}.")
            connection.execute(sa.update(table).where(table.c.id == row.id).values(password_hash=hashed))
            connection.execute(sa.delete(sessions).where(sessions.c.account == row.id))
        self._lockout.succeeded(_key(name))

    def new_session(self, account: Account) -> str:
        """Begin a session; the token is for the browser's cookie and is not kept here."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._clock.wall_us()
        table, accounts = schema.sessions, schema.accounts
        with writing(self._engine) as connection:
            connection.execute(sa.delete(table).where(table.c.expires_us <= now))
            if not connection.execute(sa.select(accounts.c.id).where(accounts.c.id == account.id)).first():
                raise MissingInputError(f"There is no account called {account.name!r} any more.")
            expires = now + SESSION_DAYS * _DAY_US
            row = {"token_sha256": _digest(token), "account": account.id, "created_us": now, "expires_us": expires}
            connection.execute(sa.insert(table).values(row))
        return token

    def session(self, token: str) -> Account | None:
        """The account whose session this is, None if it ended. A session ends 30 days after it was last used."""
        now = self._clock.wall_us()
        table, accounts = schema.sessions, schema.accounts
        found = table.c.token_sha256 == _digest(token)
        query = sa.select(accounts.c.id, accounts.c.name, table.c.expires_us).join_from(table, accounts).where(found)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None or row.expires_us <= now:
            return None
        later = now + SESSION_DAYS * _DAY_US
        if later - row.expires_us >= _SLIDE_US:
            with writing(self._engine) as connection:
                connection.execute(sa.update(table).where(found).values(expires_us=later))
        return Account(row.id, row.name)

    def end_session(self, token: str) -> None:
        """Sign out. A token that is not known is fine."""
        table = schema.sessions
        with writing(self._engine) as connection:
            connection.execute(sa.delete(table).where(table.c.token_sha256 == _digest(token)))

    def new_setup_token(self) -> str:
        """A token for the set-up link; the one given out before is void."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        table = schema.setup_tokens
        with writing(self._engine) as connection:
            connection.execute(sa.delete(table))
            connection.execute(sa.insert(table).values(id=1, token_sha256=_digest(token)))
        return token

    def use_setup_token(self, token: str, name: str, password: str) -> Account:
        """Make the first account. RefusedError if the token is wrong or used, or there is an account already."""
        self._must_open(token)  # before the hash is computed: strangers get no work out of us
        values = self._new(name, password)
        with writing(self._engine) as connection:
            _check_setup(connection, token)
            account = _insert(connection, values)
            connection.execute(sa.delete(schema.setup_tokens))
            return account

    def _must_open(self, token: str) -> None:
        with reading(self._engine) as connection:
            _check_setup(connection, token)

    def _new(self, name: str, password: str) -> dict[str, Any]:
        cleaned = " ".join(name.split())
        if not cleaned or len(cleaned) > _NAME_LENGTH or not cleaned.isprintable():
            raise UsageError(f"An account's name has 1 to {_NAME_LENGTH} printable characters: choose another one.")
        return {
            "name": cleaned,
            "name_key": _key(cleaned),
            "password_hash": self._hash(password),
            "created_us": self._clock.wall_us(),
        }

    def _hash(self, password: str) -> str:
        if len(password) < PASSWORD_LENGTH:
            raise UsageError(f"The password is too short: use at least {PASSWORD_LENGTH} characters.")
        if len(password) > _LONGEST_PASSWORD:
            raise UsageError(f"The password is too long: use at most {_LONGEST_PASSWORD} characters.")
        return self._hasher.hash(_normal(password))

    def _matches(self, kept: str, password: str) -> bool:
        if len(password) > _LONGEST_PASSWORD:
            password = ""  # no password of ours is empty
        try:
            return self._hasher.verify(kept, _normal(password))
        except argon2.exceptions.VerifyMismatchError:
            return False

    def _strengthen(self, row: sa.Row[Any], password: str) -> None:
        """Hash again with today's cost, unless the password was changed meanwhile."""
        table = schema.accounts
        same = sa.and_(table.c.id == row.id, table.c.password_hash == row.password_hash)
        with writing(self._engine) as connection:
            hashed = self._hasher.hash(_normal(password))
            connection.execute(sa.update(table).where(same).values(password_hash=hashed))


def _insert(connection: sa.Connection, values: dict[str, Any]) -> Account:
    table = schema.accounts
    taken = connection.execute(sa.select(table.c.name).where(table.c.name_key == values["name_key"])).first()
    if taken:
        raise UsageError(f"There is an account called {taken.name!r} already: choose another name.")
    identity = connection.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    return Account(int(identity), values["name"])


def _check_setup(connection: sa.Connection, token: str) -> None:
    if connection.execute(sa.select(schema.accounts.c.id).limit(1)).first():
        raise RefusedError("This watchglass is set up already: sign in with your account.")
    kept = connection.execute(sa.select(schema.setup_tokens.c.token_sha256)).scalar()
    if kept is None or not hmac.compare_digest(kept, _digest(token)):
        raise RefusedError("This set-up link is not valid any more: use the one that watchglass printed last.")


def _key(name: str) -> str:
    """Names that a person would take for the same have the same key; it is text that any database takes."""
    folded = unicodedata.normalize("NFKC", " ".join(name.split())).casefold()[:256]
    return folded.encode("utf-8", "replace").decode().replace("\0", "?")


def _normal(password: str) -> bytes:
    """The same bytes from any keyboard (NIST SP 800-63B, 3.1.1.2), half a surrogate pair from JSON included."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
