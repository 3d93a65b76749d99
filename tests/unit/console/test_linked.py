import dataclasses
import io
import uuid
from pathlib import Path
from typing import Any, Self

import av
import httpx
import pytest

from tests.unit.console.support import add_camera, browser, clock_of, error_of, make_console, run
from tests.unit.console.test_alerts import seen
from tests.unit.evidence.material import RATE, at, keep, level
from watchglass.console import linked
from watchglass.console.app import Console
from watchglass.console.export import folder_of
from watchglass.model.camera import ViewPolicy
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.link import LASTS_LOOKING_US, judging, looking, new_link
from watchglass.model.record import GapCause

BEGAN = 15  # seconds after the first that is kept
PICTURES = ("/api/links/still", "/api/links/clip")
PATHS = ("/api/links/view", *PICTURES)


def happened(console: Console, camera: int = 1, end: float | None = BEGAN + 2, start: float = BEGAN) -> Event:
    """An event that a rule saw, with its alert; the clock stands at a minute after its beginning."""
    over = None if end is None else at(end)
    event = Event(uuid.uuid4(), camera, 7, RuleKind.INTRUSION, at(start), over, 0.8, 1, "yard", None, "")
    console.events.take([Happening(Change.BEGAN, event, event.start)])
    console.outbox.take(event, "Nobody in the yard", "Gate")
    set_clock(console, start + 60)
    return event


def set_clock(console: Console, seconds: float) -> None:
    clock_of(console).advance((at(seconds) - clock_of(console).wall_us()) / 1_000_000)


def token_of(console: Console, event: Event) -> str:
    now = clock_of(console).wall_us()
    return looking(new_link(event.id, now), now).sign(console.channels.link_key())


async def ask(client: httpx.AsyncClient, path: str, token: str) -> httpx.Response:
    return await client.post(path, json={"token": token})


async def told(client: httpx.AsyncClient, token: str) -> dict[str, Any]:
    answer = await ask(client, "/api/links/view", token)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def luma(picture: av.VideoFrame) -> int:
    return int(picture.to_ndarray(format="gray")[32, 48])


def seconds_of(film: bytes) -> list[int]:
    """How bright each second of a film is."""
    with av.open(io.BytesIO(film), "r") as file:
        frames = list(file.decode(video=0))
    assert len(frames) % RATE == 0
    return [luma(frame) for frame in frames[RATE // 2 :: RATE]]


def test_whoever_opens_a_link_sees_the_moment_and_ten_seconds_on_either_side(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(20))
        keep(console.views, 1, range(20, 40))
        event = happened(console)
        now = clock_of(console).wall_us()
        link = new_link(event.id, now).sign(console.channels.link_key())
        async with browser(console, signed_in=False) as client:
            look = (await ask(client, "/api/links/open", link)).json()["look_token"]
            assert await told(client, look) == {
                "at_us": event.start,
                "still": True,
                "from_us": at(5),
                "to_us": at(27),
                "whole": True,
                "covered": None,
            }
            still = await ask(client, "/api/links/still", look)
            assert (still.status_code, still.headers["content-type"]) == (200, "image/png")
            with av.open(io.BytesIO(still.content), "r", format="png_pipe") as file:
                (picture,) = file.decode(video=0)
                assert isinstance(picture, av.VideoFrame)
                assert abs(luma(picture) - level(BEGAN)) < 6
            clip = await ask(client, "/api/links/clip", look)
            assert (clip.status_code, clip.headers["content-type"]) == (200, "video/mp4")
            assert clip.headers["cache-control"] == still.headers["cache-control"] == "no-store"
            shown = seconds_of(clip.content)
            assert len(shown) == 22
            assert all(abs(one - level(second)) < 6 for one, second in zip(shown, range(5, 27), strict=True))
        assert list(folder_of(console.folder).iterdir()) == []

    run(script())


@pytest.mark.parametrize("path", PATHS)
def test_only_with_a_token_for_it_and_not_for_long(tmp_path: Path, path: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(30))
        event, other = happened(console), happened(console, start=BEGAN + 1)
        key, now = console.channels.link_key(), clock_of(console).wall_us()
        link = new_link(event.id, now)
        look = looking(link, now).sign(key)
        forged = look.replace(event.id.hex, other.id.hex)
        elsewhere = looking(link, now).sign(bytes(32))
        async with browser(console, signed_in=False) as client:
            wrong = (link.sign(key), judging(link, now).sign(key), forged, elsewhere, look[:-1], look + "x", "x")
            for token in wrong:
                refused = await ask(client, path, token)
                assert (refused.status_code, "link" in error_of(refused)) == (403, True), token
            assert (await client.post(path, json={})).status_code == 400
            more = await client.post(path, json={"token": look, "camera_id": 2})
            assert more.status_code == 400  # nobody says which camera or span they want
            assert (await ask(client, path, look)).status_code == 200
            clock_of(console).advance(LASTS_LOOKING_US / 1_000_000)
            late = await ask(client, path, look)
            assert (late.status_code, "has expired" in error_of(late)) == (403, True)

    run(script())


@pytest.mark.parametrize("path", PATHS)
def test_never_of_another_camera_or_span(tmp_path: Path, path: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        first, second = add_camera(console).id, add_camera(console, "Yard").id
        keep(console.views, second, range(30))
        keep(console.views, first, range(3), run="before")
        keep(console.views, first, range(3), run_start=40, run="after")
        async with browser(console, signed_in=False) as client:
            nothing = await ask(client, path, token_of(console, happened(console)))
            assert (nothing.status_code, "is kept of this moment" in error_of(nothing)) == (404, True)

    run(script())


@pytest.mark.parametrize("path", PATHS)
def test_a_camera_that_keeps_counts_only_shows_nothing_not_even_what_it_kept(tmp_path: Path, path: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(30))
        token = token_of(console, happened(console))
        console.cameras.set_policy(1, ViewPolicy.COUNTS)
        async with browser(console, signed_in=False) as client:
            answer = await ask(client, path, token)
            assert (answer.status_code, error_of(answer)) == (404, "This camera keeps counts only.")

    run(script())


@pytest.mark.parametrize("path", PATHS)
def test_a_test_alert_and_one_whose_camera_has_gone_have_no_pictures(tmp_path: Path, path: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event = seen(console)  # of a camera that is not there
        async with browser(console, signed_in=False) as client:
            gone = await ask(client, path, token_of(console, event))
            assert (gone.status_code, "camera" in error_of(gone)) == (404, True)
            test = dataclasses.replace(console.alerts.find(event.id), test=True)
            fake = dataclasses.replace(console, alerts=Only(test))  # type: ignore[arg-type]
        async with browser(fake, signed_in=False) as client:
            answer = await ask(client, path, token_of(console, event))
            assert (answer.status_code, "test" in error_of(answer)) == (404, True)

    run(script())


class Only:
    """The one alert that there is."""

    def __init__(self, alert: object) -> None:
        self._alert = alert

    def find(self, _event: uuid.UUID) -> object:
        return self._alert


def test_while_it_is_being_kept_there_is_what_there_is(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(10))
        event = happened(console)
        async with browser(console, signed_in=False) as client:
            set_clock(console, BEGAN)
            look = token_of(console, event)
            early = await told(client, look)
            assert (early["to_us"], early["still"], early["whole"]) == (at(10), False, False)
            keep(console.views, 1, range(10, 20), close=False)
            set_clock(console, 20)
            then = await told(client, look)
            assert (then["to_us"], then["still"], then["whole"]) == (at(20), True, False)
            assert len(seconds_of((await ask(client, "/api/links/clip", look)).content)) == 15
            set_clock(console, BEGAN + 2 + 10 + 29)
            assert not (await told(client, look))["whole"]
            set_clock(console, BEGAN + 2 + 10 + 31)  # the camera has died: no more will come
            assert (await told(client, look))["whole"]

    run(script())


def test_before_anything_is_kept_it_is_to_be_asked_again(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        event = happened(console)
        set_clock(console, BEGAN + 1)
        async with browser(console, signed_in=False) as client:
            early = await told(client, token_of(console, event))
            assert (early["still"], early["from_us"], early["whole"]) == (False, None, False)

    run(script())


def test_an_event_that_lasts_is_shown_for_a_minute_until_its_end_is_known(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        keep(console.views, 1, range(40))
        keep(console.views, 1, range(40), run_start=40, run="run-2")
        event = happened(console, end=None)
        async with browser(console, signed_in=False) as client:
            set_clock(console, 80)
            look = token_of(console, event)
            lasting = await told(client, look)
            assert (lasting["from_us"], lasting["to_us"], lasting["whole"]) == (at(5), at(65), True)
            assert len(seconds_of((await ask(client, "/api/links/clip", look)).content)) == 60
            over = dataclasses.replace(event, end=at(20))
            console.events.take([Happening(Change.ENDED, over, at(20))])
            assert (await told(client, look))["to_us"] == at(30)
            console.events.forget(at(100))  # its alert says nothing of its end
            assert (await told(client, look))["to_us"] == at(65)

    run(script())


@pytest.mark.parametrize(
    ("cause", "said"),
    [(GapCause.CAMERA, "The camera sent nothing."), (GapCause.OFF, "It was off on purpose.")],
)
def test_why_nothing_was_kept_is_said_without_what_only_the_signed_in_may_know(
    tmp_path: Path, cause: GapCause, said: str
) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        console.views.open_gap(1, at(0), cause, "rtsp://10.0.0.9/main does not answer.")
        async with browser(console, signed_in=False) as client:
            answer = await ask(client, "/api/links/view", token_of(console, happened(console)))
            assert answer.status_code == 404
            assert error_of(answer) == f"Nothing of the view was kept at this moment. {said}"

    run(script())


def test_a_covered_view_says_so(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(30))
        console.views.begin_cover(1, at(10), "The camera has moved.")
        async with browser(console, signed_in=False) as client:
            look = token_of(console, happened(console))
            assert (await told(client, look))["covered"] == "The camera has moved."
            console.views.end_cover(1, at(14))
            assert (await told(client, look))["covered"] is None

    run(script())


def test_a_film_is_no_larger_than_a_phone_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        segment = keep(console.views, add_camera(console).id, range(40))
        layout = console.layouts(segment)
        assert layout
        monkeypatch.setattr(linked, "MOST_BYTES", sum(one.size for one in layout.fragments[5:9]))
        async with browser(console, signed_in=False) as client:
            clip = await ask(client, "/api/links/clip", token_of(console, happened(console)))
            assert len(seconds_of(clip.content)) == 4

    run(script())


@pytest.mark.parametrize("path", PICTURES)
def test_many_who_have_links_wait_for_each_other_and_for_nobody_who_is_signed_in(tmp_path: Path, path: str) -> None:
    class Full:
        tasks_waiting = 4

        def statistics(self) -> Self:
            return self

    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(30))
        token = token_of(console, happened(console))
        console.rooms.linked = Full()  # type: ignore[assignment]
        async with browser(console) as client:
            busy = await ask(client, path, token)
            assert (busy.status_code, "try again" in error_of(busy)) == (429, True)
            span = {"from_us": at(0), "to_us": at(2)}
            assert (await client.get("/api/cameras/1/export", params=span)).status_code == 200

    run(script())


def test_where_a_moment_lies_between_two_spans_there_is_a_film_and_no_picture(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(8))
        keep(console.views, 1, range(5), run_start=20, run="later")
        token = token_of(console, happened(console))
        async with browser(console, signed_in=False) as client:
            assert (await told(client, token))["still"] is False
            answer = await ask(client, "/api/links/still", token)
            assert (answer.status_code, "no picture" in error_of(answer)) == (404, True)
            assert len(seconds_of((await ask(client, "/api/links/clip", token)).content)) == 8

    run(script())
