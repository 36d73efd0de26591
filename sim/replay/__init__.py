"""The replay of a run in a browser: one player for the lab, notebooks and pages, and the data that it plays.

``timeline(record)`` makes the data, ``assets()`` gives the player's own script and style (no third party's), and
``page(data)`` a document that needs nothing else. The player never calculates: what it shows was measured.
"""

from sim.replay.html import Replay, assets, embedded, page
from sim.replay.timeline import beside, timeline, to_json

__all__ = ["Replay", "assets", "beside", "embedded", "page", "timeline", "to_json"]
