"""What `make faults` is made of: it must notice a loss, an ack without a sync, and a fault that nobody plays."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress

import pytest
from django.conf import settings

from scripts.faults import proxy
from scripts.faults.kills import syncs_before_acks
from scripts.faults.outcome import Outcome
from scripts.faults.registry import BROWSER, FAULTS

REQUEST = b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ACK = '7 sendto(9<TCP>, "HTTP/1.1 200 OK\\r\\n...{\\"acks\\": []", 20) = 20\n'
SYNC = "7 fdatasync(12</data/db.sqlite3-wal>) = 0\n"


def test_every_fault_of_the_promise_is_played_by_somebody() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 19))
    for fault in FAULTS:
        assert BROWSER in fault.grounds or callable(fault.player())


def test_a_loss_and_a_broken_promise_are_no_good_outcome() -> None:
    assert Outcome(1, "sqlite").is_good
    assert not Outcome(1, "sqlite", lost=1).is_good
    broken = Outcome(1, "sqlite")
    broken.require(False, "something")
    assert not broken.is_good


def test_an_ack_without_a_sync_before_it_is_noticed() -> None:
    assert syncs_before_acks((SYNC + ACK) * 3) == (3, 3)
    assert syncs_before_acks(SYNC + ACK + ACK) == (1, 2)


# --- the bad network -------------------------------------------------------------------------------------------------


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while await proxy.message(reader):
            writer.write(REPLY)
    writer.close()


async def through(happens: str) -> tuple[bytes, dict[str, int]]:
    """Send one request on a way where this happens to every one; return what came back."""
    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    async with proxy.between(server.sockets[0].getsockname()[1]) as way:
        way.share = 1.0 if happens else 0.0
        way.counts = {happens: 0} if happens else way.counts
        reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
        writer.write(REQUEST)
        came = await proxy.message(reader)
        writer.close()
        await writer.wait_closed()
    server.close()
    return came, way.counts


async def test_a_good_network_brings_the_reply() -> None:
    assert (await through(""))[0] == REPLY


@pytest.mark.parametrize("happens", ["request lost", "reply lost", "held back"])
async def test_what_goes_wrong_on_the_way_is_told_by_a_cut_connection(happens: str) -> None:
    assert await through(happens) == (b"", {happens: 1})


async def test_a_doubled_request_is_answered_once() -> None:
    assert await through("doubled") == (REPLY, {"doubled": 1})


# --- the command -----------------------------------------------------------------------------------------------------


def test_an_unknown_fault_is_refused() -> None:
    command = [sys.executable, "-m", "scripts.faults", "--only", "1,99"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "99" in done.stderr


def test_a_fault_that_could_not_be_played_counts_as_one_that_did_harm() -> None:
    command = [sys.executable, "-m", "scripts.faults.play", "nowhere", "99"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode or "could not be played" in json.loads(done.stdout)["failures"][0]
