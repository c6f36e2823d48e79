"""A worker of a consumer group: reads, works, acknowledges, counts retries, gives up."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from redis import Redis, ResponseError

Data = dict[str, str]
Message = tuple[str, str, Data]

BLOCK_MS = 20


class Declined(Exception):
    """The bank says no."""


@dataclass
class Worker:
    redis: Redis
    report: Callable[[dict[str, str]], None]
    streams: list[str]  # by priority
    group: str
    name: str
    count: int = 10
    in_turn: bool = False  # a stream after the other, not all in one XREADGROUP
    claim_after_ms: int = 60_000
    max_retries: int = 3
    dead_letters: str = "orders_dlq"
    limit: int = 1_000_000  # messages until it ends
    until_told: bool = False  # else until nothing is left
    declined: list[str] = field(default_factory=list)
    hang_at: str | None = None
    running: bool = True
    tries: list[Data] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        signal.signal(signal.SIGTERM, lambda *_: self.stop())
        for stream in self.streams:
            self.create_group(stream)
        while self.running and len(self.tries) < self.limit:
            messages = [*self.claim_stale(), *self.read_new()]
            if not messages and not self.until_told:
                break
            for message in messages:
                self.handle(*message)
        return {"tries": self.tries, "done": self.done}

    def stop(self) -> None:
        self.running = False

    def create_group(self, stream: str) -> None:
        try:
            self.redis.xgroup_create(stream, self.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def claim_stale(self) -> Iterator[Message]:
        """What a worker that died has left pending."""
        for stream in self.streams:
            claimed = self.redis.xautoclaim(
                stream, self.group, self.name, self.claim_after_ms, count=self.count
            )
            yield from ((stream, id, data) for id, data in claimed[1])

    def read_new(self) -> Iterator[Message]:
        together = {stream: ">" for stream in self.streams}
        for streams in [{s: ">"} for s in self.streams] if self.in_turn else [together]:
            reply = self.redis.xreadgroup(
                self.group, self.name, streams, count=self.count, block=BLOCK_MS
            )
            for stream, entries in reply:
                yield from ((stream, id, data) for id, data in entries)
            if reply:
                return

    def handle(self, stream: str, id: str, data: Data) -> None:
        self.tries.append(data)
        try:
            self.work(stream, id, data)
        except Declined as error:
            self.try_again(stream, data, str(error))
        self.redis.xack(stream, self.group, id)
        self.report({"settled": id})

    def work(self, stream: str, id: str, data: Data) -> None:
        if data["order_id"] == self.hang_at:
            self.report({"hangs": id})
            signal.pause()
        if data["order_id"] in self.declined:
            raise Declined("card declined")
        item, total = data["item"], float(data["total"])
        self.done.append({"stream": stream, "id": id, "item": item, "total": total})

    def try_again(self, stream: str, data: Data, reason: str) -> None:
        retries = int(data.get("retry_count", 0))
        if retries < self.max_retries:
            self.redis.xadd(stream, {**data, "retry_count": retries + 1})
            return
        letter = {**data, "failed_at": int(time.time()), "reason": reason}
        self.redis.xadd(self.dead_letters, letter)
