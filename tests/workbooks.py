"""Reading the workbooks that the service writes."""

from __future__ import annotations

import io
import warnings

from openpyxl import Workbook, load_workbook


def read_workbook(content: bytes) -> Workbook:
    """Return a workbook; the reader warns of the bars in cells, which it would lose if it saved them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Conditional Formatting|Unknown) extension")
        return load_workbook(io.BytesIO(content))
