import pytest
import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.model.alert import AlertPolicy, Arming
from watchglass.model.channel import Mqtt
from watchglass.model.hours import ArmedHours, QuietHours
from watchglass.store.channels import Channels
from watchglass.store.folder import DataFolder
from watchglass.store.policies import Policies


@pytest.fixture
def policies(engine: sa.Engine, folder: DataFolder) -> Policies:
    for name in ("Duty", "Head"):
        Channels(engine, folder).add(name, Mqtt("broker.lan"))
    return Policies(engine)


def test_what_was_set_is_there(policies: Policies) -> None:
    policy = AlertPolicy(
        (1,),
        Arming.HOURS,
        ArmedHours.parse("mon-fri 18:00-06:00"),
        QuietHours.parse("01:00-05:00"),
        WallUs(5),
        30,
        5,
        (1, 2),
        0.7,
        0.05,
    )
    policies.set(3, policy)
    assert policies.get(3) == policy
    policies.set(3, AlertPolicy((2,)))
    assert policies.get(3) == AlertPolicy((2,))
    assert policies.get(4) == AlertPolicy()
    policies.forget(3)
    assert policies.get(3) == AlertPolicy()


def test_some_of_it_is_changed_and_the_rest_stays(policies: Policies) -> None:
    policies.set(3, AlertPolicy((1,), threshold=0.7))
    assert policies.change(3, snoozed_until=WallUs(5)) == AlertPolicy((1,), snoozed_until=WallUs(5), threshold=0.7)
    policies.change(3, arming=Arming.OFF)
    assert policies.get(3) == AlertPolicy((1,), Arming.OFF, snoozed_until=WallUs(5), threshold=0.7)
    assert policies.change(4, threshold=0.5) == policies.get(4)  # a rule that had none
    with pytest.raises(UsageError, match=r"it is a share; write 0\.07"):
        policies.change(3, threshold=7.0)


def test_a_channel_that_there_is_not_is_refused_and_nothing_changes(policies: Policies) -> None:
    policies.set(3, AlertPolicy((1,)))
    with pytest.raises(UsageError, match="no channel with the id 9"):
        policies.set(3, AlertPolicy((9,)))
    assert policies.get(3) == AlertPolicy((1,))


def test_without_its_last_channel_nothing_escalates(policies: Policies, engine: sa.Engine, folder: DataFolder) -> None:
    policies.set(3, AlertPolicy((1,), escalate_minutes=5, escalation=(2,)))
    Channels(engine, folder).remove(2)
    assert policies.get(3) == AlertPolicy((1,))
