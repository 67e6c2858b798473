"""The part of floor.toml that says who is there: the site, Asterisk, queues, agents, phones and trunks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ami_listeners.settings import EventName, WrapUps
from ari_apps.configuration.announcements import AnnouncementSettings
from ari_apps.configuration.callback import CallbackSettings
from ari_apps.configuration.dispositions import DispositionSettings
from ari_apps.configuration.errors import suggest
from ari_apps.configuration.recording import QueueRecordingSettings
from ari_apps.configuration.surveys import QueueSurveySettings
from ari_apps.configuration.written_values import (
    HOST,
    Codec,
    Extension,
    Keys,
    Listen,
    Login,
    Name,
    Network,
    Number,
    SipUri,
    Source,
    Text,
    Timezone,
    sip_host,
)
from ari_apps.configuration.written_values import Address as Address
from ari_apps.destinations import Destination, DestinationKind, Reference, refer
from ari_apps.ivr.settings import NO_PROMPT, Language, Prompt, Section, Skills
from queue_strategies.definitions import USUAL_SERVICE_LEVEL
from queue_strategies.model import Absence, Autopause, EmptyRule
from queue_strategies.monitoring import Mode
from queue_strategies.recording import AgentRule

TEAM = re.compile(r"^(\*|[a-z0-9][a-z0-9_-]{0,39})$")
"""The name of a team, or `*` for everybody."""


class SiteSettings(Section):
    """The floor's name and what holds where nothing else is said."""

    name: Name = "callfloor"
    timezone: Timezone = "UTC"
    language: Language = "en"
    secrets: Path | None = None
    """The folder of the secrets, relative to floor.toml; None: in the user's data folder."""


class ListenSettings(Section):
    """What is kept of Asterisk's events beside facts, and what they do not tell of its queues."""

    raw: tuple[EventName, ...] = ()
    """Events of these names are kept as they came; `*`: also all that nobody folds."""
    wrap_up_s: WrapUps = Field(default_factory=dict)
    """The wrapuptime in queues.conf, which Asterisk tells nobody, by queue; `*`: of all others."""


class AsteriskSettings(Section):
    """Where Asterisk listens, and how the two of us find each other."""

    sip_bind: Listen = Address("127.0.0.1", 5060)
    """UDP and TCP."""
    external_address: str | None = Field(default=None, pattern=HOST.pattern)
    """What phones beyond a NAT see of us; None: there is no NAT."""
    local_networks: tuple[Network, ...] = ()
    """Networks on this side of the NAT."""
    rtp_ports: tuple[Annotated[int, Field(ge=1024, le=65535)], Annotated[int, Field(ge=1024, le=65535)]] = (
        10000,
        10999,
    )
    rtp_timeout_s: int = Field(default=60, ge=0, le=86400)
    """A call whose other side sends no sound at all for this long is ended; 0: never."""
    codecs: tuple[Codec, ...] = Field(default=("alaw", "ulaw", "g722", "opus"), min_length=1)
    """In the order of preference."""
    qualify_s: int = Field(default=15, ge=0, le=3600)
    """Phones and trunks are asked this often whether they are there; 0: never."""
    ari: Listen = Address("127.0.0.1", 8088)
    """Asterisk's HTTP server: ARI, and phones in browsers."""
    ari_connect: Address | None = None
    """How callfloor reaches it; None: at `ari`. Likewise ami_connect, and events_connect for Asterisk."""
    https: Listen | None = None
    """The same over TLS, as phones in browsers of other machines need it."""
    certificate: Path | None = None
    private_key: Path | None = None
    ami: Listen = Address("127.0.0.1", 5038)
    ami_connect: Address | None = None
    ami_user: str = Field(default="callfloor", pattern=r"^[\w.@-]{1,80}$")
    """The section of manager.conf by which callfloor logs in."""
    system: str = Field(default="", pattern=r"^[\w.-]{0,40}$")
    """What this Asterisk is called in a database that keeps facts of several; never changed afterwards."""
    permit: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    """From where ARI and AMI may be used."""
    events: Literal["auto", "outbound", "inbound"] = "auto"
    """`outbound`: Asterisk (22.5 or newer) connects to us, and a restart of ours loses no call."""
    events_listen: Listen = Address("127.0.0.1", 8090)
    events_connect: Address | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.rtp_ports[1] - self.rtp_ports[0] < 9:
            raise ValueError(f"rtp_ports = {list(self.rtp_ports)} leaves no room, write [lowest, highest]")
        if self.https and not self.certificate:
            raise ValueError("https needs a certificate: set certificate (and private_key) to its PEM files")
        return self

    @property
    def ari_address(self) -> Address:
        """Where callfloor reaches ARI."""
        return self.ari_connect or self.ari.reachable

    @property
    def ami_address(self) -> Address:
        """Where callfloor reaches AMI."""
        return self.ami_connect or self.ami.reachable

    @property
    def events_address(self) -> Address:
        """Where Asterisk's outbound WebSocket reaches callfloor."""
        return self.events_connect or self.events_listen.reachable


class HttpSettings(Section):
    """Where people and Prometheus reach callfloor."""

    listen: Listen = Address("127.0.0.1", 8080)
    listeners_listen: Listen = Address("127.0.0.1", 8081)
    proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed, about from where somebody asks."""
    session_minutes: int = Field(default=600, ge=1, le=10_080)
    """After a log-in one is known for so long."""
    log_ins_a_minute: int = Field(default=10, ge=1, le=10_000)
    """Tried by one name; of one address three times as many."""
    requests_a_minute: int = Field(default=1_200, ge=1, le=1_000_000)
    """Of one user, and with wrong tokens of one address."""


class ReconcileSettings(Section):
    """What Asterisk itself records of calls, to be compared with what is heard of them.

    A file, or the URL of a PostgreSQL, whose password is in the secrets `cdr` and `cel`; None: nothing.
    """

    cdr: str | None = Field(default=None, min_length=1)
    """Master.csv of cdr_csv with unique ids, or a database with a table of CDR."""
    cdr_table: str = Field(default="cdr", min_length=1)
    cel: str | None = Field(default=None, min_length=1)
    """What cel_custom writes, or a database with a table of CEL."""
    cel_table: str = Field(default="cel", min_length=1)
    timezone: Timezone | None = None
    """By which clock their times are, where they do not say; None: the site's."""


class OverflowSettings(Section):
    """Where a queue sends a caller it lets go of; None: hang up."""

    timed_out: Destination | None = None
    left_empty: Destination | None = None
    full: Destination | None = None
    exited_by_key: Destination | None = None
    withdrawn: Destination | None = None

    def references(self, place: str) -> Iterator[Reference]:
        """Yield every name used here."""
        for outcome in type(self).model_fields:
            yield from refer(f"{place}.{outcome}", getattr(self, outcome))


def _empty(given: object) -> object:
    """Read when a queue counts as empty: one of the rules, or a list of what makes a member absent."""
    if isinstance(given, list | tuple | set | frozenset):
        known = [absence.value for absence in Absence]
        for name in given:
            if name not in known:
                raise ValueError(f"{name!r} is no state of a member, {suggest(str(name), known)}")
        return frozenset(Absence(name) for name in given)
    if given not in set(EmptyRule):
        known = [rule.value for rule in EmptyRule]
        raise ValueError(f"{given!r} is no rule, {suggest(str(given), known)}, or write a list of states")
    return EmptyRule(str(given))


Empty = Annotated[EmptyRule | frozenset[Absence], BeforeValidator(_empty)]


class QueueSettings(Section):
    """A line of waiting callers; see queue_strategies.model.Queue for what each rule means."""

    name: Name
    strategy: str = "longest_idle"
    weight: int = Field(default=0, ge=-1000, le=1000)
    share: float = Field(default=1.0, gt=0, le=1000)
    skills: Skills = Field(default_factory=dict)
    rule: Name | None = None
    """One of [rules]."""
    penalty_members_limit: int = Field(default=0, ge=0, le=100_000)
    last_agent_patience_s: float = Field(default=0.0, ge=0, le=86400)
    resume_s: float = Field(default=0.0, ge=0, le=86400)
    offers_per_agent: int | None = Field(default=None, ge=1, le=1000)
    ring_progressively_delay_s: float = Field(default=10.0, gt=0, le=600)
    skill_worth_s: float = Field(default=60.0, ge=0, le=1_000_000)
    handle_time_worth: float = Field(default=10.0, ge=0, le=1000)
    ring_timeout_s: float = Field(default=20.0, gt=0, le=600)
    rest_s: float = Field(default=5.0, ge=0, le=3600)
    unreachable_rest_s: float = Field(default=30.0, ge=0, le=3600)
    not_responding_after: int | None = Field(default=None, ge=1, le=1000)
    autopause: Autopause = Autopause.NO
    autopause_delay_s: float = Field(default=0.0, ge=0, le=86400)
    autopause_declined: bool = False
    autopause_unreachable: bool = False
    wrap_up_s: float = Field(default=0.0, ge=0, le=86400)
    max_talking: int | None = Field(default=None, ge=1, le=100_000)
    retry_s: float = Field(default=0.0, ge=0, le=3600)
    ring_in_use: bool = False
    max_wait_s: float | None = Field(default=None, gt=0, le=86400)
    max_length: int | None = Field(default=None, ge=0, le=100_000)
    join_when_empty: Empty = EmptyRule.NOBODY_LOGGED_IN
    leave_when_empty: Empty = EmptyRule.NOBODY_LOGGED_IN
    exit_keys: Keys = ""
    short_abandon_s: float = Field(default=5.0, ge=0, le=3600)
    service_level_s: float = Field(default=20.0, gt=0, le=86400)
    service_level_formula: str = USUAL_SERVICE_LEVEL
    service_level_target: float = Field(default=0.8, gt=0, lt=1)
    music: Name = "default"
    announcements: AnnouncementSettings = AnnouncementSettings()
    callback: CallbackSettings | None = None
    """Callers may keep the place without the line; None: they may not."""
    dispositions: DispositionSettings | None = None
    """What its calls may have been about; None: nobody says."""
    survey: QueueSurveySettings | None = None
    """What customers are asked whose agent has hung up; None: nothing."""
    briefing: Prompt = NO_PROMPT
    """What an agent hears who answers, before the two are bridged; None: nothing."""
    briefing_max_s: float = Field(default=15.0, gt=0, le=60)
    overflow: OverflowSettings = OverflowSettings()
    recording: QueueRecordingSettings = QueueRecordingSettings()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        needs = {"timed_out": "max_wait_s", "full": "max_length", "exited_by_key": "exit_keys"}
        for outcome, field in needs.items():
            if getattr(self.overflow, outcome) is not None and getattr(self, field) in (None, ""):
                raise ValueError(f"overflow.{outcome} can never happen without {field}")
        extras = ("autopause_delay_s", "autopause_declined", "autopause_unreachable")
        if self.autopause is Autopause.NO and (said := [one for one in extras if getattr(self, one)]):
            raise ValueError(f'{said[0]} does nothing without autopause = "queue" or "all"')
        if self.exit_keys and self.overflow.exited_by_key is None:
            raise ValueError("exit_keys lead nowhere, say where in overflow.exited_by_key")
        return self


class MembershipSettings(Section):
    """An agent's place in a queue; the queue's name alone will do."""

    queue: Name
    penalty: int = Field(default=0, ge=0, le=1000)


def _as_membership(given: object) -> object:
    return {"queue": given} if isinstance(given, str) else given


class PhoneSettings(Section):
    """A SIP account."""

    id: Name
    """Also the account's name; its password is in the secrets."""
    name: Text = ""
    extension: Extension | None = None
    webrtc: bool = False
    """In a browser."""
    phone: SipUri | None = None
    """Where it always is; None: it registers."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.webrtc and self.phone:
            raise ValueError("webrtc and phone exclude each other, a browser registers")
        return self


class AgentSettings(PhoneSettings):
    """A person who takes calls, and that person's phone."""

    team: Name | None = None
    """Team leads and supervisors of a team are there for its agents; None: only for all are there."""
    queues: tuple[Annotated[MembershipSettings, BeforeValidator(_as_membership)], ...] = ()
    skills: Skills = Field(default_factory=dict)
    wrap_up_s: float | None = Field(default=None, ge=0, le=86400)
    """None: as each queue says."""
    recording: AgentRule = AgentRule.AS_QUEUE


class TrunkSettings(Section):
    """A line to the outside world."""

    name: Name
    address: SipUri
    match: tuple[Source, ...] = ()
    """Addresses whose calls are this trunk's; none given: the host of `address`."""
    username: Login | None = None
    """With a password in the secrets: our answer when the carrier asks who we are."""
    registers: bool = Field(default=False, alias="register")
    """We register with the carrier under `username`."""
    number: Number | None = None
    """What a carrier that we register with calls us by; None: nothing, and `to` of a route is empty."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.registers and not self.username:
            raise ValueError("register needs a username to register")
        return self

    @property
    def host(self) -> str:
        """The host of the address."""
        return sip_host(self.address)


class OutboundSettings(Section):
    """How calls leave the house."""

    trunk: Name | None = None
    caller_id: Number | None = None
    """The number shown to those we call; None: the trunk's own choice."""


def _endpoint(given: Destination) -> Destination:
    if given.kind not in (DestinationKind.EXTENSION, DestinationKind.NUMBER):
        raise ValueError(f"{given} is no phone, write one as in extension:200 or number:+4930123")
    return given


class SupervisorSettings(Section):
    """A person who may be on the calls of agents."""

    id: Name
    name: Text = ""
    endpoint: Annotated[Destination, AfterValidator(_endpoint)]
    """The phone that rings: an extension of the house, or a number outside."""
    modes: Mapping[Annotated[str, Field(pattern=TEAM.pattern)], tuple[Mode, ...]]
    """In which modes agents of which team may be heard; the team `*` is everybody."""


class MonitoringSettings(Section):
    """What holds for all supervisors."""

    announcement: Prompt = NO_PROMPT
    """What an agent hears, over the call, when a supervisor comes; None: nothing."""
    ring_timeout_s: float = Field(default=30.0, gt=0, le=600)


class MusicSettings(Section):
    """Music for those who wait: every sound file of a folder."""

    directory: Path
    random: bool = False
