"""The ways in which an attempt ends: on its caller's side, on its callee's side, and between the two.

The two sides end independently, and the row of an attempt is written when both have ended::

    caller's side   answered, or given up (a timeout, a deadline, another attempt was first)
    callee's side   left with an answer on its way, turned away, or closed without an answer
    in between      lost: nothing will ever come back, and only a timer can end the caller's side

Calls, sends and the deliveries of messages all end through these functions.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

from sim.outcomes import PENDING, REFUSED

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt


def write_row(attempt: Attempt, ended_at: float) -> None:
    """Write the row of *attempt*, which ended for its caller at *ended_at*."""
    left_at = nan if attempt.left_at is None else attempt.left_at
    step = attempt.step
    step.rows.write(
        (
            attempt.id,
            attempt.request.id,
            attempt.parent.id,
            step.code,
            attempt.replica.index,
            attempt.number,
            attempt.sent_at,
            attempt.entered_at,
            attempt.started_at,
            left_at,
            ended_at,
            attempt.outcome,
            attempt.reason,
            attempt.worked_s,
        )
    )


# --- the caller's side --------------------------------------------------------------------------------------


def answered(attempt: Attempt) -> None:
    """End the caller's side of *attempt* with its answer; after an early reply the callee's side is still open."""
    step = attempt.step
    attempt.outcome = attempt.result
    attempt.ended_at = now = step.kernel.now
    if attempt.left_at is not None:
        del step.open[attempt.id]
        write_row(attempt, now)
    if step.route.settled is not None:
        step.route.settled(attempt)


def give_up(attempt: Attempt, outcome: int, reason: int) -> None:
    """End the caller's side of *attempt* without an answer; its row waits for the callee's side."""
    attempt.outcome, attempt.reason = outcome, reason
    step = attempt.step
    attempt.ended_at = step.kernel.now
    if step.route.settled is not None:
        step.route.settled(attempt)
    if attempt.unanswerable:
        answered_late(attempt)


def answered_late(attempt: Attempt) -> None:
    """Write the row of an attempt whose caller's side has ended, if the callee's side has ended too."""
    step = attempt.step
    if attempt.left_at is not None and attempt.id in step.open:
        del step.open[attempt.id]
        write_row(attempt, attempt.ended_at)


def cancel_call(call: Any, reason: int) -> None:
    """The client leaves at its deadline: its attempt ends as a timeout, and nothing is tried again."""
    call.over = True
    current = call.current
    if current is not None and current.outcome == PENDING:
        current.step.cancel(current, reason)


# --- the callee's side --------------------------------------------------------------------------------------


def turn_away(attempt: Attempt, result: int, reason: int, left_at: float) -> None:
    """Answer *attempt* at once without working on it (any more); *left_at* is NaN where no process was reached."""
    attempt.left_at = left_at
    attempt.result = result
    if attempt.outcome == PENDING:
        attempt.reason = reason
    attempt.step.route.answer(attempt)


def close(attempt: Attempt) -> None:
    """The callee's side of *attempt* has ended and sends no answer (it had replied before, or was killed)."""
    if attempt.outcome != PENDING:
        answered_late(attempt)


# --- in between ---------------------------------------------------------------------------------------------


def refuse(attempt: Attempt, reason: int) -> None:
    """The link refuses *attempt*: no process was reached, and the caller learns it at once."""
    attempt.left_at = nan
    attempt.result, attempt.reason = REFUSED, reason
    attempt.step.receive(attempt)


def lose_answer(attempt: Attempt) -> None:
    """No answer will reach the caller; an operation that has replied early continues all the same."""
    if attempt.left_at is None and attempt.entered_at == attempt.entered_at:
        attempt.unanswerable = True
    else:
        drop(attempt)


def drop(attempt: Attempt) -> None:
    """The request or its answer is lost, or its server died silently: nothing will ever come back."""
    if attempt.left_at is None:
        attempt.left_at = nan
    attempt.unanswerable = True
    close(attempt)
