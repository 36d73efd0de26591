"""Wrappers around the continuation of a step: each decides whether, and when, a frame continues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Frame


def while_carried(go_on: Callable[..., None], holds: bool) -> Callable[..., None]:
    """Stop a fork branch that its join no longer needs, once its attempt has ended; free a worker that it *holds*."""

    def carried(fork_branch: Frame, *arguments: Any) -> None:
        if fork_branch.root.left_at is None:
            go_on(fork_branch, *arguments)
        elif holds:
            fork_branch.replica.suspend(fork_branch)

    return carried


def while_alive(go_on: Callable[..., None]) -> Callable[..., None]:
    """Stop a killed frame, and let a frozen one continue when its replica resumes."""

    def alive(frame: Frame, *arguments: Any) -> None:
        if frame.killed:
            return
        replica = frame.replica
        if replica.frozen:
            replica.deferred.append((alive, (frame, *arguments)))
        else:
            go_on(frame, *arguments)

    return alive


def suspending(start: Callable[..., None]) -> Callable[..., None]:
    """Free the frame's worker, then call *start*."""

    def suspend(frame: Frame, *arguments: Any) -> None:
        frame.replica.suspend(frame)
        start(frame, *arguments)

    return suspend


def resuming(go_on: Callable[..., None]) -> Callable[..., None]:
    """Get a worker for the frame, then call *go_on*."""

    def resume(frame: Frame, *arguments: Any) -> None:
        frame.replica.resume(frame, go_on, frame, *arguments)

    return resume
