"""Figures from plain values, as matplotlib figures that belong to no window and no global state.

Each drawing function takes columns, rows or a diagram: ``over_time``, ``system``, ``compare``, ``ablation``,
``matrix``, ``hysteresis`` and ``beside``. ``records`` reads columns from a record. ``sim.experiments`` chooses the
values that a run or a comparison shows. matplotlib is imported on first use.
"""
