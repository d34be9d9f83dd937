"""Sending the digests: by SMTP when a server is named, else as .eml files in an outbox folder.

SMTP URL: `smtp://user:password@host:587?starttls=auto|required|no` or `smtps://host:465`; other options:
`timeout=20`, `verify=no` (a server with a certificate of its own making). With a login, STARTTLS is required
unless the URL says `starttls=no`: a password never leaves in the clear by default.
"""

import hashlib
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from domain.clean import clean
from domain.errors import KnownError, PassingError
from pipelines.publish.files import safe_name, write_whole
from pipelines.publish.inputs import Message

# A digest is dated at six in the morning after its night, in the site's zone: a date of the data, not of the run.
MORNING = time(6, 0, tzinfo=timezone(timedelta(hours=7)))


class Postman:
    """Takes messages one at a time: to an SMTP server, or, where none is named, into an outbox folder.

    The server's session is opened for the first message and opened again when it broke, so that one message never
    costs the next. A server that cannot be reached is not waited for again.
    """

    def __init__(self, smtp_url: str | None, outbox: Path, *, sender: str) -> None:
        self._server = SmtpServer.parse(smtp_url) if smtp_url is not None else None
        self._outbox, self._sender = outbox, sender
        self._session: smtplib.SMTP | None = None
        self._away: KnownError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._hang_up()

    def send(self, message: Message) -> None:
        """Send it once. Raises PassingError E-MAIL with the server's answer; nothing of the message is in it."""
        letter = as_email(message, self._sender)
        if self._server is None:
            write_whole(self._outbox / message.night / f"{safe_name(message.recipient)}.eml", letter.as_bytes())
            return
        session = self._ready(self._server)
        try:
            session.send_message(letter, from_addr=self._sender, to_addrs=[message.recipient])
        except (OSError, ValueError) as error:  # SMTP's own errors are OSErrors
            raise _not_sent(error) from None

    def _ready(self, server: "SmtpServer") -> smtplib.SMTP:
        """A session that answers."""
        if self._away:
            raise self._away
        if self._session is not None and _answers(self._session):
            return self._session
        self._hang_up()
        try:
            self._session = server.connect()
        except (OSError, ValueError) as error:
            self._away = _not_sent(error)
            raise self._away from None
        return self._session

    def _hang_up(self) -> None:
        if self._session is not None:
            with suppress(OSError):
                self._session.quit()
            self._session.close()
        self._session = None


def _answers(session: smtplib.SMTP) -> bool:
    try:
        return session.noop()[0] == 250
    except OSError:
        return False


def _not_sent(error: Exception) -> PassingError:
    """The server's answer in one line, without anything of the letter itself."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [f"{code} {text.decode('utf-8', 'replace')}" for code, text in error.recipients.values()]
        reason = f"recipient refused: {'; '.join(answers)}"
    return PassingError("E-MAIL", " ".join(reason.split()), mend="check address and server, then run the night again")


def as_email(message: Message, sender: str) -> EmailMessage:
    """Plain text with an HTML alternative; Date, Message-ID and boundary come from the night and the content."""
    key = hashlib.sha256(f"{message.recipient}\0{message.night}\0{message.digest_sha256}".encode()).hexdigest()
    email = EmailMessage(policy=SMTP)
    email["Subject"] = " ".join(clean(message.subject).split())
    email["From"] = sender
    email["To"] = message.recipient
    morning = date.fromisoformat(message.night) + timedelta(days=1)
    email["Date"] = format_datetime(datetime.combine(morning, MORNING))
    email["Message-ID"] = f"<{message.night}.{key[:24]}@{sender.rpartition('@')[2] or 'localhost'}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(clean(message.text), cte="base64")
    email.add_alternative(clean(message.html), subtype="html", cte="base64")
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

    def connect(self) -> smtplib.SMTP:
        """A session ready to send, encrypted and logged in as the URL asks."""
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.tls:
            session: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            session = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            self._greet(session, context)
        except BaseException:
            session.close()
            raise
        return session

    def _greet(self, session: smtplib.SMTP, context: ssl.SSLContext) -> None:
        session.ehlo()
        if not self.tls and self.starttls != "no":
            if session.has_extn("starttls"):
                session.starttls(context=context)
                session.ehlo()
            elif self.starttls == "required":
                raise smtplib.SMTPNotSupportedError("the server does not offer STARTTLS")
        if self.user:
            session.login(self.user, self.password or "")
