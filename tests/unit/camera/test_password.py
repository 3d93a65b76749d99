"""Setting a password, with a real conversation where it matters and everything cut at every step."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import pytest

from tests.onvif_camera import Behaviour, FakeOnvif
from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, RefusedError, UnreachableError, UsageError
from watchglass.camera.device import Account, DeviceInfo
from watchglass.camera.onvif import OnvifCamera
from watchglass.camera.password import LENGTH, WAY_BACK, change, generate, settle
from watchglass.model.camera import Credentials, PendingPassword

OLD = Credentials("admin", "seven-Quiet-5")
ADDRESS = "http://cam/"


class Died(BaseException):
    """The process ends here."""


@dataclasses.dataclass
class MemoryVault:
    """Credentials of a camera; dies before or after a write when told to."""

    kept: Credentials | None = OLD
    ours: bool = False
    waiting: PendingPassword | None = None
    step: Callable[[str], None] = lambda _what: None

    def current(self) -> Credentials | None:
        return self.kept

    def is_ours(self) -> bool:
        return self.ours

    def pending(self) -> PendingPassword | None:
        return self.waiting

    def propose(self, pending: PendingPassword) -> None:
        self.step("before propose")
        self.waiting = pending
        self.step("after propose")

    def settle(self, credentials: Credentials, *, ours: bool) -> None:
        self.step("before settle")
        self.kept, self.ours, self.waiting = credentials, ours, None
        self.step("after settle")


@dataclasses.dataclass
class Camera:
    """A camera as far as passwords go."""

    password: str = OLD.password
    maker: str = "Acme"
    level: str = "Administrator"
    takes: Callable[[str], bool] = lambda _password: True
    believes: bool = False
    away: bool = False
    step: Callable[[str], None] = lambda _what: None
    asked: list[str] = dataclasses.field(default_factory=list)

    @contextlib.contextmanager
    def connect(self, address: str, credentials: Credentials) -> Iterator["_Talk"]:
        assert address == ADDRESS
        if self.away:
            raise UnreachableError("It does not answer.")
        yield _Talk(self, self.believes or credentials.password == self.password)


@dataclasses.dataclass
class _Talk:
    camera: Camera
    right: bool

    def information(self) -> DeviceInfo:
        return DeviceInfo(self.camera.maker, "x", "1")  # this one tells everybody

    def accounts(self) -> list[Account]:
        if not self.right or self.camera.level != "Administrator":
            raise RefusedError("Refused.")
        return [Account("viewer", "User"), Account("admin", "Administrator")]

    def set_password(self, account: Account, password: str) -> None:
        assert account == Account("admin", "Administrator")
        self.camera.step("before set")
        if not self.right or not self.camera.takes(password):
            raise BadInputError("It did not.")
        self.camera.password = password
        self.camera.step("after set")


def opens(_credentials: Credentials) -> None:
    """A stream that opens."""


def test_a_new_password_is_kept_and_set() -> None:
    vault, camera = MemoryVault(), Camera()
    assert change(vault, ADDRESS, camera.connect, opens).note == WAY_BACK
    assert vault.kept == Credentials("admin", camera.password)
    assert (vault.ours, vault.waiting) == (True, None)
    assert camera.password != OLD.password
    assert len(camera.password) == LENGTH


def test_over_a_real_conversation() -> None:
    vault = MemoryVault()
    with FakeOnvif(Behaviour()) as fake:

        def connect(address: str, credentials: Credentials) -> OnvifCamera:
            return OnvifCamera(address, credentials, SystemClock())

        change(vault, fake.address, connect, opens)
        assert vault.kept == Credentials("admin", fake.behaviour.users["admin"][0])
        assert fake.behaviour.users["admin"][1] == "Administrator"

        def lost() -> None:
            raise ConnectionError

        fake.behaviour.after_set_user = lost  # set, but the answer never came
        before = vault.kept
        change(vault, fake.address, connect, opens)
        assert vault.kept == Credentials("admin", fake.behaviour.users["admin"][0]) != before
        fake.behaviour.before_set_user = lost
        before = vault.kept
        with pytest.raises(BadInputError, match="The old one is in force"):
            change(vault, fake.address, connect, opens)
        assert vault.kept == before
        assert (vault.ours, vault.waiting) == (True, None)


STEPS = ("before propose", "after propose", "before set", "after set", "before settle", "after settle")


@pytest.mark.parametrize("where", STEPS)
def test_whatever_it_dies_of_the_password_is_known(where: str) -> None:
    def die(what: str) -> None:
        if what == where:
            raise Died

    vault, camera = MemoryVault(step=die), Camera(step=die)
    with pytest.raises(Died):
        change(vault, ADDRESS, camera.connect, opens)
    vault.step = camera.step = lambda _what: None
    known = {vault.kept, vault.waiting.credentials if vault.waiting else None}
    assert Credentials("admin", camera.password) in known
    assert settle(vault, camera.connect) is (where in {"after set", "before settle"})
    assert vault.kept == Credentials("admin", camera.password)
    assert vault.waiting is None


def test_one_that_was_cut_short_is_settled_before_another_is_set() -> None:
    cut = Credentials("admin", "cut-short-0")
    vault, camera = MemoryVault(waiting=PendingPassword(ADDRESS, cut)), Camera(password=cut.password)
    change(vault, ADDRESS, camera.connect, opens)
    assert vault.kept == Credentials("admin", camera.password) != cut


def test_nothing_to_settle() -> None:
    vault = MemoryVault()
    assert settle(vault, Camera().connect) is False
    assert vault.kept == OLD


def test_what_is_not_known_stays_kept() -> None:
    pending = PendingPassword(ADDRESS, Credentials("admin", "new"))
    vault, camera = MemoryVault(waiting=pending), Camera(away=True)
    with pytest.raises(UnreachableError, match="both are kept"):
        settle(vault, camera.connect)
    camera.away, camera.password = False, "a third one"
    with pytest.raises(RefusedError, match="neither its old password nor the new one"):
        settle(vault, camera.connect)
    assert (vault.kept, vault.waiting) == (OLD, pending)


def test_a_camera_that_does_not_take_it_keeps_the_old_one() -> None:
    vault, camera = MemoryVault(), Camera(takes=lambda _password: False)
    with pytest.raises(BadInputError, match=r"did not take a new password \(It did not\.\) The old one is in force"):
        change(vault, ADDRESS, camera.connect, opens)
    assert (vault.kept, vault.ours, vault.waiting, camera.password) == (OLD, False, None, OLD.password)


@pytest.mark.parametrize(
    ("camera", "kept", "error", "words"),
    [
        (Camera(believes=True), OLD, UsageError, "any password"),
        (Camera(level="User"), OLD, RefusedError, "administrator"),
        (Camera(), Credentials("stranger", OLD.password), UsageError, "no ONVIF account called stranger"),
        (Camera(), None, UsageError, "no user name"),
        (Camera(away=True), OLD, UnreachableError, "does not answer"),
    ],
)
def test_where_it_cannot_be_relied_on_nothing_is_changed(
    camera: Camera, kept: Credentials | None, error: type[Exception], words: str
) -> None:
    vault = MemoryVault(kept)
    with pytest.raises(error, match=words):
        change(vault, ADDRESS, camera.connect, opens)
    assert (vault.kept, vault.waiting, camera.password) == (kept, None, OLD.password)


def refuses(_credentials: Credentials) -> None:
    raise RefusedError("The stream wants another.")


def test_streams_with_passwords_of_their_own_get_the_old_one_back() -> None:
    vault, camera = MemoryVault(), Camera()
    with pytest.raises(RefusedError, match="keeps the passwords of its streams apart"):
        change(vault, ADDRESS, camera.connect, refuses)
    assert (vault.kept, vault.ours, vault.waiting, camera.password) == (OLD, False, None, OLD.password)


def test_and_where_it_does_not_take_that_back_the_new_one_is_known() -> None:
    vault, camera = MemoryVault(), Camera(takes=lambda password: password != OLD.password)
    with pytest.raises(RefusedError, match="did not take the old one back"):
        change(vault, ADDRESS, camera.connect, refuses)
    assert vault.kept == Credentials("admin", camera.password) != OLD
    assert (vault.ours, vault.waiting) == (True, None)


def test_a_page_with_accounts_of_its_own_is_named() -> None:
    note = change(MemoryVault(), ADDRESS, Camera(maker="Dahua").connect, opens).note
    assert note.startswith("Its own page has accounts of its own")


def test_passwords_have_letters_and_digits_and_are_not_alike() -> None:
    made = {generate() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert password.isalnum()
        assert password.isascii()
        assert not password.isdecimal()
        assert password != password.upper()
        assert password != password.lower()
        assert any(letter.isdecimal() for letter in password)
