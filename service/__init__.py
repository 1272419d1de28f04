"""招商地图: industry chains, their gaps in a region, and the firms worth visiting for them."""

import os
from importlib.metadata import version

# Read when numpy is first loaded. The tables here are small: a second thread waits longer than it works.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = version("zhaoshang-map")
