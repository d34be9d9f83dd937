"""One part of the overlap measurement in a process of its own; prints what it cost as one line of JSON."""

import json
import pickle
import random
import resource
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.catalogue_review import review_catalogue
from analysis.likeness import near_pairs, unit_rows
from analysis.overlap import overlaps
from analysis.pairs import catalogue
from analysis.thresholds import Thresholds
from analysis.titles import parsed_title
from pipelines.reading.catalogue_file import read_catalogue

LEAST = Thresholds().title_candidate


def made(place: Path, size: int) -> dict[str, pd.DataFrame]:
    """A catalogue of a size: the real one, and copies in which four words of ten and half the papers are others.

    The same size gives the same catalogue. Other words come from the real titles, so their frequency is real.
    """
    real = read_catalogue(place).tables
    tables = {name: real[name] for name in ("procedure", "procedure_paper", "procedure_step")}
    cores = tables["procedure"]["proc_core"].tolist()
    words = [word for name in tables["procedure"]["name"] for word in name.split()]
    papers = tables["procedure_paper"]["name"].tolist()
    chance = random.Random(size)
    parts: dict[str, list[pd.DataFrame]] = {name: [frame] for name, frame in tables.items()}
    have, copy = len(cores), 0
    while have < size:
        copy += 1
        taken = cores[: size - have]
        new = {core: f"{core}-{copy}" for core in taken}
        for name, frame in tables.items():
            part = frame.loc[frame["proc_core"].isin(set(taken))].copy()
            part["proc_core"] = part["proc_core"].map(new)
            if name == "procedure":
                part["name"] = [
                    " ".join(chance.choice(words) if chance.random() < 0.4 else word for word in text.split())
                    for text in part["name"]
                ]
            if name == "procedure_paper":
                part["name"] = [chance.choice(papers) if chance.random() < 0.5 else text for text in part["name"]]
            parts[name].append(part)
        have += len(taken)
    joined = {name: pd.concat(found, ignore_index=True) for name, found in parts.items()}
    inside = set(joined["procedure"]["proc_core"].tolist()[:size])
    return {name: frame.loc[frame["proc_core"].isin(inside)] for name, frame in joined.items()}


def title_rows(frames: dict[str, pd.DataFrame]) -> tuple[list[str], object]:
    """The titles as they are compared, and their unit rows."""
    titles = [parsed_title(name).core for name in frames["procedure"]["name"]]
    return titles, unit_rows(titles, letters=True)


def main() -> None:
    """Run the part asked for."""
    part, folder = sys.argv[1], Path(sys.argv[-1])
    kept = folder / "catalogue.pickle"
    if part == "make":
        frames = made(Path(sys.argv[2]), int(sys.argv[3]))
        titles, rows = title_rows(frames)
        kept.write_bytes(pickle.dumps((frames, rows)))
        (folder / "titles.json").write_text(json.dumps(titles), encoding="utf-8")
        print(json.dumps({name: len(frame) for name, frame in frames.items()}))
        return
    frames, rows = pickle.loads(kept.read_bytes())
    cost: dict[str, object] = {}
    begin = time.perf_counter()
    if part == "ours":
        left, right, _ = near_pairs(rows, LEAST)
        cost["pairs"] = len(left)
        np.save(folder / "exact.npy", np.column_stack([left, right]))
    elif part == "sklearn":
        from sklearn.metrics.pairwise import cosine_similarity

        found = 0
        for start in range(0, rows.shape[0], 512):
            block = cosine_similarity(rows[start : start + 512], rows, dense_output=True)
            found += int(np.triu(block >= LEAST - 1e-12, k=start + 1).sum())
        cost["pairs"] = found
    else:
        tables = [frames[name] for name in ("procedure", "procedure_paper", "procedure_step")]
        book = catalogue(*tables, thresholds=Thresholds())
        cost["catalogue_s"] = round(time.perf_counter() - begin, 1)
        middle = time.perf_counter()
        cost["pairs"] = len(overlaps(book, thresholds=Thresholds()))
        cost["overlaps_s"] = round(time.perf_counter() - middle, 1)
        begin = time.perf_counter()
        found_all = review_catalogue(frames, on=date(2026, 11, 24), thresholds=Thresholds())
        cost["families"] = len(found_all["families"])
    cost["seconds"] = round(time.perf_counter() - begin, 2)
    cost["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(cost))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
