"""Connected groups of things joined in pairs."""

from collections.abc import Iterable, Mapping


def connected_groups(size: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The groups that `pairs` make of 0..size-1, singles included; each in order, ordered by their first member."""
    parent = list(range(size))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for one, other in pairs:
        a, b = root(one), root(other)
        if a != b:
            parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for i in range(size):
        groups.setdefault(root(i), []).append(i)
    return [groups[first] for first in sorted(groups)]


def average_groups(
    surest: Iterable[tuple[float, tuple[int, int]]], scores: Mapping[tuple[int, int], float], *, least: float
) -> list[list[int]]:
    """Groups grown from the surest pairs, kept together by the average of all their pairs.

    `surest`: (score, pair) that may join; `scores`: of all pairs, a < b, what is not in it counts 0. Pairs join in
    order of score (equal ones in order of the pair); two groups become one only while the mean score of all pairs
    between them is at least `least`. Gives groups of two and more, each in order, ordered by their first member.
    """
    group_of: dict[int, list[int]] = {}
    for _, (a, b) in sorted(surest, key=lambda each: (-each[0], each[1])):
        one, other = group_of.get(a, [a]), group_of.get(b, [b])
        if b in one:
            continue
        between = [scores.get((min(i, j), max(i, j)), 0.0) for i in one for j in other]
        if sum(between) / len(between) >= least:
            joined = sorted([*one, *other])
            group_of |= dict.fromkeys(joined, joined)
    found = {members[0]: members for members in group_of.values()}
    return [found[first] for first in sorted(found)]
