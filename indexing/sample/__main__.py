"""`python -m indexing.sample`: write the sample again, byte for byte, or one of another seed or size."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from indexing.errors import InputError
from indexing.sample import PEOPLE, SEED, generate, write_sample


def main(arguments: list[str] | None = None) -> int:
    """Generate and write a sample; 2 when it cannot be made as asked."""
    parser = argparse.ArgumentParser(prog="python -m indexing.sample", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--out", type=Path, default=Path("data/samples"), help="folder of the three CSV files")
    parser.add_argument("--judgements", type=Path, default=Path("data/judgements"), help="folder of the judgements")
    asked = parser.parse_args(arguments)
    try:
        sample = generate(asked.seed, people=asked.people)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    write_sample(sample, asked.out, asked.judgements)
    counts = f"{len(sample.users)} accounts, {len(sample.repos)} repositories, {len(sample.judgements)} judged queries"
    sys.stdout.write(f"{counts} in {asked.out} and {asked.judgements}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
