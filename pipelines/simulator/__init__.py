"""The simulator of Đắk Glong: writes what the district's units hand in, and knows the truth about it.

Also the load generator: `scale` and `years` make it as big as needed.
"""

from pipelines.simulator.run import DEFAULT_SEED, SimulationResult, simulate

__all__ = ["DEFAULT_SEED", "SimulationResult", "simulate"]
