"""Property tests draw the same examples on every machine and are not timed (CI machines are shared)."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
