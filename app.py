"""The lab in the browser: ``streamlit run app.py``, or ``pileup lab``.

Streamlit reads this file twice: as the module ``app``, of which it serves the object ``app``; and as the script of a
page, each time that one is drawn.
"""

import streamlit as st

from sim.lab.app import main
from sim.lab.server.startup import getting_ready

if __name__ == "__main__":
    main()
elif __name__ == "app":  # not in a worker process
    app = st.App(__file__, lifespan=getting_ready)
