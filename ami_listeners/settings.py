"""Say how the listeners reach Asterisk and the database, and how long they are patient with either."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

WrapUps = dict[str, Annotated[float, Field(ge=0, le=86_400)]]
EventName = Annotated[str, Field(pattern=r"^(\*|[A-Za-z0-9]{1,40})$")]


class Settings(BaseModel):
    """Refuse unknown fields and later changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(Settings):
    """Where facts are kept."""

    url: str | None = None
    """A libpq URL or connection string; None: the embedded server in the user's data folder."""
    password: SecretStr | None = None
    """Used beside a `url` that names none; from a file or the environment, never from the TOML."""
    data_dir: Path | None = None
    """The embedded server's data; None: the user's data folder."""
    spool_dir: Path | None = None
    """Facts on their way to the database; None: the user's state folder."""
    disk_least_bytes: int = Field(default=500_000_000, ge=0)
    """A disk of the spool with less room than this is told of, before it is full."""
    pool_max: int = Field(default=4, ge=1, le=100)
    connect_timeout_s: float = Field(default=5.0, gt=0)
    batch_s: float = Field(default=0.25, gt=0, le=10)
    """Facts are written together at least this often."""
    batch_max: int = Field(default=5_000, ge=1, le=10_000)
    """Facts written in one transaction at most."""


class RetentionSettings(Settings):
    """For how many days things are kept; 0: for ever. Figures and gaps are kept for ever."""

    facts_days: int = Field(default=400, ge=0, le=36_500)
    """What was told, word by word."""
    visits_days: int = Field(default=1_100, ge=0, le=36_500)
    """Contacts, calls, visits, offers, segments, agents' states: what reports list."""
    raw_days: int = Field(default=7, ge=0, le=36_500)
    """Events that nobody folds, kept because that was asked for."""
    personal_days: int = Field(default=0, ge=0, le=36_500)
    """Numbers, of which the ends are left afterwards, and names; 0: as long as what they stand in."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.visits_days and not 0 < self.facts_days <= self.visits_days:
            kept = f"{self.facts_days} days" if self.facts_days else "for ever"
            raise ValueError(
                f"facts are kept {kept}, visits for {self.visits_days}: visits are corrected by their facts, "
                "set facts_days no higher than visits_days"
            )
        if self.personal_days == 1:
            raise ValueError("personal_days = 1 would mask who is to be called back, write 2 or more")
        return self


class AmiSettings(Settings):
    """How the listener logs in to Asterisk's manager interface."""

    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=1, le=65535)
    username: str = "callfloor"
    secret: SecretStr = SecretStr("")
    connect_timeout_s: float = Field(default=5.0, gt=0)
    action_timeout_s: float = Field(default=5.0, gt=0)
    heartbeat_s: float = Field(default=5.0, gt=0)
    """A Ping is sent this often."""
    heartbeat_timeout_s: float = Field(default=5.0, gt=0)
    """A peer that leaves a Ping unanswered this long is frozen, and the connection is made anew."""
    backoff_min_s: float = Field(default=0.2, gt=0)
    backoff_max_s: float = Field(default=10.0, gt=0)
    queue_max: int = Field(default=20_000, ge=1)
    """Events that may wait to be folded; more are dropped, and the gap is recorded."""
    native_queues: bool = True
    """Fold the events of app_queue queues; they are counted beside the floor's own."""
    raw: tuple[EventName, ...] = ()
    """Events of these names are kept as they came; `*`: also all that nobody folds."""
    wrap_up_s: WrapUps = Field(default_factory=dict)
    """The wrapuptime of app_queue queues, of which Asterisk does not tell, by name; `*`: of all others."""
