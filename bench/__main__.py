"""Prints requests, signings and mails a second, each beside its floor of the same run."""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable
from itertools import count
from urllib.parse import urlencode

from bench import load, mail, memory, offices, zips
from bench.sink import sink
from bench.stage import SLUG, Stage, server, stage, stored_signatures

#: The least share of its floor that each measure shall reach; signing's and mail's are for
#: PostgreSQL.
TARGETS = {"page": 0.7, "signing": 0.4, "mail": 0.5}
CONNECTIONS = 8
#: Milliseconds that finding the representatives of a ZIP may take, warm.
ZIP_MS = 1.0
#: Connections over which mail is measured: as a core each allows, and as a deployment has them.
WORKERS = (1, 4)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument(
        "--only", choices=[*TARGETS, "zips", "offices", "memory", "all"], default="all"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="of load, each round")
    parser.add_argument("--rounds", type=int, default=5, help="the median is printed")
    parser.add_argument("--messages", type=int, default=8000, help="mails, each round")
    parser.add_argument("--workers", type=int, help="that mail, a connection each; 1, then 4")
    parser.add_argument("--members", type=int, default=1_000_000, help="whom memory mails")
    parser.add_argument("--signatures", type=int, default=100_000, help="that are delivered")
    parser.add_argument("--own", type=int, help="of them by the measured worker; all by default")
    wish = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if wish.database == "both" else [wish.database]
    kept = True
    for kind in kinds:
        if wish.only == "memory":  # not among all: it takes its time
            kept = grown(kind, wish) and kept
            continue
        print(f"\n{kind}: {wish.rounds} rounds, floor and run interleaved, median")
        with stage(kind) as scene:
            if wish.only in ("page", "all"):
                page(scene, wish)
            if wish.only in ("signing", "all"):
                kept = signing(scene, wish) and kept
            if wish.only in ("zips", "all"):
                looked_up(scene, wish)
        if wish.only == "offices":  # not among all: it takes its time
            with stage(kind) as scene:
                offices_served(scene, wish)
        if wish.only in ("mail", "all"):
            for workers in WORKERS if wish.workers is None else (wish.workers,):
                with stage(kind) as scene:  # its own: the signings' mails would go first
                    kept = mails(scene, wish, workers) and kept
    return 0 if kept else 1


def page(scene: Stage, wish: argparse.Namespace) -> None:
    """A public page beside a bare Flask app that answers a constant of the same size."""
    path = f"/actions/{SLUG}"
    with server("actionhub.app:create_app", scene.environment(), scene.folder / "web.log") as ours:
        size = _size_of(ours, path)
        environment = scene.environment(BENCH_PAGE_BYTES=str(size))
        with server("bench.floors:make_app", environment, scene.folder / "floor.log") as floor:
            rounds = [
                (
                    _load(floor, lambda: load.get("/page"), wish),
                    _load(ours, lambda: load.get(path), wish),
                )
                for _ in range(wish.rounds)
            ]
    _print("page", scene.kind, f"GET {path}, {size / 1000:.0f} kB", rounds)


def offices_served(scene: Stage, wish: argparse.Namespace) -> None:
    """A delivery of all signatures, on file and on paper; and 10,000 letters queued."""
    for number in (wish.signatures // 10, wish.signatures - wish.signatures // 10):
        offices.sign_many(scene.database_url, scene.folder, number)
        found = offices.deliver(scene)
        print(
            f"delivery {found.lines:,} signatures: CSV {found.seconds:.1f} s, "
            f"{found.seconds / found.floor:.1f} times its floor, {found.grew:.0f} MB more at most; "
            f"on paper {found.paper_seconds:.1f} s, {found.paper_grew:.0f} MB more at most",
            flush=True,
        )
    queued = offices.queue_letters(scene)
    print(
        f"letters  {queued.letters:,} queued in {queued.seconds:.1f} s, "
        f"{queued.seconds / queued.floor:.1f} times the bare rows",
        flush=True,
    )


def signing(scene: Stage, wish: argparse.Namespace) -> bool:
    """Signing with unique addresses from many networks, beside the same inserts with no forms."""
    numbers = count()

    def form(path: str) -> Callable[[], bytes]:
        def build() -> bytes:
            n = next(numbers)
            fields = {
                "name": f"Signer {n}",
                "email": f"signer{n}@example.org",
                "zip": "20001",
                "country": "US",
                "comment": "Because it matters.",
                "display": "public",
                "wants_followups": "y",
            }
            network = f"{11 + n % 200}.{n // 200 % 250}.{n // 50000 % 250}.7"
            return load.post(path, urlencode(fields).encode(), network)

        return build

    before = stored_signatures(scene.database_url)
    with (
        server("actionhub.app:create_app", scene.environment(), scene.folder / "web.log") as ours,
        server("bench.floors:make_app", scene.environment(), scene.folder / "floor.log") as floor,
    ):
        rounds = [
            (
                _load(floor, form("/sign"), wish),
                _load(ours, form(f"/actions/{SLUG}"), wish),
            )
            for _ in range(wish.rounds)
        ]
    _print("signing", scene.kind, f"POST /actions/{SLUG}", rounds)
    accepted = sum(run.statuses.get(303, 0) for _, run in rounds)
    stored = stored_signatures(scene.database_url) - before
    print(f"  promise 1: {accepted} answers accepted, {stored} signatures stored")
    return accepted == stored


def looked_up(scene: Stage, wish: argparse.Namespace) -> None:
    """A ZIP to its representatives, warm, beside the same rows read by the driver."""
    every = zips.furnish(scene.database_url, scene.folder)
    some = random.Random(1).sample(every, 5000)
    rounds = [
        (zips.floor(scene.database_url, some), zips.ours(scene.database_url, scene.folder, some))
        for _ in range(wish.rounds)
    ]
    floor, ours = sorted(rounds, key=lambda one: one[1].p50 / one[0].p50)[len(rounds) // 2]
    verdict = "reached" if ours.p50 < ZIP_MS else "MISSED"
    print(
        f"zips     {scene.kind:10} {len(some)} ZIPs of {len(every)}: p50 {ours.p50:.2f} ms, "
        f"p99 {ours.p99:.2f} ms; {ours.p50 / floor.p50:.1f} times the floor's {floor.p50:.2f} ms "
        f"(target under {ZIP_MS:g} ms, {verdict})",
        flush=True,
    )


def mails(scene: Stage, wish: argparse.Namespace, workers: int) -> bool:
    """A follow-up with fields of its own for each member, beside `smtplib` with ready bytes."""
    ready = mail.ready_bytes(scene)
    messages = wish.messages // workers * workers
    rounds, kept = [], True
    with sink() as taking:
        for number in range(wish.rounds):
            before = taking.counted()
            floor = mail.floor(taking.port, messages, ready, workers)
            between = taking.counted()
            ours, held = mail.ours(scene, taking.port, messages, number, workers)
            theirs, taken = between.since(before), taking.counted().since(between)
            same = messages == theirs.messages == taken.messages == ours.messages == held.sent
            kept = kept and same and (held.commits is None or held.commits >= messages)
            rounds.append((ours.per_second / floor.per_second, floor, ours, theirs, taken, held))
    ratio, floor, ours, theirs, taken, held = sorted(rounds, key=lambda one: one[0])[
        len(rounds) // 2
    ]
    what = f"{messages} over {workers} connection{'s' if workers > 1 else ''}"
    _line("mail", scene.kind, what, floor.per_second, ours.per_second, ratio, "")
    for name, done, sunk in (("floor", floor, theirs), ("ours", ours, taken)):
        print(
            f"  {name:6} {sunk.octets / sunk.messages:.0f} octets a message; "
            f"{done.cpu_seconds / messages * 1e6:.0f} us of a core, and the sink's "
            f"{sunk.cpu_seconds / messages * 1e6:.0f} ({sunk.cpu_seconds / done.seconds:.0%} busy)"
        )
    print(
        f"  promise 2: {messages} queued, {taken.messages} accepted, {held.sent} recorded as sent, "
        f"{held.commits or 'uncounted'} commits{'' if kept else ': NOT EQUAL'}"
    )
    return kept


def grown(kind: str, wish: argparse.Namespace) -> bool:
    """How much more a large follow-up grows a worker than a small one does."""
    print(f"\n{kind}: a follow-up queued and sent in one fresh process each", flush=True)
    own = wish.members if wish.own is None else wish.own
    few, many = (memory.growth(kind, number, own) for number in (memory.FEW, wish.members))
    for one in (few, many):
        print(
            f"memory   {one.members:9,} queued, {one.sent:,} sent by it, in {one.seconds:.0f} s: "
            f"{one.up:.1f} MB as it was up, {one.grown:+.1f} at the end, {one.most:+.1f} at most",
            flush=True,
        )
    more = max(many.grown - few.grown, many.most - few.most)
    within = more <= memory.MOST_MB
    verdict = "reached" if within else "MISSED"
    print(f"  {more:+.1f} MB more (target {memory.MOST_MB:.0f}, {verdict})")
    return within


def _load(port: int, build: Callable[[], bytes], wish: argparse.Namespace) -> load.Result:
    return load.run(port, build, seconds=wish.seconds, connections=CONNECTIONS)


def _size_of(port: int, path: str) -> int:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": "localhost"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"{path} answered {answer.status}")
    return len(body)


def _print(name: str, kind: str, what: str, rounds: list[tuple[load.Result, load.Result]]) -> None:
    ratio = statistics.median(ours.per_second / floor.per_second for floor, ours in rounds)
    floor = statistics.median(floor.per_second for floor, _ in rounds)
    ours = statistics.median(ours.per_second for _, ours in rounds)
    p50 = statistics.median(ours.percentile(0.5) for _, ours in rounds)
    p99 = statistics.median(ours.percentile(0.99) for _, ours in rounds)
    _line(name, kind, what, floor, ours, ratio, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    unexpected = {s for _, ours in rounds for s in ours.statuses} - {200, 303}
    if unexpected:
        print(f"  answers other than 200 and 303: {sorted(unexpected)}")


def _line(
    name: str, kind: str, what: str, floor: float, ours: float, ratio: float, more: str
) -> None:
    verdict = f"target {TARGETS[name]}, {'reached' if ratio >= TARGETS[name] else 'MISSED'}"
    if name in ("signing", "mail") and kind == "sqlite":
        verdict = "no target: one writer"
    print(
        f"{name:8} {ours:7.0f}/s, floor {floor:7.0f}/s: {ratio:.2f} of it "
        f"({verdict}); {what}{'; ' + more if more else ''}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
