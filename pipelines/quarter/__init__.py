"""A quarter: released, analysed into an edition, decided item by item, printed from the edition."""
