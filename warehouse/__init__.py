"""Where things rest. The only package that knows a database.

`Warehouse.open(url)` is the door; everything passes it as pandas frames.
"""

from warehouse.faults import DRIVER_ERRORS
from warehouse.identity import CONFIRMABLE, subject_of
from warehouse.slices import Slice
from warehouse.store import Warehouse

__all__ = ["CONFIRMABLE", "DRIVER_ERRORS", "Slice", "Warehouse", "subject_of"]
