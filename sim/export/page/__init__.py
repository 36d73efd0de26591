"""Pages that open without a network: the report of a scenario, and the pocket page for phones.

Both are one file: style, script, data and figures are in it, and its own policy forbids it to load anything.
"""

from sim.export.page.material import Report, check_format, play
from sim.export.page.pocket import Pocket, pocket_page, pre_run
from sim.export.page.report import report_page

__all__ = ["Pocket", "Report", "check_format", "play", "pocket_page", "pre_run", "report_page"]
