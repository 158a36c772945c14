"""The tables of exams, one module for each part of the story: bank, plan, enrolment, sitting, result."""

from exams.models.answer_file import AnswerFileKey
from exams.models.bank import Bank, Question, Revision
from exams.models.enrolment import Consent, Correction, Enrolment, ReferencePhoto
from exams.models.outage import Compensation, Heartbeat, ServerOutage
from exams.models.plan import Exam, Plan, Section, SectionItem
from exams.models.planned_pause import PlannedPause
from exams.models.receipt import Receipt
from exams.models.result import Mark, Result
from exams.models.sitting import (
    Paper,
    Pause,
    PreparedPaper,
    Response,
    ResponseEntry,
    ResponseLog,
    Sitting,
    StateChange,
)

__all__ = [
    "AnswerFileKey",
    "Bank",
    "Compensation",
    "Consent",
    "Correction",
    "Enrolment",
    "Exam",
    "Heartbeat",
    "Mark",
    "Paper",
    "Pause",
    "Plan",
    "PlannedPause",
    "PreparedPaper",
    "Question",
    "Receipt",
    "ReferencePhoto",
    "Response",
    "ResponseEntry",
    "ResponseLog",
    "Result",
    "Revision",
    "Section",
    "SectionItem",
    "ServerOutage",
    "Sitting",
    "StateChange",
]
