"""What the counts mean: pure functions from frames to frames. Reads no file, table, clock or chance."""
