"""The invigilators' live room: the wall of an exam, one candidate, the queue, many at once. Pages beside the admin."""
