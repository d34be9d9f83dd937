"""Named SELECTs for publishing; run by `Warehouse.read(name, ...)`."""
