"""Who can read what a run leaves behind: its owner; and one group what is below `out`, where the site says so.

The umask of the process is set here and nowhere else, so whatever is made later is born closed: folders 700,
files 600. What an older version, or the umask of another program, left open is shut by the same call.
"""

import errno
import grp
import logging
import os
import stat
from pathlib import Path

from domain.errors import KnownError

log = logging.getLogger(__name__)

UMASK = 0o077
OTHERS = 0o077
# A folder's own mark that a group reads it: new folders and files below it inherit group and openness.
SHARED = stat.S_ISGID | stat.S_IRGRP
_FOLDER, _FILE = 0o2050, 0o040  # what a group gets below `out`, over the owner's own bits
_PASS = 0o010  # the group may pass through `var` to `out`, but not list it
_NOT_OURS = "inbox"  # a link put there by hand leads to a place other people write to


def shut(folder: Path, *, readers: str | None = None) -> None:
    """From now on this process makes nothing others can read; `folder` is made, and shut with all below it.

    `readers` names the group that may read `<folder>/out`. A folder found shut is not looked through again.
    Raises KnownError E-VAR (it is no folder), E-VAR-OPEN (it cannot be shut), E-ACCESS-GROUP.
    """
    os.umask(UMASK)
    group = None if readers is None else group_id(readers)
    _make(folder)
    if group is not None:
        (folder / "out").mkdir(exist_ok=True)
    was_shut = _is_as_wanted(folder, _PASS if group is not None else 0, group)
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink() and entry.name == _NOT_OURS:
            continue
        place, is_read = entry.resolve(), group is not None and entry.name == "out"
        bits, its_group = ((_FOLDER, _FILE), group) if is_read else ((0, 0), None)
        if not (was_shut and _is_as_wanted(place, bits[not place.is_dir()], its_group)):
            _set_all(place, bits, its_group)
    _set(folder, _PASS if group is not None else 0, group)
    _check_shut(folder, group)
    if readers is not None:
        _check_way(folder, readers)


def group_id(name: str) -> int:
    """The number of a group of this machine. Raises KnownError E-ACCESS-GROUP when there is none."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise KnownError(
            "E-ACCESS-GROUP",
            f"site.yml, key [access.readers]: there is no group [{name}] on this machine.",
            mend=f"make it (groupadd {name}) and put its readers in, or take the key out",
        ) from None


def make_folder(folder: Path) -> None:
    """Make a folder; below one that a group reads, the new ones are as open as that."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    if _is_shared(folder.parent):
        _set(folder, _FOLDER, None)


def open_as_its_folder(path: Path) -> None:
    """Let the group that reads a new file's folder read the file."""
    if _is_shared(path.parent):
        _set(path, _FILE, None)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise KnownError(
            "E-VAR",
            f"[{folder}] must be a folder, and it or a part of its way is a file.",
            mend="move that file away, or name another folder in TINHGON_VAR",
        ) from None


def _is_shared(folder: Path) -> bool:
    return folder.stat().st_mode & SHARED == SHARED


def _wanted(state: os.stat_result, bits: int) -> int:
    """The owner's own bits stay as they are; of the others' only `bits`."""
    return (stat.S_IMODE(state.st_mode) & 0o700) | bits


def _is_as_wanted(path: Path, bits: int, group: int | None) -> bool:
    """Whether a path has this mode and group; a link, or what is gone by now, leaves nothing to want."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return True
    right_group = group is None or state.st_gid == group
    return stat.S_ISLNK(state.st_mode) or (right_group and stat.S_IMODE(state.st_mode) == _wanted(state, bits))


def _set_all(top: Path, bits: tuple[int, int], group: int | None) -> None:
    """Set a tree, the top last: a run that is killed here finds it undone and does it again."""
    for parent, _, files in os.walk(top, topdown=False):
        for name in files:
            _set(Path(parent, name), bits[1], group)
        _set(Path(parent), bits[0], group)
    if not top.is_dir():
        _set(top, bits[1], group)


def _set(path: Path, bits: int, group: int | None) -> None:
    """Set mode and group. What belongs to somebody else stays: the folder above it is shut, and is checked."""
    if _is_as_wanted(path, bits, group):
        return
    try:
        if group is not None and path.lstat().st_gid != group:
            os.chown(path, -1, group)
        path.chmod(_wanted(path.lstat(), bits))
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENOTSUP):
            raise


def _check_shut(folder: Path, group: int | None) -> None:
    """With a way in for a group, each entry must be shut itself; without, the folder shuts all."""
    places = [folder] if group is None else [folder, *(p for p in folder.iterdir() if not p.is_symlink())]
    for place in places:
        allowed = {folder: _PASS, folder / "out": _FOLDER}.get(place, 0) if group is not None else 0
        state = place.lstat()
        if state.st_mode & OTHERS & ~allowed or (allowed and state.st_gid != group):
            raise KnownError(
                "E-VAR-OPEN",
                f"[{place}] has mode [{stat.S_IMODE(state.st_mode):03o}], owner [{state.st_uid}],"
                f" group [{state.st_gid}], and cannot be shut to other users.",
                mend="give it to the user who runs this (chown -R), who must be in the group site.yml names;"
                " or set TINHGON_VAR to a folder on a disk that keeps permissions",
            )


def _check_way(folder: Path, readers: str) -> None:
    """Say when the group cannot come as far as `out`; not an error, nothing is lost by it."""
    group = group_id(readers)
    for above in folder.parents:
        state = above.stat()
        if not (state.st_mode & 0o001 or (state.st_mode & 0o010 and state.st_gid == group)):
            log.warning(
                "group [%s] cannot reach [%s]: [%s] is closed to it. Mend: chgrp %s %s && chmod g+x %s",
                readers, folder / "out", above, readers, above, above,
            )  # fmt: skip
