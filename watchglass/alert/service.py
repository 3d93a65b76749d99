"""E-mail, chat and SMS, by apprise, which knows more than a hundred services (https://github.com/caronc/apprise/wiki).

A service's address holds its passwords, so it is a secret as a whole. Apprise says True or False, and the reason in its log: that
is read to tell a wrong password from a dead server, and goes no further, for it may quote the address.
"""

import logging
import re
import threading
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl

import apprise
from apprise import AppriseAsset, AppriseAttachment, NotifyFormat, NotifyType, PersistentStoreMode
from apprise.attachment.memory import AttachMemory

from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Message
from watchglass.base.errors import UsageError
from watchglass.model.channel import Service, check_secret

KEY_HEADER: Final = "X-Watchglass-Alert"
"""Of an e-mail: the key by which whoever receives it drops doubles."""

_PASSWORD = re.compile(
    r"\b(?:530|534|535|401|403)\b|authenticat|unauthori[sz]ed|invalid (?:token|api key|credential)", re.IGNORECASE
)
_FILES: Final = frozenset({"keyfile", "subfile", "pgp", "pgppub", "pgpprv"})
"""Parts of addresses that name files of this machine, beside those that apprise itself takes for attachments."""

_LOCAL: Final = frozenset({"syslog"})
"""What is no service but this machine itself."""

_NEVER = re.compile(r"\(55[0-4],")  # of an SMTP server: nobody there of that name, not allowed, too large
_UNREACHABLE = re.compile(
    r"connection (?:error|refused|reset|aborted)|timed? ?out|name or service|getaddrinfo|unreachable|certificate",
    re.IGNORECASE,
)


class _Overheard(logging.Handler):
    """What apprise logs, thread by thread, kept only until it was looked at."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._here = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        lines = getattr(self._here, "lines", None)
        if lines is not None and len(lines) < 200:
            lines.append(record.getMessage())

    def begin(self) -> None:
        self._here.lines = []

    def end(self) -> str:
        lines, self._here.lines = self._here.lines, None
        return "\n".join(lines)


_overheard = _Overheard()


def _listen() -> None:
    """Its lines hold addresses: they go to nobody else."""
    logger = logging.getLogger("apprise")
    if _overheard not in logger.handlers:
        logger.handlers = [_overheard]
        logger.setLevel(logging.DEBUG)
        logger.propagate = False


def _asset() -> AppriseAsset:
    asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY)
    asset.app_id = asset.app_desc = "watchglass"
    asset.http_redirects = False  # they would carry passwords to where nobody sent them
    return asset


def instance(address: str) -> "apprise.NotifyBase":
    """The service at an address. UsageError, which does not quote it, if there is none that apprise knows.

    Nor may an address name a file of this machine, as a template or a key: whoever may set up a channel would be sent it.
    """
    _listen()
    _overheard.begin()
    try:
        found = apprise.Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
    finally:
        _overheard.end()
    kind = address.partition("://")[0][:20]
    if kind.lower() in _LOCAL:
        raise UsageError(
            f"{kind}:// is this machine's own log, which nobody on duty reads: name a service that reaches people."
        )
    if found is not None and _names_files(address, found):
        raise UsageError(
            f"The address of this {kind}:// service names a file of this machine, as a template or a key: leave that part out. "
            "Services that need a key in a file cannot be used."
        )
    if found is None:
        raise UsageError(
            f"The address of this {kind}:// service is not whole: its parts are written as "
            "https://github.com/caronc/apprise/wiki says for that service, and signs such as @ or / in a password as %40 or %2F."
        )
    return found


def _names_files(address: str, service: "apprise.NotifyBase") -> bool:
    # Apprise reads names of parts without regard to case, or to a "+", "-" or ":" before them.
    parts = parse_qsl(address.partition("?")[2], keep_blank_values=True)
    held = (one for one in vars(service).values() if isinstance(one, AppriseAttachment))
    return any(name.strip().lower().lstrip("+-:") in _FILES for name, _ in parts) or any(len(one) for one in held)


class ServiceSender:
    """One service. A context manager, for the sake of the others."""

    def __init__(self, settings: Service, secret: str) -> None:
        check_secret(settings, secret)
        self._scheme = settings.scheme
        self._address = secret
        instance(secret)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._address = ""

    def send(self, message: Message) -> None:
        """ChannelDownError, NotTakenError or NeverTakenError, unless the service took it."""
        service = instance(self._address)
        headers = getattr(service, "headers", None)
        if isinstance(headers, dict):  # of an e-mail, or of a service of one's own
            headers[KEY_HEADER] = message.id
        attached = None
        if message.still is not None:
            attached = AppriseAttachment()
            attached.add(AttachMemory(message.still, name="view.png", mimetype="image/png"))  # type: ignore[no-untyped-call]
        _overheard.begin()
        try:
            taken = service.notify(
                body=message.text(),
                title=message.title(),
                notify_type=NotifyType.WARNING,
                body_format=NotifyFormat.TEXT,
                attach=attached,
            )
        finally:
            said = _overheard.end()
        if not taken:
            self._explain(said)

    def _explain(self, said: str) -> None:
        if _PASSWORD.search(said):
            raise ChannelDownError(
                f"The {self._scheme}:// service refused the user name or password: enter its address again with those that "
                "it has now. Many mail services want a password made for this app alone."
            )
        if _NEVER.search(said):
            raise NeverTakenError(
                f"The {self._scheme}:// service refused the message for good: see whom it is addressed to and from whom it "
                "comes, and enter its address again."
            )
        if _UNREACHABLE.search(said):
            raise ChannelDownError(
                f"The {self._scheme}:// service cannot be reached: see whether its host and port are right, and whether this "
                "machine may connect to it."
            )
        raise NotTakenError(f"The {self._scheme}:// service did not take the message. It is tried again.")
