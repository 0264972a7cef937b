"""How a measured value is compared with a limit."""

from typing import Literal

import numpy as np

# A "min" keeps values >= limit, a "max" keeps values <= limit, "above" > and "below" <.
Comparison = Literal["min", "max", "above", "below"]

FAILS = {
    "min": np.less,
    "max": np.greater,
    "above": np.less_equal,
    "below": np.greater_equal,
}
