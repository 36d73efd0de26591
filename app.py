"""The lab in the browser: ``streamlit run app.py``, or ``pileup lab``."""

from sim.lab.app import main

if __name__ == "__main__":  # a worker process must not start the page again
    main()
