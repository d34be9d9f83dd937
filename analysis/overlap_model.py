"""The fitted weights by which a pair of procedures is typed and scored: a small table of numbers anyone can read.

`overlap_model.json` holds them. It is made from pairs read by independent readers by one command
(docs/reference/overlaps.md) and needs none of those pairs afterwards.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from analysis.pair_features import FEATURES
from domain.errors import KnownError

VERSION = 1  # of the file's shape and of the features; raised when either changes
FILE = "overlap_model.json"


@dataclass(frozen=True, kw_only=True)
class OverlapModel:
    """Two logistic regressions over the same features.

    `center`, `scale`: mean and standard deviation of each of FEATURES; `merge`: log-odds that a reviewer would weigh
    making the two procedures one; `relations`: log-odds up to a constant of each relation, by name. Each vector of
    weights starts with the intercept.
    """

    center: np.ndarray
    scale: np.ndarray
    merge: np.ndarray
    relations: dict[str, np.ndarray]

    def added(self, table: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the log-odds of `merge`, one column a feature; 0 where nothing is known."""
        return pd.DataFrame(self._units(table) * self.merge[1:], columns=FEATURES, index=table.index)

    def probability(self, table: pd.DataFrame) -> np.ndarray:
        """The calibrated probability (0..1) that a reviewer would weigh making the two procedures one."""
        odds: np.ndarray = 1.0 / (1.0 + np.exp(-(self.added(table).sum(axis=1).to_numpy() + self.merge[0])))
        return odds

    def relation(self, table: pd.DataFrame) -> list[str]:
        """The likeliest relation of each pair; of two equally likely ones the first by name."""
        names = sorted(self.relations)
        if table.empty:
            return []
        weights = np.column_stack([self.relations[name] for name in names])
        likely = (self._units(table) @ weights[1:] + weights[0]).argmax(axis=1)
        return [names[i] for i in likely]

    def _units(self, table: pd.DataFrame) -> np.ndarray:
        units = (table[FEATURES].to_numpy(dtype=float) - self.center) / self.scale
        return np.where(np.isnan(units), 0.0, units)

    @classmethod
    def from_json(cls, text: str) -> "OverlapModel":
        """Read the model; E-AN-MODEL when it was made for other features than these."""
        content: dict[str, Any] = json.loads(text)
        if content["version"] != VERSION or list(content["features"]) != FEATURES:
            raise KnownError(
                "E-AN-MODEL",
                f"{FILE} (version {content['version']}) was made for other features than this program's.",
                mend="rebuild it with the command in docs/reference/overlaps.md",
            )
        features = content["features"]
        return cls(
            center=np.array([each["center"] for each in features.values()]),
            scale=np.array([each["scale"] for each in features.values()]),
            merge=np.array([content["merge"], *(each["merge"] for each in features.values())]),
            relations={
                name: np.array([start, *(each["relations"][name] for each in features.values())])
                for name, start in content["relations"].items()
            },
        )

    def to_json(self, **about: object) -> str:
        """The file's text: every number with six decimals, so that the same pairs give the same bytes."""
        features = {
            name: {
                "center": _short(self.center[i]),
                "scale": _short(self.scale[i]),
                "merge": _short(self.merge[i + 1]),
                "relations": {kind: _short(weights[i + 1]) for kind, weights in sorted(self.relations.items())},
            }
            for i, name in enumerate(FEATURES)
        }
        content = {
            "version": VERSION,
            "about": about,
            "merge": _short(self.merge[0]),
            "relations": {kind: _short(weights[0]) for kind, weights in sorted(self.relations.items())},
            "features": features,
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


@lru_cache(maxsize=1)
def shipped_model() -> OverlapModel:
    """The model that comes with the program."""
    return OverlapModel.from_json((files("analysis") / FILE).read_text(encoding="utf-8"))


def _short(value: float) -> float:
    return round(float(value), 6) + 0.0
