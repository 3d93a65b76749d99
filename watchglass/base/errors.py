"""Errors that reach a person: one sentence that names the camera or file and what to do, and an exit code.

Library errors are mapped to these at the door of the library, once, and never travel further.
"""

import enum


class Exit(enum.IntEnum):
    """Exit codes of every command, from sysexits.h where it has one (https://man.openbsd.org/sysexits)."""

    OK = 0
    FAILED = 1
    USAGE = 2  # typer's own code for a wrong option; ours for a wrong value
    DATA = 65  # EX_DATAERR: the input is there but is not what it should be
    NO_INPUT = 66  # EX_NOINPUT: the input is not there or may not be read
    UNAVAILABLE = 69  # EX_UNAVAILABLE: a camera, port or download cannot be reached
    SOFTWARE = 70  # EX_SOFTWARE: our own fault
    CANNOT_WRITE = 73  # EX_CANTCREAT: output or data folder cannot be written
    DISK_FULL = 74  # EX_IOERR: no space, or the disk reports an error
    NO_PERMISSION = 77  # EX_NOPERM: wrong user name or password
    NEWER_DATA = 78  # EX_CONFIG: the data folder is of a newer version, or settings are wrong


class WatchglassError(Exception):
    """Something a person must know of. `str(error)` is the sentence they read."""

    exit = Exit.FAILED

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UsageError(WatchglassError):
    """What was asked for makes no sense: a wrong URL, a span that ends before it begins."""

    exit = Exit.USAGE


class BadInputError(WatchglassError):
    """A file or stream can be read but is not video that we can use: truncated, hostile, no video, unknown codec."""

    exit = Exit.DATA


class MissingInputError(WatchglassError):
    """A file, device, camera or account that was named does not exist."""

    exit = Exit.NO_INPUT


class UnreachableError(WatchglassError):
    """A camera, server or port does not answer, or a port is in use."""

    exit = Exit.UNAVAILABLE


class RefusedError(WatchglassError):
    """Somebody said no: wrong user name or password, wrong token, not signed in."""

    exit = Exit.NO_PERMISSION


class CannotWriteError(WatchglassError):
    """An output file or the data folder cannot be written."""

    exit = Exit.CANNOT_WRITE


class DiskFullError(WatchglassError):
    """No space is left where we must write."""

    exit = Exit.DISK_FULL


class NewerDataError(WatchglassError):
    """The data folder was written by a newer version of watchglass."""

    exit = Exit.NEWER_DATA
