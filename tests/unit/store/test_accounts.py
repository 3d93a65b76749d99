import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import argon2
import pytest
import sqlalchemy as sa

from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import MissingInputError, RefusedError, UsageError
from watchglass.model.record import Account
from watchglass.store import schema
from watchglass.store.accounts import Accounts
from watchglass.store.folder import DataFolder

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"
WRONG = "battery staple"
DAY = 24 * 3600


@pytest.fixture
def accounts(engine: sa.Engine, clock: SimulatedClock) -> Accounts:
    return Accounts(engine, clock, CHEAP)


def test_an_account_opens_with_its_password_alone(accounts: Accounts) -> None:
    assert not accounts.any()
    eva = accounts.create("  Eva   Lund ", PASSWORD)
    assert eva == Account(1, "Eva Lund")
    assert accounts.any()
    for name in ("Eva Lund", "eva lund", " EVA  LUND"):
        assert accounts.check(name, PASSWORD) == eva
    for name, password in (("Eva Lund", WRONG), ("Eva", PASSWORD), ("Eva Lund", ""), ("Eva Lund", "x" * 5000)):
        with pytest.raises(RefusedError, match="name or the password is wrong"):
            accounts.check(name, password)


def test_a_password_is_the_same_from_every_keyboard(accounts: Accounts) -> None:
    accounts.create("Eva", "Stra\u00dfe \u00e4 \ufb01n")  # composed, with a ligature
    assert accounts.check("Eva", "Stra\u00dfe a\u0308 fin").name == "Eva"


@pytest.mark.parametrize("text", ["\ud83d half a pair", "nul \0 inside", "\uffff" * 20])
def test_any_text_is_checked_without_a_fault(text: str, accounts: Accounts) -> None:
    accounts.create("Eva", text.ljust(10))
    assert accounts.check("Eva", text.ljust(10)).name == "Eva"
    with pytest.raises(RefusedError):
        accounts.check(text, PASSWORD)
    assert accounts.session(text) is None
    with pytest.raises(RefusedError):
        accounts.use_setup_token(text, "Eva", PASSWORD)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x00b", "a\nb\x1b", "\ud800"])
def test_names_that_cannot_be_told_are_refused(name: str, accounts: Accounts) -> None:
    with pytest.raises(UsageError, match="name"):
        accounts.create(name, PASSWORD)
    assert not accounts.any()


def test_names_that_look_the_same_are_taken(accounts: Accounts) -> None:
    accounts.create("Eva", PASSWORD)
    for name in ("eva", " EVA ", "\uff25va"):  # the last is a full-width E
        with pytest.raises(UsageError, match="called 'Eva' already"):
            accounts.create(name, PASSWORD)


@pytest.mark.parametrize(("length", "fits"), [(0, False), (9, False), (10, True), (1024, True), (1025, False)])
def test_passwords_have_ten_characters_at_least(length: int, fits: bool, accounts: Accounts) -> None:
    if fits:
        accounts.create("Eva", "p" * length)
        assert accounts.check("Eva", "p" * length).name == "Eva"
        return
    accounts.create("Ada", PASSWORD)
    for call in (accounts.create, accounts.set_password):
        with pytest.raises(UsageError, match="password is too"):
            call("Ada" if call == accounts.set_password else "Eva", "p" * length)
    assert accounts.check("Ada", PASSWORD).name == "Ada"


def test_a_new_password_ends_every_session_of_its_account_only(accounts: Accounts) -> None:
    eva, ada = accounts.create("Eva", PASSWORD), accounts.create("Ada", PASSWORD)
    tokens = [accounts.new_session(eva), accounts.new_session(eva), accounts.new_session(ada)]
    accounts.set_password("eva", WRONG)
    assert [accounts.session(token) for token in tokens] == [None, None, ada]
    assert accounts.check("Eva", WRONG) == eva
    with pytest.raises(RefusedError):
        accounts.check("Eva", PASSWORD)
    with pytest.raises(MissingInputError, match="'Bob'"):
        accounts.set_password("Bob", PASSWORD)


# ---- lockout


def refusal(accounts: Accounts, name: str = "Eva", password: str = WRONG) -> str:
    with pytest.raises(RefusedError) as raised:
        accounts.check(name, password)
    return str(raised.value)


@pytest.mark.parametrize("name", ["Eva", "Nobody"])
def test_after_five_failures_the_wait_doubles_up_to_a_minute(
    name: str, accounts: Accounts, clock: SimulatedClock
) -> None:
    """For names that do not exist as well: whether one exists must not show."""
    accounts.create("Eva", PASSWORD)
    assert {refusal(accounts, name) for _ in range(5)} == {"The name or the password is wrong."}
    for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
        assert refusal(accounts, name).endswith(f"try again in {seconds} s.")
        clock.advance(seconds - 0.5)
        assert refusal(accounts, name.upper(), PASSWORD).endswith("try again in 1 s.")
        clock.advance(0.5)
        assert refusal(accounts, name) == "The name or the password is wrong."


def test_the_right_password_after_the_wait_begins_anew(accounts: Accounts, clock: SimulatedClock) -> None:
    eva = accounts.create("Eva", PASSWORD)
    for _ in range(5):
        refusal(accounts)
    clock.step_wall(3600)  # setting the clock does not shorten a wait
    assert "try again" in refusal(accounts, password=PASSWORD)
    clock.advance(1)
    assert accounts.check("Eva", PASSWORD) == eva
    for _ in range(4):
        refusal(accounts)
    assert accounts.check("Eva", PASSWORD) == eva


def test_one_name_does_not_lock_another(accounts: Accounts) -> None:
    accounts.create("Eva", PASSWORD)
    for _ in range(9):
        refusal(accounts, "Ada")
    assert accounts.check("Eva", PASSWORD).name == "Eva"


def test_a_thousand_made_up_names_do_not_free_one_that_is_locked(engine: sa.Engine, clock: SimulatedClock) -> None:
    class Never:
        """A hasher that takes no time: this is about counting."""

        def hash(self, _password: object) -> str:
            return "hash"

        def verify(self, _kept: str, _password: object) -> bool:
            raise argon2.exceptions.VerifyMismatchError

    accounts = Accounts(engine, clock, Never())  # type: ignore[arg-type]
    for _ in range(5):
        refusal(accounts)
    for number in range(1100):
        refusal(accounts, f"nobody {number}")
    assert "try again" in refusal(accounts)
    assert len(accounts._lockout._names) <= 1001


def test_tries_side_by_side_count_before_they_are_decided(engine: sa.Engine, clock: SimulatedClock) -> None:
    """Twenty requests at once must not get twenty tries."""
    slow = threading.Event()
    tried: list[object] = []

    class Slow:
        def hash(self, _password: object) -> str:
            return "hash"

        def verify(self, _kept: str, password: object) -> bool:
            tried.append(password)
            slow.wait(30)
            raise argon2.exceptions.VerifyMismatchError

    accounts = Accounts(engine, clock, Slow())  # type: ignore[arg-type]
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(refusal(accounts))) for _ in range(20)]
    for thread in threads:
        thread.start()
    while len(answers) < 15:  # those that were refused at once
        threads[0].join(0.01)
    slow.set()
    for thread in threads:
        thread.join()
    assert len(tried) == 5


def test_unknown_names_cost_as_much_as_known_ones(engine: sa.Engine, clock: SimulatedClock) -> None:
    verified: list[str] = []

    class Counting(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            verified.append(str(hash).rsplit("$", 1)[0].rsplit("$", 1)[0])
            return super().verify(hash, password)

    accounts = Accounts(engine, clock, Counting(time_cost=1, memory_cost=8, parallelism=1))
    accounts.create("Eva", PASSWORD)
    refusal(accounts, "Eva")
    refusal(accounts, "Nobody")
    assert len(verified) == 2
    assert verified[0] == verified[1] == "$argon2id$v=19$m=8,t=1,p=1"


def test_a_hash_of_yesterdays_cost_is_renewed_when_its_owner_signs_in(engine: sa.Engine, clock: SimulatedClock) -> None:
    Accounts(engine, clock, CHEAP).create("Eva", PASSWORD)
    dearer = Accounts(engine, clock, argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))

    def kept() -> str:
        with engine.connect() as connection:
            return str(connection.execute(sa.select(schema.accounts.c.password_hash)).scalar())

    refusal(dearer)
    assert "m=8,t=1" in kept()
    assert dearer.check("Eva", PASSWORD).name == "Eva"
    assert "m=16,t=2" in kept()
    assert dearer.check("Eva", PASSWORD).name == "Eva"


def test_the_cost_unless_a_test_says_otherwise_is_the_one_of_rfc_9106(engine: sa.Engine, clock: SimulatedClock) -> None:
    hasher = Accounts(engine, clock)._hasher
    assert (hasher.type, hasher.memory_cost, hasher.time_cost) == (argon2.Type.ID, 65536, 3)


# ---- sessions


def test_a_session_slides_and_ends_after_thirty_days_without_use(accounts: Accounts, clock: SimulatedClock) -> None:
    eva = accounts.create("Eva", PASSWORD)
    token = accounts.new_session(eva)
    clock.advance(30 * DAY - 1)
    assert accounts.session(token) == eva
    clock.advance(30 * DAY - 1)
    assert accounts.session(token) == eva
    clock.advance(30 * DAY)
    assert accounts.session(token) is None


def test_sessions_are_written_once_an_hour_at_most(
    accounts: Accounts, clock: SimulatedClock, engine: sa.Engine
) -> None:
    token = accounts.new_session(accounts.create("Eva", PASSWORD))
    commits: list[object] = []
    sa.event.listen(engine, "commit", commits.append)
    for _ in range(61):
        clock.advance(59)
        assert accounts.session(token)
    assert commits == []
    clock.advance(3600 - 61 * 59)
    assert accounts.session(token)
    assert len(commits) == 1


def test_signing_out_ends_one_session(accounts: Accounts) -> None:
    eva = accounts.create("Eva", PASSWORD)
    first, second = accounts.new_session(eva), accounts.new_session(eva)
    accounts.end_session(first)
    accounts.end_session("unknown")
    assert [accounts.session(first), accounts.session(second), accounts.session("")] == [None, eva, None]


def test_sessions_that_ended_are_cleared_away(accounts: Accounts, clock: SimulatedClock, engine: sa.Engine) -> None:
    eva = accounts.create("Eva", PASSWORD)
    for _ in range(3):
        accounts.new_session(eva)
    clock.advance(31 * DAY)
    accounts.new_session(eva)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.sessions)).scalar() == 1


def test_no_session_for_an_account_that_is_not_there(accounts: Accounts) -> None:
    with pytest.raises(MissingInputError, match="'Bob'"):
        accounts.new_session(Account(7, "Bob"))


# ---- the set-up link


def test_the_set_up_token_makes_one_account_once(accounts: Accounts, engine: sa.Engine) -> None:
    token = accounts.new_setup_token()
    with pytest.raises(UsageError):
        accounts.use_setup_token(token, "Eva", "short")  # a slip does not use it up
    eva = accounts.use_setup_token(token, "Eva", PASSWORD)
    assert accounts.check("Eva", PASSWORD) == eva
    with engine.connect() as connection:
        assert connection.execute(sa.select(schema.setup_tokens)).all() == []
    with pytest.raises(RefusedError, match="set up already"):
        accounts.use_setup_token(token, "Ada", PASSWORD)
    with pytest.raises(RefusedError, match="set up already"):
        accounts.use_setup_token(accounts.new_setup_token(), "Ada", PASSWORD)


def test_a_newer_set_up_token_replaces_the_one_before(accounts: Accounts) -> None:
    old, new = accounts.new_setup_token(), accounts.new_setup_token()
    for wrong in (old, "", new[:-1], new + "x"):
        with pytest.raises(RefusedError, match="not valid any more"):
            accounts.use_setup_token(wrong, "Eva", PASSWORD)
    assert accounts.use_setup_token(new, "Eva", PASSWORD).name == "Eva"


def test_no_token_no_set_up(accounts: Accounts) -> None:
    with pytest.raises(RefusedError, match="not valid any more"):
        accounts.use_setup_token("", "Eva", PASSWORD)


def test_two_who_use_the_link_at_once_make_one_account(
    folder: DataFolder, open_engine: Callable[[DataFolder], sa.Engine], clock: SimulatedClock
) -> None:
    both = [Accounts(open_engine(folder), clock, CHEAP) for _ in range(2)]
    token = both[0].new_setup_token()
    start = threading.Barrier(2)
    results: list[object] = []

    def use(accounts: Accounts, name: str) -> None:
        start.wait()
        try:
            results.append(accounts.use_setup_token(token, name, PASSWORD))
        except RefusedError as error:
            results.append(error)

    threads = [threading.Thread(target=use, args=pair) for pair in zip(both, ("Eva", "Ada"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(result).__name__ for result in results) == ["Account", "RefusedError"]


def test_neither_passwords_nor_tokens_are_in_any_file(accounts: Accounts, folder: DataFolder) -> None:
    setup = accounts.new_setup_token()
    eva = accounts.use_setup_token(setup, "Eva", PASSWORD)
    session = accounts.new_session(eva)
    contents = b"".join(path.read_bytes() for path in Path(folder.root).rglob("*") if path.is_file())
    assert b"Eva" in contents
    for secret in (PASSWORD, setup, session):
        assert secret.encode() not in contents
