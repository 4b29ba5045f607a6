"""One SMTP conversation (RFC 5321), from the greeting to the end, along the script."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.faults.sink.peers import process_at
from tests.faults.sink.script import Rule

if TYPE_CHECKING:
    from tests.faults.sink.serving import Sink

_ADDRESS = re.compile(rb"<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class _Over(Exception):
    """The conversation ends here, without a word."""


class Conversation:
    """One connection. The journal gets `open`, `mail`, `try`, `dot`, `accept`, `quit`, `close`."""

    def __init__(
        self, sink: Sink, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._sink, self.number, self._reader, self._writer = sink, number, reader, writer
        self._port = int(writer.get_extra_info("peername")[1])
        self._address, self._tries, self._sender = "", 0, ""
        self._process: int | None = None
        self._login_steps: list[str] = []

    async def run(self) -> None:
        self._note("open")
        by = "peer"
        try:
            await self._say("220 sink.example.net ESMTP")
            while line := await self._reader.readline():
                await self._answer(line.strip())
        except _Over:
            by = "sink"
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._note("close", by=by)
            self._writer.transport.abort()

    async def _answer(self, line: bytes) -> None:
        if self._login_steps:
            await self._go_on_logging_in()
            return
        verb = line[:4].upper().decode("ascii", "replace")
        if verb in ("EHLO", "HELO"):
            await self._greet(verb)
        elif verb == "AUTH":
            await self._log_in(line.decode("ascii", "replace"))
        elif verb == "MAIL":
            await self._sender_named(line)
        elif verb == "RCPT":
            await self._recipient(line)
        elif verb == "DATA":
            await self._data()
        elif verb == "QUIT":
            self._note("quit")
            await self._say("221 2.0.0 bye")
            raise _Over
        elif verb in ("RSET", "NOOP"):
            await self._say("250 2.0.0 ok")
        else:
            await self._say("500 5.5.1 what?")

    async def _greet(self, verb: str) -> None:
        offers = ["sink.example.net", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self._sink.pipelining:
            offers.append("PIPELINING")
        offers.append("AUTH PLAIN LOGIN")
        if verb == "HELO":
            offers = offers[:1]
        last = len(offers) - 1
        await self._say("\r\n".join(f"250{' -'[n < last]}{o}" for n, o in enumerate(offers)))

    async def _log_in(self, line: str) -> None:
        """Any name and password will do, unless the script says no (RFC 4954)."""
        parts = line.split()
        if len(parts) > 1 and parts[1].upper() == "LOGIN":
            name_is_given = len(parts) > 2
            self._login_steps = [""] if name_is_given else ["UGFzc3dvcmQ6", ""]
            await self._say("334 UGFzc3dvcmQ6" if name_is_given else "334 VXNlcm5hbWU6")
        elif len(parts) < 3:
            self._login_steps = [""]
            await self._say("334 ")
        else:
            await self._logged_in()

    async def _go_on_logging_in(self) -> None:
        challenge = self._login_steps.pop(0)
        if challenge:
            await self._say(f"334 {challenge}")
        else:
            await self._logged_in()

    async def _logged_in(self) -> None:
        await self._at("auth") or await self._say("235 2.7.0 welcome")

    async def _sender_named(self, line: bytes) -> None:
        if self._process is None and self._sink.script.signals:
            self._process = process_at(self._port, self._sink.port)  # takes long: not at the point
        self._note("mail")
        await self._pause()
        found = _ADDRESS.search(line)
        self._address, self._sender = "", found[1].decode("ascii", "replace") if found else ""
        if not await self._at("mail"):
            await self._say("250 2.1.0 ok")

    async def _recipient(self, line: bytes) -> None:
        found = _ADDRESS.search(line)
        address = found[1].decode("utf-8", "replace").lower() if found else ""
        self._tries = self._sink.tries[address] = self._sink.tries.get(address, 0) + 1
        self._address = address
        self._note("try", to=address, tries=self._tries)
        if await self._at("rcpt"):
            self._address = ""
        else:
            await self._say("250 2.1.5 ok")

    async def _data(self) -> None:
        if not self._address:
            await self._say("554 5.5.1 no valid recipients")
            return
        if await self._at("data"):
            return
        await self._say("354 go on")
        body = b""
        if (rule := self._strikes("body")) is not None:
            body = await self._reader.read(300)  # the middle of it: nothing here is that short
            await self._do(rule, "body")
        body += await self._reader.readuntil(b"\r\n.\r\n")
        self._note("dot", to=self._address)
        await self._pause()
        if not await self._at("dot"):
            await self._accept(body)

    async def _accept(self, body: bytes) -> None:
        found = _MESSAGE_ID.search(body)
        message_id = found[1].decode("ascii", "replace") if found else ""
        await self._sink.accept(
            message_id,
            c=self.number,
            to=self._address,
            tries=self._tries,
            digest=hashlib.sha256(body).hexdigest(),
            size=len(body),
        )
        await self._pause()
        rule = self._strikes("accepted")
        if rule is not None and await self._do(rule, "accepted", message_id):
            return
        told = self._strikes("told")
        await self._say("250 2.0.0 kept")
        if told is not None:
            self._signal(told, "told", message_id)

    async def _at(self, stage: str) -> bool:
        """Let the script have its way at this stage; whether it has answered."""
        rule = self._strikes(stage)
        return rule is not None and await self._do(rule, stage)

    def _strikes(self, stage: str) -> Rule | None:
        return self._sink.script.at(stage, self._address, self._tries, self._process)

    async def _do(self, rule: Rule, stage: str, message_id: str = "") -> bool:
        """Do what a rule says; whether that was the answer."""
        if rule.signal:
            self._signal(rule, stage, message_id)
            return False
        self._note("struck", rule=rule.name, stage=stage, to=self._address)
        if rule.delay:
            await asyncio.sleep(rule.delay)
        if rule.drop:
            raise _Over
        if rule.trickle:
            await self._trickle(rule)
            return True
        if rule.reply:
            await self._say(rule.reply)
            if rule.reply.startswith("421"):
                raise _Over
            return True
        return False

    def _signal(self, rule: Rule, stage: str, message_id: str) -> None:
        process = self._process
        assert process is not None, "such a rule strikes nobody unknown"
        with suppress(ProcessLookupError):
            os.kill(process, rule.signal)
        about = {"rule": rule.name, "stage": stage, "to": self._address, "id": message_id}
        about["from"] = self._sender
        self._note("signal", signal=rule.signal, process=process, **about)
        if rule.signal == signal.SIGSTOP:
            self._sink.stopped.append({"process": process, **about})

    async def _trickle(self, rule: Rule) -> None:
        reply = b"250 2.0.0 " + b"k" * max(rule.length - 12, 1) + b"\r\n"
        for letter in reply:
            self._writer.write(bytes([letter]))
            await self._writer.drain()
            await asyncio.sleep(rule.trickle)

    async def _pause(self) -> None:
        """A third of the pace: before MAIL is answered, before a message is accepted, after."""
        if self._sink.pace:
            await asyncio.sleep(self._sink.pace / 3)

    async def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()

    def _note(self, what: str, **more: object) -> None:
        self._sink.journal.note(what, c=self.number, **more)
