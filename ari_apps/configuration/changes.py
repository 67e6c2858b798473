"""Say which changes of a floor.toml a running floor can take over, and which need a restart."""

from __future__ import annotations

from collections.abc import Iterator

from ari_apps.configuration.floor_toml import ConfigurationError, FloorConfiguration

FIXED = ("site", "asterisk", "http", "database", "music", "phones", "trunks", "feature_codes")
"""What Asterisk's own configuration, listening sockets and open connections were made of."""
OF_A_PHONE = ("name", "phone", "webrtc", "extension")


class NeedsRestart(ConfigurationError):
    """A floor.toml differs in something that a running floor cannot change."""


def check_reloadable(before: FloorConfiguration, after: FloorConfiguration) -> None:
    """Raise NeedsRestart, naming every place, unless a running floor can take the change over."""
    places = list(_fixed(before, after))
    if places:
        raise NeedsRestart(
            f"{after.path.name}: {', '.join(places)} cannot change while callfloor runs: render and reload "
            "Asterisk's configuration where it is concerned, then restart callfloor; calls go on meanwhile"
        )


def _fixed(before: FloorConfiguration, after: FloorConfiguration) -> Iterator[str]:
    for field in FIXED:
        if getattr(before, field) != getattr(after, field):
            yield field
    for id_ in sorted(before.agents_by_id.keys() ^ after.agents_by_id.keys()):
        yield f"agents {id_} (new or gone)"
    for id_, agent in after.agents_by_id.items():
        earlier = before.agents_by_id.get(id_)
        for field in OF_A_PHONE:
            if earlier is not None and getattr(earlier, field) != getattr(agent, field):
                yield f"agents {id_}.{field}"
