"""Jobs of the pages: each request of a page becomes a job of the server's one worker pool."""

from __future__ import annotations

import streamlit as st

from sim.lab import selected, session
from sim.lab.selection import Selection
from sim.lab.server.job_queue import SERVER, Job, JobSpec, WorkerPool
from sim.scenario.shipped import shipped_folder


@st.cache_resource(show_spinner=False)
def worker_pool() -> WorkerPool:
    """Return the server's worker processes, started on first use."""
    return WorkerPool()


def submit(spec: JobSpec) -> Job:
    """Return the job for *spec* of this session, a new one or one that exists; ``widgets.waiting`` waits for it."""
    return worker_pool().submit(spec, session.user())


def play_spec(selection: Selection, replications: int = 1) -> JobSpec:
    """Return the specification of a job that plays *selection*."""
    scenario = selected.resolved(selection)
    seed = scenario.seed if selection.seed is None else selection.seed
    return JobSpec("play", scenario, {"seed": seed, "replications": replications})


def gallery_spec() -> JobSpec:
    """Return the specification of a job that reads the shipped scenarios, which takes a second or so."""
    folder = shipped_folder()
    stamp = tuple(path.stat().st_mtime_ns for path in sorted(folder.glob("*.yaml")))
    return JobSpec("gallery", None, {"folder": str(folder), "stamp": stamp})


def play_first() -> None:
    """Play what most participants ask for first, before any of them asks."""
    worker_pool().submit(play_spec(Selection()), SERVER)
    worker_pool().submit(gallery_spec(), SERVER)
