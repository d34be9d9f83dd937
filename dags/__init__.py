"""Timetables: when what runs, and nothing else. Airflow reads the files of this folder."""
