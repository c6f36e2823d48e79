"""What a consumer group has in flight, as XPENDING knows it."""

from typing import Any

from redis import Redis


def pending(
    redis: Redis,
    stream: str,
    group: str,
    consumer: str | None = None,
    first: str = "-",
    last: str = "+",
) -> dict[str, Any]:
    summary = redis.xpending(stream, group)
    entries = redis.xpending_range(stream, group, first, last, 100, consumer)
    return {
        "total": summary["pending"],
        "consumers": {c["name"]: c["pending"] for c in summary["consumers"]},
        "entries": [
            {
                "id": entry["message_id"],
                "consumer": entry["consumer"],
                "deliveries": entry["times_delivered"],
            }
            for entry in entries
        ],
    }
