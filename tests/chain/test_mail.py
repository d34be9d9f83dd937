"""Alerts of real nights over a real SMTP server: one message a recipient a night, never twice, nothing personal."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from domain.errors import PassingError
from pipelines import morning, nightly
from pipelines.settings import Settings
from tests.chain.conftest import run_night, settings_of
from tests.factories.sites import HEADINGS, ROW, csv_text, hand_in, source, unit, write_site
from warehouse import Warehouse

pytestmark = pytest.mark.slow

NIGHTS = ["2017-12-19", "2017-12-20", "2017-12-21"]
UNIT, DISTRICT = "x1@huyen.invalid", "van-phong@huyen.invalid"
OWNER, PHONE, PERSONAL_NO = "Nguyễn Thị Thử", "0999000111", "999000111222"
RIGHT = [*ROW[:4], "19/12/2017 09:30", ROW[5]]
WRONG = [*RIGHT[:3], "11/12/2017 17:00", *RIGHT[4:]]  # appointed before it was received
REFUSED = "khong-co@huyen.invalid"


class Postbox:
    """A mail server that keeps what it is given, and knows one address that is not there."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], EmailMessage]] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._server: Controller | None = None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address == REFUSED:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"

    def up(self) -> None:
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def down(self) -> None:
        if self._server:
            self._server.stop()
        self._server = None

    def collect(self) -> dict[str, EmailMessage]:
        """What came since the last time, by recipient; each at most once."""
        came, self.letters = self.letters, []
        found = {to: letter for tos, letter in came for to in tos}
        assert len(found) == len(came), "one message a recipient"
        return found


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    box.up()
    yield box
    box.down()


@pytest.fixture
def settings(tmp_path: Path, postbox: Postbox) -> Settings:
    """One commune with a mailbox, one without, and the district; the commune's file names its citizens."""
    dossiers = source()
    dossiers["columns"] |= {"owner_name": "Chủ hồ sơ", "owner_phone": "Điện thoại", "owner_id_no": "Số giấy tờ"}
    units = [unit("X1", sources=[dossiers], contact={"email": UNIT}), unit("X2")]
    procedure = {"code": "1.000001", "name": "Thủ tục thử", "field_code": "DD"}
    site = write_site(
        tmp_path / "site",
        units,
        catalogue={"format": "none", "procedures": [procedure]},
        mail={"district": [DISTRICT]},
    )
    return settings_of(site, tmp_path / "var", TINHGON_SMTP_URL=f"smtp://127.0.0.1:{postbox.port}?timeout=5")


def hand_in_night(settings: Settings, night: str, *rows: list[str]) -> None:
    head = [*HEADINGS, "Chủ hồ sơ", "Điện thoại", "Số giấy tờ"]
    text = csv_text([[*row, OWNER, PHONE, PERSONAL_NO] for row in rows], headings=head)
    hand_in(settings, "ho_so.csv", text, night=night)
    good = ["HS-9", *RIGHT[1:]]
    hand_in(settings, "ho_so.csv", csv_text([good]), unit_code="X2", night=night)


def body(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def sent(settings: Settings) -> list[tuple[str, str]]:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        rows = warehouse.read_table("message_sent")
    return sorted(zip(rows["recipient"], rows["night"], strict=True))


def test_new_then_open_then_mended_each_said_once(settings: Settings, postbox: Postbox) -> None:
    hand_in_night(settings, NIGHTS[0], WRONG)
    hand_in_night(settings, NIGHTS[1], ["HS-2", *RIGHT[1:]])
    hand_in_night(settings, NIGHTS[2], RIGHT, ["HS-2", *RIGHT[1:]])
    mails = []
    for night, heading in zip(NIGHTS, ("MỚI TRONG ĐÊM", "CÒN TỒN", "ĐÃ KHẮC PHỤC"), strict=True):
        run_night(settings, night)
        came = postbox.collect()
        assert set(came) == {UNIT, DISTRICT}, night
        assert heading in body(came[UNIT]), body(came[UNIT])
        assert "DQ-DT-07" in body(came[UNIT])
        is_open = heading != "ĐÃ KHẮC PHỤC"
        for letter in came.values():  # an open issue says where, also on the nights after
            assert ("ho_so.csv, dòng 2, hồ sơ HS-1:" in body(letter)) == is_open, body(letter)
        nightly.notify(night, settings=settings)
        assert postbox.collect() == {}, "the same night again says nothing again"
        mails += came.values()
    assert sent(settings) == sorted((to, night) for to in (UNIT, DISTRICT) for night in NIGHTS)
    run_night(settings, NIGHTS[0])
    assert postbox.collect() == {}
    assert not (settings.var / "outbox").exists(), "with a server nothing goes to the outbox folder"
    for letter in mails:
        whole = "\n".join([str(letter), body(letter), body(letter, "html")])
        for secret in (OWNER, PHONE, PERSONAL_NO, "Thị Thử"):
            assert secret not in whole


def test_a_server_that_is_down_fails_clearly_and_the_next_run_sends(settings: Settings, postbox: Postbox) -> None:
    hand_in_night(settings, NIGHTS[0], WRONG)
    postbox.down()
    with pytest.raises(PassingError) as error:
        run_night(settings, NIGHTS[0])
    assert DISTRICT in str(error.value) or UNIT in str(error.value), "the office that was not told is named"
    assert NIGHTS[0] in str(error.value)
    assert OWNER not in str(error.value)
    assert (settings.var / "out" / "nights" / NIGHTS[0] / "chat_luong.html").exists(), "the page is out all the same"
    assert sent(settings) == []
    postbox.up()
    nightly.notify(NIGHTS[0], settings=settings)
    assert set(postbox.collect()) == {UNIT, DISTRICT}


class Killed(BaseException):
    """What ends a process: no guard takes it for an error."""


def test_a_kill_between_two_mails_doubles_at_most_the_one_under_way(
    settings: Settings, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [f"phong-{number}@huyen.invalid" for number in range(5)]
    mail = settings.site.mail.model_copy(update={"district": [DISTRICT, *more]})
    settings = replace(settings, site=settings.site.model_copy(update={"mail": mail}))
    hand_in_night(settings, NIGHTS[0], WRONG)
    real, count = morning._remember, 0

    def killed_at_the_fourth(*args: object) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise Killed  # the server has the fourth, the warehouse does not know yet
        real(*args)

    monkeypatch.setattr(morning, "_remember", killed_at_the_fourth)
    with pytest.raises(Killed):
        run_night(settings, NIGHTS[0])
    monkeypatch.setattr(morning, "_remember", real)
    first = sorted(postbox.collect())
    assert first == sorted([UNIT, DISTRICT, *more])[:4]
    run_night(settings, NIGHTS[0])
    assert set(postbox.collect()) == {first[3], *more, UNIT, DISTRICT} - set(first[:3])
    assert len(sent(settings)) == 7


def test_one_refused_address_is_named_and_the_others_are_not_written_to_again(
    settings: Settings, postbox: Postbox
) -> None:
    mail = settings.site.mail.model_copy(update={"district": [REFUSED, DISTRICT]})
    settings = replace(settings, site=settings.site.model_copy(update={"mail": mail}))
    hand_in_night(settings, NIGHTS[0], WRONG)
    with pytest.raises(PassingError, match=REFUSED):
        run_night(settings, NIGHTS[0])
    page = (settings.var / "out" / "nights" / NIGHTS[0] / "chat_luong.html").read_text(encoding="utf-8")
    assert REFUSED in page.partition('id="chua-lam-duoc"')[2], "the page says who was not told, and why"
    assert "550" in page
    assert set(postbox.collect()) == {UNIT, DISTRICT}
    with pytest.raises(PassingError, match="550"):
        nightly.notify(NIGHTS[0], settings=settings)
    assert postbox.collect() == {}
