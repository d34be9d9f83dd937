"""Messages go out over a real SMTP server, or into the outbox folder; never twice, never in the clear by accident."""

import socket
import ssl
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

from domain.errors import KnownError
from pipelines.publish.digest import write_digests
from pipelines.publish.inputs import Recipient
from pipelines.publish.mail import SmtpServer, send_mail
from tests.publish import samples

SENDER = "tong-hop@huyen.invalid"


class Mailbox:
    def __init__(self) -> None:
        self.letters: list = []

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server, session, envelope, address, options
    ):
        if address.startswith("khong-co"):
            return "550 no such user"
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
    return write_digests(samples.night_page(), recipients)


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
    report = send_mail(messages, f"smtp://127.0.0.1:{port}", tmp_path, sender=SENDER)
    assert [message.recipient for message in report.delivered] == ["qk@huyen.invalid", "vp@huyen.invalid"]
    assert [to for to, _, _ in box.letters] == [["qk@huyen.invalid"], ["vp@huyen.invalid"]]
    letter = box.letters[0][1]
    assert letter["Subject"] == messages[0].subject
    assert letter["From"] == SENDER
    assert letter["Date"].datetime.isoformat() == "2017-12-23T06:00:00+07:00"
    plain, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Ngày hẹn trả không trước ngày tiếp nhận" in plain
    assert "<html" in html
    assert not list(tmp_path.iterdir())
    sent = {(message.recipient, message.night) for message in report.delivered}
    again = send_mail(messages, f"smtp://127.0.0.1:{port}", tmp_path, sender=SENDER, already_sent=sent)
    assert (len(again.delivered), len(again.skipped), len(box.letters)) == (0, 2, 2)


def test_one_refused_recipient_does_not_stop_the_others(serve, tmp_path):
    box, port = serve()
    recipients = [Recipient(address="khong-co@huyen.invalid"), Recipient(address="vp@huyen.invalid")]
    report = send_mail(
        write_digests(samples.night_page(), recipients), f"smtp://127.0.0.1:{port}", tmp_path, sender=SENDER
    )
    assert [message.recipient for message in report.delivered] == ["vp@huyen.invalid"]
    ((message, reason),) = report.failed
    assert message.recipient == "khong-co@huyen.invalid"
    assert "550" in reason
    assert len(box.letters) == 1


def test_no_server_there_fails_all_and_raises_nothing(messages, tmp_path):
    report = send_mail(messages, "smtp://127.0.0.1:9?timeout=2", tmp_path, sender=SENDER)
    assert report.delivered == ()
    assert len(report.failed) == 2


def test_login_goes_over_starttls(serve, messages, tmp_path):
    seen = []

    def check(server, session, envelope, mechanism, login):
        seen.append((login.login, login.password))
        return AuthResult(success=login.password == b"mat khau@1")

    box, port = serve(tls_context=tls_context(tmp_path), authenticator=check, auth_required=True)
    url = f"smtp://tong-hop:mat%20khau%401@127.0.0.1:{port}?verify=no"
    report = send_mail(messages, url, tmp_path / "out", sender=SENDER)
    assert len(report.delivered) == 2
    assert seen == [(b"tong-hop", b"mat khau@1")]
    assert all(is_encrypted for _, _, is_encrypted in box.letters)
    wrong = send_mail(messages, f"smtp://tong-hop:sai@127.0.0.1:{port}?verify=no", tmp_path / "out", sender=SENDER)
    assert len(wrong.failed) == 2
    assert "sai" not in wrong.failed[0][1]


def test_a_certificate_nobody_vouches_for_is_refused(serve, messages, tmp_path):
    box, port = serve(tls_context=tls_context(tmp_path))
    report = send_mail(messages, f"smtp://127.0.0.1:{port}", tmp_path / "out", sender=SENDER)
    assert len(report.failed) == 2
    assert box.letters == []


def test_a_password_is_not_sent_where_starttls_is_not_offered(serve, messages, tmp_path):
    box, port = serve()
    report = send_mail(messages, f"smtp://tong-hop:bi-mat@127.0.0.1:{port}", tmp_path, sender=SENDER)
    assert len(report.failed) == 2
    assert "STARTTLS" in report.failed[0][1]
    assert box.letters == []


def test_outbox_files_are_mail_and_the_same_bytes_each_time(messages, tmp_path):
    first = send_mail(messages, None, tmp_path / "a", sender=SENDER)
    send_mail(messages, None, tmp_path / "b", sender=SENDER)
    assert len(first.delivered) == 2
    names = sorted(path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*.eml"))
    assert names == ["2017-12-22/qk@huyen.invalid.eml", "2017-12-22/vp@huyen.invalid.eml"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    letter = message_from_bytes((tmp_path / "a" / names[0]).read_bytes(), policy=default)
    assert letter["To"] == "qk@huyen.invalid"


def test_an_address_cannot_leave_the_outbox_folder(tmp_path):
    (message,) = write_digests(samples.night_page(), [Recipient(address="../../x@y.invalid")])
    send_mail([message], None, tmp_path / "outbox", sender=SENDER)
    assert [path.parent.name for path in tmp_path.rglob("*.eml")] == ["2017-12-22"]


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
