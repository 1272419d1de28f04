"""招商地图: industry chains, their gaps in a region, and the firms worth visiting for them."""

from importlib.metadata import version

__version__ = version("zhaoshang-map")
