"""Links in messages: they open one alert without signing in, and let whoever has one say what it was.

Mail scanners follow links, so opening does nothing: a verdict is given by a button, with a token that only the open page has.
"""

from typing import Annotated

import pydantic
from fastapi import APIRouter, status

from watchglass.console.context import Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Shape
from watchglass.model.alert import Judgement
from watchglass.model.event import RuleKind
from watchglass.model.link import Purpose, judging, looking, read

router = APIRouter(prefix="/api/links", responses=ANSWERS, tags=["alerts"])

BY_LINK = "whoever had the link"

Token = Annotated[str, pydantic.Field(min_length=1, max_length=300, repr=False)]


class LinkIn(Shape):
    """What stands after # in a message's link."""

    token: Token


class JudgeIn(Shape):
    """What an event was, by the token of the open page."""

    token: Token
    judgement: Judgement = pydantic.Field(strict=False)


class OpenedOut(Shape):
    """What the message said; `token` lets say what it was, for an hour, `look_token` see the view around it, for ten minutes."""

    rule: str
    kind: RuleKind
    camera: str
    place: str
    score: float
    start_us: int
    end_us: int | None
    detail: str
    test: bool
    judgement: Judgement | None = pydantic.Field(description="What was said of it already.")
    settled: bool = pydantic.Field(description="Somebody who was signed in said it: a link changes that no more.")
    token: str
    look_token: str


class JudgedOut(Shape):
    """What was said; where somebody who was signed in had said something before, that."""

    judgement: Judgement
    settled: bool


@router.post("/open")
def open_link(body: LinkIn, console: Context) -> OpenedOut:
    """Show what an alert said to whoever has a link to it. Nothing is changed by that."""
    key, now = console.channels.link_key(), console.clock.wall_us()
    link = read(body.token, Purpose.OPEN, key, now)
    alert, verdict = console.alerts.find(link.alert), console.alerts.verdict(link.alert)
    return OpenedOut(
        rule=alert.rule_name,
        kind=alert.kind,
        camera=alert.camera_name,
        place=alert.place,
        score=alert.score,
        start_us=alert.start,
        end_us=alert.end,
        detail=alert.detail,
        test=alert.test,
        judgement=verdict.judgement if verdict else None,
        settled=verdict is not None and verdict.by != BY_LINK,
        token=judging(link, now).sign(key),
        look_token=looking(link, now).sign(key),
    )


@router.post("/judge", status_code=status.HTTP_201_CREATED)
def judge_by_link(body: JudgeIn, console: Context) -> JudgedOut:
    """Say what an event was, by a link to its alert. What somebody has said who was signed in stays."""
    link = read(body.token, Purpose.JUDGE, console.channels.link_key(), console.clock.wall_us())
    verdict = console.alerts.judge(link.alert, body.judgement, BY_LINK, only_over_own=True)
    return JudgedOut(judgement=verdict.judgement, settled=verdict.by != BY_LINK)
