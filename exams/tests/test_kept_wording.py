from django.utils import translation

from exams.services.changes import for_reader, for_staff


def test_a_kept_reason_of_ours_is_read_in_the_language_of_the_reader() -> None:
    with translation.override("en"):
        told = for_reader("考试被终止；入场人脸识别未通过")
    assert told == "The exam was terminated; Face check at check-in not passed"


def test_what_staff_did_is_read_with_its_reason() -> None:
    with translation.override("en"):
        assert for_reader("终止考试: 考生申请终止考试") == "Terminate the exam: The candidate asked to end the exam"


def test_what_people_wrote_stays_as_they_wrote_it() -> None:
    with translation.override("en"):
        assert for_reader("已与监考老师当面确认") == "已与监考老师当面确认"
        assert for_reader("") == ""


def test_in_the_source_language_a_kept_text_stays_the_same() -> None:
    assert for_reader(for_staff("入场核验：本人；考试被终止")) == "入场核验：本人；考试被终止"
