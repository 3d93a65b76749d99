"""The sending loop: takes what waits in the outbox and sends it, each channel in a thread of its own.

A channel that is dead, slow or refuses delays no other. A message that was not taken is tried again after 1, 2, 4 ... seconds; a
channel to which nothing gets through waits as a whole, and what waits for it has not been tried. What has not arrived after
six hours, or after twelve tries, is undelivered, and says why: never is it dropped in silence.
"""

import contextlib
import dataclasses
import random
import threading
from collections.abc import Callable, Iterator

import structlog

from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Writer
from watchglass.alert.senders import MakeSender, Sender, takes_pictures
from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import WatchglassError
from watchglass.model.alert import Alert, Delivery, DeliveryState
from watchglass.model.channel import Channel
from watchglass.store.channels import Channels
from watchglass.store.outbox import Outbox, Result

_log = structlog.get_logger(__name__)

_FEW = 4  # messages that wait at once: where there are more, all go sooner without pictures
_WAIT = 60.0  # seconds; whoever has something to do is woken
_OUR_FAULT = "watchglass could not send this, through a fault of its own: its log says more."
_LATE = "Not delivered in {hours:g} hours."


@dataclasses.dataclass(frozen=True, slots=True)
class SendOptions:
    """All in seconds. A wait is up to `jitter` of it shorter or longer, so that what failed together does not come back together.

    Of at most `batch` messages that are taken at a time, what came of them is written when `settle` has passed, or at the end.
    `look` is how long nobody looks whom no ring has woken.
    """

    first_wait: float = 1.0
    longest_wait: float = 300.0
    longest_pause: float = 60.0
    jitter: float = 0.2
    most_attempts: int = 12
    give_up: float = 6 * 3600.0
    batch: int = 32
    settle: float = 0.25
    held: float = 20.0  # of the lease, after which what was not tried is given back
    look: float = 1.0


def wait_after(attempts: int, options: SendOptions, luck: random.Random, longest: float | None = None) -> float:
    """Seconds until the next try, after so many that failed: doubling, within bounds, give or take."""
    most = options.longest_wait if longest is None else longest
    wait = min(options.first_wait * 2.0 ** min(attempts - 1, 40), most)
    return wait * (1 + options.jitter * luck.uniform(-1, 1))


class Line:
    """One channel's thread: sends what is due to it. Made anew when the channel changes."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a thread works with
        self,
        channel: Channel,
        secret: str,
        make: MakeSender,
        outbox: Outbox,
        writer: Writer,
        clock: Clock,
        options: SendOptions,
        luck: random.Random,
        tell: Callable[[str], None] = lambda _trouble: None,
    ) -> None:
        """`tell` gets what is wrong with the channel each time that changes."""
        self.channel, self.secret = channel, secret
        self._make, self._outbox, self._writer, self._clock = make, outbox, writer, clock
        self._options, self._luck, self._tell = options, luck, tell
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._trouble = channel.trouble
        self._owed: list[tuple[str, list[Result]]] = []
        self._pauses = 0
        self._not_before = 0.0  # monotonic
        self._thread = threading.Thread(target=self._run, name=f"channel {channel.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Ask it to end; `join` waits for it."""
        self._stop.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        sender: Sender | None = None
        with contextlib.ExitStack() as open_senders:
            while not self._stop.is_set():
                if not self._clock.wait(self._wake, _WAIT) or self._stop.is_set():
                    continue
                self._wake.clear()
                if self._clock.monotonic() < self._not_before:
                    continue
                try:
                    sender = sender or self._opened(open_senders)
                    if sender is not None:
                        self.work(sender)
                except WatchglassError as error:  # the catalogue: none of the channel's fault
                    _log.warning("alerts cannot be sent at this moment", channel=self.channel.id, cause=error.sentence)
                    self._wait()
                except Exception:  # noqa: BLE001 - a fault of ours must not silence the channel for good
                    _log.exception("sending failed", channel=self.channel.id)
                    self._pause(_OUR_FAULT)

    def _opened(self, open_senders: contextlib.ExitStack) -> Sender | None:
        """None where there can be none, which is then the channel's trouble."""
        try:
            return open_senders.enter_context(self._make(self.channel, self.secret))
        except WatchglassError as error:
            self._pause(error.sentence)
            return None

    def work(self, sender: Sender) -> None:
        """Send all that is due now."""
        while not self._stop.is_set() and self._clock.monotonic() >= self._not_before:
            self._settle_owed()
            holder, claimed = self._outbox.claim(self.channel.id, self._options.batch)
            if not claimed:
                return
            for results in self._results(sender, claimed):
                self._owed.append((holder, results))
                self._settle_owed()

    def _settle_owed(self) -> None:
        """Write down what came of messages. What cannot be written (a full disk) is kept, and comes before the next message."""
        while self._owed:
            self._outbox.settle(*self._owed[0])
            self._owed.pop(0)

    def _results(self, sender: Sender, claimed: list[tuple[Delivery, Alert]]) -> Iterator[list[Result]]:
        """What came of a batch, in parts: what is written down late is sent twice if we die before."""
        began = settled = self._clock.monotonic()
        pictured = len(claimed) <= _FEW and takes_pictures(self.channel)
        results: list[Result] = []
        for delivery, alert in claimed:
            now = self._clock.monotonic()
            down = now < self._not_before
            if down or self._stop.is_set() or now - began > self._options.held:
                results.append(self._untried(delivery))
                continue
            results.append(self._once(sender, delivery, alert, pictured))
            if self._clock.monotonic() - settled > self._options.settle:
                yield results
                results, settled = [], self._clock.monotonic()
        if results:
            yield results

    def _once(self, sender: Sender, delivery: Delivery, alert: Alert, pictured: bool) -> Result:
        try:
            sender.send(self._writer.message(alert, delivery.step, pictured=pictured))
        except ChannelDownError as error:
            self._pause(error.sentence)
            return self._untried(delivery, error.sentence)
        except NeverTakenError as error:
            return self._given_up(delivery, error.sentence)
        except NotTakenError as error:
            return self._again(delivery, error.sentence)
        except Exception:  # noqa: BLE001 - a fault of ours with one message must not hold up those behind it
            _log.exception("sending failed", channel=self.channel.id, alert=delivery.alert)
            return self._again(delivery, _OUR_FAULT)
        self._well()
        return Result(delivery.id, DeliveryState.SENT, self._clock.wall_us())

    def _again(self, delivery: Delivery, cause: str) -> Result:
        attempts = delivery.attempts + 1
        if attempts >= self._options.most_attempts:
            return self._given_up(delivery, cause)
        now = self._clock.wall_us()
        wait = wait_after(attempts, self._options, self._luck)
        return Result(delivery.id, DeliveryState.FAILED, now, WallUs(now + round(wait * MICROSECONDS)), cause)

    def _given_up(self, delivery: Delivery, cause: str) -> Result:
        _log.warning("alert undelivered", alert=delivery.alert, channel=self.channel.id, cause=cause)
        return Result(delivery.id, DeliveryState.UNDELIVERED, self._clock.wall_us(), None, cause)

    def _untried(self, delivery: Delivery, cause: str = "") -> Result:
        """As it was, but for the reason, where there is a new one."""
        state, cause = (DeliveryState.FAILED, cause) if cause else (delivery.state, delivery.cause)
        return Result(delivery.id, state, self._clock.wall_us(), delivery.next, cause, tried=False)

    def _pause(self, sentence: str) -> None:
        """The channel waits as a whole, and says why."""
        self._wait()
        self._say(sentence)

    def _wait(self) -> None:
        self._pauses += 1
        wait = wait_after(self._pauses, self._options, self._luck, self._options.longest_pause)
        self._not_before = self._clock.monotonic() + wait

    def _well(self) -> None:
        self._pauses = 0
        self._say("")

    def _say(self, trouble: str) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            _log.warning("a channel is in trouble", channel=self.channel.id, cause=trouble)
        with contextlib.suppress(WatchglassError):  # it is told the next time
            self._tell(trouble)


class Dispatcher:
    """Keeps a line for each channel that is switched on, wakes those for which something is due, and lets alerts escalate."""

    def __init__(
        self,
        channels: Channels,
        outbox: Outbox,
        writer: Writer,
        make: MakeSender,
        clock: Clock,
        options: SendOptions = SendOptions(),
        seed: int | None = None,
    ) -> None:
        """`seed` is for tests: waits are then the same each time."""
        self._channels, self._outbox, self._writer, self._make = channels, outbox, writer, make
        self._clock, self._options, self._seed = clock, options, seed
        self._lines: dict[int, Line] = {}
        self._revision: int | None = None
        self._seen: tuple[int, int] | None = None
        self._due: WallUs | None = None  # of all that waited when it was last looked at

    def look(self) -> float:
        """Do what is due; seconds until something is that is known of now, at most `look`."""
        revisions, now = self._outbox.revisions(), self._clock.wall_us()
        if revisions != self._seen or (self._due is not None and self._due <= now):
            self._seen = None
            self._due = self._look(now)
            self._seen = revisions  # from before: what came meanwhile is looked at the next time
        soonest = self._options.look if self._due is None else (self._due - now) / MICROSECONDS
        return min(self._options.look, soonest) if soonest > 0 else self._options.look

    def _look(self, now: WallUs) -> WallUs | None:
        """When the next of all that waits is due; None if nothing waits."""
        self._renew()
        self._outbox.escalate()
        old = WallUs(now - round(self._options.give_up * MICROSECONDS))
        following = [escalation] if (escalation := self._outbox.next_escalation()) is not None else []
        for channel, queue in self._outbox.waiting().items():
            if queue.oldest < old:
                self._outbox.give_up(channel, old, _LATE.format(hours=self._options.give_up / 3600))
            if channel in self._lines and queue.due <= now:
                self._lines[channel].wake()
            following.append(queue.due)
        return min(following, default=None)

    def close(self, patience: float = 2.0) -> None:
        """End all lines; what they were at is sent again by who comes next, if they do not end in time."""
        for line in self._lines.values():
            line.stop()
        for line in self._lines.values():
            line.join(patience)
        self._lines = {}

    def _renew(self) -> None:
        """Lines for the channels that there are now. One whose settings or secret have changed is made anew."""
        revision = self._channels.revision()
        if revision == self._revision:
            return
        wanted = {channel.id: (channel, self._secret(channel)) for channel in self._channels.all() if channel.enabled}
        for id_, line in list(self._lines.items()):
            channel, secret = wanted.get(id_, (None, None))
            if channel is None or (channel.settings, secret) != (line.channel.settings, line.secret):
                self._lines.pop(id_).stop()
        for id_, (channel, secret) in wanted.items():
            if id_ not in self._lines:
                self._lines[id_] = self._line(channel, secret)
                self._lines[id_].start()
        self._revision = revision

    def _secret(self, channel: Channel) -> str:
        """Empty where it cannot be read, which is then the channel's trouble."""
        try:
            return self._channels.secret(channel.id)
        except WatchglassError as error:
            self._channels.set_trouble(channel.id, error.sentence)
            return ""

    def _line(self, channel: Channel, secret: str) -> Line:
        luck = random.Random(self._seed if self._seed is None else self._seed + channel.id)  # noqa: S311 - spreads waits
        return Line(
            channel,
            secret,
            self._make,
            self._outbox,
            self._writer,
            self._clock,
            self._options,
            luck,
            lambda trouble: self._channels.set_trouble(channel.id, trouble),
        )
