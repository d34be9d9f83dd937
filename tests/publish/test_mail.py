"""Messages go out over a real SMTP server, or into the outbox folder; never twice, never in the clear by accident."""

import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.errors import KnownError, PassingError
from pipelines.publish.inputs import Recipient
from pipelines.publish.mail import Postman, SmtpServer
from tests.publish import samples

SENDER = "tong-hop@huyen.invalid"


class Mailbox:
    def __init__(self) -> None:
        self.letters: list = []
        self.hangs_up_on = None

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server, session, envelope, address, options
    ):
        if address.startswith("khong-co"):
            return "550 no such user"
        if address == self.hangs_up_on:
            session.peer = None
            server.transport.close()
            return "421 gone"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server, session, envelope
    ):
        self.letters.append(
            (envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default), session.ssl is not None)
        )
        return "250 OK"


@pytest.fixture
def serve():
    running = []

    def start(**options):
        box = Mailbox()
        with socket.create_server(("127.0.0.1", 0)) as probe:  # aiosmtpd wants to be told a free port
            port = probe.getsockname()[1]
        controller = Controller(box, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return box, port

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def messages():
    recipients = [Recipient(address="qk@huyen.invalid", unit_code="DG-QK"), Recipient(address="vp@huyen.invalid")]
    return samples.digests(samples.night_page(), recipients)


def send(messages, url, outbox):
    """Post every message; the recipients that got theirs, and what was said of the others."""
    delivered, failed = [], {}
    with Postman(url, outbox, sender=SENDER) as postman:
        for message in messages:
            try:
                postman.send(message)
            except PassingError as error:
                failed[message.recipient] = str(error)
            else:
                delivered.append(message.recipient)
    return delivered, failed


def tls_context(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    kind = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_real_server_gets_each_message_once(serve, messages, tmp_path):
    box, port = serve()
    assert send(messages, f"smtp://127.0.0.1:{port}", tmp_path) == (["qk@huyen.invalid", "vp@huyen.invalid"], {})
    assert [to for to, _, _ in box.letters] == [["qk@huyen.invalid"], ["vp@huyen.invalid"]]
    letter = box.letters[0][1]
    assert letter["Subject"] == messages[0].subject
    assert letter["From"] == SENDER
    assert letter["Date"].datetime.isoformat() == "2017-12-23T06:00:00+07:00"
    plain, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Ngày hẹn trả không trước ngày tiếp nhận" in plain
    assert "<html" in html
    assert not list(tmp_path.iterdir())


def test_one_refused_recipient_does_not_stop_the_others(serve, tmp_path):
    box, port = serve()
    recipients = [Recipient(address="khong-co@huyen.invalid"), Recipient(address="vp@huyen.invalid")]
    messages = samples.digests(samples.night_page(), recipients)
    delivered, failed = send(messages, f"smtp://127.0.0.1:{port}", tmp_path)
    assert delivered == ["vp@huyen.invalid"]
    assert list(failed) == ["khong-co@huyen.invalid"]
    assert "550" in failed["khong-co@huyen.invalid"]
    assert len(box.letters) == 1


def test_a_server_that_hangs_up_on_one_message_gets_the_others(serve, messages, tmp_path):
    box, port = serve()
    box.hangs_up_on = messages[0].recipient
    delivered, failed = send([messages[0], *messages, messages[1]], f"smtp://127.0.0.1:{port}", tmp_path)
    assert delivered == [messages[1].recipient] * 2
    assert list(failed) == [messages[0].recipient]
    assert len(box.letters) == 2


def test_no_server_there_fails_all_clearly(messages, tmp_path):
    delivered, failed = send(messages, "smtp://127.0.0.1:9?timeout=2", tmp_path)
    assert (delivered, len(failed)) == ([], 2)


def test_login_goes_over_starttls(serve, messages, tmp_path):
    seen = []

    def check(server, session, envelope, mechanism, login):
        seen.append((login.login, login.password))
        return AuthResult(success=login.password == b"mat khau@1")

    box, port = serve(tls_context=tls_context(tmp_path), authenticator=check, auth_required=True)
    url = f"smtp://tong-hop:mat%20khau%401@127.0.0.1:{port}?verify=no"
    assert len(send(messages, url, tmp_path / "out")[0]) == 2
    assert seen == [(b"tong-hop", b"mat khau@1")]
    assert all(is_encrypted for _, _, is_encrypted in box.letters)
    _, wrong = send(messages, f"smtp://tong-hop:sai@127.0.0.1:{port}?verify=no", tmp_path / "out")
    assert len(wrong) == 2
    assert not [said for said in wrong.values() if "sai" in said]


def test_a_certificate_nobody_vouches_for_is_refused(serve, messages, tmp_path):
    box, port = serve(tls_context=tls_context(tmp_path))
    assert len(send(messages, f"smtp://127.0.0.1:{port}", tmp_path / "out")[1]) == 2
    assert box.letters == []


def test_a_password_is_not_sent_where_starttls_is_not_offered(serve, messages, tmp_path):
    box, port = serve()
    _, failed = send(messages, f"smtp://tong-hop:bi-mat@127.0.0.1:{port}", tmp_path)
    assert len(failed) == 2
    assert all("STARTTLS" in said for said in failed.values())
    assert box.letters == []


def test_outbox_files_are_mail_and_the_same_bytes_each_time(messages, tmp_path):
    for folder in ("a", "b"):
        assert len(send(messages, None, tmp_path / folder)[0]) == 2
    names = sorted(path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*.eml"))
    assert names == ["2017-12-22/qk@huyen.invalid.eml", "2017-12-22/vp@huyen.invalid.eml"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    letter = message_from_bytes((tmp_path / "a" / names[0]).read_bytes(), policy=default)
    assert letter["To"] == "qk@huyen.invalid"


def test_an_address_cannot_leave_the_outbox_folder(tmp_path):
    there = [Recipient(address="../../x@y.invalid"), Recipient(address="...._x@y.invalid")]
    send(samples.digests(samples.night_page(), there), None, tmp_path / "outbox")
    assert [path.parent.name for path in tmp_path.rglob("*.eml")] == ["2017-12-22"] * 2


HOSTILE = ["A\x01\x00\x7f\x85B", "xuống\r\nBcc: x@y.invalid", "\ud83d nửa chữ", "a" * 5000, "\u202e\u2028ngược\u2029"]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_stands_in_a_message_it_is_sent_and_stays_one_message(serve, messages, tmp_path, text):
    box, port = serve()
    hostile = replace(messages[0], subject=f"Dữ liệu {text}", text=f"{text} hết", html=f"<p>{text} hết</p>")
    assert send([hostile, messages[1]], f"smtp://127.0.0.1:{port}", tmp_path)[1] == {}
    assert send([hostile], None, tmp_path) == ([hostile.recipient], {})
    assert [to for to, _, _ in box.letters] == [[hostile.recipient], [messages[1].recipient]]
    letter = box.letters[0][1]
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("Dữ liệu")
    assert "hết" in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://", "smtp://h?starttls=maybe", "smtp://u:bi-mat@h?typo=1", "smtp://h:99999"]
)
def test_an_address_that_makes_no_sense_is_told_without_its_password(url):
    with pytest.raises(KnownError) as error:
        SmtpServer.parse(url)
    assert "E-SMTP-URL" in str(error.value)
    assert "bi-mat" not in str(error.value)


def test_defaults_of_the_address():
    plain, login, tls = (SmtpServer.parse(url) for url in ("smtp://h", "smtp://u:p@h", "smtps://h"))
    assert (plain.port, plain.starttls) == (25, "auto")
    assert (login.port, login.starttls) == (587, "required")
    assert (tls.port, tls.tls) == (465, True)
