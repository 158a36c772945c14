"""What organizers see and change. Sittings and results are in proctoring: deciding on them leaves a record there."""

from exams.admin import bank, correction, enrolment, filters, outage, plan

__all__ = ["bank", "correction", "enrolment", "filters", "outage", "plan"]
