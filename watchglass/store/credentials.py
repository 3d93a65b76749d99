"""Secrets of cameras: one file each, readable to its owner only, never a row of the catalogue."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from watchglass.base import durable
from watchglass.base.errors import BadInputError
from watchglass.model.camera import Credentials, PendingPassword
from watchglass.store.folder import DataFolder

T = TypeVar("T")


class CredentialFiles:
    """`secrets/camera-<id>.json`, written durably. A camera without a file has no credentials."""

    def __init__(self, folder: DataFolder, files: durable.Files = durable.DISK) -> None:
        self._folder = folder
        self._files = files

    def path(self, camera: int) -> Path:
        """Where the secrets of a camera lie."""
        return self._folder.secrets / f"camera-{camera}.json"

    def read(self, camera: int) -> Credentials | None:
        """The credentials of a camera, None if it has none. BadInputError if the file is damaged."""
        return self._read(camera, _credentials)

    def pending(self, camera: int) -> PendingPassword | None:
        """The password that is being set on a camera, None if none is. BadInputError if the file is damaged."""
        return self._read(camera, _pending)

    def is_ours(self, camera: int) -> bool:
        """Whether the password was made here, so that nobody else knows it. BadInputError if the file is damaged."""
        return bool(self._read(camera, lambda value: value.get("ours") is True))

    def write(self, camera: int, credentials: Credentials | None, *, ours: bool = False) -> None:
        """Replace the credentials of a camera, also those that were being set; None removes them."""
        if credentials is None:
            self._write(camera, None)
        else:
            self._write(camera, _as_dict(credentials) | ({"ours": True} if ours else {}))

    def propose(self, camera: int, pending: PendingPassword) -> None:
        """Keep `pending` beside the credentials that the camera has. Both are durable on return."""
        value: dict[str, Any] = self._read(camera, dict) or {}
        self._write(camera, value | {"pending": {"address": pending.address, **_as_dict(pending.credentials)}})

    def _read(self, camera: int, part: Callable[[Any], T]) -> T | None:
        path = self.path(camera)
        try:
            return part(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadInputError(f"Cannot read {path}: {error.strerror}. Check who owns that file.") from error
        except (ValueError, KeyError, TypeError, AttributeError):
            # Without the cause: its text would quote what is in the file.
            raise BadInputError(f"{path} is damaged: enter the camera's user name and password again.") from None

    def _write(self, camera: int, value: dict[str, Any] | None) -> None:
        path = self.path(camera)
        try:
            if value is None:
                durable.remove(path, self._files)
            else:
                durable.replace(path, json.dumps(value).encode(), 0o600, self._files)
        except OSError as error:
            raise durable.write_error(error, f"the secrets of a camera ({path})") from error

    def sweep(self, cameras: set[int]) -> None:
        """Remove secrets of cameras that are no more, and writes that were cut short. Others' secrets are left alone."""
        wanted = {self.path(camera).name for camera in cameras}
        for path in self._folder.secrets.iterdir():
            if path.name.removeprefix(".").startswith("camera-") and path.name not in wanted:
                durable.remove(path, self._files)


def _as_dict(credentials: Credentials) -> dict[str, str]:
    return {"username": credentials.username, "password": credentials.password}


def _credentials(value: Any) -> Credentials:
    return Credentials(str(value["username"]), str(value["password"]))


def _pending(value: Any) -> PendingPassword | None:
    found = value.get("pending")
    return PendingPassword(str(found["address"]), _credentials(found)) if found else None
