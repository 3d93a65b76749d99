"""A virtual ONVIF camera from PyPI (ipycam), in a process of its own, on the loopback only; RTSP is somebody else's.

Usage: virtual_camera.py '{"rtsp_port": 8554, "username": "u", "password": "p"}'

Prints {"port": N} once it serves. Its streams are rtsp://127.0.0.1:<rtsp_port>/video_main and /video_sub. It is started
by ipycam's own parts, without its encoders and its page; it answers WS-Discovery for multicast that comes over the loopback.
"""

import json
import socket
import struct
import sys
from http.server import ThreadingHTTPServer
from types import SimpleNamespace

from ipycam import CameraConfig, IPCameraHTTPHandler, ONVIFService, PTZController, WSDiscoveryServer

_GROUP, _PORT, _LOOPBACK = "239.255.255.250", 3702, "127.0.0.1"


def only_on_the_loopback(discovery: WSDiscoveryServer) -> None:
    """Give it a socket that hears the loopback's multicast alone; its own hears every network, and calls into them."""
    discovery.sock.close()
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(_LOOPBACK))
    one.bind((_GROUP, _PORT))
    member = struct.pack("4s4s", socket.inet_aton(_GROUP), socket.inet_aton(_LOOPBACK))
    one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    one.settimeout(1.0)
    discovery.sock = one


def main(options: dict[str, str | int]) -> None:
    """Serve until killed."""
    config = CameraConfig(
        name="Yard",
        local_ip=_LOOPBACK,
        rtsp_port=options["rtsp_port"],
        username=options["username"],
        password=options["password"],
    )
    service = ONVIFService(config, PTZController(640, 480))
    camera = SimpleNamespace(config=config, onvif=service)
    handler = type("Handler", (IPCameraHTTPHandler,), {"camera": camera})
    server = ThreadingHTTPServer((_LOOPBACK, 0), handler)
    config.onvif_port = server.server_address[1]
    discovery = WSDiscoveryServer(service)
    only_on_the_loopback(discovery)
    discovery.start()
    print(json.dumps({"port": config.onvif_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
