"""A bad network: every fifth request or reply is lost, doubled, or held back until something newer has overtaken it."""

import asyncio
import random

from scripts.faults import proxy, seats
from scripts.faults.ground import Ground, Servers
from scripts.faults.outcome import Outcome
from scripts.faults.seats import Room, Writer

SHARE = 0.2


def bad_network(ground: Ground, short: bool) -> Outcome:
    """Let candidates change their minds on such a network; in the end the newest answer to each question must stand."""
    clients, changes = (10, 30) if short else (50, 200)
    outcome = Outcome(4, ground.database, tries=clients * changes)
    with ground.servers(2) as servers:
        room = seats.taken(clients, servers.origin)
        happened = ground.run(_changing_minds(servers, room, changes))
    outcome.notes.append(", ".join(f"{name} {count}" for name, count in happened.items()))
    outcome.require(sum(happened.values()) >= outcome.tries * SHARE / 3, "too little went wrong to prove anything")
    room.compare(outcome)
    for writer in room.writers:
        newest = {question: max(seqs) for question, seqs in writer.sent.items()}
        acked = {question: seq for question, (seq, _value) in writer.acked.items()}
        outcome.require(newest == acked, f"{writer.client}: the newest answer to a question was never acked")
    return outcome


async def _changing_minds(servers: Servers, room: Room, changes: int) -> dict[str, int]:
    async with proxy.between(servers.port, seed=random.randrange(2**31)) as way:
        way.share = SHARE
        for writer in room.writers:
            writer.browser.redirect_to(way.port)
        await asyncio.gather(*(_change(writer, changes) for writer in room.writers))
        way.share = 0.0
        await way.settle()  # what was held back arrives last of all
        for writer in room.writers:
            writer.browser.hang_up()
        return way.counts


async def _change(writer: Writer, changes: int) -> None:
    """Answer few questions often; whatever was not acked at once is given up for something newer, until the end."""
    unsure: set[int] = set()
    for number in range(changes):
        question = 1 + number % 5
        unsure.discard(question)
        if not await writer.save_once(question):
            unsure.add(question)
    for question in unsure:
        while not await writer.save_once(question):
            await asyncio.sleep(0.05)
