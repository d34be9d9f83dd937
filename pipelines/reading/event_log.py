"""An event log repeats its dossiers line by line: of these, the lines that say something new."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass
class EventLog:
    """What was last said of each dossier, over all rows of a file; `again`: how often of a known one."""

    last: dict[str, int] = field(default_factory=dict)
    again: int = 0

    def news(self, frame: pd.DataFrame, said: list[int]) -> list[int]:
        """The rows at which a dossier is seen first, or is told otherwise than on the line before.

        Needs: dossier_key, unparsed. Dossiers whose key cannot be read are told apart by what was unread.
        """
        new = []
        for row, (key, unread, what) in enumerate(zip(frame["dossier_key"], frame["unparsed"], said, strict=True)):
            who = key if isinstance(key, str) else f"\0{unread}"
            if self.last.get(who) == what:
                continue
            self.again += who in self.last
            self.last[who] = what
            new.append(row)
        return new
