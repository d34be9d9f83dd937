"""The order of a night and of a quarter: collecting, judging, merging, publishing, and the command line."""
