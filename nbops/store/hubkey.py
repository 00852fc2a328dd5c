"""The key of a hub: what its pickles are signed with, readable by its owner alone.

A pickle is code when it is read. One that this key did not sign is never read; its step runs again. Another machine
that is to read them gets the key by ``nbops hub key``.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from nbops.errors import ArtifactError, UsageError
from nbops.store.disk import write_whole
from nbops.store.project import Project

__all__ = ["KEY_BYTES", "MAC_BYTES", "hub_key", "is_our_signature", "key_text", "set_key", "signature"]

KEY_BYTES = 32
MAC_BYTES = 32
_PREFIX = "nbops-key-"


def hub_key(project: Project) -> bytes:
    """Return the key of the hub of *project*; it is made when it is first needed.

    Raises:
        ArtifactError: Others than its owner may read it, or it is no key.
    """
    path = _path(project)
    if not path.exists():
        project.make_folder()
        write_whole(path, [secrets.token_bytes(KEY_BYTES)], mode=0o600, replace=False)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ArtifactError("the key of the hub may be read by others", where=str(path), fix=f"chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ArtifactError(
            f"the key of the hub has {len(key)} bytes, not {KEY_BYTES}", where=str(path), fix=f"rm {path}"
        )
    return key


def key_text(key: bytes) -> str:
    """Return a key as a line of text.

    Example:
        >>> key_text(bytes(32))[:14]
        'nbops-key-0000'
    """
    return f"{_PREFIX}{key.hex()}"


def set_key(project: Project, text: str, *, replace: bool = False) -> bool:
    """Make the key that another hub printed the key of this one.

    Args:
        project: Whose hub.
        text: What ``nbops hub key`` printed there.
        replace: Give up another key that is here: what it signed is not read any more.

    Returns:
        Whether something changed.

    Raises:
        UsageError: It is no key, or another one is here and is not to be given up.
    """
    try:
        key = bytes.fromhex(text.strip().removeprefix(_PREFIX))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageError("that is no key of a hub", where="what was read", fix="nbops hub key   # where the key is")
    path = _path(project)
    if path.exists() and hmac.compare_digest(path.read_bytes(), key):
        return False
    project.make_folder()
    if path.exists() and not replace:
        raise _other_key(path)
    if replace:
        path.unlink(missing_ok=True)  # or its permissions would stay
    if not write_whole(path, [key], mode=0o600, replace=False):
        raise _other_key(path)
    return True


def signature(key: bytes, parts: Sequence[bytes | memoryview]) -> bytes:
    """Return the signature of *parts*, one after the other."""
    mac = hmac.new(key, digestmod="sha256")
    for part in parts:
        mac.update(part)
    return mac.digest()


def is_our_signature(key: bytes, mac: bytes, payload: bytes | memoryview) -> bool:
    """Whether *mac* is what we would have signed *payload* with."""
    return hmac.compare_digest(mac, signature(key, [payload]))


def _path(project: Project) -> Path:
    return project.folder / "key"


def _other_key(path: Path) -> UsageError:
    return UsageError(
        "this hub has another key, and what that signed would not be read any more",
        where=str(path),
        fix="nbops hub key --import FILE --yes",
    )
