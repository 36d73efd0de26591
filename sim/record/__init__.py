"""What a run leaves behind: typed columns (``record``), and what writes them while it runs (``recorder``)."""
