"""Files that are checked before the long work and are never half written."""

from __future__ import annotations

import os
import secrets
import stat
from os import PathLike
from pathlib import Path

__all__ = ["check_writable", "replace_file"]


def check_writable(path: str | PathLike[str], name: str = "report") -> Path:
    """Make sure that a file can be written, and leave everything as it was.

    Parameters
    ----------
    path : str or path-like
        The file that will be written later. Its folder has to exist.
    name : str
        The argument or option that named the file, for the error's text.

    Returns
    -------
    Path
        The absolute path to write, symbolic links followed.

    Raises
    ------
    ValueError
        If `path` is empty, or names something that is not a regular file.
    OSError
        If the folder is missing or the file cannot be written: the subclass says which.
    """
    if not os.fspath(path):
        raise ValueError(f"{name}: the path is empty; give a file name")
    try:
        target = Path(path).resolve()
        if _exists(target, path, name):
            _refuse_read_only(target, path, name)
        elif not target.parent.is_dir():
            raise _folder_error(target.parent, path, name)
        _probe(target.parent)
    except OSError as error:
        if error.errno is None:
            raise
        message = f"{name}: cannot write {os.fspath(path)!r}: {error.strerror}; {_ELSEWHERE}"
        raise type(error)(message) from error
    return target


def replace_file(target: Path, content: str | bytes) -> None:
    """Write `content` beside `target` and put it in its place in one step; text in UTF-8."""
    temporary = _temporary(target.parent)
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        # An interrupt, too, must not leave the temporary file behind.
        temporary.unlink(missing_ok=True)
        raise


_ELSEWHERE = "choose a file in a folder that you may write to"


def _exists(target: Path, path: str | PathLike[str], name: str) -> bool:
    """Whether the file is there; stat, not Path.exists, so that a name too long is an error."""
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(
            f"{name}: cannot write {os.fspath(path)!r}: it is a folder; "
            "add the name of a file in it"
        )
    if not stat.S_ISREG(mode):
        # Replacing a device or a pipe would destroy it rather than write to it.
        raise ValueError(
            f"{name}: cannot write {os.fspath(path)!r}: it is not a regular file; {_ELSEWHERE}"
        )
    return True


def _refuse_read_only(target: Path, path: str | PathLike[str], name: str) -> None:
    """A replacement would succeed on a read-only file, against its owner's wish."""
    if not os.access(target, os.W_OK):
        raise PermissionError(
            f"{name}: cannot write {os.fspath(path)!r}: the file is read-only; "
            "make it writable, or choose another name"
        )


def _folder_error(folder: Path, path: str | PathLike[str], name: str) -> OSError:
    start = f"{name}: cannot write {os.fspath(path)!r}: "
    if folder.exists():
        return NotADirectoryError(f"{start}{str(folder)!r} is not a folder; {_ELSEWHERE}")
    return FileNotFoundError(
        f"{start}the folder {str(folder)!r} does not exist; "
        "create it first, or choose another folder"
    )


def _probe(folder: Path) -> None:
    """Create and remove a file: the only test that also sees full and read-only disks."""
    probe = _temporary(folder)
    try:
        probe.touch(exist_ok=False)
    finally:
        probe.unlink(missing_ok=True)


def _temporary(folder: Path) -> Path:
    return folder / f".taut-{secrets.token_hex(8)}.tmp"
