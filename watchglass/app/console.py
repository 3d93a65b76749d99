"""The console's process: the HTTP API, live views, timeline and the front end."""

import threading
from collections.abc import Callable

from watchglass.app.entrance import host_names, uses_tls
from watchglass.app.machine import Machine
from watchglass.base.certificate import own_certificate
from watchglass.console.app import Console, Tls, build, serve
from watchglass.console.hub import LiveHub
from watchglass.console.security import Entrance
from watchglass.ingest.log import redirect
from watchglass.ingest.open import probe


def run(machine: Machine, stop: threading.Event, ready: Callable[[str], None]) -> None:
    """Serve until `stop` is set; `ready` gets the port. UnreachableError when the port cannot be had."""
    redirect()
    settings = machine.settings
    tls = _tls(machine) if uses_tls(settings) else None
    context = Console(
        folder=machine.folder,
        cameras=machine.cameras,
        accounts=machine.accounts,
        views=machine.views,
        hub=LiveHub(machine.folder.run, machine.clock),
        clock=machine.clock,
        probe=probe,
        entrance=Entrance(frozenset(host_names(settings)), tls is not None, settings.proxy),
        floor_bytes=settings.min_free_bytes,
    )
    serve(build(context), settings.host, settings.port, tls, settings.proxy, stop, lambda port: ready(str(port)))


def _tls(machine: Machine) -> Tls:
    names = (*host_names(machine.settings), "localhost", "127.0.0.1", "::1")
    certificate = own_certificate(machine.folder.secrets, names, machine.clock)
    return Tls(certificate.path, certificate.key)
