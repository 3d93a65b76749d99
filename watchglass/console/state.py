"""What a browser asks first: is there an account yet, who am I; and the first account, made with the one-time token."""

from typing import Annotated

import pydantic
from anyio import to_thread
from fastapi import APIRouter, Response, status
from fastapi.responses import PlainTextResponse

from watchglass import __version__
from watchglass.console.context import Context, Token
from watchglass.console.fault import ANSWERS, ConflictError
from watchglass.console.security import drop_cookie, set_cookie
from watchglass.console.shapes import Shape
from watchglass.model.record import Account

router = APIRouter(responses=ANSWERS, tags=["sign-in"])

Name = Annotated[str, pydantic.Field(min_length=1, max_length=100, description="Name of the account.")]
Password = Annotated[pydantic.SecretStr, pydantic.Field(max_length=1024, description="Its password.")]


class AccountOut(Shape):
    """Who is signed in."""

    name: str


class StateOut(Shape):
    """Known to everybody who can reach the console."""

    setup_needed: bool = pydantic.Field(description="No account exists yet: make the first with the one-time token.")
    account: AccountOut | None = pydantic.Field(description="Who is signed in with this session.")
    version: str


class SetupIn(Shape):
    """The first account."""

    token: str = pydantic.Field(max_length=200, description="From the link that `watchglass up` printed.")
    name: Name
    password: Password


class SignedInOut(Shape):
    """The answer to signing in; the session itself is in the cookie."""

    account: AccountOut


@router.get("/healthz", response_class=PlainTextResponse, tags=["health"])
def healthz() -> str:
    """Say that the console's process runs."""
    return "ok"


@router.get("/api/state")
def state(console: Context, token: Token, response: Response) -> StateOut:
    """Tell whether to show setup, sign-in or the console. Prolongs the cookie as the store prolongs the session."""
    account = console.accounts.session(token) if token else None
    if account is not None:
        set_cookie(response, token, secure=console.entrance.secure)
    elif token:
        drop_cookie(response, secure=console.entrance.secure)
    return StateOut(
        setup_needed=not console.accounts.any(),
        account=AccountOut(name=account.name) if account else None,
        version=__version__,
    )


@router.post("/api/setup", status_code=status.HTTP_201_CREATED)
async def setup(body: SetupIn, console: Context, response: Response) -> SignedInOut:
    """Make the first account with the one-time token, and sign in."""

    def make() -> tuple[Account, str]:
        if console.accounts.any():
            raise ConflictError("This console has been set up already; sign in.")
        account = console.accounts.use_setup_token(body.token, body.name, body.password.get_secret_value())
        return account, console.accounts.new_session(account)

    account, token = await to_thread.run_sync(make, limiter=console.rooms.passwords)
    set_cookie(response, token, secure=console.entrance.secure)
    return SignedInOut(account=AccountOut(name=account.name))
