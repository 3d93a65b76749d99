import io
import re
from pathlib import Path

import av
import httpx

from tests.unit.console.support import add_camera, browser, error_of, make_console, pull_out, put_back, run
from tests.unit.evidence.material import RATE, START, at, init, keep, level, second
from watchglass.base.clock import WallUs
from watchglass.model.camera import ViewPolicy


async def playlist(client: httpx.AsyncClient, start: WallUs, end: WallUs) -> str:
    answer = await client.get("/api/cameras/1/playlist.m3u8", params={"from_us": start, "to_us": end})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    return answer.text


def test_entries_of_four_seconds_over_the_files_themselves(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        first = keep(console.views, camera, range(6))
        sizes = [len(second(number)) for number in range(6)]
        head = len(init())
        async with browser(console) as client:
            text = await playlist(client, at(1), at(6))
            uri = f"/api/segments/{first.id}.mp4"
            assert text.splitlines() == [
                "#EXTM3U",
                "#EXT-X-VERSION:7",
                "#EXT-X-TARGETDURATION:4",
                "#EXT-X-MEDIA-SEQUENCE:0",
                "#EXT-X-PLAYLIST-TYPE:VOD",
                "#EXT-X-INDEPENDENT-SEGMENTS",
                f'#EXT-X-MAP:URI="{uri}",BYTERANGE="{head}@0"',
                "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:01.000Z",
                "#EXTINF:4.000000,",
                f"#EXT-X-BYTERANGE:{sum(sizes[1:5])}@{head + sizes[0]}",
                uri,
                "#EXTINF:1.000000,",
                f"#EXT-X-BYTERANGE:{sizes[5]}@{head + sum(sizes[:5])}",
                uri,
                "#EXT-X-ENDLIST",
            ]

    run(script())


def test_what_it_names_can_be_fetched_and_decoded(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        keep(console.views, camera, range(5))
        keep(console.views, camera, range(5, 7))
        async with browser(console) as client:
            text = await playlist(client, START, at(7))
            film = b""
            wanted = re.findall(r'#EXT-X-MAP:URI="(\S+)",BYTERANGE="(\d+)@(\d+)"', text)[:1]
            wanted += [(uri, size, offset) for size, offset, uri in re.findall(r"BYTERANGE:(\d+)@(\d+)\n(\S+)", text)]
            for uri, size, offset in wanted:
                last = int(offset) + int(size) - 1
                answer = await client.get(uri, headers={"Range": f"bytes={offset}-{last}"})
                assert answer.status_code == 206
                film += answer.content
        with av.open(io.BytesIO(film), "r") as file:
            frames = list(file.decode(video=0))
        assert len(frames) == 7 * RATE
        assert abs(float(frames[-5].to_ndarray(format="gray").mean()) - level(6)) <= 3

    run(script())


def test_a_discontinuity_between_runs_and_over_holes_only(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        keep(console.views, camera, range(2))
        keep(console.views, camera, range(2, 4))  # plays on
        keep(console.views, camera, range(6, 8))  # the same run, but a segment between was deleted
        keep(console.views, camera, range(1), run_start=8, run="run-2")  # at once, but a new run
        async with browser(console) as client:
            lines = (await playlist(client, START, at(60))).splitlines()
        marks = [line for line in lines if line.startswith(("#EXT-X-DISC", "#EXT-X-PROGRAM"))]
        assert marks == [
            "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z",
            "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.000Z",
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:06.000Z",
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:08.000Z",
        ]
        assert len([line for line in lines if line.startswith("#EXT-X-MAP")]) == 4

    run(script())


def test_a_hole_inside_a_file(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        writer = console.views.begin(camera, "run-1", START, init())
        for number in (0, 3):
            writer.append(second(number), at(number + 1))
        writer.close()
        async with browser(console) as client:
            text = await playlist(client, START, at(60))
        assert text.count("#EXT-X-DISCONTINUITY") == 1
        assert text.count("#EXT-X-MAP") == 1
        assert "PROGRAM-DATE-TIME:2027-01-15T08:00:03.000Z" in text

    run(script())


def test_an_open_segment_up_to_its_last_whole_fragment(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        writer = console.views.begin(camera, "run-1", START, init())
        writer.append(second(0), at(1))
        async with browser(console) as client:
            assert "EXTINF:1.000000" in await playlist(client, START, at(60))
            writer.append(second(1), at(2))
            with (console.folder.root / writer.segment.path).open("ab") as file:
                file.write(second(2)[:-1])
            assert "EXTINF:2.000000" in await playlist(client, START, at(60))
        writer.close()

    run(script())


def test_two_hours_at_most(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        keep(console.views, camera, range(2))
        keep(console.views, camera, range(2), run_start=7199.5, run="run-2")
        keep(console.views, camera, range(2), run_start=7300, run="run-3")
        async with browser(console) as client:
            text = await playlist(client, START, at(10**6))
        assert text.count("#EXT-X-MAP") == 2
        assert text.count("#EXTINF:1.000000") == 1  # the second that begins before the two hours end

    run(script())


def test_nothing_kept(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        gone = keep(console.views, camera, range(2))
        (console.folder.root / gone.path).unlink()  # as retention does, an instant before the row goes
        async with browser(console) as client:
            answer = await client.get("/api/cameras/1/playlist.m3u8", params={"from_us": START, "to_us": at(9)})
            assert answer.status_code == 404
            assert "Door" in error_of(answer)
            console.cameras.set_policy(camera, ViewPolicy.COUNTS)
            answer = await client.get("/api/cameras/1/playlist.m3u8", params={"from_us": START, "to_us": at(9)})
            assert answer.status_code == 404
            assert "keeps counts only" in error_of(answer)

    run(script())


def test_what_is_on_a_disk_that_is_missing(tmp_path: Path) -> None:
    async def script() -> None:
        disk = tmp_path / "b"
        disk.mkdir()
        console = make_console(tmp_path, disks=[disk])
        camera = add_camera(console).id
        there = keep(console.views, camera, range(3))
        pull_out(disk)
        here = keep(console.views, camera, range(5, 8))
        async with browser(console) as client:
            timeline = await client.get("/api/cameras/1/timeline", params={"from_us": START, "to_us": at(8)})
            assert timeline.status_code == 200
            assert [span["from_us"] for span in timeline.json()["kept"]] == [there.start, here.start]
            text = await playlist(client, START, at(8))  # what can be played is
            assert f"/{here.id}.mp4" in text
            assert f"/{there.id}.mp4" not in text
            alone = {"from_us": START, "to_us": at(3)}
            for what in ("playlist.m3u8", "export"):
                answer = await client.get(f"/api/cameras/1/{what}", params=alone)
                assert answer.status_code == 404
                assert error_of(answer).startswith(f"The disk {disk} is missing")
            put_back(disk)
            assert f"/{there.id}.mp4" in await playlist(client, START, at(8))

    run(script())
