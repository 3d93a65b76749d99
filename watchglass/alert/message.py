"""What a message says: place, rule, score, times and links to the view. What each channel sends is made from this alone."""

import dataclasses
import datetime as dt
import json
import uuid
from typing import Any, Protocol

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.alert import NEVER_RULE, Alert, Step, message_id
from watchglass.model.event import RuleKind
from watchglass.model.link import new_link

CLOUDEVENT_TYPE = "watchglass.alert.v1"


class Stills(Protocol):
    """Where a picture of an alert comes from: always from the view."""

    def of(self, alert: Alert) -> bytes | None:
        """A PNG picture of the view, None where there is none (yet)."""


class NoStills:
    """There are none: the link leads to the view."""

    def of(self, _alert: Alert) -> bytes | None:
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One alert for one channel. `id` is the key by which a receiver drops doubles; `link` opens the alert's page."""

    id: str
    alert: Alert
    step: Step
    site: uuid.UUID
    link: str
    zone: dt.tzinfo = dt.UTC
    still: bytes | None = None

    def title(self) -> str:
        """One line."""
        alert = self.alert
        if alert.test:
            return "Test alert of watchglass"
        where = f"{alert.camera_name}, {alert.place}" if alert.place else alert.camera_name
        late = "Nobody has taken this alert: " if self.step is Step.ESCALATION else ""
        return f"{late}{alert.rule_name} ({where})"

    def text(self) -> str:
        """Some lines, the link last."""
        alert = self.alert
        local = dt.datetime.fromtimestamp(alert.start / MICROSECONDS, self.zone)
        lines = [f"{local:%Y-%m-%d %H:%M:%S %Z}"]
        if alert.test:
            lines.append("Nothing has happened: somebody tests whether alerts arrive here.")
        else:
            lines.append(
                f"{alert.kind.capitalize()} at {alert.camera_name}" + (f", {alert.place}" if alert.place else "")
            )
            if alert.tracks:
                lines.append(f"Score {alert.score:.0%}")
        if alert.detail:
            lines.append(alert.detail)
        asked = "See it in the console" if alert.test else "See the view, and say whether it was right"
        return "\n".join([*lines, "", f"{asked}: {self.link}"])

    def data(self) -> dict[str, Any]:
        """The same for programs: docs/formats/webhook.md."""
        alert = self.alert
        return {
            "alert": str(alert.event),
            "test": alert.test,
            "escalation": self.step is Step.ESCALATION,
            "rule": {"id": alert.rule, "name": alert.rule_name, "kind": alert.kind.value},
            "camera": {"id": alert.camera, "name": alert.camera_name},
            "place": alert.place,
            "score": round(alert.score, 3),
            "detail": alert.detail,
            "start": stamp(alert.start),
            "end": None if alert.end is None else stamp(alert.end),
            "link": self.link,
        }

    def cloudevent(self) -> bytes:
        """CloudEvents 1.0 in structured mode (https://github.com/cloudevents/spec), the same bytes each time."""
        event = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"urn:uuid:{self.site}",
            "type": CLOUDEVENT_TYPE,
            "time": stamp(self.alert.created),
            "subject": f"rule/{self.alert.rule}",
            "datacontenttype": "application/json",
            "data": self.data(),
        }
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


_NO_STILLS = NoStills()


class Writer:
    """Makes messages of alerts: knows the site, its console's address and the key that links are signed with."""

    def __init__(
        self,
        site: uuid.UUID,
        console: str,
        link_key: bytes,
        zone: dt.tzinfo = dt.UTC,
        stills: Stills = _NO_STILLS,
    ) -> None:
        self._site, self._console, self._key, self._zone, self._stills = site, console, link_key, zone, stills

    def message(self, alert: Alert, step: Step = Step.FIRST, *, pictured: bool = True) -> Message:
        """The link is counted from the alert, so that a message that is sent again is the same. A picture only if it is wanted."""
        token = new_link(alert.event, alert.created).sign(self._key)
        link = f"{self._console}/alert#{token}"  # after #: no server, proxy or log on the way is told it
        still = self._stills.of(alert) if pictured else None
        return Message(message_id(alert, step), alert, step, self._site, link, self._zone, still)


def trial(site: uuid.UUID, console: str, now: WallUs, zone: dt.tzinfo = dt.UTC) -> Message:
    """What is sent over a channel before it is kept. It belongs to no alert, so its link leads to the channels."""
    alert = Alert(
        id=0,
        event=uuid.uuid4(),
        rule=NEVER_RULE,
        rule_name="Test alert",
        kind=RuleKind.TAMPERING,
        camera=0,
        camera_name="",
        place="",
        score=1.0,
        tracks=0,
        detail="This channel is being set up.",
        start=now,
        end=now,
        created=now,
        last=now,
        test=True,
    )
    return Message(message_id(alert, Step.FIRST), alert, Step.FIRST, site, f"{console}/channels", zone)


def stamp(at: WallUs) -> str:
    """RFC 3339, UTC."""
    moment = dt.datetime.fromtimestamp(at // MICROSECONDS, dt.UTC).replace(microsecond=at % MICROSECONDS, tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"
