"""The floor that both systems serve: one queue, many agents whose phones are all at one address."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.local_asterisk.free_ports import free_port, rtp_ports
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.rendering import render

QUEUE = "bench"
RTP_PORTS = 6000
APP_QUEUE_DIALPLAN = """
[from-trunk]
exten => _X.,1,{before}
 same => n,Answer(,i)
 same => n,Queue({queue},c)
 same => n,Hangup()
[from-agents]
"""
"""The shortest way there is from a trunk into app_queue."""


@dataclass(frozen=True, slots=True)
class BenchFloor:
    """A floor in a folder of its own, rendered for Asterisk."""

    folder: Path
    configuration: FloorConfiguration
    agent_port: int

    @property
    def config_file(self) -> Path:
        """Give the floor.toml."""
        return self.folder / "floor.toml"

    @property
    def etc(self) -> Path:
        """Give the folder of Asterisk's configuration."""
        return self.folder / "etc"

    @property
    def sip_port(self) -> int:
        """Give the port at which Asterisk takes calls."""
        return self.configuration.asterisk.sip_bind.port

    @property
    def database_dir(self) -> Path:
        """Give the folder of the embedded PostgreSQL."""
        return self.folder / "postgres"

    @property
    def agents(self) -> list[str]:
        """List the agents' ids."""
        return [agent.id for agent in self.configuration.agents]

    def secret(self, name: str) -> str:
        """Read one of the floor's secrets."""
        return SecretFiles(self.configuration.secrets_dir()).get(name)

    def use_app_queue(self, *, before: str = "NoOp()") -> None:
        """Replace the dialplan by one that leads straight into app_queue; `before` runs first."""
        dialplan = APP_QUEUE_DIALPLAN.format(queue=QUEUE, before=before)
        (self.etc / "extensions.conf").write_text(dialplan)


def lay_out(folder: Path, agents: int, installation: AsteriskInstallation) -> BenchFloor:
    """Write the floor.toml and render Asterisk's configuration into the folder."""
    folder.chmod(0o711)  # root's PostgreSQL runs as another user, who has to pass through
    agent_port = free_port()
    (folder / "floor.toml").write_text(floor_toml(folder, agents, agent_port))
    configuration = load(folder / "floor.toml")
    secrets = SecretFiles(configuration.secrets_dir())
    render(configuration, folder / "etc", installation=installation, secrets=secrets)
    return BenchFloor(folder, configuration, agent_port)


def floor_toml(folder: Path, agents: int, agent_port: int) -> str:
    """Write a floor of one queue; everything that listens has a free port of the loopback."""
    lowest, highest = rtp_ports(RTP_PORTS)
    ports = {name: free_port() for name in ("sip", "ari", "ami", "events", "http", "listeners", "trunk")}
    head = f"""
[site]
name = "bench"
secrets = "secrets"
[asterisk]
sip_bind = "127.0.0.1:{ports["sip"]}"
ari = "127.0.0.1:{ports["ari"]}"
ami = "127.0.0.1:{ports["ami"]}"
events_listen = "127.0.0.1:{ports["events"]}"
rtp_ports = [{lowest}, {highest}]
rtp_timeout_s = 0
qualify_s = 0
codecs = ["ulaw"]
[http]
listen = "127.0.0.1:{ports["http"]}"
listeners_listen = "127.0.0.1:{ports["listeners"]}"
[database]
data_dir = "{folder / "postgres"}"
spool_dir = "{folder / "spool"}"
[[queues]]
name = "{QUEUE}"
strategy = "longest_idle"
ring_timeout_s = 15
wrap_up_s = 0
[[trunks]]
name = "carrier"
address = "sip:127.0.0.1:{ports["trunk"]}"
match = ["127.0.0.1"]
[[routes]]
destination = "queue:{QUEUE}"
"""
    return head + "".join(agent_toml(number, agent_port) for number in range(1, agents + 1))


def agent_toml(number: int, port: int) -> str:
    """Write one agent whose phone is always at the same address."""
    name = f"agent{number:04d}"
    return f'[[agents]]\nid = "{name}"\nqueues = ["{QUEUE}"]\nphone = "sip:{name}@127.0.0.1:{port}"\n'
