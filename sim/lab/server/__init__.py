"""Shared by all sessions of one server: the job queue and its workers, the join code and the poll of a room."""
