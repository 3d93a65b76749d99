"""Tables of the catalogue. `migrations/` builds them; a test holds the two equal.

Times are microseconds since 1970-01-01 UTC (`*_us`). Ids are never used twice. No column may describe a person's
looks, and no camera's password or session's token is in any of them: the first lie in `secrets/`, of the second
only the SHA-256 is kept.
"""

import sqlalchemy as sa

from watchglass.store.alert_schema import alert_tables
from watchglass.store.alert_schema import one_of as _one_of

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a migration can drop it on any database."""

METADATA = sa.MetaData(naming_convention=NAMES)

# SQLite gives a rowid, 64 bits wide, only to a column whose type is spelt INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WALL = sa.BigInteger


def _camera(on_delete: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey("cameras.id", ondelete=on_delete)
    return sa.Column("camera", ID, reference, primary_key=primary_key, nullable=nullable, autoincrement=False)


counters = sa.Table(
    "counters",
    METADATA,
    # `cameras`, `rules`, `channels`: each rises in the same transaction as every change of one, so that processes learn of it
    # by polling. `alerts`: the same for alerts and what becomes of them.
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

cameras = sa.Table(
    "cameras",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    # Addresses never hold a user name or password.
    sa.Column("main_kind", sa.String(8), nullable=False),
    sa.Column("main_address", sa.Text, nullable=False),
    sa.Column("sub_kind", sa.String(8)),
    sa.Column("sub_address", sa.Text),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("enabled", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("retention_days", sa.Float),  # null: the machine's default
    sa.Column("policy", sa.String(24), nullable=False, server_default="people-and-things"),
    sa.Column("privacy_hours", sa.String(1024)),  # as `PrivacyHours` writes them; null: none
    sa.Column("sound", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.text("0")),
    sa.CheckConstraint("length(name) > 0", name="named"),
    sa.CheckConstraint(_one_of("main_kind", "rtsp", "file", "usb"), name="main_kind"),
    sa.CheckConstraint("(sub_kind is null) = (sub_address is null)", name="sub_whole"),
    sa.CheckConstraint(_one_of("sub_kind", "rtsp", "file", "usb"), name="sub_kind"),
    sa.CheckConstraint(_one_of("transport", "tcp", "udp"), name="transport"),
    sa.CheckConstraint("retention_days >= 0", name="retention"),
    sa.CheckConstraint(_one_of("policy", "people-and-things", "vehicles", "counts-only"), name="policy"),
    sqlite_autoincrement=True,
)

health = sa.Table(
    "health",
    METADATA,
    _camera("CASCADE", primary_key=True),
    sa.Column("role", sa.String(8), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("since_us", WALL, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.CheckConstraint(_one_of("role", "main", "sub"), name="role"),
    sa.CheckConstraint(_one_of("state", "starting", "up", "degraded", "down", "off"), name="state"),
)

view_status = sa.Table(
    "view_status",
    METADATA,
    _camera("CASCADE", primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("since_us", WALL, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("protection", sa.String(16), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.CheckConstraint(_one_of("state", "waiting", "learning", "shown", "covered", "paused"), name="state"),
    sa.CheckConstraint(_one_of("protection", "full", "reduced"), name="protection"),
)


def _segment_table(name: str, metadata: sa.MetaData, camera: sa.Column[int], *owned: sa.CheckConstraint) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", ID, primary_key=True),
        camera,
        sa.Column("run", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("start_us", WALL, nullable=False),
        sa.Column("end_us", WALL, nullable=False),  # while open: of the last fragment that was synced
        sa.Column("path", sa.String(128), nullable=False, unique=True),  # relative to the data folder
        sa.Column("size", sa.BigInteger, nullable=False),  # bytes; while open: up to the last synced fragment
        sa.Column("sha256", sa.String(64)),  # of the whole file, lower-case hex
        sa.CheckConstraint(_one_of("state", "open", "closed", "garbage"), name="state"),
        sa.CheckConstraint("end_us >= start_us", name="span"),
        sa.CheckConstraint("size >= 0", name="size"),
        sa.CheckConstraint("state <> 'closed' or (sha256 is not null and length(sha256) = 64)", name="hashed"),
        *owned,
        # A span is looked up by where segments end (the rest is there so that the index alone can answer), what is
        # oldest by state and end.
        sa.Index(None, "camera", "end_us", "start_us", "state"),
        sa.Index(None, "state", "end_us"),
        sqlite_autoincrement=True,
    )


def _gap_table(name: str, metadata: sa.MetaData, camera: sa.Column[int]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", ID, primary_key=True),
        camera,
        sa.Column("start_us", WALL, nullable=False),
        sa.Column("end_us", WALL),  # null while it lasts
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.CheckConstraint(_one_of("cause", "camera", "network", "disk", "us", "off"), name="cause"),
        sa.CheckConstraint("end_us > start_us", name="span"),
        sa.Index(None, "camera", "start_us"),
        sqlite_autoincrement=True,
    )


def _kept_table(name: str, metadata: sa.MetaData, camera: sa.Column[int]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", ID, primary_key=True),
        camera,
        sa.Column("start_us", WALL, nullable=False),
        sa.Column("end_us", WALL, nullable=False),
        sa.Column("longest_us", sa.BigInteger, nullable=False),  # no segment in it lasts, or lasted, longer
        sa.CheckConstraint("end_us > start_us", name="span"),
        sa.CheckConstraint("longest_us > 0", name="longest"),
        sa.Index(None, "camera", "end_us"),
        sqlite_autoincrement=True,
    )


def _folder_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "data_folder",
        metadata,
        # Exactly one row: the UUID in the folder.json that this catalogue belongs to.
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
    )


segments = _segment_table(
    "segments",
    METADATA,
    # A removed camera leaves its garbage behind, which has still to be unlinked.
    _camera("SET NULL", nullable=True),
    sa.CheckConstraint("camera is not null or state = 'garbage'", name="owned"),
)
gaps = _gap_table("gaps", METADATA, _camera("CASCADE"))
# Closed segments that touch, as one span: what `kept.py` makes of them in the transaction that changes them.
kept_spans = _kept_table("kept_spans", METADATA, _camera("CASCADE"))
data_folder = _folder_table(METADATA)

# Originals have a catalogue of their own, which the recorder alone writes: another process that stops in the middle of a
# transaction costs them nothing. Shares, which open originals, are in no table: a copy of a catalogue must not bring back
# what was destroyed.
ORIGINALS = sa.MetaData(naming_convention=NAMES)


def _number() -> sa.Column[int]:
    return sa.Column("camera", ID, nullable=False, autoincrement=False)  # of the other catalogue


originals = _segment_table("originals", ORIGINALS, _number())
original_gaps = _gap_table("original_gaps", ORIGINALS, _number())
original_kept_spans = _kept_table("original_kept_spans", ORIGINALS, _number())
originals_data_folder = _folder_table(ORIGINALS)

covers = sa.Table(
    "covers",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    _camera("CASCADE"),
    sa.Column("start_us", WALL, nullable=False),
    sa.Column("end_us", WALL),
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint("end_us > start_us", name="span"),
    sa.Index(None, "camera", "start_us"),
    sqlite_autoincrement=True,
)

holds = sa.Table(
    "holds",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    # Null: of all cameras. No reference: what was held is still told when the camera has gone.
    sa.Column("camera", ID),
    sa.Column("start_us", WALL, nullable=False),
    sa.Column("end_us", WALL, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("salt", sa.String(32), nullable=False),  # hex; what the entry's hash of the reason begins with
    sa.Column("owner", sa.String(64), nullable=False),  # who set it
    sa.Column("set_us", WALL, nullable=False),
    sa.Column("until_us", WALL, nullable=False),  # when it lapses
    sa.Column("released_us", WALL),
    sa.Column("released_by", sa.String(64)),
    sa.CheckConstraint("end_us > start_us", name="span"),
    sa.CheckConstraint("until_us > set_us", name="until"),
    sa.CheckConstraint("length(reason) > 0", name="reasoned"),
    sa.CheckConstraint("length(owner) > 0", name="owned"),
    sa.CheckConstraint("(released_us is null) = (released_by is null)", name="released"),
    sqlite_autoincrement=True,
)

disk = sa.Table(
    "disk",
    METADATA,
    # At most one row: what retention last found of the disk of the data folder.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("stopped_us", WALL),  # since when nothing may be recorded, and why
    sa.Column("stopped_why", sa.Text, nullable=False),
    sa.Column("short_us", WALL),  # from when footage is deleted sooner than its days
    sa.Column("stops_us", WALL),  # from when nothing that may be deleted is left
    sa.CheckConstraint("id = 1", name="single"),
)


def _entry_table(name: str, metadata: sa.MetaData, log: str) -> sa.Table:
    """Entries for the ledger, which only ever grow: each is the next one, and none is changed or removed."""
    table = sa.Table(
        name,
        metadata,
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),  # canonical JSON
        sa.CheckConstraint("number > 0", name="number"),
        info={"log": log},
    )
    following = f"(SELECT coalesce(max(number), 0) + 1 FROM {name})"  # noqa: S608 - our own two names
    for trigger, when, why in (
        ("stay", f"UPDATE ON {name}", "an entry is never changed"),
        ("last", f"DELETE ON {name}", "an entry is never removed"),
        ("follow", f"INSERT ON {name} WHEN new.number IS NOT {following}", "an entry has the next number"),
    ):
        statement = f"CREATE TRIGGER {name}_{trigger} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{why}'); END"
        made = sa.DDL(statement)  # type: ignore[no-untyped-call]
        sa.event.listen(table, "after_create", made.execute_if(dialect="sqlite"))
    return table


# Each catalogue has entries of its own: an entry is written in the transaction of what it tells of.
entries = _entry_table("entries", METADATA, "catalogue")
original_entries = _entry_table("original_entries", ORIGINALS, "originals")

# At most one gap of each kind and one cover of a camera last at a time.
for _table in (gaps, original_gaps, covers):
    _lasting = _table.c.end_us.is_(None)
    sa.Index(
        f"ix_{_table.name}_lasting", _table.c.camera, unique=True, sqlite_where=_lasting, postgresql_where=_lasting
    )

rules = sa.Table(
    "rules",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    _camera("CASCADE"),
    sa.Column("rule", sa.Text, nullable=False),  # canonical JSON, but for the id
    sa.CheckConstraint("length(rule) > 0", name="whole"),
    sa.Index(None, "camera"),
    sqlite_autoincrement=True,
)

events = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    _camera("CASCADE"),
    sa.Column("rule", ID, nullable=False),  # no reference: what happened is still told when its rule has gone
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("start_us", WALL, nullable=False),
    sa.Column("end_us", WALL),  # null while it lasts
    sa.Column("seen_us", WALL, nullable=False),  # when it was last told to last
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("tracks", sa.Integer, nullable=False),  # how many; their numbers are kept nowhere (R10)
    sa.Column("place", sa.String(64), nullable=False),
    sa.Column("at_x", sa.Float),
    sa.Column("at_y", sa.Float),
    sa.Column("detail", sa.Text, nullable=False),
    sa.CheckConstraint("end_us >= start_us", name="span"),
    sa.CheckConstraint("seen_us >= start_us", name="seen"),
    sa.CheckConstraint("score between 0 and 1", name="score"),
    sa.CheckConstraint("tracks >= 0", name="tracks"),
    sa.CheckConstraint("(at_x is null) = (at_y is null)", name="at"),
    sa.Index(None, "camera", "start_us"),
    sa.Index(None, "rule", "start_us"),
    sa.Index(None, "start_us"),
)
_open_event = events.c.end_us.is_(None)
sa.Index("ix_events_lasting", events.c.camera, sqlite_where=_open_event, postgresql_where=_open_event)

# Numbers alone, kept for years: no reference to camera or rule, which may have gone.
crossing_counts = sa.Table(
    "crossing_counts",
    METADATA,
    sa.Column("rule", ID, primary_key=True, autoincrement=False),
    sa.Column("minutes", sa.Integer, primary_key=True, autoincrement=False),  # a minute, or an hour
    sa.Column("begin_us", WALL, primary_key=True, autoincrement=False),
    sa.Column("class", sa.String(16), primary_key=True),
    sa.Column("direction", sa.String(8), primary_key=True),
    sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("camera", ID, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.CheckConstraint(_one_of("direction", "forward", "backward"), name="direction"),
    sa.CheckConstraint("minutes in (1, 60)", name="minutes"),
    sa.CheckConstraint("begin_us % (minutes * 60000000) = 0", name="begin"),
    sa.CheckConstraint("count > 0", name="count"),
    sa.Index(None, "camera", "begin_us"),
    sa.Index(None, "minutes", "begin_us"),
)

occupancies = sa.Table(
    "occupancies",
    METADATA,
    # How many are inside by a rule, and since its counting began; goes with the rule, or with what it was before a change.
    sa.Column("rule", ID, sa.ForeignKey("rules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("went_in", sa.BigInteger, nullable=False),
    sa.Column("went_out", sa.BigInteger, nullable=False),
    sa.Column("inside", sa.BigInteger, nullable=False),
    sa.Column("minute_us", WALL, nullable=False),  # in which the last came or went: no more than a count tells
    sa.CheckConstraint("went_in >= 0 and went_out >= 0 and inside between 0 and went_in", name="counted"),
    sa.CheckConstraint("minute_us % 60000000 = 0", name="minute"),
)

accounts = sa.Table(
    "accounts",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("name_key", sa.String(256), nullable=False, unique=True),  # casefolded: two names must differ by more
    sa.Column("password_hash", sa.String(256), nullable=False),  # argon2id in PHC string form
    sa.Column("created_us", WALL, nullable=False),
    sqlite_autoincrement=True,
)

sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("account", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_us", WALL, nullable=False),
    sa.Column("expires_us", WALL, nullable=False, index=True),
)

setup_tokens = sa.Table(
    "setup_tokens",
    METADATA,
    # At most one row: the token of the set-up link, until it is used.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("token_sha256", sa.String(64), nullable=False),
    sa.CheckConstraint("id = 1", name="single"),
)

custodians = sa.Table(
    "custodians",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("public", sa.Text, nullable=False, unique=True),  # the public half, as people copy it
    sa.Column("added_us", WALL, nullable=False),
    # Who has left is kept: shares of what was sealed while they were there are still theirs.
    sa.Column("left_us", WALL),
    sa.CheckConstraint("length(name) > 0", name="named"),
    sa.CheckConstraint("left_us >= added_us", name="span"),
    sqlite_autoincrement=True,
)

removed_cameras = sa.Table(
    "removed_cameras",
    METADATA,
    # Somebody removed this camera: its originals, in another catalogue, may go. That a camera is not listed says no such
    # thing: the list may be a copy from before it was added.
    sa.Column("camera", ID, primary_key=True, autoincrement=False),
)

custody = sa.Table(
    "custody",
    METADATA,
    # At most one row: how many custodians it takes to open what is sealed from now on.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("needed", sa.Integer, nullable=False),
    sa.CheckConstraint("id = 1", name="single"),
    sa.CheckConstraint("needed between 1 and 255", name="needed"),
)

_ALERTS = alert_tables(METADATA)
channels, alert_policies, alert_routes = _ALERTS.channels, _ALERTS.alert_policies, _ALERTS.alert_routes
alerts, deliveries = _ALERTS.alerts, _ALERTS.deliveries
decisions, verdicts = _ALERTS.decisions, _ALERTS.verdicts
