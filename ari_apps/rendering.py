"""Write Asterisk's whole configuration from floor.toml and the templates.

Rendering the same again changes nothing, not even a file's time. Nothing that a value holds can begin a line,
a section, an option or a comment of its own: every value passes `one_value`.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import jinja2

from ari_apps.away import apology, away_queues, native_strategy
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.local_asterisk.installation import AsteriskInstallation
from queue_strategies.errors import CallfloorError

APP = "callfloor"
"""The name of our Stasis application, and of our ARI user."""
MARK = "; Written by `callfloor render`; what is changed here is lost at the next rendering.\n"
ARI_TRANSFERS_SINCE = (22, 3)
"""PJSIP_TRANSFER_HANDLING(), which lets ARI carry out what a phone asks for by REFER, exists from here on."""
ACL_SINCE = (22, 10)
"""ari.conf knows permit and deny from here on."""
EVENT_FILTERS_SINCE = (22, 1)
"""manager.conf filters events by name and header from here on; before, only by a search of the whole text."""


class RenderingError(CallfloorError):
    """Asterisk's configuration cannot be written; the sentence says what stands in the way."""


@dataclass(frozen=True, slots=True)
class AsteriskDirectories:
    """The folders that one Asterisk works in; all but modules and data are its own and writable."""

    etc: Path
    modules: Path
    data: Path
    lib: Path
    spool: Path
    run: Path
    log: Path

    @classmethod
    def below(
        cls, etc: Path, installation: AsteriskInstallation, state: Path | None = None
    ) -> AsteriskDirectories:
        """Lay them out with the configuration in `etc` and the rest in `state` (default: `etc`/state)."""
        etc = etc.absolute()
        state = state.absolute() if state else etc / "state"
        return cls(
            etc=etc,
            modules=installation.modules_dir,
            data=installation.data_dir,
            lib=state / "lib",
            spool=state / "spool",
            run=state / "run",
            log=state / "log",
        )

    def make(self) -> None:
        """Make those that Asterisk expects to find."""
        own = (self.etc, self.lib, self.lib / "keys", self.spool, self.run, self.log)
        for folder in (*own, self.spool / "recording", self.spool / "tmp", self.spool / "outgoing"):
            make_private(folder)


def make_private(folder: Path) -> None:
    """Make a folder for us alone; one that exists keeps its mode."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a rendering did."""

    directories: AsteriskDirectories
    written: tuple[Path, ...]
    """Files that are new or have changed; the others were left alone."""
    events: str
    """`outbound` or `inbound`: which way Asterisk's events come."""


def render(
    configuration: FloorConfiguration,
    directory: Path,
    *,
    installation: AsteriskInstallation,
    secrets: SecretFiles,
    state: Path | None = None,
) -> Rendered:
    """Write the configuration into `directory`; raises RenderingError, SecretError."""
    directories = AsteriskDirectories.below(directory, installation, state)
    texts = render_texts(configuration, directories, installation, secrets)
    try:
        directories.make()
        written = [
            path for name, text in texts.items() if write_private(path := directories.etc / name, text)
        ]
    except OSError as error:
        raise RenderingError(
            f"{error.filename or directory} cannot be written ({error.strerror}): name another folder"
        ) from None
    return Rendered(directories, tuple(written), events_way(configuration, installation))


def render_texts(
    configuration: FloorConfiguration,
    directories: AsteriskDirectories,
    installation: AsteriskInstallation,
    secrets: SecretFiles,
) -> dict[str, str]:
    """Give the text of every file by its name."""
    environment = template_environment()
    context = {
        "app": APP,
        "ami_user": configuration.asterisk.ami_user,
        "floor": configuration,
        "accounts": list(configuration.accounts()),
        "directories": directories,
        "has": installation.has,
        "with_acl": installation.version >= ACL_SINCE,
        "with_event_filters": installation.version >= EVENT_FILTERS_SINCE,
        "with_ari_transfers": installation.version >= ARI_TRANSFERS_SINCE,
        "secret": secrets.get,
        "given_secret": secrets.given,
        "secret_of": lambda account: secrets.get(secret_name(configuration, account.id)),
        "events": events_way(configuration, installation),
        "entity_id": entity_id(configuration.site.name),
        "away": away_queues(configuration),
        "native_strategy": native_strategy,
        "apology": apology(directories.data / "sounds", configuration.site.language),
    }
    return {
        name.removesuffix(".j2"): MARK + environment.get_template(name).render(context)
        for name in templates()
    }


def secret_name(configuration: FloorConfiguration, account: str) -> str:
    """Name the secret that holds the password of an agent's or phone's SIP account."""
    return f"agent-{account}" if configuration.agent(account) else f"phone-{account}"


def events_way(configuration: FloorConfiguration, installation: AsteriskInstallation) -> str:
    """Decide which way events come; raises RenderingError when the way asked for is not there."""
    able = installation.has("res_websocket_client")
    wanted = configuration.asterisk.events
    if wanted == "outbound" and not able:
        version = ".".join(map(str, installation.version))
        raise RenderingError(
            f'asterisk.events: this Asterisk ({version}) cannot connect to us, write "auto" or "inbound"'
        )
    return "outbound" if able and wanted != "inbound" else "inbound"


def entity_id(site: str) -> str:
    """Make up the id by which Asterisks tell each other apart; a machine without a network card has none."""
    digest = hashlib.sha256(site.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def templates_folder() -> Path:
    """Find the templates: beside this module in a wheel, at the top of the tree elsewhere."""
    here = Path(__file__).parent
    found = next((path for path in (here / "templates", here.parent / "templates") if path.is_dir()), None)
    if found is None:
        raise RenderingError("the templates are missing: install callfloor again")
    return found / "asterisk"


def templates() -> list[str]:
    """List the templates' names."""
    return sorted(path.name for path in templates_folder().glob("*.conf.j2"))


@functools.cache
def template_environment() -> jinja2.Environment:
    """Set up Jinja2 so that an unknown name is an error and every value passes `one_value`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        undefined=jinja2.StrictUndefined,
        finalize=one_value,
        autoescape=False,  # noqa: S701 - not HTML; `finalize` is what keeps values in their place
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"plain": plain, "uri_user": uri_user}
    return environment


def one_value(value: object) -> str:
    """Write a value so that Asterisk reads it back as it is, on its line; raises RenderingError."""
    if value is None:
        raise RenderingError("a template wrote a value that is not there")
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if any(not character.isprintable() for character in text):
        raise RenderingError(f"{text!r} cannot stand in Asterisk's configuration, write it on one line")
    return text.replace(";", "\\;")


def plain(name: str) -> str:
    """Take out of a person's name what has a meaning in Asterisk's lists and SIP headers."""
    kept = "".join(character if character.isalnum() or character in " .'-_" else " " for character in name)
    return " ".join(kept.split())


def uri_user(name: str) -> str:
    """Write a name as the user of a SIP address."""
    return quote(name, safe="+*~!._-")


def write_private(path: Path, text: str) -> bool:
    """Write a file that only we can read, at once or not at all; False when it is so already."""
    try:
        if path.read_bytes() == text.encode() and path.stat().st_mode & 0o777 == 0o600:
            return False
    except FileNotFoundError:
        pass
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".new-", delete=False) as new:  # mode 0600
        try:
            new.write(text.encode())
            new.flush()
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise
    return True
