"""Writes: people, micro-enterprises, memberships and policies; one module per noun."""
