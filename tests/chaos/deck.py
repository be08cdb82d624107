"""The order in which things happen: every fault, shuffled by the seed, and shuffled again."""

import random
from collections.abc import Iterator
from typing import Final

from tests.chaos.faults import broker, database, links, workers
from tests.chaos.faults.workers import Fault
from tests.chaos.strikes import Point

#: In a round of all faults each hook point comes so often.
STRIKES_A_ROUND: Final = 25

STRIKES: Final[dict[str, Fault]] = {point.value: workers.struck_at(point) for point in Point}
#: By name, with how often each comes for one of the others.
OTHERS: Final[dict[Fault, int]] = {
    workers.worker_killed_any_time: 3,
    workers.all_workers_killed: 2,
    workers.workers_away: 1,
    workers.worker_deployed: 2,
    workers.worker_paused: 2,
    workers.zombie: 2,
    workers.worker_replaced: 1,
    broker.broker_restarted: 2,
    broker.broker_killed: 1,
    broker.broker_killed_and_store_deleted: 2,
    broker.broker_killed_and_store_torn: 1,
    database.postgres_killed: 1,
    database.backend_killed: 2,
    database.commit_unanswered: 3,
    database.commit_undelivered: 2,
    database.database_away: 1,
    database.database_slow: 1,
    links.senders_cut: 1,
    links.senders_cut_mid_message: 2,
    links.senders_half_open: 1,
    links.acknowledgements_lost: 1,
    links.senders_slow: 1,
    links.senders_without_power: 1,
    links.ingest_cut: 1,
    links.ingest_cut_mid_message: 2,
    links.ingest_half_open: 1,
    links.ingest_unheard: 1,
    database.database_half_open: 1,
    database.transaction_abandoned: 1,
}


def shuffled(rng: random.Random) -> Iterator[tuple[str, Fault]]:
    """Faults without end, by name: each round has all of them, in another order."""
    cards = [(name, fault) for name, fault in STRIKES.items() for _ in range(STRIKES_A_ROUND)]
    cards += [(fault.__name__, fault) for fault, often in OTHERS.items() for _ in range(often)]
    while True:
        rng.shuffle(cards)
        yield from cards
