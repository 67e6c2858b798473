"""Who may not is told so and nothing else, whatever is asked; and it is written down who tried."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ari_apps.console import api
from ari_apps.rights.register import PREFIX
from queue_strategies.rights import SCOPES, Scope
from tests.ari_apps.console.house import PASSWORD, PEOPLE, SALES, SUPPORT, House, answers, role_of
from tests.command_line import CommandLine, Said
from tests.floor_lab import hears

COMING_IN = ("POST", "/api/v1/sessions")


async def test_every_operation_names_the_right_it_needs_except_coming_in(house: House) -> None:
    needless = [(one.method, one.path) for one in house.operations if one.needs not in set(Scope)]
    assert needless == [COMING_IN]


async def test_nobody_does_anything_without_a_token(house: House) -> None:
    for one in house.operations:
        if (one.method, one.path) != COMING_IN:
            for who in ("", "callfloor_0_0", "\xff"):
                answer = await house.ask(who, one.method, one.on(agent="anna", queue="sales"))
                assert (answer.status, set(answer.body)) == (401, {"error"}), (one, answer)


@pytest.mark.parametrize("who", PEOPLE)
async def test_who_has_no_right_gets_403_and_nothing_else(house: House, who: str) -> None:
    before = (await house.ask("root", "GET", "/api/v1/users")).body
    beyond = [one for one in house.operations if one.needs and Scope(one.needs) not in SCOPES[role_of(who)]]
    for one in beyond:
        answer = await house.ask(who, one.method, one.on(agent="anna", queue="sales", user="admin"))
        assert answer.is_refusal, (one, answer)
        assert one.needs in answer.body["error"]
    noted = [(row["operation"], row["outcome"]) for row in await house.trail(who) if row["status"] == 403]
    assert [(f"{one.method} {one.path}", "refused") for one in beyond] == noted[-len(beyond) :] or not beyond
    assert (await house.ask("root", "GET", "/api/v1/users")).body == before


@pytest.mark.parametrize("who", ["lead.all", "super.all", "admin"])
async def test_who_has_the_right_is_not_refused(house: House, who: str) -> None:
    for one in house.operations:
        if one.needs and Scope(one.needs) in SCOPES[role_of(who)] and "sessions" not in one.path:
            answer = await house.ask(who, one.method, one.on(supervisor=who))
            assert answer.status not in (401, 403, 500), (one, answer)


@pytest.mark.parametrize("who", ["agent", "lead.north", "super.north"])
async def test_nobody_of_another_team_is_within_reach(house: House, who: str) -> None:
    """And nobody learns whether there is anybody of a name."""
    kinds = ("agent", "queue", "call", "recording", "voicemail")
    for one in house.operations:
        for names in ({"agent": "bob", "queue": "support"}, {"agent": "carlos", "queue": "agent/carlos"}, {}):
            if any(f"{{{kind}}}" in one.path for kind in kinds):
                answer = await house.ask(who, one.method, one.on(**names))
                assert answer.is_refusal, (one, answer)
    assert (await house.floor.get("agents/bob"))["state"] == "logged_out"


@pytest.mark.parametrize("who", ["lead.north", "super.north", "super.all"])
async def test_what_another_supervisor_is_on_is_nobodys_business(house: House, who: str) -> None:
    for verb in ("GET", "DELETE"):
        assert (await house.ask(who, verb, "/api/v1/monitorings/sue")).is_refusal
        assert (await house.ask("admin", verb, "/api/v1/monitorings/sue")).status == 404


async def test_a_call_is_seen_and_steered_by_those_whose_agents_have_it_alone(house: House) -> None:
    floor = house.floor
    await floor.come_to_work("anna", "bob")
    norths, souths = await house.talk(SALES, "anna"), await house.talk(SUPPORT, "bob")
    waiting = await floor.world.call(SUPPORT, from_number="+491709")
    await floor.until_waiting("support", 1)
    waits = (await floor.call_of("+491709"))["id"]

    async def sees(who: str) -> dict[str, set[str]]:
        shown = {
            kind: (await house.ask(who, "GET", f"/api/v1/{kind}")).body
            for kind in ("calls", "agents", "queues")
        }
        return {kind: {one.get("id") or one["name"] for one in many} for kind, many in shown.items()}

    everything = {
        "calls": {norths, souths, waits},
        "agents": {"anna", "bob", "carlos"},
        "queues": {"sales", "support"},
    }
    assert await sees("super.all") == await sees("admin") == everything
    own = {"calls": {norths}, "agents": {"anna"}, "queues": {"sales"}}
    assert await sees("lead.north") == await sees("super.north") == await sees("agent") == own
    refused = await answers(
        house,
        "super.north",
        [("POST", f"/api/v1/calls/{souths}/hang-up"), ("GET", f"/api/v1/calls/{waits}"),
         ("POST", f"/api/v1/calls/{waits}/withdraw"), ("POST", "/api/v1/agents/bob/log-out"),
         ("GET", "/api/v1/queues/support")],
    )  # fmt: skip
    assert all(answer.is_refusal for answer in refused), refused
    for who, place in (
        ("agent", "queue:support"),
        ("lead.north", "agent:bob"),
        ("super.north", "extension:102"),
    ):
        for verb in ("transfer", "consult"):
            sent = await house.ask(who, "POST", f"/api/v1/calls/{norths}/{verb}", {"to": place})
            assert sent.is_refusal, (who, verb, sent)
    for verb, to in (("move", {"queue": "support"}), ("withdraw", {"to": "queue:support"})):
        assert (await house.ask("lead.north", "POST", f"/api/v1/calls/{norths}/{verb}", to)).is_refusal, verb
        assert (await house.ask("lead.all", "POST", f"/api/v1/calls/{norths}/{verb}", to)).status == 409, verb
    assert (await house.ask("agent", "POST", f"/api/v1/calls/{souths}/hold")).is_refusal
    assert (await house.ask("agent", "POST", f"/api/v1/calls/{norths}/hold")).status == 204
    assert (await house.ask("lead.north", "POST", f"/api/v1/calls/{norths}/resume")).status == 204
    assert (await house.ask("lead.north", "POST", f"/api/v1/calls/{norths}/hang-up")).status == 204
    assert not waiting.is_over
    await floor.until_agent("bob", "talking")
    await floor.go_home()


async def test_reports_are_of_the_own_team(house: House) -> None:
    async def report(who: str, asked: str) -> Any:
        return await house.ask(who, "GET", f"/api/v1/reports/{asked}")

    await house.trail("")  # whatever was told is in the database
    assert (await report("lead.north", "queue")).status == 200
    for asked in (
        "queue?name=support",
        "agent?name=bob",
        "calls",
        "queue/contacts?measure=answered&key=support",
    ):
        assert (await report("lead.north", asked)).is_refusal, asked
        assert (await report("super.all", asked)).status == 200, asked
    seen = {row["queue"] for row in (await report("lead.north", "queue")).body["rows"]}
    assert seen <= {"sales"}
    assert {row["queue"] for row in (await report("super.all", "queue")).body["rows"]} >= {"sales", "support"}


# -- tokens and sessions ------------------------------------------------------------------------------------


async def test_a_token_is_worth_what_it_grants_for_as_long_as_it_lasts(house: House) -> None:
    token = await house.token("super.north", scopes=["look", "erase"])
    assert (await house.ask(token, "GET", "/api/v1/me")).body["scopes"] == ["look"], (
        "no more than the role has"
    )
    assert (await house.ask(token, "GET", "/api/v1/reports/queue")).is_refusal
    id_ = token.split("_")[1]
    forged = (
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        token.replace(id_, "0" * len(id_)),
        f"{token}x",
        id_,
    )
    for wrong in forged:
        assert (await house.ask(wrong, "GET", "/api/v1/me")).status == 401, wrong
    kept = await house.floor.rows("SELECT t::text FROM tokens t")
    assert token.split("_", 2)[2] not in str(kept), "the secret is kept nowhere"

    await by_another_process(house, "UPDATE tokens SET expires_at = now() WHERE id = %s", id_)
    assert (await house.ask(token, "GET", "/api/v1/me")).status == 401


async def by_another_process(house: House, sql: str, *parameters: str) -> None:
    async with await psycopg.AsyncConnection.connect(house.floor.database_url) as connection:
        await connection.execute(sql, parameters)


async def test_what_is_revoked_by_anybody_is_worth_nothing_at_once(house: House) -> None:
    token = await house.token("super.north")
    assert (await house.ask(token, "GET", "/api/v1/me")).status == 200
    await by_another_process(house, "UPDATE tokens SET revoked_at = now() WHERE id = %s", token.split("_")[1])
    from_elsewhere = {"X-Forwarded-For": "203.0.113.20"}
    assert (await house.ask(token, "GET", "/api/v1/me", **from_elsewhere)).status == 401
    tried = (await house.trail("super.north"))[-1]
    assert (tried["status"], tried["role"], tried["address"]) == (401, "", "203.0.113.20")
    await by_another_process(house, "UPDATE users SET role = 'agent', agent = 'bob' WHERE name = 'super.all'")
    assert (await house.ask("super.all", "GET", "/api/v1/me")).body["role"] == "agent"
    assert (await house.ask("root", "PUT", "/api/v1/users/super.all", PEOPLE["super.all"])).status == 204
    assert (await house.ask("super.all", "GET", "/api/v1/me")).body["role"] == "supervisor"


async def test_a_session_ends_with_the_log_out_and_with_another_password(house: House) -> None:
    first, second = [(await house.log_in("lead.north")).body["token"] for _ in range(2)]
    assert (await house.ask(first, "DELETE", "/api/v1/sessions/mine")).status == 204
    assert (await house.ask(first, "GET", "/api/v1/me")).status == 401
    changed = {"old": PASSWORD, "password": "another horse"}
    assert (await house.ask(second, "PUT", "/api/v1/me/password", changed | {"old": "wrong"})).status == 401
    assert (await house.ask(second, "PUT", "/api/v1/me/password", changed)).status == 204
    assert (await house.ask(second, "GET", "/api/v1/me")).status == 200, "one's own goes on"
    again = await house.ask("root", "PUT", "/api/v1/users/lead.north/password", {"password": PASSWORD})
    assert again.status == 204
    assert (await house.ask(second, "GET", "/api/v1/me")).status == 401
    assert PASSWORD not in str(
        await house.floor.rows("SELECT a::text, f::text FROM audit a, facts f WHERE f.id = a.fact")
    )


async def test_who_is_removed_is_gone_and_stays_in_the_trail(house: House) -> None:
    made = {"name": "dora", "password": PASSWORD, "role": "administrator", "full_name": "Dora"}
    assert (await house.ask("root", "POST", "/api/v1/users", made)).status == 204
    assert (await house.ask("root", "POST", "/api/v1/users", made)).status == 409
    typo = await house.ask("root", "POST", "/api/v1/users", made | {"teams": ["nort"]})
    assert (typo.status, typo.body["error"]) == (404, "there is no team 'nort', did you mean north?")
    session = (await house.log_in("dora")).body["token"]
    assert (await house.ask(session, "POST", "/api/v1/tokens", {"owner": "dora"})).status == 200
    assert (await house.ask(session, "DELETE", "/api/v1/users/dora")).status == 204
    assert (await house.ask(session, "POST", "/api/v1/tokens", {"owner": "dora"})).status == 401
    assert [row["operation"] for row in await house.trail("dora")] == [
        "POST /api/v1/sessions", "POST /api/v1/tokens", "DELETE /api/v1/users/{user}",
    ]  # fmt: skip


async def test_a_wrong_name_is_told_like_a_wrong_password_and_too_many_tries_are_stopped(
    house: House,
) -> None:
    wrong, nobody = [await house.log_in(name, "wrong", "203.0.113.1") for name in ("super.all", "nobody")]
    assert (wrong.status, wrong.body) == (nobody.status, nobody.body)
    assert (wrong.status, wrong.body) == (401, {"error": "name or password is wrong"})
    guesses = (house.log_in("super.all", f"guess {n}", f"203.0.113.{n}") for n in range(8))
    stopped = [answer for answer in await asyncio.gather(*guesses) if answer.status == 429]
    assert len(stopped) >= 5, "whoever guesses, from wherever"
    assert "15" in {answer.headers["Retry-After"] for answer in stopped}
    tried = {(row["outcome"], row["status"]) for row in await house.trail("super.all") if row["role"] == ""}
    assert tried == {("refused", 401), ("refused", 429)}


# -- what is hostile ----------------------------------------------------------------------------------------

HOSTILE = "x'); DROP TABLE users; -- <script>alert(1)</script>\n\r\x1b[2J\u202e{0}%s\\"


async def test_hostile_names_and_notes_are_data(house: House) -> None:
    token = {"owner": "admin", "note": HOSTILE}
    assert (await house.ask("root", "POST", "/api/v1/tokens", token)).status == 200
    assert HOSTILE in {one["note"] for one in (await house.ask("root", "GET", "/api/v1/tokens")).body}
    assert (await house.log_in(HOSTILE, "wrong", "203.0.113.7")).status == 401
    assert [(row["outcome"], row["address"]) for row in await house.trail(HOSTILE)] == [
        ("refused", "203.0.113.7")
    ]
    for name in (HOSTILE, "../../etc/passwd", "\0", "a" * 3000):
        made = {"name": name, "role": "administrator"}
        assert (await house.ask("root", "POST", "/api/v1/users", made)).status == 400
    for name in ("..%2f..%2fetc%2fpasswd", "%00", "%27%3BDROP%20TABLE%20users%3B--", "%0d%0aX:%201"):
        for method, path in (("DELETE", f"/api/v1/users/{name}"), ("DELETE", f"/api/v1/tokens/{name}")):
            answer = await house.ask("root", method, path)
            assert (answer.status, set(answer.body)) == (404, {"error"}), answer
    listed = await house.ask("root", "GET", "/api/v1/audit?who=admin%27%20OR%201%3D1--")
    assert listed.body == []


async def test_who_sends_no_body_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "BODY_WITHIN_S", 0.3)
    listen = house.floor.asterisk.configuration.http.listen
    reader, writer = await asyncio.open_connection(listen.host, listen.port)
    writer.write(b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"has not arrived within 0.3 s" in answer
    writer.close()


async def test_the_trail_only_grows(house: House) -> None:
    for sql in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(psycopg.errors.RaiseException, match="audit only grows"):
            await by_another_process(house, sql)
    assert (await house.ask("admin", "GET", "/api/v1/audit?limit=1")).status == 200
    assert (await house.trail("admin"))[-1]["operation"] == "GET /api/v1/audit", "who reads it stands in it"


async def test_who_is_heard_by_an_agent_is_not_disturbed_by_those_who_may_not(house: House) -> None:
    await house.floor.come_to_work("bob")
    caller = await house.floor.world.call(SUPPORT)
    await (await house.floor.world.phone("bob").rings()).answer(speaks=1000)
    await caller.answered()
    call = (await house.floor.get("agents/bob"))["call"]
    asked = [(one.method, one.on(agent="bob", queue="support", call=call)) for one in house.operations]
    named = [(method, path) for method, path in asked if call in path or "bob" in path]
    assert all(answer.is_refusal for answer in await answers(house, "super.north", named))
    await hears(caller, 1000)
    await house.floor.go_home()


async def test_what_people_type_is_shown_at_the_command_line_as_it_is(house: House, tmp_path: Path) -> None:
    line = CommandLine(tmp_path)
    line.serve_floor(house.floor)
    await house.floor.come_to_work("anna")
    paused = await house.ask("agent", "POST", "/api/v1/agents/anna/pause", {"reason": "[/b] \x1b[2Jlunch"})
    assert paused.status == 204
    await house.floor.until_agent("anna", "paused")
    listed = await line.run("agents", "list", "-c", str(line.config))
    assert (listed.code, "[/b] [2Jlunch" in listed.text) == (0, True), listed
    await house.floor.post("agents/anna/log-out")


# -- the command line ---------------------------------------------------------------------------------------


async def test_users_and_tokens_are_made_at_the_command_line_which_tells_what_they_did(
    house: House, tmp_path: Path
) -> None:
    line = CommandLine(tmp_path)
    line.serve_floor(house.floor)

    async def callfloor(*words: str) -> Said:
        return await line.run(*words, "-c", str(line.config))

    emil = ("user", "add", "emil", "--role", "team_lead", "--full-name", "E\x1b[2J[red]", "--team")
    password = (await callfloor(*emil, "north")).text.removeprefix("emil logs in with ").strip()
    session = (await house.log_in("emil", password, "203.0.113.50")).body["token"]
    assert (await house.ask(session, "POST", "/api/v1/reload")).status == 403

    made = await callfloor("token", "create", "emil", "--scope", "look", "--note", "board")
    token = next(word for word in made.text.split() if word.startswith(f"{PREFIX}_"))
    assert (await house.ask(token, "GET", "/api/v1/me")).body["scopes"] == ["look"]
    assert (await callfloor("token", "revoke", token.split("_")[1])).code == 0
    assert (await house.ask(token, "GET", "/api/v1/me")).status == 401

    listed = (await callfloor("user", "list")).text
    assert "E·[2J[red]" in listed, "what they are called steers no terminal"
    await house.trail("emil")
    refused = (await callfloor("audit", "--who", "emil", "--outcome", "refused")).text
    told = "refused 403 emil (team_lead) from 127.0.0.1: POST /api/v1/reload"
    assert any(one.endswith(told) for one in refused.splitlines()), refused
