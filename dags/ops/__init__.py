"""Not timetables: what starts Airflow, drives the main job, and the terms the timetables share."""
