"""Runs the programs: a job a line on stdin, its events and its result a line on stdout."""

import json
import sys
from collections.abc import Callable
from typing import Any

from redis import Redis

import monitor
import producer
import readers
from worker import Worker


def say(kind: str, value: Any) -> None:
    print(json.dumps({kind: value}), flush=True)


def work(redis: Redis, **settings: Any) -> dict[str, Any]:
    return Worker(redis, report=lambda event: say("event", event), **settings).run()


JOBS: dict[str, Callable[..., Any]] = {
    "produce": producer.produce,
    "trim": producer.trim,
    "work": work,
    "follow": readers.follow,
    "latest": readers.latest,
    "range": readers.read_range,
    "pending": monitor.pending,
}


def main(url: str) -> None:
    redis = Redis.from_url(url, decode_responses=True, client_name=sys.argv[2])
    for line in sys.stdin:
        job = json.loads(line)
        say("result", JOBS[job.pop("job")](redis, **job))


if __name__ == "__main__":
    main(sys.argv[1])
