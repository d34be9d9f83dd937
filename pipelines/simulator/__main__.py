"""`python -m pipelines.simulator SITE --inbox DIR --truth FILE`, with --scale, --year, --years and --seed."""

import argparse
import sys
from pathlib import Path

from domain.errors import KnownError
from pipelines.simulator import DEFAULT_SEED, simulate


def main(arguments: list[str] | None = None) -> int:
    """Run one simulation from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.simulator", description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--inbox", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--year", type=int, default=2017)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    args = parser.parse_args(arguments)
    try:
        result = simulate(
            args.site, args.inbox, args.truth, scale=args.scale, year=args.year, seed=args.seed, years=args.years
        )
    except KnownError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{result.dossiers} dossiers, {result.files} files, nights {result.nights[0]} to {result.nights[-1]}, "
          f"{result.bad_rows} bad rows planted")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
