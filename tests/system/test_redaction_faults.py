"""Rule R5 on the whole: what is shown and kept while cameras are turned, light jumps, plates and the model are damaged.

Somebody walks before every camera in a colour that no cover and no street has; it is in no picture that comes out.
"""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests import footage, watermark
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import NAME, PASSWORD, Watchglass
from tests.watermark import RATE, Picture
from watchglass.base.assets import PERSON_MODEL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

TURN = 14 * RATE  # the frame from which on everything is otherwise
SECONDS = 75
MISHAP: tuple[str, ...] = ("covered", "learning")


def turned(number: int, picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, :, ::-1]) if number >= TURN else picture


def lit(number: int, picture: Picture) -> Picture:
    """Somebody switches on a lamp."""
    if number < TURN:
        return picture
    return np.stack([np.clip(picture[0].astype(int) + 60, 16, 235), picture[1], picture[2]]).astype(np.uint8)


CHANGES: dict[str, Callable[[int, Picture], Picture]] = {"Turned": turned, "Lit": lit}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name, change in CHANGES.items():
        watermark.film(folder / f"{name}.mp4", SECONDS, change)
    watermark.film(folder / "Plain.mp4", 60)
    watermark.film(folder / "Otherwise.mp4", 60, lambda number, picture: turned(TURN, picture))
    return folder


def states(system: Watchglass) -> dict[str, str]:
    return {camera["name"]: camera["view"]["state"] for camera in system.call("GET", "/api/cameras")["cameras"]}


class Course:
    """The states that each camera's view went through."""

    def __init__(self, system: Watchglass) -> None:
        self._system = system
        self.seen: dict[str, list[str]] = {}

    def look(self) -> None:
        for name, state in states(self._system).items():
            known = self.seen.setdefault(name, [])
            if not known or known[-1] != state:
                known.append(state)

    def state(self, name: str) -> str:
        """Of one camera, now."""
        self.look()
        return self.seen[name][-1]

    def shown_again(self) -> bool:
        """Whether each was shown, then was not, and then was again."""
        self.look()
        return all("shown" in seen and after_mishap(seen[seen.index("shown") :]) for seen in self.seen.values())

    def shown(self, count: int) -> bool:
        """Whether each of so many cameras was shown; on a busy machine hardly ever all at the same time."""
        self.look()
        return len(self.seen) == count and all("shown" in seen for seen in self.seen.values())


def after_mishap(seen: list[str]) -> bool:
    """Whether it was shown after it was not."""
    mishaps = [place for place, state in enumerate(seen) if state in MISHAP]
    return bool(mishaps) and "shown" in seen[mishaps[0] :]


def kept_after(system: Watchglass, moment: int) -> bool:
    kept = [camera["kept"] for camera in system.call("GET", "/api/cameras")["cameras"]]
    return all(one is not None and one["to_us"] > moment for one in kept)


def begun(system: Watchglass, moment: int) -> bool:
    """Whether every camera's view says something newer than that."""
    return all(camera["view"]["since_us"] > moment for camera in system.call("GET", "/api/cameras")["cameras"])


def newest(system: Watchglass) -> int:
    return max(int(camera["view"]["since_us"]) for camera in system.call("GET", "/api/cameras")["cameras"])


def assert_nobody_kept(data: Path, least: int) -> None:
    """In all that is kept, and there is enough of it."""
    found = {path: watermark.loud_frames(path) for path in sorted((data / "views").rglob("*.mp4"))}
    assert {str(path): loud for path, (loud, _) in found.items() if loud} == {}
    assert sum(count for _, count in found.values()) >= least


def test_the_films_show_somebody(films: Path) -> None:
    """So that what is below can fail."""
    for path in films.iterdir():
        loud, count = watermark.loud_frames(path)
        assert loud > 0.5 * count


def test_cameras_that_are_turned_and_lit(films: Path, tmp_path: Path, assets_folder: Path | None) -> None:
    """In the middle of their streams; one camera is an RTSP camera that comes back with another view."""
    needs_rtsp_server()
    server = RtspServer({"/main": films / "Plain.mp4"})
    with server, Watchglass(tmp_path / "data", "--watchers", "1", assets=assets_folder) as system:
        system.set_up()
        for name in CHANGES:
            system.call("POST", "/api/cameras", {"name": name, "url": str(films / f"{name}.mp4")})
        system.call("POST", "/api/cameras", {"name": "Gate", "url": server.url("/main")})
        course = Course(system)

        system.until("the gate's view is shown", lambda: course.state("Gate") == "shown")
        server.kill()
        system.until("it is not any more", lambda: course.state("Gate") != "shown")
        other = RtspServer({"/main": films / "Otherwise.mp4"})
        other.port = server.port
        with other:
            system.until("all are shown again", course.shown_again, 90)
            moment = newest(system) + 2_000_000
            system.until("and kept", lambda: kept_after(system, moment))
    assert_nobody_kept(tmp_path / "data", least=60 * RATE)


@pytest.fixture(scope="module")
def learnt(films: Path, tmp_path_factory: pytest.TempPathFactory, assets_folder: Path | None) -> Path:
    """A data folder with four cameras that have learnt their streets and were stopped."""
    data = tmp_path_factory.mktemp("learnt") / "data"
    with Watchglass(data, "--watchers", "1", assets=assets_folder) as system:
        system.set_up()
        for name, film in (("A", "Plain"), ("B", "Otherwise"), ("C", "Plain"), ("D", "Plain")):
            system.call("POST", "/api/cameras", {"name": name, "url": str(films / f"{film}.mp4")})
        course = Course(system)
        system.until("all are shown", lambda: course.shown(4))
        system.process.terminate()
        assert system.process.wait(30) == 0
    return data


def plates_of(data: Path, camera: int) -> list[Path]:
    return sorted((data / "plates").glob(f"camera-{camera}[!0-9]*"))


def half_size(path: Path) -> None:
    """Make the arrays of a plate those of a camera of half its size."""
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    smaller = {name: one[..., ::2, ::2] if one.ndim >= 2 else one for name, one in arrays.items()}
    with path.open("wb") as file_to:
        np.savez_compressed(file_to, **smaller)


def test_plates_that_are_others_or_damaged(learnt: Path, films: Path, assets_folder: Path | None) -> None:
    """A and B have each other's, C's is torn, D's is of another size."""
    plates = {camera: plates_of(learnt, camera) for camera in (1, 2, 3, 4)}
    assert all(plates.values()), list((learnt / "plates").iterdir())
    first, second = plates[1][0], plates[2][0]
    held = first.read_bytes()
    shutil.copy(second, first)
    second.write_bytes(held)
    torn = plates[3][0]
    footage.truncated(torn, torn, torn.stat().st_size * 2 // 3)
    half_size(plates[4][0])
    before = set((learnt / "views").rglob("*.mp4"))
    with Watchglass(learnt, "--watchers", "1", assets=assets_folder, again=True) as system:
        sign_in(system)
        started = int(system.call("GET", "/api/cameras/1")["kept"]["to_us"])
        system.until("all begin", lambda: begun(system, started))
        course = Course(system)
        system.until("all are shown", lambda: course.shown(4))
        moment = newest(system) + 4_000_000
        system.until("and kept", lambda: kept_after(system, moment))
        assert "Traceback" not in system.log()
    fresh = learnt.parent / "fresh"
    for path in set((learnt / "views").rglob("*.mp4")) - before:
        (fresh / "views").mkdir(parents=True, exist_ok=True)
        shutil.copy(path, fresh / "views" / path.name)
    assert_nobody_kept(fresh, least=20 * RATE)


def sign_in(system: Watchglass) -> None:
    system.call("POST", "/api/session", {"name": NAME, "password": PASSWORD})


@pytest.fixture
def wrong_model(tmp_path: Path) -> Path:
    """A folder of assets whose model is not the model."""
    folder = tmp_path / "assets"
    folder.mkdir()
    footage.noise(folder / PERSON_MODEL.name, 3, PERSON_MODEL.size)
    return folder


def test_a_model_that_is_not_the_model(films: Path, tmp_path: Path, wrong_model: Path) -> None:
    """It is not used; protection is reduced, which is said, and nobody is shown."""
    with Watchglass(tmp_path / "data", "--watchers", "1", assets=wrong_model) as system:
        system.set_up()
        system.call("POST", "/api/cameras", {"name": "Gate", "url": str(films / "Plain.mp4")})
        system.until("the view is shown", lambda: states(system)["Gate"] == "shown")
        moment = newest(system) + 5_000_000
        system.until("and kept", lambda: kept_after(system, moment))
        assert system.call("GET", "/api/health")["protection"] == "reduced"
    assert_nobody_kept(tmp_path / "data", least=10 * RATE)
