"""Decisions: small state machines that are told the time and given their stream; they never wait or read a clock."""
