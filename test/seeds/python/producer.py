"""Adds orders to a stream, and keeps the stream short."""

from typing import Any

from redis import Redis

Order = dict[str, Any]


def produce(
    redis: Redis, stream: str, orders: list[Order], maxlen: int | None = None
) -> list[str]:
    """Adds orders one by one; `maxlen` is approximate, as in XADD MAXLEN ~."""
    return [
        redis.xadd(stream, order, maxlen=maxlen, approximate=True) for order in orders
    ]


def trim(
    redis: Redis,
    stream: str,
    maxlen: int | None = None,
    minid: str | None = None,
    approximate: bool = False,
) -> int:
    """Cuts the stream by length or by age; returns how many entries went."""
    return redis.xtrim(stream, maxlen=maxlen, minid=minid, approximate=approximate)
