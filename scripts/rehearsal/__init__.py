"""Played candidates: as much of a browser, a camera and a person as a server notices, and what serving them costs."""
