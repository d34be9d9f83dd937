"""How much of what is really slow the quarter's flags find, and how many flags name what is not: over many seeds.

    python bench/recall.py [--seeds 20] [--first 1] [--clean 5]

Each seed draws a district of its own: one office of the counter that loses two thirds of its staff, one commune
that works at 1.55 times the usual time, three procedures that take 2.2 times as long wherever they are done, and
three clean decoys: a commune with mostly slow procedures and the usual pace, a tiny commune some of whose few
dossiers are late, an office with twice the dossiers and the staff for them. The dossiers as known at the end of the
quarter go straight into a warehouse in memory; its models feed the quarter's analysis as the product runs it.

What is true is read from the simulated dossiers, not from the analysis. Something counts as planted when it really
took effect, against the same seed with nothing planted: the commune took at least 1.2 times as long for its own mix
of procedures; the office's steps of the quarter took at least 1.5 times as long and longer than planned; the
procedure took at least 1.3 times as long, and more of it than the target really ended late.

A flag is
- true when it names a planted thing itself;
- a consequence when it names a planted thing as the place: a procedure or step at the slow commune; a procedure
  through the slow office, at the counter; a step of a slow procedure; the counter, whose office is slow;
- natural when what it says holds with nothing planted, over all seeds' worlds without plants: a procedure of which
  more than the target ends late, a step that runs past its plan more often than not;
- false otherwise: every flag on a decoy is one, unless it names a slow procedure.
False discovery rate = false / (true + false); consequences and natural ones are in neither. A second table is of
years with nothing planted (--clean): there every flag that is not natural is false.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from recall_truth import Nature, Truth, truth_of
from recall_world import QUARTER, Simulated, drawn_plan, loaded, settings_for, simulated

from analysis.quarter import QuarterAnalysis, quarter_analysis
from analysis.thresholds import Thresholds
from pipelines.quarterly import COUNTS, DIMENSIONS, thresholds_of
from pipelines.settings import Settings
from pipelines.simulator.plan import COUNTER, Plan

KINDS = {
    "SLOW_STEP": "slow step or office",
    "BACKLOG_GROWING": "office falling behind",
    "SLOW_UNIT": "slow commune",
    "SLOW_PROCEDURE": "slow procedure",
}
_OF_OFFICES = ("SLOW_STEP", "BACKLOG_GROWING")
_LEAST_CLEAN_YEARS = 6
Flag = Mapping[Any, Any]


@dataclass
class Score:
    """One kind of flag over all seeds."""

    planted: int = 0
    found: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    decoys: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Found of planted; NaN of none."""
        return self.found / self.planted if self.planted else float("nan")

    @property
    def false_discovery_rate(self) -> float:
        """False of true and false flags; 0 when there is neither."""
        asked = self.verdicts["true"] + self.verdicts["false"]
        return self.verdicts["false"] / asked if asked else 0.0


@dataclass(frozen=True, kw_only=True)
class Judge:
    """What is known to be true of one world, and of all worlds without plants."""

    given: Simulated
    truth: Truth
    nature: Nature
    thresholds: Thresholds

    def verdict(self, flag: Flag) -> str:
        """true, consequence, natural or false."""
        unit, core = _text(flag["unit_code"]), _text(flag["proc_core"])
        if flag["kind"] == "SLOW_UNIT":
            return self._unit(unit)
        if flag["kind"] == "SLOW_PROCEDURE":
            return self._procedure(unit, core)
        if flag["kind"] == "BACKLOG_GROWING":
            return "true" if (unit, _office(flag)) == (COUNTER, self.truth.slow_office) else "false"
        return self._step(unit, core, flag)

    def _unit(self, unit: str) -> str:
        if unit == self.truth.slow_unit:
            return "true"
        return "consequence" if unit == COUNTER and self.truth.slow_office else "false"

    def _procedure(self, unit: str, core: str) -> str:
        if core in self.given.plan.slow_procedures:
            return "true"
        if unit and unit == self.truth.slow_unit:
            return "consequence"
        if self.truth.slow_office and core in self.truth.touched and unit in {"", COUNTER}:
            return "consequence"
        return (
            "natural" if self.nature.late_share(core, unit or None) > self.thresholds.target_late_share else "false"
        )

    def _step(self, unit: str, core: str, flag: Flag) -> str:
        office, task = self.place(core, flag)
        if unit == COUNTER and office == self.truth.slow_office:
            return "true"
        if unit == self.truth.slow_unit or core in self.given.plan.slow_procedures:
            return "consequence"
        usual = self.nature.steps.get((unit, office, task, core))
        return "natural" if usual and usual.share > self.thresholds.step_over_share else "false"

    def place(self, core: str, flag: Flag) -> tuple[str, str]:
        """Office and task a step flag is about."""
        if core:
            steps = self.given.world.procedures[core].steps
            step = next(s for s in steps if s.step_no == flag["step_no"])
            return step.office_code, step.task
        return _office(flag), str(flag["rule"]).split(":", 2)[2]

    def decoy(self, flag: Flag) -> str:
        """Which decoy a flag names, if it does."""
        plan, unit = self.given.plan, _text(flag["unit_code"])
        named = {plan.hard_unit: "hard commune", plan.tiny_unit: "tiny commune"}
        if flag["kind"] in _OF_OFFICES and unit == COUNTER:
            core = _text(flag["proc_core"])
            office = self.place(core, flag)[0] if core else _office(flag)
            return "busy office" if office == plan.busy_office else ""
        return named.get(unit, "")


def _office(flag: Flag) -> str:
    """The office a flag over all procedures names in its rule."""
    return str(flag["rule"]).split(":", 2)[1]


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def analysed(given: Simulated, settings: Settings) -> QuarterAnalysis:
    """The quarter as the product analyses it."""
    with loaded(given, settings) as warehouse:
        counts = {name: warehouse.read_table(name) for name in (*COUNTS, *DIMENSIONS)}
    return quarter_analysis(counts, quarter=QUARTER, hourly_rate=None, thresholds=thresholds_of(settings))


def count(scores: dict[str, Score], flags: pd.DataFrame, judge: Judge) -> None:
    """Add one seed's flags to the scores."""
    truth, seed = judge.truth, judge.given.seed
    wanted = {
        "SLOW_STEP": {truth.slow_office} - {""},
        "BACKLOG_GROWING": {truth.slow_office} - {""},
        "SLOW_UNIT": {truth.slow_unit} - {""},
        "SLOW_PROCEDURE": set(truth.slow_procedures),
    }
    for kind, score in scores.items():
        hit: set[str] = set()
        for flag in flags.loc[flags["kind"].eq(kind)].to_dict("records"):
            verdict = judge.verdict(flag)
            score.verdicts[verdict] += 1
            unit, core = _text(flag["unit_code"]), _text(flag["proc_core"])
            if verdict == "false":
                score.decoys[judge.decoy(flag)] += 1
                score.false.append(f"seed {seed}: {unit} {core} {flag['rule']} {flag['value']:.2f} n={flag['n']}")
            elif verdict == "true":
                hit |= _named(kind, unit, core, truth)
        score.planted += len(wanted[kind])
        score.found += len(wanted[kind] & hit)
        score.missed += [f"seed {seed}: {name}" for name in sorted(wanted[kind] - hit)]


def _named(kind: str, unit: str, core: str, truth: Truth) -> set[str]:
    """The planted thing a true flag finds. A procedure done in several units is found when it is named as such."""
    if kind in _OF_OFFICES:
        return {truth.slow_office}
    if kind == "SLOW_UNIT":
        return {unit}
    return {core} if unit in {"", COUNTER} else set()


def table(scores: dict[str, Score], seeds: int) -> str:
    """The result as markdown."""
    head = (
        "| Kind | Seeds | Planted | Found | Recall | True | Consequence | Natural | False | FDR | False on decoys |"
    )
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"]
    for kind, score in scores.items():
        seen = score.verdicts
        decoys = ", ".join(f"{name} {n}" for name, n in sorted(score.decoys.items()) if name) or "none"
        recall = f"{score.recall:.2f}" if score.planted else "-"
        rates = f"{score.false_discovery_rate:.3f} | {decoys}"
        lines.append(
            f"| {KINDS[kind]} | {seeds} | {score.planted} | {score.found} | {recall} | {seen['true']} | "
            f"{seen['consequence']} | {seen['natural']} | {seen['false']} | {rates} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the seeds asked for, planted and clean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--clean", type=int, default=5)
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.seeds)
    nature = Nature()
    for seed in range(args.first, args.first + max(args.seeds, _LEAST_CLEAN_YEARS)):
        nature.learn(simulated(seed, Plan.clean()))
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder))
        for title, chosen, drawn in (
            ("Planted", seeds, drawn_plan),
            ("Nothing planted", seeds[: args.clean], lambda _: Plan.clean()),
        ):
            scores = {kind: Score() for kind in KINDS}
            for seed in chosen:
                one_seed(scores, simulated(seed, drawn(seed)), nature, settings)
            if chosen:
                report(title, scores, len(chosen))


def one_seed(scores: dict[str, Score], given: Simulated, nature: Nature, settings: Settings) -> None:
    """Analyse one world and add what its flags say to the scores."""
    begun = time.perf_counter()
    thresholds = thresholds_of(settings)
    truth = truth_of(given, simulated(given.seed, Plan.clean()), thresholds.target_late_share)
    judge = Judge(given=given, truth=truth, nature=nature, thresholds=thresholds)
    count(scores, analysed(given, settings).flags, judge)
    print(f"seed {given.seed}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)


def report(title: str, scores: dict[str, Score], seeds: int) -> None:
    """Print the table, then what was missed and what was false."""
    print(f"{title}\n\n{table(scores, seeds)}\n")
    for kind, score in scores.items():
        for what, lines in (("missed", score.missed), ("false", score.false)):
            for line in lines:
                print(f"{KINDS[kind]}, {what}: {line}")
    print(flush=True)


if __name__ == "__main__":
    main()
