"""Real Asterisks for tests: the one under test, and others as the outside world."""

from __future__ import annotations

import asyncio
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ari_apps.configuration.floor_toml import FloorConfiguration, load_data
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.local_asterisk.free_ports import free_port, rtp_ports
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.local_asterisk.running import RunningAsterisk
from ari_apps.rendering import Rendered, render

CALL_MODULES = """
app_dial app_echo app_milliwatt app_mixmonitor app_playback app_playtones app_read app_record app_senddtmf
app_stack app_verbose bridge_builtin_features bridge_holding bridge_native_rtp bridge_simple bridge_softmix
chan_pjsip codec_alaw codec_g722 codec_resample codec_ulaw format_pcm format_sln format_wav func_callerid
func_channel func_global func_hangupcause func_logic func_math func_strings pbx_config res_musiconhold
res_pjproject res_pjsip res_pjsip_authenticator_digest res_pjsip_caller_id res_pjsip_dtmf_info
res_pjsip_endpoint_identifier_anonymous res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user
res_pjsip_header_funcs res_pjsip_nat res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration
res_pjsip_refer res_pjsip_registrar res_pjsip_rfc3326 res_pjsip_sdp_rtp res_pjsip_session res_rtp_asterisk
res_sorcery_astdb res_sorcery_config res_sorcery_memory res_timing_timerfd
"""
"""What a plain Asterisk needs to make and take SIP calls; give more by `modules`."""
SETTINGS = {
    "logger.conf": "[logfiles]\nmessages.log => error,warning,notice,verbose\n",
    "pjproject.conf": "[startup]\ntype=startup\n",
    "indications.conf": "[general]\ncountry=us\n[us]\ndescription=US\nringcadence=2000,4000\nring=440+480\n",
}


def asterisk_conf(installation: AsteriskInstallation, directory: Path) -> str:
    """Write an asterisk.conf with every directory below `directory`, which are made."""
    directories = {
        "astetcdir": directory,
        "astmoddir": installation.modules_dir,
        "astdatadir": installation.data_dir,
    }
    for name in ("varlib", "db", "key", "agi", "spool", "run", "log", "cache"):
        (directory / name).mkdir(parents=True, exist_ok=True)
        directories[f"ast{name}dir"] = directory / name
    lines = "".join(f"{name} = {path}\n" for name, path in directories.items())
    return f"[directories]\n{lines}[options]\nnocolor = yes\nverbose = 3\n"


def on_free_ports(floor_toml: str) -> dict[str, Any]:
    """Read a floor.toml, and move everything that listens in it to free ports of 127.0.0.1."""
    data = tomllib.loads(floor_toml)
    for section, names in (
        ("asterisk", ("sip_bind", "ari", "ami", "events_listen")),
        ("http", ("listen", "listeners_listen")),
    ):
        table = data.setdefault(section, {})
        table.update({name: f"127.0.0.1:{free_port()}" for name in names})
    data["asterisk"]["rtp_ports"] = list(rtp_ports(1_000))
    return data


@dataclass(frozen=True, slots=True)
class FloorAsterisk:
    """An Asterisk that runs from callfloor's own templates."""

    asterisk: RunningAsterisk
    configuration: FloorConfiguration
    secrets: SecretFiles
    rendered: Rendered


class AsteriskLab:
    """Starts Asterisks and stops them all at the end.

    >>> asterisk = await lab.run({"pjsip.conf": "...", "extensions.conf": "..."}, modules=["app_queue"])
    """

    def __init__(self, installation: AsteriskInstallation) -> None:
        self.installation = installation
        self._stack = AsyncExitStack()
        self._asterisks: list[RunningAsterisk] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(asterisk.kill() for asterisk in self._asterisks))  # quicker than a farewell
        await self._stack.aclose()

    def folder(self) -> Path:
        """Make a folder whose path is short enough for a socket in it; gone with the lab."""
        scratch = tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)
        self._stack.callback(scratch.cleanup)
        return Path(scratch.name)

    def write(self, files: Mapping[str, str], *, modules: Iterable[str] = ()) -> Path:
        """Write these configuration files, and the least that makes calls work, into a folder."""
        directory = self.folder()
        (directory / "asterisk.conf").write_text(asterisk_conf(self.installation, directory))
        wanted = dict.fromkeys([*CALL_MODULES.split(), *modules])
        loads = "".join(f"load = {name}.so\n" for name in wanted if self.installation.has(name))
        (directory / "modules.conf").write_text(f"[modules]\nautoload = no\n{loads}")
        for name, text in {**SETTINGS, **files}.items():
            (directory / name).write_text(text)
        return directory

    async def run(self, files: Mapping[str, str], *, modules: Iterable[str] = ()) -> RunningAsterisk:
        """Run a plain Asterisk with these configuration files."""
        return await self.run_folder(self.write(files, modules=modules))

    async def run_floor(self, floor_toml: str | dict[str, Any]) -> FloorAsterisk:
        """Render a floor.toml and run it: a text on free ports, a table (see on_free_ports) as it is."""
        directory = self.folder()
        data = on_free_ports(floor_toml) if isinstance(floor_toml, str) else floor_toml
        configuration = load_data(data, directory / "floor.toml")
        secrets = SecretFiles(directory / "secrets", environ={})
        rendered = render(configuration, directory / "etc", installation=self.installation, secrets=secrets)
        return FloorAsterisk(await self.run_folder(directory / "etc"), configuration, secrets, rendered)

    async def run_folder(self, directory: Path) -> RunningAsterisk:
        """Run an Asterisk from a folder that has its whole configuration."""
        asterisk = RunningAsterisk(self.installation, directory)
        self._asterisks.append(asterisk)
        return await self._stack.enter_async_context(asterisk)
