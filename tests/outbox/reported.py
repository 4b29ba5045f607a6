"""Reports as real servers write them, about an email of ours: the shapes, their addresses changed.

Each function takes the report's recipient (`to`) and gives the bytes as they lie in a mailbox.
"""

from __future__ import annotations

from actionhub.config import settings
from actionhub.outbox import verp

RECIPIENT = "ada@example.net"


def to_us(email_id: int) -> str:
    """The bounce address of an email."""
    return verp.sender_of(settings(), email_id)


def forged(email_id: int) -> str:
    """The bounce address of an email as somebody guesses it."""
    local, _at, domain = to_us(email_id).rpartition("@")
    return f"{local[:-16]}{'a' * 16}@{domain}"


def mail(text: str) -> bytes:
    """A text as a message with CRLF."""
    return text.lstrip("\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def postfix(to: str, action: str = "failed", status: str = "5.1.1", returned: str = "") -> bytes:
    """Postfix's bounce(8): a header before the recipient's group, the returned message whole."""
    return mail(f"""
Return-Path: <>
Delivered-To: {to}
Received: by relay.example.org (Postfix)
\tid 4Zk1Qn0XyZz9sT; Thu,  8 Oct 2026 14:02:11 +0000 (UTC)
Date: Thu,  8 Oct 2026 14:02:11 +0000 (UTC)
From: MAILER-DAEMON@relay.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Zk1Qm6qLTz9sS.1791468131/relay.example.org"
Content-Transfer-Encoding: 8bit
Message-Id: <4Zk1Qn0XyZz9sT@relay.example.org>

This is a MIME-encapsulated message.

--4Zk1Qm6qLTz9sS.1791468131/relay.example.org
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

This is the mail system at host relay.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{RECIPIENT}>: host mx.example.net[192.0.2.9] said: 550 5.1.1
    <{RECIPIENT}>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

--4Zk1Qm6qLTz9sS.1791468131/relay.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org
X-Postfix-Queue-ID: 4Zk1Qm6qLTz9sS
X-Postfix-Sender: rfc822; {to}
Arrival-Date: Thu,  8 Oct 2026 14:02:08 +0000 (UTC)

Final-Recipient: rfc822; {RECIPIENT}
Original-Recipient: rfc822;{RECIPIENT}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 {status} <{RECIPIENT}>: Recipient address rejected:
    User unknown

--4Zk1Qm6qLTz9sS.1791468131/relay.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

{returned or f"Return-Path: <{to}>"}
Received: from app.example.org (localhost [127.0.0.1])
From: Workers & Neighbors <actions@example.org>
To: {RECIPIENT}
Subject: Please confirm
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_f00"

--=_f00
Content-Type: text/plain; charset="utf-8"

Hello.
--=_f00--

--4Zk1Qm6qLTz9sS.1791468131/relay.example.org--
""")


def exim(to: str, diagnosed: str = "550 5.1.1 User unknown") -> bytes:
    """Exim writes 5.0.0 into its Status whatever it was told, and says it in Diagnostic-Code."""
    return mail(f"""
Return-path: <>
Envelope-to: {to}
Delivery-date: Thu, 08 Oct 2026 14:02:11 +0000
Received: from Debian-exim by mx.example.org with local (Exim 4.98)
\tid 1v6ZxQ-000000001aB-0001
\tfor {to};
\tThu, 08 Oct 2026 14:02:11 +0000
X-Failed-Recipients: {RECIPIENT}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.org>
To: {to}
References: <b0a1@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=1791468131-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1v6ZxQ-000000001aB-0001@mx.example.org>
Date: Thu, 08 Oct 2026 14:02:11 +0000

--1791468131-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

  {RECIPIENT}
    host mx.example.net [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<{RECIPIENT}>:
    {diagnosed}

--1791468131-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Action: failed
Final-Recipient: rfc822;{RECIPIENT}
Status: 5.0.0
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; {diagnosed}

--1791468131-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <{to}>
From: Workers & Neighbors <actions@example.org>
To: {RECIPIENT}

Hello.

--1791468131-eximdsn-1804289383--
""")


def exchange(to: str, status: str = "5.1.10") -> bytes:
    """Exchange Online: nested parts first, and the returned headers only."""
    return mail(f"""
Delivered-To: {to}
From: <postmaster@example.onmicrosoft.com>
To: <{to}>
Date: Thu, 8 Oct 2026 14:02:11 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <7b0c4a51@SA1PR01MB1234.prod.exchangelabs.com>
In-Reply-To: <b0a1@example.org>
Subject: Undeliverable: Please confirm
Auto-Submitted: auto-replied
MIME-Version: 1.0

--7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a-alt"

--7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a-alt
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {RECIPIENT} couldn't be delivered.
--7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a-alt--

--7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a
Content-Type: message/delivery-status

Reporting-MTA: dns;SA1PR01MB1234.prod.exchangelabs.com
Received-From-MTA: dns;relay.example.org
Arrival-Date: Thu, 8 Oct 2026 14:02:10 +0000

Final-Recipient: rfc822;{RECIPIENT}
Action: failed
Status: {status}
Diagnostic-Code: smtp;550 {status} RESOLVER.ADR.RecipientNotFound; Recipient not found

--7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a
Content-Type: text/rfc822-headers

Return-Path: {to}
From: Workers & Neighbors <actions@example.org>
To: <{RECIPIENT}>
Subject: Please confirm

--7b0c4a51-6f0e-4f0a-9a87-1f2e3d4c5b6a--
""")


def gmail(to: str, status: str = "5.2.1") -> bytes:
    """Gmail: a picture among its parts, and a diagnosis over several lines."""
    return mail(f"""
Delivered-To: {to}
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {to}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
Message-ID: <68e66f2e.170a0220@mx.google.com>
Date: Thu, 08 Oct 2026 07:02:11 -0700 (PDT)
Content-Type: multipart/report; boundary="0000000000004e3d2a06409c1e3f"; report-type=delivery-status

--0000000000004e3d2a06409c1e3f
Content-Type: multipart/related; boundary="0000000000004e402206409c1e40"

--0000000000004e402206409c1e40
Content-Type: text/html; charset="UTF-8"

<html><body>The email account that you tried to reach is disabled.</body></html>
--0000000000004e402206409c1e40
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9
--0000000000004e402206409c1e40--
--0000000000004e3d2a06409c1e3f
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; {to}
Arrival-Date: Thu, 08 Oct 2026 07:02:10 -0700 (PDT)
X-Original-Message-ID: <b0a1@example.org>

Final-Recipient: rfc822; {RECIPIENT}
Action: failed
Status: {status}
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.27, the server for the domain.)
Diagnostic-Code: smtp; 550-{status} The email account that you tried to reach is disabled. See
 550 {status}  https://support.google.com/mail/?p=DisabledUser - gsmtp
Last-Attempt-Date: Thu, 08 Oct 2026 07:02:11 -0700 (PDT)

--0000000000004e3d2a06409c1e3f
Content-Type: message/rfc822

Return-Path: <{to}>
To: {RECIPIENT}

Hello.
--0000000000004e3d2a06409c1e3f--
""")


def international(to: str) -> bytes:
    """RFC 6533: the parts' global names, the status encoded, an address in its own letters."""
    return mail(f"""
Delivered-To: {to}
From: MAILER-DAEMON@relay.example.org
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Não existe.
--b
Content-Type: message/global-delivery-status
Content-Transfer-Encoding: quoted-printable

Reporting-MTA: dns; relay.example.org

Final-Recipient: utf-8; jos=C3=A9@example.net
Action: failed
Status: 5.1.6
--b
Content-Type: message/global

Return-Path: <{to}>
To: josé@example.net

Olá.
--b--
""")


def qmail(to: str) -> bytes:
    """qmail's own format (QSBMF): no multipart/report."""
    return mail(f"""
Return-Path: <>
Delivered-To: {to}
Date: 8 Oct 2026 14:02:11 -0000
From: MAILER-DAEMON@example.net
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{RECIPIENT}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <{to}>
""")


def vacation(to: str) -> bytes:
    """Somebody is away (RFC 3834)."""
    return mail(f"""
Return-Path: <>
Delivered-To: {to}
From: Ada <{RECIPIENT}>
To: {to}
Subject: Auto: Please confirm
Auto-Submitted: auto-replied (vacation)
Content-Type: text/plain

I am away until Monday. 550 5.1.1 is what my cat says.
""")


def complaint(
    to: str, kind: str = "abuse", sender: str = "", mark: str = "", delivered: str = ""
) -> bytes:
    """A feedback loop's report (RFC 5965); most are sent to one address for all, so without VERP.

    `sender` stands in Original-Mail-From, `mark` in our header of the returned message.
    """
    return mail(f"""
Delivered-To: {delivered or to}
From: <feedback@isp.example.net>
Date: Thu, 8 Oct 2026 14:02:11 +0000
Subject: FW: It left committee
To: <{to}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP
192.0.2.1 on Thu, 8 Oct 2026 14:00:00 +0000.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
{f"Original-Mail-From: <{sender}>" if sender else "Source-IP: 192.0.2.1"}
Original-Rcpt-To: <{RECIPIENT}>

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <actions@example.org>
To: <redacted@example.net>
Subject: It left committee
{f"X-ActionHub-Mark: {mark}" if mark else "MIME-Version: 1.0"}
Message-ID: <8787KJKJ3K4J3K4J3K4J3.mail@example.org>

Hello.
--part1_13d.2e68ed54_boundary--
""")
