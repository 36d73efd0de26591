"""Waiting for a job on the page: its result at once when it is kept, else a bar of its progress and a way to cancel.

The page's own thread only waits, so no other participant's page is held up.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.errors import LabError
from sim.lab import session
from sim.lab.server import jobs
from sim.lab.server.job_queue import Job, JobSpec

FIRST_WAIT_S, NEXT_WAIT_S = 1.0, 0.25
"""The wait before a bar is shown, and between two looks at the progress: with fifty pages waiting, each look counts."""


def played(spec: JobSpec, label: str) -> Any:
    """Return the result of the job for *spec*; see ``show``."""
    return show(jobs.submit(spec), label)


def show(job: Job, label: str) -> Any:
    """Wait for *job* and return its result; None when it was cancelled or failed, with the reason on the page."""
    if not job.wait(FIRST_WAIT_S):
        place = st.empty()
        with place.container():
            bar = st.progress(0.0, label)
            st.button(
                "Cancel", key=f"cancel {job.spec.key}", on_click=jobs.worker_pool().cancel, args=(job, session.user())
            )
        shown, beat = 0.0, st.empty()
        while not job.wait(NEXT_WAIT_S):
            if job.progress >= shown + 0.02:
                shown = job.progress
                bar.progress(min(shown, 1.0), f"{label}: {shown:.0%}")
            else:
                beat.empty()  # a page that is no longer wanted ends here
        place.empty()
    try:
        return job.result()
    except LabError as error:
        st.warning(f"Not played: {error}", icon=":material/block:")
        return None
