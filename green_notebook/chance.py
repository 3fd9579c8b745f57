"""What repeated measurements of one thing tell of chance, and what is assumed where there are few.

The mean of n values has the 95 % half-width t s / sqrt(n) (GUM, 4.2.3 and G.3.2). Few values tell
little of their own scatter s: it is pooled with an assumed one, worth `DEGREES` degrees of freedom
(the scaled inverse chi-squared prior: Gelman et al., Bayesian Data Analysis, 3rd ed., 3.2). So one
run has the assumed scatter, ten have their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

DEGREES = 3
# Relative standard deviation of one cell's energy from run to run; docs/method/repeating.md says
# what it was held against. Our assumption (2026).
RUN_TO_RUN = 0.05
# Starting and ending a cell or block takes time that its own code does not, and more or less of it
# (standard deviation, s): 0.1 to 4 ms were seen here. Our assumption (2026).
START_S = 0.002
# The same between two measurements that each repeated the cell (%%carbonit): what drifts more
# slowly than one of them lasts. Our assumption (2026).
SLOW_DRIFT = 0.02
# Both are so much larger while other processes made more than a tenth of the load.
DISTURBED = 2.7
# A slow drift is seen in the means of so many stretches.
STRETCHES = 4

# Two-sided 95 % points of Student's t for 1 to 10 degrees of freedom (any table of it).
_STUDENT_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
_NORMAL = 1.96


def student_t(degrees: int) -> float:
    """The two-sided 95 % point of Student's t."""
    if degrees <= len(_STUDENT_T):
        return _STUDENT_T[degrees - 1]
    # The first term of its expansion in 1 / degrees (Abramowitz and Stegun, 26.7.5).
    return _NORMAL + (_NORMAL**3 + _NORMAL) / (4 * degrees)


def deviation(values: Sequence[float]) -> float:
    """The relative standard deviation of at least two positive values."""
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1)) / mean


def of_mean(values: Sequence[float]) -> float:
    """The relative 95 % half-width of the mean of at least two values, in the order of time.

    The larger of two estimates: from the values, as if each were independent, and from the means
    of four stretches of them, which a drift slower than one value moves (batch means: Law,
    Simulation Modeling and Analysis, 9.5.3).
    """
    alone = _half_width(values)
    size, left = divmod(len(values), STRETCHES)
    if size < 2:
        return alone
    # What is left over is left out at the begin, where things settle.
    starts = range(left, len(values), size)
    return max(alone, _half_width([math.fsum(values[at : at + size]) / size for at in starts]))


def pooled(values: Sequence[float], assumed: float) -> float:
    """The relative 95 % half-width of the mean of one or more values.

    ``assumed`` is the relative standard deviation that counts as seen `DEGREES` times before.
    """
    count = len(values)
    squares = 0.0 if count < 2 else (count - 1) * deviation(values) ** 2
    degrees = DEGREES + count - 1
    variance = (DEGREES * assumed**2 + squares) / degrees
    return student_t(degrees) * math.sqrt(variance / count)


def _half_width(values: Sequence[float]) -> float:
    return student_t(len(values) - 1) * deviation(values) / math.sqrt(len(values))
