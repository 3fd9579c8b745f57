"""What each notebook cell costs in energy and CO2e, how sure that is, and what would cost less."""

from green_notebook._version import __version__

__all__ = ["__version__"]
