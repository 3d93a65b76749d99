"""Signing in and out."""

from anyio import to_thread
from fastapi import APIRouter, Response, status

from watchglass.console.context import SIGNED_IN, Context, Token
from watchglass.console.fault import ANSWERS
from watchglass.console.security import drop_cookie, set_cookie
from watchglass.console.shapes import Shape
from watchglass.console.state import AccountOut, Name, Password, SignedInOut
from watchglass.model.record import Account

router = APIRouter(prefix="/api/session", responses=ANSWERS, tags=["sign-in"])


class SessionIn(Shape):
    """Name and password of an account."""

    name: Name
    password: Password


@router.post("")
async def sign_in(body: SessionIn, console: Context, old: Token, response: Response) -> SignedInOut:
    """Sign in; 403 when name or password is wrong, or after too many wrong ones (the sentence says for how long)."""

    def check() -> tuple[Account, str]:
        account = console.accounts.check(body.name, body.password.get_secret_value())
        if old:
            console.accounts.end_session(old)
        return account, console.accounts.new_session(account)

    account, token = await to_thread.run_sync(check, limiter=console.rooms.passwords)
    set_cookie(response, token, secure=console.entrance.secure)
    return SignedInOut(account=AccountOut(name=account.name))


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, dependencies=SIGNED_IN)
def sign_out(console: Context, token: Token, response: Response) -> None:
    """End this session."""
    console.accounts.end_session(token)
    drop_cookie(response, secure=console.entrance.secure)
