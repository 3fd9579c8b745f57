"""The simulated hardware, as a fixture."""

from simulated_nvml import gpus

__all__ = ["gpus"]
