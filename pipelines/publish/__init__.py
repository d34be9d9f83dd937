"""Publishing: pages, letters, tables and messages for people in an office, in Vietnamese.

Each writer takes typed records and frames and writes the file it names; nothing is looked up, no clock is read,
and the same content gives the same bytes.
"""
