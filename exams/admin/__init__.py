"""What organizers see and change. Sittings and results are in proctoring: deciding on them leaves a record there."""

from exams.admin import bank, enrolment, filters, plan

__all__ = ["bank", "enrolment", "filters", "plan"]
