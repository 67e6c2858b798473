"""What people are told of a message holds whatever callers call themselves, and is tried long enough."""

from __future__ import annotations

import datetime as dt
import email.policy
import json
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ari_apps.notices import webhook
from ari_apps.notices.letter import letter
from ari_apps.notices.notice import GiveUp, Notice, TryAgain, after_failure

LEFT = dt.datetime(2026, 12, 24, 18, 30, 5, tzinfo=dt.UTC)
NOTICE = Notice(
    voicemail=UUID(int=7), way="mail", tries=1, box="sales", recording="voicemail/sales/x", duration_s=7.4,
    left_at=LEFT, contact="c1", number="+49151", name="Eva", called="100",
)  # fmt: skip
SENDER, TO = "floor@example.com", ["a@example.com", "b@example.com"]
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
    "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip
HOSTILE = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["x\r\nBcc: e@x.y", "x\n\nbody", "=?utf-8?q?x=0D=0ABcc:_e@x.y?=", "=??Q?=0D0:", "\u2028Bcc: e@x.y"]
)


@settings(max_examples=60)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_caller_writes_a_header_of_a_mail(number: str, name: str, box: str) -> None:
    notice = replace(NOTICE, number=number, name=name, box=box)
    sent = letter(notice, SENDER, TO, dt.UTC, sound=b"RIFF").as_bytes(policy=email.policy.SMTP)
    mail = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(sent)
    assert set(mail.keys()) <= HEADERS
    assert (mail["From"], mail["To"]) == (SENDER, ", ".join(TO))
    (sound,) = mail.iter_attachments()
    assert (sound.get_filename(), sound.get_content()) == (f"{UUID(int=7)}.wav", b"RIFF")


def test_a_mail_says_who_called_when_and_how_to_hear_it() -> None:
    mail = letter(
        NOTICE, SENDER, TO, dt.timezone(dt.timedelta(hours=1), "CET"), sound=None, missing="No sound."
    )
    assert mail["Subject"] == "New message in sales from Eva (+49151)"
    said = mail.get_content()
    assert "2026-12-24 19:30:05 CET" in said
    assert f"callfloor voicemail play {UUID(int=7)}\n\nNo sound.\n" in said
    nameless = letter(replace(NOTICE, name="", number="anonymous"), SENDER, TO, dt.UTC, sound=None)
    assert nameless["Subject"] == "New message in sales from an unknown number"


def test_a_webhook_is_signed_as_the_scheme_has_it() -> None:
    body = webhook.content(NOTICE)
    told = json.loads(body)
    assert told["timestamp"] == "2026-12-24T18:30:05+00:00"
    assert told["data"]["number"] == "+49151"
    signed = webhook.headers(
        NOTICE, b'{"test": 2432232314}', "hushed", dt.datetime.fromtimestamp(1614265330, dt.UTC)
    )
    assert (signed["webhook-id"], signed["webhook-timestamp"]) == (str(UUID(int=7)), "1614265330")
    # printf '%s' '00000000-0000-0000-0000-000000000007.1614265330.{"test": 2432232314}' |
    #     openssl dgst -sha256 -hmac hushed -binary | base64
    assert signed["webhook-signature"] == "v1,p3LVVemVRPB2SYl17K4zxEK1N+ugU6YsMs7ZvUQrsi4="


@settings(max_examples=50)
@given(
    tries=st.integers(1, 10_000),
    chance=st.integers(),
    late_h=st.floats(0, 100),
    give_up_h=st.floats(0.1, 100),
)
def test_a_notice_is_tried_again_until_its_time_is_over_and_never_later(
    tries: int, chance: int, late_h: float, give_up_h: float
) -> None:
    now = LEFT + dt.timedelta(hours=late_h)
    match after_failure(replace(NOTICE, tries=tries), now, give_up_h, Random(chance)):
        case TryAgain(at):
            assert dt.timedelta(seconds=5) <= at - now <= dt.timedelta(hours=1)
            assert at <= LEFT + dt.timedelta(hours=give_up_h)
        case GiveUp():
            assert now + dt.timedelta(hours=1) > LEFT + dt.timedelta(hours=give_up_h)
