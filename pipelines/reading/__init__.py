"""Readers: the bytes a unit handed in become rows, every one of them either staged or set aside with a reason."""
