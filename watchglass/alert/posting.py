"""HTTP for channels: one POST, its status, and a sentence where there is none. The one place of this stage that knows httpx.

The address is somebody's own and may well be on their own network, so none is forbidden. A redirect is never followed: it would
carry a signed message to where nobody sent it. Proxies of the environment are not asked either.
"""

import ssl
from collections.abc import Mapping
from typing import Final

import httpx

from watchglass.alert.failing import ChannelDownError, NotTakenError
from watchglass.base.clock import Clock

LONGEST_ANSWER: Final = 64 * 1024


class Poster:
    """Posts to one address, over connections that are kept."""

    def __init__(self, url: str, clock: Clock, timeout: float) -> None:
        self._url, self._clock, self._timeout = url, clock, timeout
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)
        self.host = httpx.URL(url).netloc.decode()

    def close(self) -> None:
        self._client.close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. ChannelDownError if nobody can be reached, NotTakenError if somebody did not answer."""
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                self._read(answer)
                return answer.status_code
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ChannelDownError(self._unreachable(error)) from error
        except httpx.TimeoutException as error:
            raise NotTakenError(f"{self.host} took the message and did not answer in time.") from error
        except httpx.HTTPError as error:
            raise NotTakenError(f"{self.host} broke off before it answered.") from error

    def _read(self, answer: httpx.Response) -> None:
        """What it says is of no use to us, but a connection is used again only when it was read. Within bounds."""
        size, until = 0, self._clock.monotonic() + self._timeout
        for part in answer.iter_raw():
            size += len(part)
            if size > LONGEST_ANSWER or self._clock.monotonic() > until:
                return

    def _unreachable(self, error: Exception) -> str:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None:
            return (
                f"{self.host} has no certificate that this machine trusts: mend its certificate, or use its right name."
            )
        return f"{self.host} cannot be reached: see whether it runs and whether this machine may connect to it."
