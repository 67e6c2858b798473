"""One file describes a floor: floor.toml, read into a typed configuration that cannot change."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, PrivateAttr, SecretStr

from ami_listeners.settings import AmiSettings, DatabaseSettings, RetentionSettings
from ari_apps.configuration.checks import find_problems
from ari_apps.configuration.errors import validate
from ari_apps.configuration.mail import MailSettings
from ari_apps.configuration.recording import RecordingsSettings
from ari_apps.configuration.rules import CallersSettings, Rule, floor_rule
from ari_apps.configuration.settings import (
    AgentSettings,
    AsteriskSettings,
    HttpSettings,
    ListenSettings,
    MonitoringSettings,
    MusicSettings,
    OutboundSettings,
    PhoneSettings,
    QueueSettings,
    ReconcileSettings,
    SiteSettings,
    SupervisorSettings,
    TrunkSettings,
)
from ari_apps.configuration.surveys import SurveySettings
from ari_apps.configuration.written_values import Name
from ari_apps.feature_codes import FeatureCodes
from ari_apps.ivr.ivr_settings import IvrSettings
from queue_strategies.errors import CallfloorError
from queue_strategies.events import FloorConfigured
from queue_strategies.model import Agent, AgentId, Membership, Queue, QueueName, Skill
from queue_strategies.monitoring import Supervisor, SupervisorsConfigured

DIRECT_MAX_WAIT_S = 60.0
"""How long a caller waits on one agent's own line."""


class ConfigurationError(CallfloorError):
    """A floor.toml cannot be used; each line of the message is one problem with its place and remedy."""


class UnreadableError(ConfigurationError):
    """There is no floor.toml to speak of: it is missing, or cannot be read at all."""


class FloorConfiguration(IvrSettings):
    """Everything floor.toml says; calendars, routes, menus and voicemail are inherited."""

    site: SiteSettings = SiteSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    http: HttpSettings = HttpSettings()
    listen: ListenSettings = ListenSettings()
    database: DatabaseSettings = DatabaseSettings()
    retention: RetentionSettings = RetentionSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    recordings: RecordingsSettings = RecordingsSettings()
    mail: MailSettings | None = None
    music: Mapping[Name, MusicSettings] = Field(default_factory=dict)
    callers: CallersSettings = CallersSettings()
    rules: Mapping[Name, Rule] = Field(default_factory=dict)
    surveys: Mapping[Name, SurveySettings] = Field(default_factory=dict)
    queues: tuple[QueueSettings, ...] = ()
    agents: tuple[AgentSettings, ...] = ()
    phones: tuple[PhoneSettings, ...] = ()
    trunks: tuple[TrunkSettings, ...] = ()
    outbound: OutboundSettings = OutboundSettings()
    feature_codes: FeatureCodes = FeatureCodes()
    monitoring: MonitoringSettings = MonitoringSettings()
    supervisors: tuple[SupervisorSettings, ...] = ()
    _path: Path = PrivateAttr(default=Path("floor.toml"))

    @property
    def path(self) -> Path:
        """The file it was read from."""
        return self._path

    def floor_queues(self) -> tuple[Queue, ...]:
        """Give the queues as the Floor knows them: those of the file, and one direct line for each agent."""
        named = (floor_queue(queue, self.rules.get(queue.rule or "", ())) for queue in self.queues)
        return (*named, *(direct_line(agent.id) for agent in self.agents))

    def floor_agents(self) -> tuple[Agent, ...]:
        """Give the agents as the Floor knows them, each a member of the own direct line too."""
        return tuple(map(floor_agent, self.agents))

    def floor_configured(self) -> FloorConfigured:
        """Give all that the Floor is to know."""
        return FloorConfigured(
            self.floor_queues(), self.floor_agents(), self.callers.order, self.callers.ageing_s
        )

    def supervisors_configured(self) -> SupervisorsConfigured:
        """Give who may hear whom, as monitoring is to know it."""
        supervisors = tuple(
            Supervisor(one.id, {team: frozenset(modes) for team, modes in one.modes.items()})
            for one in self.supervisors
        )
        return SupervisorsConfigured(supervisors, {AgentId(one.id): one.team for one in self.agents})

    def accounts(self) -> Iterator[PhoneSettings]:
        """Yield every SIP account, agents first."""
        yield from self.agents
        yield from self.phones

    @cached_property
    def queues_by_name(self) -> Mapping[str, QueueSettings]:
        """Every queue of the file."""
        return {queue.name: queue for queue in self.queues}

    @cached_property
    def agents_by_id(self) -> Mapping[str, AgentSettings]:
        """Every agent of the file."""
        return {agent.id: agent for agent in self.agents}

    @cached_property
    def teams(self) -> frozenset[str]:
        """Every team that agents are in."""
        return frozenset(agent.team for agent in self.agents if agent.team is not None)

    def team_of(self, agent: str) -> str | None:
        """Return an agent's team; None for an agent without one, and for one that is not there."""
        found = self.agents_by_id.get(agent)
        return None if found is None else found.team

    def queue(self, name: str) -> QueueSettings | None:
        """Find a queue by name."""
        return self.queues_by_name.get(name)

    def agent(self, name: str) -> AgentSettings | None:
        """Find an agent by id."""
        return self.agents_by_id.get(name)

    def account_of_extension(self, extension: str) -> PhoneSettings | None:
        """Find the agent or phone that has an extension."""
        return next((account for account in self.accounts() if account.extension == extension), None)

    def secrets_dir(self) -> Path:
        """Name the folder of the secrets."""
        if self.site.secrets is not None:
            return self.path.absolute().parent / self.site.secrets.expanduser()
        return platformdirs.user_data_path("callfloor") / self.site.name / "secrets"

    def asterisk_dir(self) -> Path:
        """Name the folder from which this floor's own Asterisk runs: configuration, and state below it."""
        return platformdirs.user_state_path("callfloor") / self.site.name / "asterisk"

    def recordings_dir(self) -> Path:
        """Name the folder in which recordings are kept."""
        if self.recordings.folder is not None:
            return self.path.absolute().parent / self.recordings.folder.expanduser()
        return platformdirs.user_data_path("callfloor") / self.site.name / "recordings"

    def ami_settings(self, secret: str) -> AmiSettings:
        """Say how the listeners log in to Asterisk."""
        address = self.asterisk.ami_address
        user = self.asterisk.ami_user
        return AmiSettings(
            host=address.host,
            port=address.port,
            username=user,
            secret=SecretStr(secret),
            raw=self.listen.raw,
            wrap_up_s=self.listen.wrap_up_s,
        )


def floor_queue(settings: QueueSettings, rule: Rule) -> Queue:
    """Make the Floor's queue of the file's."""
    heard = {"music", "announcements", "briefing", "briefing_max_s", "callback", "survey", "recording"}
    own = {"name", "overflow", "exit_keys", "rule", "dispositions"}
    same = settings.model_dump(exclude=own | heard)
    return Queue(
        name=QueueName(settings.name),
        exit_keys=frozenset(settings.exit_keys),
        announcements=settings.announcements.rules(),
        callback=settings.callback.rules() if settings.callback else None,
        briefing_s=settings.briefing_max_s if settings.briefing.by_language else 0.0,
        rule=floor_rule(rule),
        disposition_required=settings.dispositions is not None and settings.dispositions.required,
        **same,
    )


def direct_line(agent: str) -> Queue:
    """Make the line on which one agent is called in person."""
    return Queue(name=direct_line_name(agent), direct=True, max_wait_s=DIRECT_MAX_WAIT_S)


def direct_line_name(agent: str) -> QueueName:
    """Name that line; no queue of the file can have a name with a slash."""
    return QueueName(f"agent/{agent}")


def floor_agent(settings: AgentSettings) -> Agent:
    """Make the Floor's agent of the file's."""
    memberships = {QueueName(place.queue): Membership(penalty=place.penalty) for place in settings.queues}
    return Agent(
        id=AgentId(settings.id),
        name=settings.name or settings.id,
        queues=memberships | {direct_line_name(settings.id): Membership()},
        skills={Skill(skill): level for skill, level in settings.skills.items()},
        wrap_up_s=settings.wrap_up_s,
    )


def load(path: Path) -> FloorConfiguration:
    """Read a floor.toml; raises ConfigurationError with every problem in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin with a byte order mark
    except FileNotFoundError:
        raise UnreadableError(f"{path}: there is no such file, name one or copy deploy/floor.toml") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: byte {error.start} is not UTF-8, save the file as UTF-8") from None
    except IsADirectoryError:
        raise UnreadableError(f"{path}: is a folder, name the file in it") from None
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror}") from None
    return load_text(text, path)


def load_text(text: str, path: Path = Path("floor.toml")) -> FloorConfiguration:
    """Read the text of a floor.toml; `path` is the name problems are told with."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name}: is not TOML: {error}") from None
    return load_data(data, path)


def load_data(data: dict[str, Any], path: Path = Path("floor.toml")) -> FloorConfiguration:
    """Make a configuration of what a floor.toml holds; raises ConfigurationError with every problem."""
    configuration, problems = validate(FloorConfiguration, data)
    if configuration is not None:
        problems += find_problems(configuration, data)
    if problems or configuration is None:
        told = dict.fromkeys(f"{path.name}: {problem}" for problem in problems)
        raise ConfigurationError("\n".join(told))
    configuration._path = path
    return configuration
