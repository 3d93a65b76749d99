"""A real RTSP server for tests, GStreamer's, playing files as cameras. Runs under Debian's /usr/bin/python3.

Usage: rtsp_server.py '{"port": 0, "mounts": {"/a": "/path/a.mp4"}, "codec": "h264",
                        "user": "u", "password": "p", "auth": "digest", "certificate": "c.pem", "key": "k.pem",
                        "sound": "aac"}'

Everything but `mounts` may be left out. Prints {"port": N} once it serves. Needs python3-gi gir1.2-gst-rtsp-server-1.0
gstreamer1.0-plugins-good gstreamer1.0-plugins-bad, and glib-networking for RTSPS. Files are MP4 without B-frames; each
viewer gets the file from its start at its own pace, and the stream ends with it. With `sound`, the file's AAC is sent as it
is (aac, or latm for the other way to pack it), or a tone besides (pcma).
"""

import json
import sys
from typing import Any

import gi  # type: ignore[import-not-found] # Debian's, not in the environment of tests

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found] # noqa: E402


def authentication(options: dict[str, Any]) -> object:
    """Who may come in, and the certificate."""
    auth = GstRtspServer.RTSPAuth()
    if "certificate" in options:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(options["certificate"], options["key"]))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if "user" not in options:
        auth.set_default_token(token)
    elif options.get("auth", "digest") == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options["user"], options["password"], token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options["user"], options["password"]), token)
    return auth


SOUND = {
    "": "",
    "aac": "d. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97",
    "latm": "d. ! queue ! aacparse ! rtpmp4apay name=pay1 pt=97",
    "pcma": "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
}


def camera(file: str, codec: str, sound: str) -> object:
    """A factory of streams that play `file`."""
    factory = GstRtspServer.RTSPMediaFactory()
    video = f"{codec}parse config-interval=-1 ! rtp{codec}pay name=pay0 pt=96"
    begin = "d. ! queue !" if sound else "!"
    factory.set_launch(f'( filesrc location="{file}" ! qtdemux name=d {begin} {video} {SOUND[sound]} )')
    factory.set_shared(False)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
    return factory


def main(options: dict[str, Any]) -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.get("port", 0)))
    if "certificate" in options or "user" in options:
        server.set_auth(authentication(options))
    for path, file in options["mounts"].items():
        server.get_mount_points().add_factory(
            path, camera(file, options.get("codec", "h264"), options.get("sound", ""))
        )
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
