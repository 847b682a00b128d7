"""Sends events with a client that openapi-python-client made from /openapi.json, and reads what became of them."""

import json
import os
import sys
from typing import TypeVar
from uuid import UUID

from sluice import AuthenticatedClient
from sluice.api.events import track_batch, track_event
from sluice.api.operation import check_readiness
from sluice.models import Batch, BatchTracked, Error, Event, EventSource, EventProps, Readiness, Tracked, ZodError
from sluice.types import UNSET, Unset

T = TypeVar("T")


def main() -> None:
    command, key = sys.argv[1:]
    print(json.dumps({"send": send, "read": read}[command](UUID(key))))


def send(key: UUID) -> dict[str, object]:
    client = connect(os.environ["SLUICE_KEY"])
    ready = expect(Readiness, check_readiness.sync(client=client))

    first = expect(Tracked, track_event.sync(client=client, body=payout(4900, key)))
    replay = track_event.sync_detailed(client=client, body=payout(4900, key))
    conflict = expect(Error, track_event.sync(client=client, body=payout(100, key)))

    events = [job(1), Event(""), job(2)]
    batch = expect(BatchTracked, track_batch.sync(client=client, body=Batch(events)))

    cuid = "ckv3x9d2a0000qzrmn831i7rn"
    no_type = expect(Error, track_event.sync(client=client, body=Event("asset_viewed", entity_id=cuid)))
    long_type = expect(Error, track_event.sync(client=client, body=Event("t" * 101)))
    no_prop = expect(Error, track_event.sync(client=client, body=Event("license_signed")))
    wrong_key = expect(Error, track_event.sync(client=connect("sluice_key_wrong"), body=payout(1)))

    # As many events as a key with a rate limit may send at once, and one more.
    limited = connect(os.environ["SLUICE_LIMITED_KEY"])
    burst = Batch([job(n) for n in range(50)])
    expect(BatchTracked, track_batch.sync(client=limited, body=burst))
    too_many = track_event.sync_detailed(client=limited, body=payout(1))

    return {
        "ready": ready.status,
        "first": first.to_dict(),
        "replayed": replay.headers["Idempotent-Replayed"],
        "conflict": conflict.code,
        "batch": [{"status": item.status, "error": item.error} for item in batch.results],
        "formErrors": zod_error(no_type).form_errors,
        "fieldErrors": zod_error(long_type).field_errors.to_dict(),
        "missingProp": no_prop.code,
        "wrongKey": wrong_key.code,
        "tooMany": expect(Error, too_many.parsed).code,
        "retryAfter": int(too_many.headers["Retry-After"]),
    }


def read(key: UUID) -> str:
    """A replay has the id of the event's row."""
    client = connect(os.environ["SLUICE_KEY"])
    replay = track_event.sync(client=client, body=payout(4900, key))
    return str(expect(Tracked, replay).event_id)


def connect(key: str) -> AuthenticatedClient:
    return AuthenticatedClient(os.environ["SLUICE_URL"], token=key, raise_on_unexpected_status=True)


def payout(cents: int, key: UUID | Unset = UNSET) -> Event:
    props = EventProps.from_dict({"amount_cents": cents, "payment_method": "card", "from": "python"})
    return Event("payout_completed", source=EventSource.API, props=props, idempotency_key=key)


def job(n: int) -> Event:
    return Event("job_completed", props=EventProps.from_dict({"from": "python", "n": n}))


def zod_error(error: Error) -> ZodError:
    return expect(ZodError, error.data and error.data.zod_error)


def expect(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {value}")
    return value


main()
