"""What invigilators see and do: sittings, results, incidents, identity checks, messages, and the record of it all."""

from proctoring.admin import checks, incidents, messages, records, results, sittings, users

__all__ = ["checks", "incidents", "messages", "records", "results", "sittings", "users"]
