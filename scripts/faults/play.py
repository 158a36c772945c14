"""`python -m scripts.faults.play DATABASE 1,2,3`: plays faults on one database; prints a line of JSON for each."""

import argparse
import json
import random
import signal
import sys
import traceback
from dataclasses import asdict

from scripts.faults.ground import laid
from scripts.faults.outcome import Outcome
from scripts.faults.registry import BY_NUMBER
from scripts.services import HOW_TO_GET_THEM, Unreachable


def main() -> int:
    """Lay the ground, play one after the other; a fault that cannot be played is told like one that did harm."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("numbers")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    try:
        with laid(options.database) as ground:
            for number in map(int, options.numbers.split(",")):
                print(json.dumps(asdict(_played(ground, number, short=options.short))), flush=True)
    except Unreachable as reason:
        print(f"{reason} {HOW_TO_GET_THEM}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _played(ground: object, number: int, *, short: bool) -> Outcome:
    try:
        return BY_NUMBER[number].player()(ground, short)
    except Exception as error:
        traceback.print_exc()
        where = getattr(ground, "database", "")
        return Outcome(number, where, failures=[f"could not be played: {type(error).__name__}: {error}"])


if __name__ == "__main__":
    sys.exit(main())
