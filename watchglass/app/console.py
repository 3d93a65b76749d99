"""The console's process: the HTTP API, live views, timeline and the front end."""

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from watchglass.alert.message import trial
from watchglass.alert.senders import Senders
from watchglass.alert.trial import try_out
from watchglass.app.entrance import address, host_names, uses_tls
from watchglass.app.machine import Machine
from watchglass.base.certificate import own_certificate
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.base.timekeeping import ClockWatch, machine_zone
from watchglass.console.app import Console, Tls, build, serve
from watchglass.console.context import Trial
from watchglass.console.hub import LiveHub
from watchglass.console.security import Entrance
from watchglass.ingest.log import redirect
from watchglass.ingest.open import probe
from watchglass.model.channel import Settings

_SHORTEST_TOKEN = 20  # characters: nobody waits between two guesses at it


def run(machine: Machine, stop: threading.Event, ready: Callable[[str], None]) -> None:
    """Serve until `stop` is set; `ready` gets the port. UnreachableError when the port cannot be had."""
    redirect()
    settings = machine.settings
    metrics_token = _metrics_token(settings.metrics_token_file)
    tls = _tls(machine) if uses_tls(settings) else None
    context = Console(
        folder=machine.folder,
        cameras=machine.cameras,
        accounts=machine.accounts,
        views=machine.views,
        originals=machine.originals,
        custodians=machine.custodians,
        holds=machine.holds,
        channels=machine.channels,
        policies=machine.policies,
        alerts=machine.alerts,
        outbox=machine.outbox,
        rules=machine.rules,
        events=machine.events,
        counts=machine.counts,
        room=machine.room,
        hub=LiveHub(machine.folder.run, machine.clock),
        clock=machine.clock,
        clock_watch=ClockWatch(machine.clock),
        probe=probe,
        trial=_trial(machine),
        entrance=Entrance(frozenset(host_names(settings)), tls is not None, settings.proxy),
        floor_bytes=settings.min_free_bytes,
        zone=machine_zone(),
        metrics_token=metrics_token,
    )
    serve(build(context), settings.host, settings.port, tls, settings.proxy, stop, lambda port: ready(str(port)))


def _trial(machine: Machine) -> Trial:
    """Tries channels out as the notifier would use them; the library that a kind needs is loaded with its first trial."""
    senders = Senders(machine.folder.uuid, machine.clock, machine.channels.push_key)

    def tried(name: str, settings: Settings, secret: str) -> None:
        where = address(machine.settings, machine.settings.port)
        message = trial(uuid.UUID(machine.folder.uuid), where, machine.clock.wall_us(), machine_zone())
        try_out(name, settings, secret, message, senders.make)

    return tried


def _metrics_token(file: Path | None) -> str:
    """What lets a program read /metrics: the first line of the file. Empty, so that none may, where no file is named.

    MissingInputError when it cannot be read, UsageError when what is in it could be guessed.
    """
    if file is None:
        return ""
    try:
        token = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingInputError(
            f"The file {file} with the token for metrics cannot be read: check it and its owner."
        ) from error
    if len(token) < _SHORTEST_TOKEN:
        raise UsageError(
            f"The token in {file} is too short: use {_SHORTEST_TOKEN} characters or more, as of 'openssl rand -hex 16'."
        )
    return token


def _tls(machine: Machine) -> Tls:
    names = (*host_names(machine.settings), "localhost", "127.0.0.1", "::1")
    certificate = own_certificate(machine.folder.secrets, names, machine.clock)
    return Tls(certificate.path, certificate.key)
