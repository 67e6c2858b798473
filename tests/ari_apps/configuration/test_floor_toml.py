# ruff: noqa: E501 - a table of problems reads best with one a line
from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ari_apps.commands import configuration as commands
from ari_apps.configuration.floor_toml import (
    ConfigurationError,
    UnreadableError,
    floor_queue,
    load,
    load_data,
    load_text,
)
from ari_apps.configuration.settings import QueueSettings
from ari_apps.configuration.written_values import Address
from queue_strategies.model import AgentId, Membership, Queue, QueueName

EXAMPLE = Path("deploy/floor.toml")
FLOOR = EXAMPLE.read_text(encoding="utf-8")


def problems(toml: str) -> list[str]:
    """Give the lines that are told about a floor.toml, without its name."""
    with pytest.raises(ConfigurationError) as told:
        load_text(toml)
    lines = str(told.value).splitlines()
    assert all(line.startswith("floor.toml: ") for line in lines)
    return [line.removeprefix("floor.toml: ") for line in lines]


def changed(*pairs: tuple[str, str]) -> str:
    """Give the example with some texts replaced, each of which must be there."""
    text = FLOOR
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_the_example_is_a_floor_with_queues_agents_and_their_own_lines() -> None:
    floor = load(EXAMPLE)
    queues = {queue.name: queue for queue in floor.floor_queues()}
    assert list(queues) == ["sales", "support", "agent/anna", "agent/bob"]
    sales = queues[QueueName("sales")]
    assert (sales.ring_timeout_s, sales.max_wait_s, sales.exit_keys) == (15, 300, frozenset("0"))
    assert sales.announcements is not None
    assert (sales.announcements.messages, sales.announcements.estimate, sales.briefing_s) == (2, "p80", 15)
    assert queues[QueueName("support")].announcements is None
    line = queues[QueueName("agent/anna")]
    assert line.direct
    assert line.max_wait_s
    assert not sales.direct
    anna = floor.floor_agents()[0]
    assert anna.id == AgentId("anna")
    assert anna.queues == {
        "sales": Membership(),
        "support": Membership(penalty=1),
        "agent/anna": Membership(),
    }
    assert floor.asterisk.ari_address == Address("127.0.0.1", 8088)
    assert floor.secrets_dir().parts[-3:] == ("callfloor", "acme", "secrets")


def test_what_is_commented_out_in_the_example_is_right_too() -> None:
    shown = []
    for line in FLOOR.splitlines():
        bare = line.removeprefix("# ")
        shown.append(bare if line != bare and (" = " in bare.split("#")[0] or bare.startswith("[")) else line)
    assert sum(a != b for a, b in zip(shown, FLOOR.splitlines(), strict=True)) >= 15
    text = "\n".join(line for line in shown if not line.startswith(("ari_connect,", "phone =")))
    floor = load_text(text)
    assert floor.trunks[0].registers
    assert floor.music["own"].random
    assert floor.asterisk.https == Address("0.0.0.0", 8089)


def test_an_unknown_field_is_told_with_the_nearest_right_name() -> None:
    assert problems(changed(("max_wait_s = 300", "max_wiat_s = 300"))) == [
        "queues[0].max_wiat_s: unknown field, did you mean max_wait_s?"
    ]
    assert problems("[asterisk]\nsip_bnd = 1\n[qeues]\n") == [
        "asterisk.sip_bnd: unknown field, did you mean sip_bind?",
        "qeues: unknown field, did you mean queues?",
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = problems(
        changed(
            ('timezone = "Europe/Berlin"', 'timezone = "Europe/Berln"'),
            ("ring_timeout_s = 15", "ring_timeout_s = -1"),
            ("penalty = 1 }", 'penalty = "high" }'),
            ('id = "bob"', 'id = "Bob!"'),
            ('extension = "102"', 'extension = "101"'),
            ('2 = "queue:support"', '2 = "queue:suport"'),
            ('strategy = "best-skill"', 'strategy = "best_skil"'),
        )
    )
    assert told == [
        "site.timezone: unknown time zone 'Europe/Berln', did you mean Europe/Berlin?",
        "queues[0].ring_timeout_s: should be greater than 0, not -1",
        "agents[0].queues[1].penalty: should be a valid integer, unable to parse string as an integer, not 'high'",
        "agents[1].id: 'Bob!' is no name, write small letters, digits, - and _ (at most 40)",
        "agents[1].extension: '101' is taken by agents[0].extension, choose another",
        "menus.main.keys.2: there is no queue 'suport', did you mean support?",
        "queues[1].strategy: unknown strategy 'best_skil', did you mean best-skill?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"menu:closed", full', '"menu:closd", full', "queues[0].overflow.left_empty: there is no menu 'closd', did you mean closed?"),
        ('calendar = "office"', 'calendar = "offce"', "routes[0].routes[0].calendar: there is no calendar 'offce', did you mean office?"),
        ('then = "voicemail:sales"', 'then = "voicemail:sale"', "menus.closed.then: there is no voicemail 'sale', did you mean sales?"),
        ('trunk = "carrier"', 'trunk = "carier"', "outbound.trunk: there is no trunk 'carier', did you mean carrier?"),
        ('gold = "queue:sales"', 'gold = "agent:ana"', "menus.account.answers.gold: there is no agent 'ana', did you mean anna?"),
        ('gold = "queue:sales"', 'gold = "extension:100"', "menus.account.answers.gold: there is no extension '100', did you mean 200?"),
        ('trunk = "carrier"', "", "queues[0].callback: needs a line to the outside world, name one in outbound.trunk"),
        ('key = "2"', 'key = "0"', "queues[0].callback.key: '0' is one of exit_keys already, choose another key"),
        ('hours = "office"', 'hours = "offce"', "queues[0].callback.hours: there is no calendar 'offce', did you mean office?"),
        ('numbers = ["+49*", "0*"]', 'numbers = ["+49*", "0*9"]', "queues[0].callback.numbers: '0*9' is no number, write digits, and * at the end for a prefix: \"+49*\""),
        ('numbers = ["+49*", "0*"]', "", "queues[0].callback.numbers: is missing"),
        ('# call_back_numbers = ["+49*", "0*"]', 'call_back_numbers = "anonymous"', "voicemail.sales.call_back_numbers: 'anonymous' is no number, write digits, and * at the end"),
        ('# greeting_code = "1"', 'greeting_code = "1x"', "voicemail.sales.greeting_code: "),
        ('# greeting_code = "1"', 'greeting_code = "1"\n[voicemail.other]\nof = "agent:bob"\ngreeting_code = "1"', "voicemail.other.greeting_code: '1' is taken by voicemail.sales, choose another"),
        ('# greeting_code = "1"', 'greeting_code = "1"\n[voicemail.other]\ngreeting_code = "2"', "voicemail.other.greeting_code: is for those whose box it is: say of, as in queue:sales"),
        ('greeting = "*17"', 'greeting = "*16"', "feature_codes: *16 begins or equals another code, give each its own"),
        ('max_digits = 15', 'max_digits = 4', "queues[0].callback: min_digits = 5 is more than max_digits = 4"),
        ('server = "127.0.0.1:25"', 'server = "mail.example:25"\nsecurity = "none"', "mail: security = 'none' lets everybody on the way to mail.example:25 read along, write starttls or tls"),
        ('server = "127.0.0.1:25"', 'server = "mail.example"', "mail.server: 'mail.example' is no address, write host:port"),
        ('from = "callfloor@example.com"', 'from = "a@b.example\\r\\nBcc: x@y.example"', "mail.from: 'a@b.example\\r\\nBcc: x@y.example' is no mail address, write one alone"),
        ('from = "callfloor@example.com"', 'from = "callfloor@example.com"\npassword = "geheim"', "mail.password: belongs in the secret `mail`, not in this file"),
        ('mail = ["sales@example.com"]', 'mail = "Sales <sales@example.com>"', "voicemail.sales.notify.mail[0]: 'Sales <sales@example.com>' is no mail address, write one alone"),
        ('# webhook = "https://crm', 'webhook = "http://crm', "voicemail.sales.notify.webhook: 'http://crm.example/hooks/voicemail' lets everybody on the way read along, write https://"),
        ('# webhook = "https://crm', 'webhook = "https://u:p@crm', "voicemail.sales.notify.webhook: holds a user or a password"),
        ('resolved = ["solved"]', 'resolved = ["solvd"]', "queues[0].dispositions: has no 'solvd' to be resolved or not, did you mean solved?"),
        ('resolved = ["solved"]', 'resolved = ["call-again"]', "queues[0].dispositions: has 'call-again' as both resolved and unresolved, leave it to one"),
        ('music = "default"', 'music = "owl"', "queues[0].music: there is no music 'owl', known are default"),
        ('queues = ["support"]', 'queues = ["support", "support"]', "agents[1].queues[1]: 'support' is taken by agents[1].queues[0], choose another"),
        ('id = "lobby"', 'id = "carrier"', "trunks[0].name: 'carrier' is taken by phones[0].id, choose another"),
        ('ami = "127.0.0.1:5038"', 'ami = "127.0.0.1:8088"', "asterisk.ami: 127.0.0.1:8088 is already asterisk.ari, choose another port"),
        ('ami = "127.0.0.1:5038"', 'ami = "localhost:5038"', "asterisk.ami: 'localhost' is no IP address, and Asterisk listens on those only"),
        ('ami = "127.0.0.1:5038"', 'ami = "0.0.0.0:5038"', "asterisk.ami: 0.0.0.0:5038 is open to others, but asterisk.permit lets none of them in"),
        ("rtp_ports = [10000, 10999]", "rtp_ports = [5000, 5999]", "asterisk.rtp_ports: holds the port of sip_bind, 5060, choose others"),
        ('name = "support"', 'name = "general"', "queues[1].name: 'general' has a meaning of its own for Asterisk, choose another"),
        ('rule = "patience"', 'rule = "patience1"', "queues[0].rule: there is no rule 'patience1', did you mean patience?"),
        ('order = "priority"', 'order = "prority"', "callers.order: unknown order 'prority', did you mean priority?"),
        ('order = "priority"', 'order = "priority"\nageing_s = 9', "callers.ageing_s: is for order 'priority-ageing', here it is 'priority'"),
        ('strategy = "best-skill"', 'strategy = "rrmemory"', "queues[1].skill_worth_s: is for strategy 'best-skill', this queue has 'rrmemory'"),
        ('skills = { english = 2 }', 'skills = { englsh = 2 }', "queues[0].skills.englsh: no member has englsh at level 2, did you mean english?"),
        ('skills = { french = 1 }        #', 'skills = { frensh = 1 }        #', "routes[0].routes[1].skills.frensh: no agent has the skill 'frensh', did you mean french?"),
        ('skills = { english = 3,', 'skills = { english = 0,', "agents[0].skills.english: should be greater than or equal to 1, not 0"),
        ('max_penalty = "+1"', 'max_penalty = "1"', "rules.patience[1].max_penalty: '1' is no penalty, write a number, or a change such as \"+1\""),
        ('{ after_s = 0, max_penalty = 0 }', '{ after_s = 0, max_penalty = 0, min_penalty = 3 }', "rules.patience: after 0 s min_penalty 3 is above max_penalty 0: nobody could be rung, lower the one or raise the other"),
        ('after_s = 60, max', 'after_s = 30, max', "rules.patience[2].after_s: 30 s has a step already, make them one"),
        ('join_when_empty = "nobody_logged_in"', 'join_when_empty = "nobody"', "queues[0].join_when_empty: 'nobody' is no rule, did you mean nobody_unpaused?, or write a list of states"),
        ('service_level_formula = "answered_within/answered_and_abandoned_not_short"', 'service_level_formula = "answered_within/ofered"', "queues[0].service_level_formula: unknown formula 'answered_within/ofered', did you mean answered_within/offered?"),
        ('["paused", "unreachable"', '["pausd", "unreachable"', "queues[0].leave_when_empty: 'pausd' is no state of a member, did you mean paused?"),
        ('autopause = "queue"', "autopause_delay_s = 30", 'queues[0]: autopause_delay_s does nothing without autopause = "queue" or "all"'),
        ('exit_keys = "0"', "", "queues[0]: overflow.exited_by_key can never happen without exit_keys"),
        ("max_length = 50", "", "queues[0]: overflow.full can never happen without max_length"),
        ('# register = true', 'register = true', "trunks[0]: register needs a username to register"),
        ('address = "sip:127.0.0.2:5060"', 'address = "sip:192.0.2.9"', "trunks[0].address: 192.0.2.9 is beyond this machine"),
        ('to = "+4930123*"', 'to = "+4930x"', "routes[0].to: '+4930x' is no number"),
        ('when = "closed"', "", "routes[0].routes[0].when: calendar and when belong together"),
        ('# url = "postgresql://callfloor@', 'url = "postgresql://callfloor:geheim@', "database.url: holds a password"),
        ('then = "menu:main"', 'then = "menu:opening_hours"', "menus.opening_hours.then: goes round for ever"),
        ('position = "more_than"', 'position = "allways"', "queues[0].announcements.position: "),
        ('position = "more_than"', 'position = "always"', "queues[0].announcements: position_limit does nothing without position = \"limit\" or \"more_than\""),
        ('estimate = "p80"', "", "queues[0].announcements: estimate_once does nothing without estimate"),
        ('messages = [', '# messages = [', "queues[0].announcements: message_start_s does nothing without messages"),
        ('"silence:1"]', '"silence 1"]', "queues[0].announcements.messages[1]: 'silence 1' cannot be played"),
        ('briefing = ["say:', 'briefing = ["sey:', "queues[0].briefing: "),
        ('endpoint = "extension:200"', 'endpoint = "extension:20"', "supervisors[0].endpoint: there is no extension '20', did you mean 200?"),
        ('endpoint = "extension:200"', 'endpoint = "queue:sales"', "supervisors[0].endpoint: queue:sales is no phone, write one as in extension:200"),
        ('modes = { north =', 'modes = { nort =', "supervisors[0].modes.nort: there is no team 'nort', did you mean north?"),
        ('["listen", "whisper", "barge"', '["listen", "wisper", "barge"', "supervisors[0].modes.north[1]: should be 'listen', 'whisper', 'barge' or 'take_over', not 'wisper'"),
        ('name = "Anna Abel"', 'name = "Anna\\nAbel"', "agents[0].name: 'Anna\\nAbel' holds a character that cannot be printed"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_place_and_remedy(old: str, new: str, told: str) -> None:
    text = changed((old, new))
    if not told:
        load_text(text)
        return
    assert any(problem.startswith(told) for problem in problems(text)), problems(text)


MISSPELT = """
[site]
name = "misspelt"

[[trunks]]
name = "carrier"
address = "sip:carrier.example"

[outbound]
trunk = "carrier"

[[agents]]
id = "anna"
queues = ["sales"]

[[queues]]
name = "sales"
briefing = ["say:{queu}: {caller_name} has waited {minutes} minutes"]
announcements = { position = "always", messages = ["say:{calle}, {position}"], said_position = ["number:{positon}"] }
callback = { numbers = ["+49*"], said_number = ["digits:{callback}", "digits:{calback}"] }

[menus.main]
prompt = { en = ["sound:welcome|Welcome, {nme}", "say:{value} {name} {account} {digits} {called}"] }
digits = { max = 4 }
lookup = { url = "http://127.0.0.1:9000/{digits}", keep = { name = "customer.name" } }

[menus.account]
digits = { max = 4 }
invalid_prompt = "digits:{digit}"
"""


def test_a_placeholder_for_which_nothing_stands_is_told_with_the_nearest_that_is_filled_in_there() -> None:
    assert problems(MISSPELT) == [
        "queues[0].briefing: nothing stands for {queu} here, did you mean queue?",
        "queues[0].announcements.messages[0]: nothing stands for {calle} here, did you mean caller?",
        "queues[0].announcements.messages[0]: nothing stands for {position} here, known are account, called, caller, caller_name, digits, main, name, value",
        "queues[0].announcements.said_position: nothing stands for {positon} here, did you mean position?",
        "queues[0].callback.said_number: nothing stands for {calback} here, did you mean callback?",
        "menus.main.prompt: nothing stands for {nme} here, did you mean name?",
        "menus.account.invalid_prompt: nothing stands for {digit} here, did you mean digits?",
    ]


def test_where_python_leads_calls_it_may_fill_in_any_placeholder() -> None:
    load_text(f'{MISSPELT}\n[[routes]]\nto = "100"\ndestination = "python:my_ivr:main"\n')


def test_a_number_needs_a_line_to_the_outside_world() -> None:
    text = changed(
        ('trunk = "carrier" ', ""),
        ('gold = "queue:sales"', 'gold = "number:+4930999"'),
        ("# call_back_numbers", "call_back_numbers"),
    )
    assert problems(text) == [
        "menus.account.answers.gold: number: needs a line to the outside world, name one in outbound.trunk",
        "queues[0].callback: needs a line to the outside world, name one in outbound.trunk",
        "voicemail.sales.call_back_numbers: need a line to the outside world, name one in outbound.trunk",
    ]


def test_mail_needs_a_server_that_takes_it() -> None:
    assert problems('[voicemail.sales.notify]\nmail = "sales@example.com"\n') == [
        "voicemail.sales.notify.mail: needs a server that takes mail, name one in [mail]"
    ]


def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert problems("[site]\nname = 'acme'\nlanguage = \n") == [
        "is not TOML: Invalid value (at line 3, column 12)"
    ]
    with pytest.raises(UnreadableError, match="there is no such file, name one or copy"):
        load(tmp_path / "none.toml")
    (tmp_path / "floor.toml").write_bytes(b"[site]\nname = '\xff'\n")
    with pytest.raises(UnreadableError, match="byte 15 is not UTF-8"):
        load(tmp_path / "floor.toml")
    with pytest.raises(UnreadableError, match="is a folder, name the file in it"):
        load(tmp_path)
    (tmp_path / "floor.toml").write_bytes(b"\xef\xbb\xbf[site]\nname = 'acme'\n")
    assert load(tmp_path / "floor.toml").site.name == "acme", "a byte order mark does no harm"


def test_what_is_of_another_kind_is_told_with_how_to_write_it() -> None:
    assert problems(
        "queues = 'sales'\n[calendars.office]\nhours = '9-17'\n[[agents]]\nid = 'anna'\nwrap_up_s = true\n"
    ) == [
        "calendars.office.hours: should be a table, write [calendars.office.hours]",
        "queues: should be a list; for a list of tables write [[queues]]",
        "agents[0].wrap_up_s: should be a number, not true or false",
    ]


JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SECTIONS = [
    "site",
    "asterisk",
    "http",
    "database",
    "queues",
    "agents",
    "phones",
    "trunks",
    "outbound",
    "music",
]
SECTIONS += ["calendars", "routes", "menus", "voicemail"]
FIELDS = [
    "name",
    "id",
    "queues",
    "extension",
    "phone",
    "address",
    "match",
    "strategy",
    "rule",
    "rules",
    "skills",
    "after_s",
    "max_penalty",
    "overflow",
    "destination",
]
FIELDS += ["to", "keys", "hours", "sip_bind", "rtp_ports", "listen", "max_wait_s"]
TABLE = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)


@given(
    st.dictionaries(st.sampled_from(SECTIONS), JSON | TABLE | st.lists(TABLE | JSON, max_size=3), max_size=4)
)
def test_nonsense_is_told_or_taken_but_never_a_fault(data: dict[str, object]) -> None:
    with suppress(ConfigurationError):
        load_data(data)


def test_check_says_what_is_wrong_by_its_exit_status_too(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(commands.check)
    runner = CliRunner()
    good = runner.invoke(app, [str(EXAMPLE)])
    assert (good.exit_code, good.stdout) == (
        0,
        "deploy/floor.toml is right: 2 queues, 2 agents, 1 phone, 1 trunk, 1 route, 4 menus\n",
    )
    (tmp_path / "floor.toml").write_text(changed(("max_length", "max_lenght")))
    bad = runner.invoke(app, [str(tmp_path / "floor.toml")])
    assert bad.exit_code == 1
    assert bad.stdout.endswith("did you mean max_length?\n1 problem\n")
    assert isinstance(runner.invoke(app, [str(tmp_path / "none.toml")]).exception, UnreadableError)


def test_a_queue_that_says_nothing_has_the_rules_that_the_library_has() -> None:
    assert floor_queue(QueueSettings(name="sales"), ()) == Queue(name=QueueName("sales"))
