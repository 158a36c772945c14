"""What invigilators see and do: sittings, results, incidents, identity checks, messages, and the record of it all."""

from proctoring.admin import calibrations, checks, incidents, messages, records, results, sittings, users

__all__ = ["calibrations", "checks", "incidents", "messages", "records", "results", "sittings", "users"]
