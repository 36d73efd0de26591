"""The lab in the browser: pages over the same scenarios, runs and comparisons as the command line. No model code.

``selection`` is what a participant chose, as a value and as a link. ``session`` is the role of a browser session and
``selected`` its selection. All sessions share ``server/``. ``widgets/`` draw the parts that ``pages/`` are made of.
"""
