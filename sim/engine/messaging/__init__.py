"""Queues: publication, delivery, visibility, redelivery and dead letters."""
