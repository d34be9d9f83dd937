"""Which words of several names differ: what all have in common stays plain, the rest is marked."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.text import normalise

_MARKS = " .,;:!?()[]{}\"'“”‘’-–—/…"


class Words(NamedTuple):
    """A run of words of a name; `marked`: at least one of the other names has not got them in this place."""

    text: str
    marked: bool


def marked_names(names: Sequence[str]) -> list[list[Words]]:
    """Each name cut into runs of words, those that not all names share marked.

    Words are compared without letter case, punctuation and encoding; a word counts as shared only in the same order.
    One name alone has nothing marked. The runs of a name joined by a space are the name with single spaces.
    """
    split = [name.split() for name in names]
    keys = [[_key(word) for word in words] for words in split]
    common = [key for key in keys[0] if key] if keys else []
    for each in keys[1:]:
        common = _common(common, [key for key in each if key])
    return [_runs(words, own, common) for words, own in zip(split, keys, strict=True)]


def shortened(runs: Sequence[Words], *, letters: int) -> list[Words]:
    """The runs with long plain ones cut in the middle until all have about `letters` letters: what differs stays."""
    if sum(len(run.text) + 1 for run in runs) <= letters:
        return list(runs)
    for kept in (12, 8, 6, 4, 3):
        cut = [run if run.marked else Words(_middle_cut(run.text, kept), False) for run in runs]
        if sum(len(run.text) + 1 for run in cut) <= letters:
            break
    return cut


def _middle_cut(text: str, kept: int) -> str:
    words = text.split()
    if len(words) <= kept + 1:
        return text
    tail = kept // 3
    return " ".join([*words[: kept - tail], "…", *(words[-tail:] if tail else [])])


def _key(word: str) -> str:
    return normalise(word.strip(_MARKS)).lower()


def _runs(words: Sequence[str], keys: Sequence[str], common: Sequence[str]) -> list[Words]:
    """A word is shared when it is the next of the common ones; punctuation alone goes with the run it is in."""
    shared = _kept(keys, common)
    runs: list[Words] = []
    for word, key, is_shared in zip(words, keys, shared, strict=True):
        marked = runs[-1].marked if not key and runs else bool(key) and not is_shared
        if runs and runs[-1].marked == marked:
            runs[-1] = Words(f"{runs[-1].text} {word}", marked)
        else:
            runs.append(Words(word, marked))
    return runs


def _kept(keys: Sequence[str], common: Sequence[str]) -> list[bool]:
    """Where `common` lies in `keys`: of the possible places the one with the fewest breaks, the earliest of those."""
    places = _places(keys, common)
    return [place in places for place in range(len(keys))]


def _places(keys: Sequence[str], common: Sequence[str]) -> set[int]:
    # breaks[i][j]: fewest runs common[i:] can lie in from keys[j] on, where keys[j] itself takes common[i].
    never = len(keys) + 1
    ends = [[0] * (len(keys) + 1)]
    takes: list[list[int]] = []
    for want in reversed(common):
        later, last = ends[-1], takes[-1] if takes else None
        take = [never] * (len(keys) + 1)
        for j, key in enumerate(keys):
            if key == want:
                joined = last[j + 1] - 1 if last and last[j + 1] < never else never
                take[j] = min(later[j + 1], joined) + 1 if min(later[j + 1], joined) < never else never
        best = [never] * (len(keys) + 1)
        for j in range(len(keys) - 1, -1, -1):
            best[j] = min(take[j], best[j + 1])
        takes.append(take)
        ends.append(best)
    takes.reverse()
    found: set[int] = set()
    at = 0
    for i in range(len(common)):
        best_here = min(_cost(takes[i], j, joined=bool(found) and j == at) for j in range(at, len(keys)))
        place = next(
            j for j in range(at, len(keys)) if _cost(takes[i], j, joined=bool(found) and j == at) == best_here
        )
        found.add(place)
        at = place + 1
    return found


def _cost(take: Sequence[int], place: int, *, joined: bool) -> int:
    return take[place] - (1 if joined else 0)


def _common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The longest list of words both have in the same order."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(other) - 1, -1, -1):
            same = one[i] == other[j]
            table[i][j] = table[i + 1][j + 1] + 1 if same else max(table[i + 1][j], table[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            found.append(one[i])
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
