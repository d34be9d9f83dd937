"""Sending the digests: by SMTP when a server is named, else as .eml files in an outbox folder.

SMTP URL: `smtp://user:password@host:587?starttls=auto|required|no` or `smtps://host:465`; other options:
`timeout=20`, `verify=no` (a server with a certificate of its own making). With a login, STARTTLS is required
unless the URL says `starttls=no`: a password never leaves in the clear by default.
"""

import hashlib
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from domain.errors import KnownError
from pipelines.publish.files import safe_name, write_whole
from pipelines.publish.inputs import Message

# A digest is dated at six in the morning after its night, in the site's zone: a date of the data, not of the run.
MORNING = time(6, 0, tzinfo=timezone(timedelta(hours=7)))


# What concerns one letter only (its address, its content); anything else ends the whole session.
REFUSED = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    ValueError,
)


@dataclass(frozen=True, kw_only=True)
class MailReport:
    """What became of the messages: `delivered` by SMTP or written, `skipped` as sent before, `failed` with reason."""

    delivered: tuple[Message, ...] = ()
    skipped: tuple[Message, ...] = ()
    failed: tuple[tuple[Message, str], ...] = ()


def send_mail(
    messages: Sequence[Message],
    smtp_url: str | None,
    outbox: Path,
    *,
    sender: str = "tinhgon@localhost",
    already_sent: AbstractSet[tuple[str, str]] = frozenset(),
) -> MailReport:
    """Send each message once. `already_sent` holds (recipient, night) pairs of `message_sent`.

    One recipient refused does not stop the others; a server that cannot be reached fails them all, and the
    caller tries again on the next run. Raises KnownError only for a URL that cannot be understood.
    """
    fresh = [each for each in messages if (each.recipient, each.night) not in already_sent]
    skipped = tuple(each for each in messages if (each.recipient, each.night) in already_sent)
    if smtp_url is None:
        for each in fresh:
            write_whole(outbox / each.night / f"{safe_name(each.recipient)}.eml", as_email(each, sender).as_bytes())
        return MailReport(delivered=tuple(fresh), skipped=skipped)
    if not fresh:
        return MailReport(skipped=skipped)
    delivered: list[Message] = []
    failed: list[tuple[Message, str]] = []
    server = SmtpServer.parse(smtp_url)
    try:
        with server.session() as session:
            for each in fresh:
                try:
                    session.send_message(as_email(each, sender), from_addr=sender, to_addrs=[each.recipient])
                    delivered.append(each)
                except REFUSED as error:
                    failed.append((each, _reason(error)))
    except (OSError, smtplib.SMTPException) as error:
        done = {(each.recipient, each.night) for each in delivered} | {(m.recipient, m.night) for m, _ in failed}
        failed += [(each, _reason(error)) for each in fresh if (each.recipient, each.night) not in done]
    return MailReport(delivered=tuple(delivered), skipped=skipped, failed=tuple(failed))


def as_email(message: Message, sender: str) -> EmailMessage:
    """Plain text with an HTML alternative; Date, Message-ID and boundary come from the night and the content."""
    key = hashlib.sha256(f"{message.recipient}\0{message.night}\0{message.digest_sha256}".encode()).hexdigest()
    email = EmailMessage(policy=SMTP)
    email["Subject"] = " ".join(message.subject.split())
    email["From"] = sender
    email["To"] = message.recipient
    morning = date.fromisoformat(message.night) + timedelta(days=1)
    email["Date"] = format_datetime(datetime.combine(morning, MORNING))
    email["Message-ID"] = f"<{message.night}.{key[:24]}@{sender.rpartition('@')[2] or 'localhost'}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.text, cte="base64")
    email.add_alternative(message.html, subtype="html", cte="base64")
    email.set_boundary(f"=_{key[:32]}")
    return email


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """An SMTP server as its URL names it."""

    host: str
    port: int
    tls: bool
    starttls: str
    verify: bool
    timeout: float
    user: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Read the URL; KnownError E-SMTP-URL (which never repeats the password) when it makes no sense."""
        parts = urlsplit(url)
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        starttls = options.get("starttls", "required" if parts.username else "auto")
        try:
            port = parts.port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25)
            timeout = float(options.get("timeout", "20"))
        except ValueError:
            port, timeout = 0, 0.0
        known = {"starttls", "timeout", "verify"}
        if (
            parts.scheme not in ("smtp", "smtps")
            or not parts.hostname
            or not port
            or starttls not in ("auto", "required", "no")
            or set(options) - known
        ):
            raise KnownError(
                "E-SMTP-URL",
                f"the SMTP address (scheme [{parts.scheme}], host [{parts.hostname or ''}], "
                f"options [{', '.join(sorted(options))}]) cannot be understood",
                mend="write smtp://user:password@host:port?starttls=auto|required|no&verify=yes|no, or smtps://…",
            )
        return cls(
            host=parts.hostname,
            port=port,
            tls=parts.scheme == "smtps",
            starttls=starttls,
            verify=options.get("verify", "yes") != "no",
            timeout=timeout,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @contextmanager
    def session(self) -> Iterator[smtplib.SMTP]:
        """A connection ready to send, encrypted and logged in as the URL asks."""
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.tls:
            session: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            session = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        with session:
            session.ehlo()
            if not self.tls and self.starttls != "no":
                if session.has_extn("starttls"):
                    session.starttls(context=context)
                    session.ehlo()
                elif self.starttls == "required":
                    raise smtplib.SMTPNotSupportedError("the server does not offer STARTTLS")
            if self.user:
                session.login(self.user, self.password or "")
            yield session


def _reason(error: Exception) -> str:
    """The server's answer in one line, without anything of the letter itself."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [f"{code} {text.decode('utf-8', 'replace')}" for code, text in error.recipients.values()]
        return f"recipient refused: {'; '.join(codes)}"
    return f"{type(error).__name__}: {error}"
