"""The sheets and columns of a plan workbook: the one source of reading, of the template and of its explanations."""

from exams.importers.columns.candidates import CANDIDATES
from exams.importers.columns.exams import EXAMS
from exams.importers.columns.kinds import KIND_TITLES, OPTION_LETTERS, TRUTHS, Column, Kind, Sheet
from exams.importers.columns.plan import PLAN, SECTIONS
from exams.importers.columns.questions import QUESTIONS

SHEETS = (PLAN, EXAMS, SECTIONS, QUESTIONS, CANDIDATES)
PHOTOS_TITLE = "照片"
PACKAGE_TITLE = "文件"

__all__ = [
    "CANDIDATES",
    "EXAMS",
    "KIND_TITLES",
    "OPTION_LETTERS",
    "PACKAGE_TITLE",
    "PHOTOS_TITLE",
    "PLAN",
    "QUESTIONS",
    "SECTIONS",
    "SHEETS",
    "TRUTHS",
    "Column",
    "Kind",
    "Sheet",
]
