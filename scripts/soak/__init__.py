"""Simulated cameras against real servers and workers: what they are told, how soon, and what it costs."""
