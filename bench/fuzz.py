"""One bad file stops nobody: mutants of valid hand-ins are read, and what comes back is judged.

    python bench/fuzz.py [--mutants 5000] [--seed 1] [--workers 2] [--kinds csv json sync xlsx] [--nights]
                         [--minutes M]

Prints a table of counts in markdown and each kind of finding with its first mutants; exits 1 on any finding. A
mutant is the same for the same seed, kind and number: `python bench/fuzz_read.py csv 17 1` reads one again.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter, defaultdict

from fuzz_mutants import KINDS
from fuzz_read import Verdict, read_many, read_really

_SHARE = 50  # mutants a child process reads before the next takes over


def main() -> int:
    """Read what was asked for; 1 when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=5000, help="of each kind")
    parser.add_argument("--really", type=int, help="of each kind through collect_unit too (default: a fiftieth)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no more mutants after that")
    parser.add_argument("--nights", action="store_true", help="whole nights of hostile values too")
    asked = parser.parse_args()
    start = time.perf_counter()
    verdicts = _mutants(asked)
    really = asked.mutants // 50 if asked.really is None else asked.really
    verdicts += read_really(tuple(asked.kinds), really, asked.seed) if really else []
    print(f"seed {asked.seed}, {len(verdicts)} mutants, {time.perf_counter() - start:.0f} s\n")
    bad = _told(verdicts)
    if asked.nights:
        from fuzz_night import fuzz_nights  # noqa: PLC0415 - it imports the whole chain

        bad += fuzz_nights(asked.seed)
    return 1 if bad else 0


def _mutants(asked: argparse.Namespace) -> list[tuple[str, int, Verdict]]:
    until = time.monotonic() + 60 * asked.minutes
    jobs = [
        (kind, range(first, min(first + _SHARE, asked.mutants)), asked.seed, until)
        for first in range(0, asked.mutants, _SHARE)
        for kind in asked.kinds
    ]
    with multiprocessing.get_context("fork").Pool(asked.workers) as pool:
        return [verdict for found in pool.imap_unordered(_share, jobs) for verdict in found]


def _share(job: tuple[str, range, int, float]) -> list[tuple[str, int, Verdict]]:
    kind, numbers, seed, until = job
    return read_many(kind, numbers, seed) if time.monotonic() < until else []


def _told(verdicts: list[tuple[str, int, Verdict]]) -> int:
    """Print the tables; the number of findings."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, number, verdict in verdicts:
        counts[kind][verdict["how"]] += 1
        if verdict["how"] == "finding":
            found[kind, verdict["kind"]].append(number)
    hows = sorted({how for each in counts.values() for how in each} - {"finding"})
    print("| kind | mutants | findings |", " | ".join(hows), "|")
    print("| --- " + "| ---: " * (len(hows) + 2) + "|")
    for kind, each in counts.items():
        print(f"| {kind} | {each.total()} | {each['finding']} |", " | ".join(str(each[how]) for how in hows), "|")
    for (kind, what), numbers in sorted(found.items()):
        print(f"\n- {kind}: {what}: {len(numbers)} (mutants {numbers[:6]})", end="")
    slow = max(verdicts, key=lambda each: float(each[2].get("seconds", 0)))
    print(f"\nslowest: {slow[0]} {slow[1]}, {slow[2].get('seconds')} s\n")
    return sum(map(len, found.values()))


if __name__ == "__main__":
    sys.exit(main())
