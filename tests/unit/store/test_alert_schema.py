import pytest
import sqlalchemy as sa

from watchglass.store import schema

DELIVERY = {
    "alert": 1,
    "channel": 1,
    "step": 0,
    "state": "waiting",
    "attempts": 0,
    "created_us": 1,
    "next_us": 1,
    "holder": "",
    "cause": "",
}
CHANNEL = {"name": "Duty", "kind": "mqtt", "settings": "{}", "enabled": True, "trouble": ""}
POLICY = {"rule": 1, "arming": "on", "group_s": 0, "threshold": 0.6, "sample_share": 0.0}


@pytest.mark.parametrize(
    ("table", "row", "wrong"),
    [
        ("deliveries", DELIVERY, {"state": "lost"}),
        ("deliveries", DELIVERY, {"step": 2}),
        ("deliveries", DELIVERY, {"next_us": None}),  # it would wait for ever
        ("deliveries", DELIVERY, {"state": "sent", "sent_us": 2}),  # it would be sent again
        ("deliveries", DELIVERY, {"state": "sent", "next_us": None}),
        ("deliveries", DELIVERY, {"sent_us": 2}),
        ("channels", CHANNEL, {"kind": "pigeon"}),
        ("channels", CHANNEL, {"name": ""}),
        ("alert_policies", POLICY, {"arming": "sometimes"}),
        ("alert_policies", POLICY, {"threshold": 1.1}),
        ("alert_policies", POLICY, {"escalate_min": 0}),
        ("verdicts", {"event": "x", "judgement": "right", "judged_by": "a", "judged_us": 1}, {"judgement": "maybe"}),
        ("decisions", {"event": "x", "rule": 1, "outcome": "below", "score": 0, "start_us": 1}, {"outcome": "lost"}),
    ],
)
def test_rows_that_make_no_sense_are_refused(table: str, row: dict[str, object], wrong: dict[str, object]) -> None:
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    target = schema.METADATA.tables[table]
    with engine.begin() as connection:
        connection.execute(sa.insert(target).values(row))
        connection.execute(sa.delete(target))
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.insert(target).values(row | wrong))
    engine.dispose()


def test_an_alert_goes_over_a_channel_once(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(sa.insert(schema.deliveries).values(DELIVERY))
        with pytest.raises(sa.exc.IntegrityError, match="UNIQUE"):
            connection.execute(sa.insert(schema.deliveries).values(DELIVERY))


def test_who_looks_for_what_is_due_does_not_read_what_is_done(engine: sa.Engine) -> None:
    query = "SELECT min(next_us) FROM deliveries WHERE next_us IS NOT NULL AND channel = 1"
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
    assert "ix_deliveries_due" in plan
