"""Secrets of cameras: one file each, readable to its owner only, never a row of the catalogue."""

import json
from pathlib import Path

from watchglass.base import durable
from watchglass.base.errors import BadInputError
from watchglass.model.camera import Credentials
from watchglass.store.folder import DataFolder


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
        path = self.path(camera)
        try:
            value = json.loads(path.read_bytes())
            return Credentials(str(value["username"]), str(value["password"]))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadInputError(f"Cannot read {path}: {error.strerror}. Check who owns that file.") from error
        except (ValueError, KeyError, TypeError):
            # Without the cause: its text would quote what is in the file.
            raise BadInputError(f"{path} is damaged: enter the camera's user name and password again.") from None

    def write(self, camera: int, credentials: Credentials | None) -> None:
        """Replace the credentials of a camera; None removes them."""
        path = self.path(camera)
        try:
            if credentials is None:
                durable.remove(path, self._files)
                return
            text = json.dumps({"username": credentials.username, "password": credentials.password})
            durable.replace(path, text.encode(), 0o600, self._files)
        except OSError as error:
            raise durable.write_error(error, f"the secrets of a camera ({path})") from error

    def sweep(self, cameras: set[int]) -> None:
        """Remove secrets of cameras that are no more, and writes that were cut short."""
        wanted = {self.path(camera).name for camera in cameras}
        for path in self._folder.secrets.iterdir():
            if path.name not in wanted:
                durable.remove(path, self._files)
