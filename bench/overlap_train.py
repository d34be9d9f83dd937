"""Fit the overlap model to labelled pairs and measure it on pairs it has not seen.

    python -m bench.overlap_train LABELS.jsonl CATALOGUE

LABELS: one JSON object a line with code_a, code_b, relation, merge (and pair, its name). Writes
analysis/overlap_model.json (the same labels and catalogue give the same bytes) and docs/reference/overlaps.svg, and
prints the tables of docs/reference/overlaps.md.
"""

import argparse
import hashlib
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.overlap import RELATION_VI
from analysis.overlap_fit import FOLDS, REPEATS, STRENGTH, fitted_model, out_of_fold
from analysis.overlap_model import FILE
from analysis.pair_features import FEATURES, pair_features
from analysis.pairs import Catalogue, catalogue
from analysis.thresholds import Thresholds
from bench.reliability import bins, reliability_svg
from domain.codes import proc_core
from pipelines.reading.catalogue_file import read_catalogue

METRICS = import_module("sklearn.metrics")  # heavy: only this command needs it
ROOT = Path(__file__).parent.parent
RELATIONS = list(RELATION_VI)


def labelled(labels: Path, book: Catalogue) -> pd.DataFrame:
    """The features of each labelled pair, with pair, relation and merge."""
    place = {core: i for i, core in enumerate(book.cores)}
    rows = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines() if line.strip()]
    told = pd.DataFrame(
        {
            "pair": [row.get("pair", "") for row in rows],
            "relation": [row["relation"] for row in rows],
            "merge": [bool(row["merge"]) for row in rows],
            "ends": [_ends(place, row["code_a"], row["code_b"]) for row in rows],
        }
    )
    told[["a", "b"]] = told.pop("ends").tolist()
    return pair_features(book, told[["a", "b"]].to_numpy().tolist()).merge(told, on=["a", "b"], validate="1:1")


def _ends(place: dict[str, int], one: str, other: str) -> tuple[int, int]:
    a, b = (place[proc_core(code) or code] for code in (one, other))
    return min(a, b), max(a, b)


def measured(table: pd.DataFrame) -> pd.DataFrame:
    """The figures of each repeat, out of fold, and those of the baselines."""
    rows = []
    for told in out_of_fold(table):
        score = told["score"].to_numpy()
        best, at = _best_f1(table["merge"], score)
        rows.append(
            {
                "auc": METRICS.roc_auc_score(table["merge"], score),
                "best_f1": best,
                "best_at": at,
                "f1_at_half": METRICS.f1_score(table["merge"], score >= 0.5),
                "brier": METRICS.brier_score_loss(table["merge"], score),
                "log_loss": METRICS.log_loss(table["merge"], score),
                "relation_macro_f1": METRICS.f1_score(table["relation"], told["relation_found"], average="macro"),
            }
        )
    return pd.DataFrame(rows)


def baselines(table: pd.DataFrame) -> pd.DataFrame:
    """What one likeness alone reaches: title cosine, shared papers, their sum."""
    title, papers = table["title"].fillna(0.0), table["papers"].fillna(0.0)
    rows = [("title cosine", title), ("papers (Jaccard)", papers), ("title + papers", title + papers)]
    return pd.DataFrame(
        [
            (name, METRICS.roc_auc_score(table["merge"], score), _best_f1(table["merge"], score)[0])
            for name, score in rows
        ],
        columns=["score", "auc", "best_f1"],
    )


def _best_f1(truth: pd.Series, score: np.ndarray | pd.Series) -> tuple[float, float]:
    values = np.asarray(score)
    found = [(METRICS.f1_score(truth, values >= at), at) for at in np.unique(values.round(3))]
    return max(found, key=lambda each: (each[0], -each[1]))


def main() -> None:
    """Fit, write, print."""
    parser = argparse.ArgumentParser(description="Fit and measure the overlap model.")
    parser.add_argument("labels", type=Path)
    parser.add_argument("catalogue", type=Path)
    asked = parser.parse_args()
    frames = read_catalogue(asked.catalogue).tables
    book = catalogue(
        frames["procedure"], frames["procedure_paper"], frames["procedure_step"], thresholds=Thresholds()
    )
    table = labelled(asked.labels, book)
    model = fitted_model(table)
    digest = hashlib.sha256(asked.labels.read_bytes()).hexdigest()[:16]
    text = model.to_json(pairs=len(table), labels_sha256=digest, strength=STRENGTH)
    (ROOT / "analysis" / FILE).write_text(text, encoding="utf-8")

    runs = measured(table)
    print(f"{len(table)} pairs, {table['merge'].sum()} to weigh as one; {REPEATS} x {FOLDS} folds by procedure\n")
    print(baselines(table).round(3).to_string(index=False), "\n")
    print(pd.DataFrame({"mean": runs.mean(), "low": runs.min(), "high": runs.max()}).round(3).to_string(), "\n")
    told = out_of_fold(table)
    score = np.mean([each["score"] for each in told], axis=0)
    found = pd.DataFrame([each["relation_found"] for each in told]).mode().iloc[0].to_numpy()
    shape = METRICS.confusion_matrix(table["relation"], found, labels=RELATIONS)
    print(pd.DataFrame(shape, index=RELATIONS, columns=RELATIONS).to_string(), "\n")
    print(bins(table["merge"].to_numpy(), score).round(3).to_string(index=False), "\n")
    (ROOT / "docs" / "reference" / "overlaps.svg").write_text(
        reliability_svg(bins(table["merge"].to_numpy(), score)), encoding="utf-8"
    )
    wrong = table.assign(score=score, found=found)
    wrong = wrong.loc[wrong["merge"].ne(wrong["score"] >= 0.5)].sort_values("score")
    for _, row in wrong.iterrows():
        print(row["pair"], row["relation"], row["merge"], round(row["score"], 2), row["found"])
        print("   ", book.names[row["a"]], "|", book.names[row["b"]])
    weights = pd.DataFrame({"feature": FEATURES, "weight": model.merge[1:], "center": model.center})
    print(weights.assign(scale=model.scale).round(3).to_string(index=False), "\nintercept", round(model.merge[0], 3))


if __name__ == "__main__":
    main()
