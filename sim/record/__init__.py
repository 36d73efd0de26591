"""The record of a run: typed columns (``record``), and the recorder that writes them (``recorder``)."""
