"""Reads streams without a group: a follower, an activity feed, a page of entries."""

from typing import Any

from redis import Redis

Entry = tuple[str, dict[str, str]]


def follow(
    redis: Redis, stream: str, last_id: str = "$", block: int = 20
) -> dict[str, Any]:
    """Reads what comes after `last_id` until nothing is left; `$` waits for what comes next."""
    entries: list[Entry] = []
    while reply := redis.xread({stream: last_id}, count=100, block=block):
        entries += reply[0][1]
        last_id, block = entries[-1][0], 20
    return {"entries": entries, "last": last_id}


def latest(redis: Redis, stream: str, count: int) -> list[Entry]:
    """The newest activity first, as a page shows it."""
    return redis.xrevrange(stream, count=count)


def read_range(
    redis: Redis, stream: str, first: str = "-", last: str = "+"
) -> list[Entry]:
    return redis.xrange(stream, first, last)
