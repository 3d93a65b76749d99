"""Cameras as people set them up, what their streams do, and what their views show."""

import dataclasses
import logging
import re
from typing import Any

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import Clock, SystemClock, WallUs
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.camera import (
    MOST_DAYS,
    Camera,
    Credentials,
    Health,
    HealthState,
    PendingPassword,
    Protection,
    Source,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
    ViewState,
    ViewStatus,
)
from watchglass.model.hours import PrivacyHours
from watchglass.model.record import Actor, Deletion, SegmentState
from watchglass.store import entries, holds, recovery, schema
from watchglass.store.counters import raise_counter, read_counter
from watchglass.store.credentials import CredentialFiles
from watchglass.store.database import reading, writing
from watchglass.store.folder import DataFolder

_log = logging.getLogger(__name__)

_NAME_LENGTH = 64
_USER_IN_URL = re.compile(r"^[a-z]+://[^/?#]*@", re.IGNORECASE)

_T = schema.cameras


class Cameras:
    """The list of cameras. Safe from several threads and processes; each call is one short transaction.

    A change raises `revision()`, which every process polls, and is entered with who made it (`by`; None is watchglass
    itself). DiskFullError and CannotWriteError from all that write.
    """

    def __init__(
        self,
        engine: sa.Engine,
        folder: DataFolder,
        files: durable.Files = durable.DISK,
        clock: Clock | None = None,
    ) -> None:
        """Without a `clock`, the machine's own says when what was changed."""
        self._engine = engine
        self._clock = clock or SystemClock()
        self._secrets = CredentialFiles(folder, files)
        self._store = recovery.Store(engine, folder, files, clock=self._clock)

    def all(self) -> list[Camera]:
        """Every camera, in the order in which they were added."""
        with reading(self._engine) as connection:
            return [_camera(row) for row in connection.execute(sa.select(_T).order_by(_T.c.id))]

    def get(self, id: int) -> Camera:  # noqa: A002  (the word of the contract)
        """The camera with this id. MissingInputError if there is none."""
        with reading(self._engine) as connection:
            return _camera(_row(connection, id))

    def find(self, name_or_id: str) -> Camera:
        """The camera with this name (case does not matter) or id. MissingInputError names those that there are."""
        cameras = self.all()
        wanted = name_or_id.strip()
        for camera in cameras:
            if camera.name.casefold() == wanted.casefold() or str(camera.id) == wanted:
                return camera
        names = ", ".join(repr(camera.name) for camera in cameras) or "none yet"
        raise MissingInputError(f"There is no camera {name_or_id!r}. Cameras: {names}.")

    def add(  # noqa: PLR0913 - all that a camera is set up with
        self,
        name: str,
        main: Source,
        sub: Source | None = None,
        transport: Transport = Transport.TCP,
        credentials: Credentials | None = None,
        retention_days: float | None = None,
        policy: ViewPolicy = ViewPolicy.FLAT,
        *,
        sound: bool = False,
        by: Actor | None = None,
    ) -> Camera:
        """Add a camera. UsageError if the name is taken or empty, an address holds a password, or there can be no `sound`."""
        name = _clean_name(name)
        _may_keep_sound(name, main, sound)
        for source in (main, sub):
            if source and _USER_IN_URL.match(source.address):
                raise UsageError(f"The address of camera {name!r} holds a user name: give it apart from the address.")
        if retention_days is not None and not 0 <= retention_days <= MOST_DAYS:
            raise UsageError(f"Camera {name!r} cannot keep {retention_days} days: give a number from 0 to {MOST_DAYS}.")
        values = {
            "name": name,
            "main_kind": main.kind.value,
            "main_address": main.address,
            "sub_kind": sub.kind.value if sub else None,
            "sub_address": sub.address if sub else None,
            "transport": transport.value,
            "enabled": True,
            "retention_days": retention_days,
            "policy": policy.value,
            "sound": sound,
        }
        with writing(self._engine) as connection:
            _must_be_free(connection, name)
            result = connection.execute(sa.insert(_T).values(values).returning(_T.c.id))
            camera = int(result.scalar_one())
            # The file before the commit: a camera that is listed has its credentials.
            self._secrets.write(camera, credentials)
            kept = None if retention_days is None else round(retention_days * 24 * 3600)
            told = {"camera": camera, "policy": policy.value, "retention_s": kept, "sound": sound or None}
            self._changed(connection, "camera added", by, **told)
        return Camera(camera, name, main, sub, transport, True, retention_days, policy, sound=sound)

    def rename(self, id: int, name: str, *, by: Actor | None = None) -> None:  # noqa: A002
        """Give a camera another name. UsageError if it is taken."""
        name = _clean_name(name)
        with writing(self._engine) as connection:
            _row(connection, id)
            _must_be_free(connection, name, but=id)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(name=name))
            self._changed(connection, "camera renamed", by, camera=id)

    def set_enabled(self, id: int, enabled: bool, *, by: Actor | None = None) -> None:  # noqa: A002
        """Switch a camera on, or off on purpose."""
        with writing(self._engine) as connection:
            _row(connection, id)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(enabled=enabled))
            self._changed(connection, "camera enabled", by, camera=id, enabled=enabled)

    def set_policy(self, id: int, policy: ViewPolicy, *, by: Actor | None = None) -> None:  # noqa: A002
        """Say what a camera's purpose allows to be seen of it. What was kept before stays as it is."""
        with writing(self._engine) as connection:
            _row(connection, id)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(policy=policy.value))
            self._changed(connection, "camera policy", by, camera=id, policy=policy.value)

    def set_privacy_hours(self, id: int, hours: PrivacyHours | None, *, by: Actor | None = None) -> None:  # noqa: A002
        """Say when in the week a camera is off; None: never."""
        text = None if hours is None else str(hours)
        with writing(self._engine) as connection:
            _row(connection, id)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(privacy_hours=text))
            self._changed(connection, "camera privacy hours", by, camera=id, hours=text or "none")

    def set_sound(self, id: int, sound: bool, *, by: Actor | None = None) -> None:  # noqa: A002
        """Say whether a camera's sound is kept with its originals from now on. UsageError where there can be none."""
        with writing(self._engine) as connection:
            camera = _camera(_row(connection, id))
            _may_keep_sound(camera.name, camera.main, sound)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(sound=sound))
            self._changed(connection, "camera sound", by, camera=id, sound=sound)

    def remove(self, id: int, *, by: Actor | None = None) -> None:  # noqa: A002
        """Forget a camera: its rows, its credentials, and all that is kept of it, whose files go with the next retention.

        UsageError while a hold keeps any footage of it: removing it would be the way round the hold. One that is set this
        moment keeps what had not been given up before, and the camera.
        """
        now = self._clock.wall_us()
        with reading(self._engine) as connection:
            holds.refuse_removal(connection, id, _row(connection, id).name, now)
        recovery.give_up(self._store, id, Deletion.REMOVED)  # months of it, and nobody must wait for all at once
        with writing(self._engine) as connection:
            holds.refuse_removal(connection, id, _row(connection, id).name, now)
            table = schema.segments  # originals have another catalogue, and go with the next retention
            kept = sa.and_(table.c.camera == id, table.c.state != SegmentState.GARBAGE.value)
            going = [recovery.segment_of(row) for row in connection.execute(sa.select(table).where(kept))]
            entries.deletions(connection, schema.entries, now, "view", going, Deletion.REMOVED)
            garbage = {"state": SegmentState.GARBAGE.value, "camera": None}
            connection.execute(sa.update(table).where(table.c.camera == id).values(garbage))
            connection.execute(sa.delete(_T).where(_T.c.id == id))
            connection.execute(sa.insert(schema.removed_cameras).values(camera=id))
            self._changed(connection, "camera removed", by, camera=id)
        self._secrets.write(id, None)  # should we die before this, the next change sweeps it

    def credentials(self, id: int) -> Credentials | None:  # noqa: A002
        """User name and password of a camera, None if it needs none."""
        return self._secrets.read(id)

    def set_credentials(
        self,
        id: int,  # noqa: A002
        credentials: Credentials | None,
        *,
        ours: bool = False,
        by: Actor | None = None,
    ) -> None:
        """Replace the credentials of a camera, also such as were being set; None removes them. `ours`: made here."""
        with writing(self._engine) as connection:
            _row(connection, id)
            self._secrets.write(id, credentials, ours=ours)
            self._changed(connection, "camera credentials", by, camera=id)

    def pending_password(self, id: int) -> PendingPassword | None:  # noqa: A002
        """The password that is being set on a camera, None if none is."""
        return self._secrets.pending(id)

    def propose_password(self, id: int, pending: PendingPassword) -> None:  # noqa: A002
        """Keep a password that is about to be set, beside the one that the camera has. Nobody uses it yet."""
        with writing(self._engine) as connection:
            _row(connection, id)
            self._secrets.propose(id, pending)

    def password_is_ours(self, id: int) -> bool:  # noqa: A002
        """Whether the camera's password was made here, so that nobody else knows it."""
        return self._secrets.is_ours(id)

    def revision(self) -> int:
        """A number that rises with every change of any camera."""
        with reading(self._engine) as connection:
            return read_counter(connection, "cameras")

    def health(self, id: int) -> dict[StreamRole, Health]:  # noqa: A002
        """What was last said of each stream of a camera; empty before anything was."""
        table = schema.health
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(table).where(table.c.camera == id).order_by(table.c.role))
            return {
                StreamRole(row.role): Health(HealthState(row.state), WallUs(row.since_us), row.cause) for row in rows
            }

    def healths(self) -> dict[int, dict[StreamRole, Health]]:
        """`health` of all cameras at once; those of which nothing was said are left out."""
        found: dict[int, dict[StreamRole, Health]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(sa.select(schema.health)):
                health = Health(HealthState(row.state), WallUs(row.since_us), row.cause)
                found.setdefault(row.camera, {})[StreamRole(row.role)] = health
        return found

    def set_health(self, id: int, role: StreamRole, health: Health) -> None:  # noqa: A002
        """Say how a stream does. MissingInputError if the camera was removed meanwhile."""
        if self.health(id).get(role) == health:
            return  # said before: no write, for streams that are well say so often
        values = {"state": health.state.value, "since_us": health.since, "cause": health.cause}
        self._put(schema.health, {"camera": id, "role": role.value}, values)

    def view_status(self, id: int) -> ViewStatus | None:  # noqa: A002
        """What viewers of a camera see, None before its watcher said anything."""
        table = schema.view_status
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(table).where(table.c.camera == id)).first()
        if row is None:
            return None
        return ViewStatus(
            ViewState(row.state),
            WallUs(row.since_us),
            row.reason,
            row.progress,
            Protection(row.protection),
            row.width,
            row.height,
        )

    def set_view_status(self, id: int, status: ViewStatus) -> None:  # noqa: A002
        """Say what viewers of a camera see. MissingInputError if the camera was removed meanwhile."""
        if self.view_status(id) == status:
            return
        values = dataclasses.asdict(status)
        values["since_us"] = values.pop("since")
        values.update(state=status.state.value, protection=status.protection.value)
        self._put(schema.view_status, {"camera": id}, values)

    def _put(self, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        with writing(self._engine) as connection:
            _row(connection, key["camera"])
            found = sa.and_(*(table.c[name] == value for name, value in key.items()))
            if connection.execute(sa.update(table).where(found).values(values)).rowcount == 0:
                connection.execute(sa.insert(table).values(key | values))

    def _changed(self, connection: sa.Connection, what: str, by: Actor | None, **fields: object) -> None:
        """Enter it, raise the revision; as nobody else can be adding a camera now, remove secrets of cameras that are gone."""
        entries.change(connection, schema.entries, self._clock.wall_us(), what, by, **fields)
        raise_revision(connection)
        self._secrets.sweep(set(connection.execute(sa.select(_T.c.id)).scalars()))


def raise_revision(connection: sa.Connection) -> None:
    """Let every process know that something about cameras, or about who can open their originals, has changed."""
    raise_counter(connection, "cameras")


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > _NAME_LENGTH or not cleaned.isprintable():
        raise UsageError(f"A camera's name has 1 to {_NAME_LENGTH} printable characters: choose another one.")
    if cleaned.isdecimal():
        raise UsageError(f"A camera cannot be called {cleaned}: a number alone means a camera's id. Add a word.")
    return cleaned


def _may_keep_sound(name: str, main: Source, sound: bool) -> None:
    if sound and main.kind is not SourceKind.RTSP:
        raise UsageError(
            f"Camera {name!r} has no sound that can be kept: only network cameras (rtsp://) have. Leave it off."
        )


def _must_be_free(connection: sa.Connection, name: str, but: int | None = None) -> None:
    for row in connection.execute(sa.select(_T.c.id, _T.c.name)):
        if row.id != but and row.name.casefold() == name.casefold():
            raise UsageError(f"There is a camera called {row.name!r} already: choose another name.")


def _row(connection: sa.Connection, camera: int) -> sa.Row[Any]:
    row = connection.execute(sa.select(_T).where(_T.c.id == camera)).first()
    if row is None:
        raise MissingInputError(f"There is no camera with the id {camera}; it may have been removed.")
    return row


def _hours(row: sa.Row[Any]) -> PrivacyHours | None:
    """Those that nobody can read are all hours: no camera sees what it must not, and the others go on."""
    if not row.privacy_hours:
        return None
    try:
        return PrivacyHours.parse(row.privacy_hours)
    except UsageError as error:
        _log.error("camera %r is off until it gets other privacy hours: %s", row.name, error)
        return PrivacyHours.parse("00:00-24:00")


def _camera(row: sa.Row[Any]) -> Camera:
    sub = Source(SourceKind(row.sub_kind), row.sub_address) if row.sub_kind else None
    return Camera(
        row.id,
        row.name,
        Source(SourceKind(row.main_kind), row.main_address),
        sub,
        Transport(row.transport),
        row.enabled,
        row.retention_days,
        ViewPolicy(row.policy),
        _hours(row),
        sound=row.sound,
    )
