"""Keep each secret in a file of its own that nobody else can read."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from queue_strategies.errors import CallfloorError

REMEDY = "give the rights, or set site.secrets to a folder of your own"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,80}")


class SecretError(CallfloorError):
    """A secret cannot be read, kept or used; the sentence names its file and the remedy."""


class SecretFiles:
    """Secrets by name (`ari`, `ami`, `events`, `agent-anna`, `trunk-carrier`), one file each, mode 0600.

    The environment goes before the files: CALLFLOOR_SECRET_AGENT_ANNA is the secret `agent-anna`.
    """

    def __init__(self, directory: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.directory = directory
        self._environ = environ

    def get(self, name: str) -> str:
        """Return a secret, made up and kept if there is none yet; raises SecretError."""
        return self.find(name) or self._generate(name)

    def given(self, name: str) -> str:
        """Return a secret that others chose; raises SecretError when it is not there."""
        found = self.find(name)
        if found is None:
            raise SecretError(
                f"{self.directory / name}: is missing, write the password into it and chmod 600 it"
            )
        return found

    def find(self, name: str) -> str | None:
        """Return a secret, or None when there is none; raises SecretError when its file cannot be used."""
        if not _NAME.fullmatch(name):
            raise SecretError(
                f"{name!r} cannot be the name of a secret, write small letters, digits, - and _"
            )
        variable = f"CALLFLOOR_SECRET_{name.upper().replace('-', '_')}"
        if variable in self._environ:
            return _usable(self._environ[variable], variable)
        path = self.directory / name
        try:
            mode = path.stat().st_mode
            if mode & 0o077:
                raise SecretError(
                    f"{path}: others can read or write it (mode {mode & 0o777:04o}): chmod 600 {path}"
                )
            return _usable(path.read_text(encoding="utf-8"), str(path))
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise SecretError(f"{path}: is not text, write the password on one line") from None
        except OSError as error:
            raise SecretError(f"{path}: cannot be read ({error.strerror}): {REMEDY}") from None

    def _generate(self, name: str) -> str:
        path = self.directory / name
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile("w", dir=self.directory, prefix=".new-") as new:  # mode 0600
                new.write(secrets.token_urlsafe(24) + "\n")
                new.flush()
                os.link(new.name, path)
        except FileExistsError:
            pass  # another process was first, its secret counts
        except OSError as error:
            raise SecretError(f"{path}: cannot be written ({error.strerror}): {REMEDY}") from None
        return self.given(name)


def _usable(text: str, where: str) -> str:
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret or not secret.isprintable() or secret != secret.strip() or len(secret) > 200:
        raise SecretError(f"{where}: should hold one password on one line, without spaces around it")
    return secret
