"""Policies: small state machines that decide. The caller passes them the time and a random stream; they never wait."""
