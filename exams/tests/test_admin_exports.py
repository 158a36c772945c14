"""Results as files: everybody is in them, numbers are numbers, ids are text, nothing is a formula."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.utils import timezone

from exams.models import Enrolment, Sitting
from exams.services import exports, sittings
from exams.services.exports import Table
from exams.tests.factories import EnrolmentFactory, ExamFactory, SittingFactory


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet_of(content: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]]


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "\n=cmd"])
def test_no_cell_is_a_formula(text: str) -> None:
    table = Table("t", ("姓名",), ((text,),))
    assert rows_of(exports.as_csv(table))[1][0] == f"'{text}"
    book = openpyxl.load_workbook(io.BytesIO(exports.as_xlsx(table)))
    cell = book.worksheets[0]["A2"]
    assert cell.data_type != "f"
    assert str(cell.value).startswith("'")


def test_an_account_number_stays_what_it_is() -> None:
    table = Table("t", ("考试账号",), (("2112241199996600003",),))
    assert sheet_of(exports.as_xlsx(table))[1] == ["2112241199996600003"]
    assert rows_of(exports.as_csv(table))[1] == ["2112241199996600003\t"]  # else Excel shows 2.11224E+18


def test_zeros_in_front_stay() -> None:
    table = Table("t", ("座位",), (("07",), ("0",), ("7",)))
    assert rows_of(exports.as_csv(table))[1:] == [["07\t"], ["0"], ["7"]]


def test_points_are_numbers() -> None:
    table = Table("t", ("得分",), ((Decimal("61.50"),), (None,)))
    assert sheet_of(exports.as_xlsx(table))[1] == [61.5]
    assert rows_of(exports.as_csv(table))[1:] == [["61.50"], [""]]


def test_a_csv_file_says_its_encoding() -> None:
    assert exports.as_csv(Table("t", ("姓名",), ())).startswith("﻿".encode())


@pytest.mark.django_db
def test_everybody_enrolled_is_in_the_table_the_absent_included() -> None:
    exam = ExamFactory(with_paper=True)
    sitting = SittingFactory(exam=exam, begun=True, enrolment__name="交卷者")
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    EnrolmentFactory(exam=exam, name="未到者")
    table = exports.results(Enrolment.objects.filter(exam=exam))
    told = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["姓名"], row["状态"], row["得分"], row["有效性"]) for row in told] == [
        ("交卷者", "已交卷", Decimal(0), "有效"),
        ("未到者", "未到", None, ""),
    ]


@pytest.mark.django_db
def test_id_numbers_are_masked() -> None:
    sitting = SittingFactory()
    content = exports.as_csv(exports.results(Enrolment.objects.all())).decode()
    assert sitting.enrolment.candidate.id_number not in content
    assert sitting.enrolment.candidate.masked_id in content


@pytest.mark.django_db
def test_times_are_those_of_the_plan() -> None:
    sitting = SittingFactory(begun=True, exam__plan__timezone="Asia/Urumqi")
    table = exports.results(Enrolment.objects.all())
    told = dict(zip(table.columns, table.rows[0], strict=True))["开始作答"]
    assert sitting.started_at is not None
    assert told == (sitting.started_at + timedelta(hours=6)).strftime("%Y-%m-%d %H:%M:%S")
