import pytest

from watchglass.camera.device import DeviceInfo
from watchglass.camera.quirks import ACCOUNTS, ONVIF_PORTS, AccountPolicy, account_policy, ports_of_a_bare_host
from watchglass.camera.url import parse_device


def test_ports_of_makers_are_tried_after_the_usual_one() -> None:
    assert ports_of_a_bare_host() == (80, 2020, 8000)
    assert [address.removeprefix("http://cam") for address in parse_device("cam")[0]] == [
        "/onvif/device_service",
        ":2020/onvif/device_service",
        ":8000/onvif/device_service",
    ]


@pytest.mark.parametrize(
    ("maker", "policy"),
    [
        ("Dahua Technology", AccountPolicy.ONVIF_APART),
        ("AMCREST", AccountPolicy.ONVIF_APART),
        ("Acme", AccountPolicy.SHARED),
        ("", AccountPolicy.SHARED),
    ],
)
def test_accounts_by_maker(maker: str, policy: AccountPolicy) -> None:
    assert account_policy(DeviceInfo(maker, "x", "1")) is policy


def test_each_has_its_reason_and_where_it_is_known_from() -> None:
    for quirk in (*ONVIF_PORTS, *ACCOUNTS):
        assert quirk.makers
        assert all(maker == maker.casefold() for maker in quirk.makers)
        assert quirk.reason.endswith(".")
        assert quirk.source
