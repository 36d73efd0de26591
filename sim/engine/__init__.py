"""Play: a resolved scenario becomes a system on SimPy's clock, runs, and leaves a record.

A request travels like this: a client (``clients``) starts a call (``calls``); its attempt crosses the link's network
and reaches a service (``services``), where a worker takes it and plays the operation's steps (``operations``). A step
may call on, or publish a message to a queue (``messaging``), which delivers it to a consumer. ``faults`` change parts
of the system for a while. ``assembly`` builds all of it once, before the run; ``clock`` holds time and chance.
"""

from sim import core

core.check()
