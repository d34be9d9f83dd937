"""MinHash LSH of datasketch on the same titles, at the first setting that finds 99 % of the exact pairs."""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from datasketch import MinHash, MinHashLSH

PERMUTATIONS = 256
SETTINGS = ((32, 8), (42, 6), (64, 4), (85, 3), (128, 2))  # bands and rows: ever looser
WANTED = 0.99


def main() -> None:
    """Print the cost of the first setting that reaches the recall, or of the loosest one."""
    folder = Path(sys.argv[-1])
    titles = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
    exact = {(int(a), int(b)) for a, b in np.load(folder / "exact.npy")}
    begin = time.perf_counter()
    hashes = []
    for title in titles:
        grams = {title[i : i + 3].encode() for i in range(max(len(title) - 2, 1))}
        each = MinHash(num_perm=PERMUTATIONS)
        each.update_batch(sorted(grams))
        hashes.append(each)
    hashing = time.perf_counter() - begin
    for bands, rows in SETTINGS:
        begin = time.perf_counter()
        index = MinHashLSH(num_perm=PERMUTATIONS, params=(bands, rows))
        for i, each in enumerate(hashes):
            index.insert(i, each)
        found = {(i, j) for i, each in enumerate(hashes) for j in index.query(each) if i < j}
        seconds = hashing + time.perf_counter() - begin
        recall = len(exact & found) / max(len(exact), 1)
        if recall >= WANTED or (bands, rows) == SETTINGS[-1] or len(found) > 30_000_000:
            break
    cost = {
        "bands": bands, "rows": rows, "recall": round(recall, 4), "candidates": len(found),
        "seconds": round(seconds, 2), "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
