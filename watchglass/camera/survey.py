"""A look at an ONVIF camera: what it is, what it offers, which streams to take, and what to warn of."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence

from watchglass.base.clock import Clock
from watchglass.base.errors import BadInputError, RefusedError, UnreachableError
from watchglass.camera.device import Account, Profile, Survey
from watchglass.camera.onvif import NotOnvifError, OnvifCamera, OnvifOptions
from watchglass.camera.side_doors import Facts, warnings
from watchglass.model.camera import Credentials

WATCHED_WIDTH = 640  # pixels; the detector sees people best from about here on
RECORDED = ("h264", "hevc")
WATCHED = (*RECORDED, "mjpeg", "mpeg4")


@contextlib.contextmanager
def connected(
    addresses: Sequence[str],
    credentials: Credentials | None,
    clock: Clock,
    options: OnvifOptions | None = None,
    stop: threading.Event | None = None,
) -> Iterator[OnvifCamera]:
    """The camera at the first of `addresses` where one answers. The error of the first where none does.

    Another port is tried only while nothing that could be a camera answers: each wrong password counts at the camera.
    """
    first: BadInputError | UnreachableError | None = None
    with contextlib.ExitStack() as stack:
        for address in addresses:
            try:
                camera = stack.enter_context(OnvifCamera(address, credentials, clock, options, stop))
            except (NotOnvifError, UnreachableError) as error:
                first = first or error
                continue
            yield camera
            return
    raise first or UnreachableError("There is no address to look for a camera at.")


def survey(
    camera: OnvifCamera, credentials: Credentials | None, progress: Callable[[str], None] | None = None
) -> Survey:
    """Ask the camera everything that matters for adding it. The errors of `OnvifCamera`."""
    tell = progress or (lambda _what: None)
    tell("Asking what it is")
    info = camera.information()
    tell("Asking for its streams")
    profiles = camera.profiles()
    main, sub = choose(profiles)
    tell("Looking for side doors")
    facts = Facts(
        address=camera.address,
        credentials=credentials,
        services=camera.services,
        streams=profiles,
        offset=camera.offset,
        open_to_everybody=credentials is None or camera.open_to_everybody(),
        accounts=_accounts(camera),
        ports=camera.ports(),
        storages=camera.storages(),
        analytics=camera.analytics(),
    )
    turned = [profile for profile in profiles if profile.ptz]
    return Survey(
        address=camera.address,
        info=info,
        profiles=tuple(profiles),
        main=main,
        sub=sub,
        presets=camera.presets(turned[0]) if turned else None,
        offset=camera.offset,
        warnings=warnings(facts),
    )


def choose(profiles: Sequence[Profile]) -> tuple[Profile | None, Profile | None]:
    """Which stream to record and which to watch; None where there is none, and then what is recorded is watched.

    Recorded is the largest picture in H.264 or H.265 of the first video source; of equal ones that with the higher
    frame rate, then bit rate, then the one named first. Watched is, of the smaller pictures of the same source, the
    smallest that is at least WATCHED_WIDTH wide, or the widest if none is; JPEG only where there is nothing else.
    """
    usable = [one for one in profiles if one.stream and one.codec in RECORDED]
    same = [one for one in usable if one.video_source == usable[0].video_source]
    if not same:
        return None, None
    main = max(same, key=lambda one: (_area(one), one.rate, one.bitrate))
    smaller = [
        one
        for one in profiles
        if one.stream
        and one.stream != main.stream
        and one.codec in WATCHED
        and one.video_source == main.video_source
        and 0 < _area(one) < _area(main)
    ]
    smaller = [one for one in smaller if one.codec != "mjpeg"] or smaller
    wide = [one for one in smaller if one.width >= WATCHED_WIDTH]
    if wide:
        return main, min(wide, key=_area)
    return main, max(smaller, key=_area, default=None)


def _area(profile: Profile) -> int:
    return profile.width * profile.height


def _accounts(camera: OnvifCamera) -> list[Account] | None:
    """Who else may sign in, where we may know."""
    try:
        return camera.accounts()
    except (RefusedError, BadInputError):
        return None
