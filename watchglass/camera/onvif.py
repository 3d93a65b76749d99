"""Speaking ONVIF with one camera: the door of the library onveef, whose dictionaries become values here.

What is asked is in ONVIF's Core, Media, Media2, PTZ and Analytics specifications
(https://www.onvif.org/specs/core/ONVIF-Core-Specification.pdf and beside it). A password travels as a digest
(WS-UsernameToken, HTTP digest); as it is only over TLS, where a camera takes it in no other way.
"""

import dataclasses
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from onveef import OnvifClient, OnvifCredentials, OnvifEndpoint, envelopes, parsers, urls
from onveef.exceptions import (
    OnvifAuthError,
    OnvifCapabilityMissingError,
    OnvifError,
    OnvifFaultError,
    OnvifOperationNotSupportedError,
    OnvifTimeoutError,
)

from watchglass.base.clock import MICROSECONDS, Clock
from watchglass.base.errors import BadInputError, RefusedError, UnreachableError, UsageError, WatchglassError
from watchglass.camera.device import Account, DeviceInfo, Port, Profile, clean
from watchglass.camera.onvif_http import CameraTransport, Deadline, SignInError
from watchglass.camera.url import at_host, host_of, parse_source, scrub
from watchglass.model.camera import Credentials, Source, SourceKind

MAX_PROFILES = 64
MAX_NAMES = 300  # of presets, accounts, modules
CLOCK_MATTERS = 2.0  # seconds; cameras refuse a digest that is older than 5 s at the strictest

_CODECS = {"H264": "h264", "H265": "hevc", "HEVC": "hevc", "JPEG": "mjpeg", "MJPEG": "mjpeg", "MPEG4": "mpeg4"}
_MEDIA2_ANALYTICS = "<trt2:GetAnalyticsConfigurations/>"  # the library asks Media2 by the name that Media has for it
_CONTROL = frozenset(chr(number) for number in (*range(32), 127))

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class OnvifOptions:
    """Bounds of one conversation, in seconds: of each step, and of all of it. `verify` its certificate."""

    step: float = 5.0
    whole: float = 40.0
    verify: bool = False


class NotOnvifError(BadInputError):
    """Something answers at this address, but no ONVIF camera."""


class _Client(OnvifClient):
    """The library's client, told what time it is on the camera, so that it need not be refused to find out."""

    def tell_clock(self, offset: float) -> None:
        """Sign as the camera's clock would; `offset` is that clock minus ours, in seconds."""
        self._clock_offset_s = offset
        self._clock_synced = True


class OnvifCamera:
    """A conversation with the camera at `address`, an http(s) URL. A context manager; entering it connects.

    Entering raises NotOnvifError, UnreachableError, RefusedError (wrong credentials); so does every question. Those
    that a camera need not understand have None for an answer where it does not, or may not tell.
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials | None,
        clock: Clock,
        options: OnvifOptions | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.address = address
        self.offset: float | None = None
        self.services: frozenset[str] = frozenset()
        self._options = options or OnvifOptions()
        self._clock = clock
        self._stop = stop or threading.Event()
        self._host = host_of(address)
        self._asked_as = credentials
        deadline = Deadline(self._options.whole, clock, self._stop)
        self._transport = CameraTransport(self._host, deadline, verify=self._options.verify)
        secure = address.startswith("https://")
        self._client = _Client(
            endpoint=OnvifEndpoint(address),
            credentials=_as_the_library_has_them(credentials),
            auto_discover=False,
            timeout_s=self._options.step,
            retries=0,
            http_auth="auto" if secure else "digest",
            password_text_fallback=secure,
            http_client=httpx.Client(transport=self._transport, timeout=self._options.step, trust_env=False),
        )

    def __enter__(self) -> Self:
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation."""
        self._client.close()
        self._transport.close()

    def _connect(self) -> None:
        body = envelopes.device_get_system_date_time()
        before = self._clock.wall_us()
        try:
            # ONVIF lets everybody ask this, so that clocks can be compared before anybody signs anything.
            answer = self._call("device", "GetSystemDateAndTime", body, auth=False)
        except RefusedError:
            if self._asked_as is None:
                raise
            before = self._clock.wall_us()  # not as it should be: it wants a signature for that, too
            answer = self._call("device", "GetSystemDateAndTime", body, auth=True)
        after = self._clock.wall_us()
        if not _is_answer(answer, "GetSystemDateAndTimeResponse"):
            raise NotOnvifError(self._no_camera())
        self.offset = _offset(parsers.parse_system_datetime(answer), (before + after) / 2 / MICROSECONDS)
        if self.offset is not None and abs(self.offset) > CLOCK_MATTERS:
            self._client.tell_clock(self.offset)
        services = self._services()
        if not services:
            raise NotOnvifError(self._no_camera())
        self.services = frozenset(services)
        self._client.set_endpoint(OnvifEndpoint(self.address, urls.rewrite_service_map(services, self.address)))

    def _services(self) -> dict[str, str]:
        """Addresses of its services, by name. A wrong password is tried once: after a few, cameras lock the account."""
        body = envelopes.device_get_services(include_capability=False)
        try:
            found = parsers.parse_services(self._ask("device", "GetServices", body))
        except (_UnsupportedError, NotOnvifError):
            found = {}  # from before 2011, when ONVIF got GetServices
        if found:
            return found
        older = self._optional(
            "device", "GetCapabilities", envelopes.device_get_capabilities(), parsers.parse_capabilities
        )
        return older or {}

    def information(self) -> DeviceInfo:
        """Who made it, which one it is, what runs on it."""
        found = self._ask("device", "GetDeviceInformation", envelopes.device_get_information())
        told = parsers.parse_device_information(found)
        return DeviceInfo(clean(told.get("Manufacturer")), clean(told.get("Model")), clean(told.get("FirmwareVersion")))

    def profiles(self) -> list[Profile]:
        """The streams that it offers, with their addresses, at most MAX_PROFILES."""
        return list(self._profiles())

    def _profiles(self) -> Iterator[Profile]:
        newer = "media2" in self.services
        media = "media2" if newer else "media"
        if media not in self.services:
            raise BadInputError(f"The camera at {self._shown()} offers no video over ONVIF: give its rtsp:// address.")
        body = envelopes.media_get_profiles(use_media2=newer)
        for told in parsers.parse_profiles(self._ask(media, "GetProfiles", body))[:MAX_PROFILES]:
            encoder, token = told.get("video_encoder"), str(told.get("token", ""))
            if not encoder or not token:
                continue  # sound, or metadata: of what it sees, in words, which is none of our business
            request = envelopes.media_get_stream_uri(profile_token=token, use_media2=newer)
            uri = self._optional(media, "GetStreamUri", request, parsers.parse_stream_uri) or ""
            stream, elsewhere = self._stream(uri)
            name = str(encoder.get("encoding", "")).upper().replace("-", "").replace(".", "")
            yield Profile(
                token=token,
                name=clean(told.get("name")),
                codec=_CODECS.get(name, clean(name.lower(), 20)),
                width=_whole(encoder.get("width")),
                height=_whole(encoder.get("height")),
                rate=float(_whole(encoder.get("fps_limit"))),
                bitrate=_whole(encoder.get("bitrate_kbps")),
                video_source=str((told.get("video_source") or {}).get("source_token", "")),
                stream=stream,
                elsewhere=elsewhere,
                ptz="ptz" in told,
            )

    def _stream(self, uri: str) -> tuple[Source | None, str]:
        """A stream's address at the host that we talk to, and the host that the camera named if it was another."""
        try:
            source, _ = parse_source(uri)  # credentials that it may write into it are not ours
        except UsageError:
            return None, ""
        if source.kind is not SourceKind.RTSP:
            return None, ""
        host = host_of(source.address)
        return at_host(source, self._host), "" if host.casefold() == self._host.casefold() else clean(host)

    def presets(self, profile: Profile) -> tuple[str, ...] | None:
        """Names of the positions to which it can be turned; None where it cannot."""
        if not profile.ptz or "ptz" not in self.services:
            return None
        body = envelopes.ptz_get_presets(profile_token=profile.token)
        found = self._optional("ptz", "GetPresets", body, parsers.parse_ptz_presets) or []
        return tuple(clean(one.get("name") or one.get("token")) for one in found[:MAX_NAMES])

    def accounts(self) -> list[Account]:
        """Who may sign in. Only an administrator may ask, and ONVIF lets nobody see a password."""
        found = parsers.parse_users(self._ask("device", "GetUsers", envelopes.device_get_users()))
        return [Account(str(one["username"]), str(one["user_level"])) for one in found[:MAX_NAMES]]

    def set_password(self, account: Account, password: str) -> None:
        """Give `account` another password. Nothing is known of whether it holds when this raises UnreachableError."""
        body = envelopes.device_set_user(username=account.name, password=password, user_level=account.level)
        self._ask("device", "SetUser", body)

    def storages(self) -> list[str] | None:
        """Kinds of places where it can keep footage of its own."""
        body = envelopes.device_get_storage_configurations()
        return self._optional("device", "GetStorageConfigurations", body, _storages)

    def ports(self) -> list[Port] | None:
        """What it serves, and where."""
        body = envelopes.device_get_network_protocols()
        found = self._optional("device", "GetNetworkProtocols", body, parsers.parse_network_protocols)
        if found is None:
            return None
        return [Port(clean(one["name"], 10).upper(), one["port"] or 0, one["enabled"]) for one in found[:MAX_NAMES]]

    def analytics(self) -> list[str]:
        """Types and names of what analyses its pictures in the camera, as far as it tells."""
        if "analytics" not in self.services:
            return []
        newer = "media2" in self.services
        configurations = self._optional(
            "media2" if newer else "media",
            "GetAnalyticsConfigurations" if newer else "GetVideoAnalyticsConfigurations",
            _MEDIA2_ANALYTICS if newer else envelopes.media_get_video_analytics_configurations(use_media2=False),
            parsers.parse_video_analytics_configurations,
        )
        found: list[str] = []
        for one in (configurations or [])[:8]:
            token = str(one["token"])
            modules = envelopes.analytics_get_analytics_modules(configuration_token=token)
            rules = envelopes.analytics_get_rules(configuration_token=token)
            told = [
                *(self._optional("analytics", "GetAnalyticsModules", modules, parsers.parse_analytics_modules) or []),
                *(self._optional("analytics", "GetRules", rules, parsers.parse_rules) or []),
            ]
            found += [clean(f"{one['type']} {one['name']}") for one in told]
        return found[:MAX_NAMES]

    def open_to_everybody(self) -> bool:
        """Whether it tells where its streams are without being shown a password."""
        stranger = OnvifCamera(self.address, None, self._clock, self._options, self._stop)
        try:
            with stranger:
                return any(profile.stream for profile in stranger.profiles())
        except WatchglassError:
            return False

    def _ask(self, service: str, operation: str, body: str) -> str:
        """The answer to a question that every camera must understand."""
        answer = self._call(service, operation, body)
        if not _is_answer(answer, f"{operation}Response"):
            raise NotOnvifError(f"The camera at {self._shown()} answers {operation} with something else: is it ONVIF?")
        return answer

    def _optional(self, service: str, operation: str, body: str, parse: Callable[[str], T]) -> T | None:
        """The answer to a question that it need not understand, or may keep to itself."""
        try:
            return parse(self._ask(service, operation, body))
        except (_UnsupportedError, RefusedError, BadInputError):
            return None

    def _call(self, service: str, operation: str, body: str, *, auth: bool | None = None) -> str:
        return self._told(
            lambda: self._client.call(service=service, operation=operation, body_inner=body, require_auth=auth)
        )

    def _told(self, work: Callable[[], T]) -> T:
        """Do it; what the library raises becomes a sentence, without the library's own words: a camera may have put anything there."""
        try:
            return work()
        except OnvifError as error:
            raise self._sentence(error) from None

    def _sentence(self, error: OnvifError) -> WatchglassError:
        where = f"The camera at {self._shown()}"
        refused = isinstance(error, OnvifAuthError) or (isinstance(error, OnvifFaultError) and self._transport.refused)
        if refused or any(isinstance(cause, SignInError) for cause in _causes(error)):
            return RefusedError(self._refusal(where))
        if isinstance(error, (OnvifOperationNotSupportedError, OnvifCapabilityMissingError)):
            return _UnsupportedError(f"{where} does not understand that.")
        if isinstance(error, OnvifTimeoutError):
            return UnreachableError(f"{where} does not answer in time: is it switched on, and is ONVIF?")
        if isinstance(error, OnvifFaultError):
            return _UnsupportedError(f"{where} understood what was asked and did not do it.")
        return self._transport_sentence(error, where)

    def _refusal(self, where: str) -> str:
        if self._asked_as is None:
            return f"{where} wants a user name and a password: give both (to a command with --user)."
        if self.offset is not None and abs(self.offset) > CLOCK_MATTERS:
            return (
                f"{where} refused the user name and password. Its clock is {abs(self.offset):.0f} s "
                f"{'ahead of' if self.offset > 0 else 'behind'} ours, which some cameras take for a wrong password: "
                "set its clock (NTP) first, then check both."
            )
        return (
            f"{where} refused the user name and password: check both. Some cameras have users for ONVIF of their own, "
            "or ONVIF switched off until somebody allows it in their settings."
        )

    def _transport_sentence(self, error: OnvifError, where: str) -> WatchglassError:
        causes = list(_causes(error))
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return UnreachableError(f"{where} signed its certificate itself: leave out --verify-tls to believe it.")
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return UnreachableError(f"{where} speaks no TLS that is still safe: try http://, or renew its firmware.")
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return UnreachableError(f"There is no host called {self._host}: check the camera's address.")
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return UnreachableError(f"Nobody listens at {self._shown()}: is ONVIF switched on, and at this port?")
        if any(isinstance(cause, httpx.DecodingError) for cause in causes):
            return BadInputError(f"{where} answers with more than we read, or compressed: it is left alone.")
        if any(isinstance(cause, (httpx.ConnectError, OSError)) for cause in causes):
            return UnreachableError(f"{where} cannot be reached: check its address and the network.")
        return NotOnvifError(self._no_camera())

    def _no_camera(self) -> str:
        return f"No ONVIF camera answers at {self._shown()}: check the address, and that ONVIF is switched on there."

    def _shown(self) -> str:
        return scrub(self.address)


class _UnsupportedError(BadInputError):
    """The camera did not do what was asked, and may be right."""


def _as_the_library_has_them(credentials: Credentials | None) -> OnvifCredentials:
    if credentials is None:
        return OnvifCredentials()
    both = credentials.username + credentials.password
    if not _CONTROL.isdisjoint(both):
        raise UsageError("The camera's user name or password has a control character in it: ONVIF cannot carry it.")
    try:
        both.encode()
    except UnicodeEncodeError:
        raise UsageError("The camera's user name or password is not readable text: ONVIF cannot carry it.") from None
    return OnvifCredentials(credentials.username, credentials.password)


def _is_answer(xml: str, name: str) -> bool:
    """Whether it is a SOAP answer of this name. Entities and documents that pull in others are refused by the parser."""
    root = parsers.parse_xml(xml)
    return root is not None and parsers.find_local(root, name) is not None


def _offset(told: dict[str, Any], now: float) -> float | None:
    """The camera's clock minus ours, in seconds, half a second off at most. None where it does not tell UTC."""
    utc = told.get("UTCDateTime")
    if not isinstance(utc, dict):
        return None
    year, month, day = int(utc["year"]), int(utc["month"]), int(utc["day"])
    try:
        moment = dt.datetime(
            year, month, day, utc["hour"], utc["minute"], min(utc["second"], 59), tzinfo=dt.UTC
        )  # 60 is a leap second
    except (ValueError, OverflowError):
        return None
    return moment.timestamp() + 0.5 - now  # it cuts off the fraction


def _storages(xml: str) -> list[str]:
    """Types of storage configurations. The library looks for them in an element; the WSDL has them in an attribute."""
    root = parsers.parse_xml(xml)
    found = [] if root is None else parsers.find_all_local(root, "StorageConfigurations")
    data = [parsers.child_local(one, "Data") for one in found[:MAX_NAMES]]
    return [clean(one.get("type") if one is not None else "", 40) or "unnamed" for one in data]


def _whole(value: object) -> int:
    """A size or a rate that makes sense, else 0."""
    return value if isinstance(value, int) and 0 < value < 1_000_000 else 0


def _causes(error: BaseException) -> Iterator[BaseException]:
    step: BaseException | None = error
    while step is not None:
        yield step
        step = step.__cause__ or step.__context__
