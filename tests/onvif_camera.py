"""An ONVIF camera for tests: a real SOAP service over HTTP, written from ONVIF's WSDLs, with accounts and a clock.

It holds callers to WS-UsernameToken (OASIS WSS UsernameToken Profile 1.0): digest, nonce, and a time that is not older than
a few seconds on its own clock. What no virtual camera on PyPI has is here: changing passwords, services of its own
footage, and answers that are wrong on purpose.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import http.server
import ssl
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_NAMESPACES = (
    f'xmlns:s="{_SOAP}" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" '
    'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tan="http://www.onvif.org/ver20/analytics/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"'
)
SERVICES = {
    "device": "http://www.onvif.org/ver10/device/wsdl",
    "media": "http://www.onvif.org/ver10/media/wsdl",
    "media2": "http://www.onvif.org/ver20/media/wsdl",
    "ptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "analytics": "http://www.onvif.org/ver20/analytics/wsdl",
    "recording": "http://www.onvif.org/ver10/recording/wsdl",
    "search": "http://www.onvif.org/ver10/search/wsdl",
    "replay": "http://www.onvif.org/ver10/replay/wsdl",
}
_PREFIX = {"media2": "tr2", "media": "trt"}
OPEN = {"GetSystemDateAndTime", "GetServices", "GetCapabilities"}
ADMINISTRATORS = {"GetUsers", "SetUser"}


@dataclasses.dataclass
class Stream:
    """A profile of the camera."""

    token: str
    width: int
    height: int
    uri: str
    codec: str = "H264"
    rate: int = 25
    source: str = "VS1"
    ptz: bool = False


@dataclasses.dataclass
class Behaviour:
    """How the camera is, and what is wrong with it."""

    users: dict[str, tuple[str, str]] = dataclasses.field(
        default_factory=lambda: {"admin": ("seven-Quiet-5", "Administrator")}
    )
    streams: list[Stream] = dataclasses.field(default_factory=list)
    services: tuple[str, ...] = ("device", "media")
    manufacturer: str = "Acme"
    clock: float = 0.0  # seconds ahead of this machine
    strict: float = 5.0  # how old a token may be
    everybody: set[str] = dataclasses.field(default_factory=set)  # what it tells without a password
    secret: set[str] = dataclasses.field(default_factory=set)  # what it tells nobody without, though it should
    refusal: int = 400  # the HTTP status of a refusal: ONVIF says 400, many cameras 401
    believes_all: bool = False  # takes any password
    at: str = ""  # the host and port that it names as its own; empty: the right one
    storages: tuple[str, ...] | None = None
    ports: tuple[tuple[str, int, bool], ...] | None = None
    modules: tuple[tuple[str, str], ...] = ()
    presets: tuple[str, ...] = ()
    answers: dict[str, bytes] = dataclasses.field(default_factory=dict)  # by operation, in place of the right one
    before_set_user: Callable[[], None] = lambda: None  # may raise ConnectionError: the answer is lost
    after_set_user: Callable[[], None] = lambda: None


class _RefusedError(Exception):
    pass


class FakeOnvif:
    """The camera, at `address`. A context manager. `asked` are the operations, with who asked."""

    def __init__(self, behaviour: Behaviour | None = None, tls: dict[str, str] | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.asked: list[tuple[str, str]] = []
        self._tls = tls

    def __enter__(self) -> Self:
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet, or the caller waits 40 ms for the second

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status, answer = camera.answer(body)
                except ConnectionError:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(Path(self._tls["certificate"]), Path(self._tls["key"]))
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Of its device service."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/onvif/device_service"

    def answer(self, request: bytes) -> tuple[int, bytes]:
        """The answer to a request, and its HTTP status."""
        envelope = ET.fromstring(request)  # noqa: S314 - our own client sent it
        body = envelope.find(f"{{{_SOAP}}}Body")
        assert body is not None
        operation = body[0].tag.rpartition("}")[2]
        try:
            name = self._signed_in(envelope)
            self.asked.append((operation, name))
            self._allow(operation, name)
            if operation in self.behaviour.answers:
                return 200, self.behaviour.answers[operation]
            content = self._content(operation, body[0])
        except _RefusedError:
            return self.behaviour.refusal, _fault("s:Sender", "ter:NotAuthorized", "Authority failure")
        except KeyError:
            return 500, _fault("s:Receiver", "ter:ActionNotSupported", "Optional Action Not Implemented")
        return 200, _envelope(content)

    def _signed_in(self, envelope: ET.Element) -> str:
        """Who asks; empty if nobody says so. Refused with a digest that is wrong or too old."""
        token = next((one for one in envelope.iter() if one.tag.endswith("UsernameToken")), None)
        if token is None:
            return ""
        told = {one.tag.rpartition("}")[2]: one for one in token}
        name = str(told["Username"].text)
        if self.behaviour.believes_all:
            return name
        created = str(told["Created"].text)
        moment = dt.datetime.fromisoformat(created).timestamp()
        age = self.now().timestamp() - moment
        nonce = base64.b64decode(str(told["Nonce"].text))
        password = self.behaviour.users.get(name, ("", ""))[0]
        right = base64.b64encode(
            hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
        ).decode()
        if name not in self.behaviour.users or right != told["Password"].text or abs(age) > self.behaviour.strict:
            self.asked.append(("refused", name))
            raise _RefusedError
        return name

    def _allow(self, operation: str, name: str) -> None:
        if operation in (OPEN - self.behaviour.secret) | self.behaviour.everybody or self.behaviour.believes_all:
            return
        level = self.behaviour.users[name][1] if name else ""
        if not level or (operation in ADMINISTRATORS and level != "Administrator"):
            raise _RefusedError

    def now(self) -> dt.datetime:
        """What its clock says."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.behaviour.clock)  # noqa: TID251 - a real clock, like a camera's

    def _content(self, operation: str, request: ET.Element) -> str:
        made: dict[str, Callable[[], str]] = {
            "GetSystemDateAndTime": self._time,
            "GetServices": self._services,
            "GetDeviceInformation": self._information,
            "GetProfiles": lambda: self._profiles(request.tag),
            "GetStreamUri": lambda: self._uri(request),
            "GetUsers": self._users,
            "SetUser": lambda: self._set_user(request),
            "GetPresets": self._presets,
        }
        if self.behaviour.storages is not None:
            made["GetStorageConfigurations"] = self._storages
        if self.behaviour.ports is not None:
            made["GetNetworkProtocols"] = self._ports
        if "analytics" in self.behaviour.services:
            name = "GetAnalyticsConfigurations" if "ver20" in request.tag else "GetVideoAnalyticsConfigurations"
            made[name] = lambda: (
                f'<tr2:{name}Response><tr2:Configurations token="A1"><tt:Name>a</tt:Name></tr2:Configurations>'
                f"</tr2:{name}Response>"
            )
            made["GetAnalyticsModules"] = self._modules
        return made[operation]()

    def _time(self) -> str:
        now = self.now()
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
            f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
            "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _services(self) -> str:
        at = self.behaviour.at or f"127.0.0.1:{self.port}"
        scheme = "https" if self._tls else "http"
        each = "".join(
            f"<tds:Service><tds:Namespace>{SERVICES[name]}</tds:Namespace><tds:XAddr>{scheme}://{at}/onvif/{name}_service"
            "</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for name in self.behaviour.services
        )
        return f"<tds:GetServicesResponse>{each}</tds:GetServicesResponse>"

    def _information(self) -> str:
        return (
            f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{self.behaviour.manufacturer}</tds:Manufacturer>"
            "<tds:Model>Dome&#10;7</tds:Model><tds:FirmwareVersion>1.2</tds:FirmwareVersion>"
            "<tds:SerialNumber>0</tds:SerialNumber><tds:HardwareId>h</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def _profiles(self, tag: str) -> str:
        prefix = "tr2" if "ver20" in tag else "trt"
        made = "".join(self._profile(one, prefix) for one in self.behaviour.streams)
        return f"<{prefix}:GetProfilesResponse>{made}</{prefix}:GetProfilesResponse>"

    @staticmethod
    def _profile(one: Stream, prefix: str) -> str:
        source = f'<tt:SourceToken>{one.source}</tt:SourceToken><tt:Bounds x="0" y="0" width="1" height="1"/>'
        size = f"<tt:Resolution><tt:Width>{one.width}</tt:Width><tt:Height>{one.height}</tt:Height></tt:Resolution>"
        if prefix == "tr2":
            return (
                f'<tr2:Profiles token="{one.token}" fixed="true"><tr2:Name>{one.token}</tr2:Name><tr2:Configurations>'
                f'<tr2:VideoSource token="V">{source}</tr2:VideoSource><tr2:VideoEncoder token="E"><tt:Encoding>{one.codec}'
                f'</tt:Encoding>{size}<tt:RateControl ConstantBitRate="true"><tt:FrameRateLimit>{one.rate}'
                "</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tr2:VideoEncoder>"
                "</tr2:Configurations></tr2:Profiles>"
            )
        turned = (
            '<tt:PTZConfiguration token="P"><tt:NodeToken>N</tt:NodeToken></tt:PTZConfiguration>' if one.ptz else ""
        )
        return (
            f'<trt:Profiles token="{one.token}" fixed="true"><tt:Name>{one.token}</tt:Name>'
            f'<tt:VideoSourceConfiguration token="V">{source}</tt:VideoSourceConfiguration>'
            f'<tt:VideoEncoderConfiguration token="E"><tt:Encoding>{one.codec}</tt:Encoding>{size}<tt:RateControl>'
            f"<tt:FrameRateLimit>{one.rate}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
            f"<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tt:VideoEncoderConfiguration>{turned}</trt:Profiles>"
        )

    def _uri(self, request: ET.Element) -> str:
        token = next(str(one.text) for one in request.iter() if one.tag.endswith("ProfileToken"))
        uri = next(one.uri for one in self.behaviour.streams if one.token == token)
        if "ver20" in request.tag:
            return f"<tr2:GetStreamUriResponse><tr2:Uri>{uri}</tr2:Uri></tr2:GetStreamUriResponse>"
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _users(self) -> str:
        each = "".join(
            f"<tds:User><tt:Username>{name}</tt:Username><tt:UserLevel>{level}</tt:UserLevel></tds:User>"
            for name, (_, level) in self.behaviour.users.items()
        )
        return f"<tds:GetUsersResponse>{each}</tds:GetUsersResponse>"

    def _set_user(self, request: ET.Element) -> str:
        told = {one.tag.rpartition("}")[2]: str(one.text) for one in request.iter()}
        self.behaviour.before_set_user()
        self.behaviour.users[told["Username"]] = (told["Password"], told["UserLevel"])
        self.behaviour.after_set_user()
        return "<tds:SetUserResponse/>"

    def _presets(self) -> str:
        each = "".join(
            f'<tptz:Preset token="{number}"><tt:Name>{name}</tt:Name></tptz:Preset>'
            for number, name in enumerate(self.behaviour.presets)
        )
        return f"<tptz:GetPresetsResponse>{each}</tptz:GetPresetsResponse>"

    def _storages(self) -> str:
        each = "".join(
            f'<tds:StorageConfigurations token="S"><tds:Data type="{kind}"/></tds:StorageConfigurations>'
            for kind in self.behaviour.storages or ()
        )
        return f"<tds:GetStorageConfigurationsResponse>{each}</tds:GetStorageConfigurationsResponse>"

    def _ports(self) -> str:
        each = "".join(
            f"<tds:NetworkProtocols><tt:Name>{name}</tt:Name><tt:Enabled>{str(on).lower()}</tt:Enabled><tt:Port>{port}"
            "</tt:Port></tds:NetworkProtocols>"
            for name, port, on in self.behaviour.ports or ()
        )
        return f"<tds:GetNetworkProtocolsResponse>{each}</tds:GetNetworkProtocolsResponse>"

    def _modules(self) -> str:
        each = "".join(
            f'<tan:AnalyticsModule Name="{name}" Type="{kind}"><tt:Parameters/></tan:AnalyticsModule>'
            for kind, name in self.behaviour.modules
        )
        return f"<tan:GetAnalyticsModulesResponse>{each}</tan:GetAnalyticsModulesResponse>"


def two_streams(host: str = "127.0.0.1:554") -> list[Stream]:
    """What most cameras offer."""
    return [
        Stream("main", 1920, 1080, f"rtsp://{host}/main"),
        Stream("sub", 640, 360, f"rtsp://{host}/sub", rate=10),
    ]


def _envelope(content: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_NAMESPACES}><s:Body>{content}</s:Body></s:Envelope>'
    ).encode()


def _fault(code: str, subcode: str, reason: str) -> bytes:
    return _envelope(
        f"<s:Fault><s:Code><s:Value>{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>'
    )
