"""Connected groups of things joined in pairs."""

from collections.abc import Iterable


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
