"""Dossiers: everything that is known, in one form, with a digest that gives away every change."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from proctoring.admin import dossier_content
from proctoring.domain.dossier import canonical, digest_of, in_groups
from proctoring.models import Dossier, Incident, PictureViewing, Snapshot
from proctoring.services import dossiers, evidence, incidents, interventions
from proctoring.tests import scenes
from proctoring.tests import staff as people
from proctoring.tests.factories import passed_sitting, staff

NOW = timezone.now()


def test_the_order_in_which_things_were_written_down_makes_no_difference() -> None:
    assert canonical({"b": 1, "a": "李明"}) == '{"a":"李明","b":1}'.encode() == canonical({"a": "李明", "b": 1})


def test_a_digest_is_read_out_in_groups() -> None:
    assert in_groups(digest_of(b""))[:17] == "e3b0c442 98fc1c14"


@pytest.fixture
def sitting() -> Sitting:
    """One that saw a stranger, with a picture of it, and was handed in."""
    sitting = passed_sitting()
    picture = evidence.keep(sitting.pk, scenes.frame("biden"), reason="非登记考生", taken_at=NOW)
    incidents.open_or_extend(
        sitting, Incident.Kind.NOT_THE_PERSON, severity="serious", began_at=NOW, distance=0.8, snapshot=picture
    )
    interventions.extend(sitting, minutes=5, by=staff(), reason="设备故障耽误作答", now=NOW)
    sittings.submit(sitting, "candidate", NOW)
    return Sitting.objects.select_related("enrolment__exam__plan", "enrolment__candidate").get(pk=sitting.pk)


@pytest.fixture
def dossier(sitting: Sitting) -> Dossier:
    return dossiers.draw_up(sitting, dossier_content.of(sitting, NOW), by=staff(), now=NOW)


@pytest.mark.django_db
def test_it_says_what_happened_and_no_points(dossier: Dossier) -> None:
    content = dossiers.content_of(dossier)
    assert content["incidents"][0]["kind"] == "非登记考生"
    assert content["incidents"][0]["pictures"] == [content["pictures"][0]["picture"]]
    assert any("设备故障耽误作答" in entry["reason"] for entry in content["story"])
    assert "points" not in json.dumps(content)
    assert [entry["at"] for entry in content["story"]] == sorted(entry["at"] for entry in content["story"])


@pytest.mark.django_db
def test_it_is_sealed_where_it_is_stored(dossier: Dossier) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM proctoring_dossier")
        stored = bytes(cursor.fetchone()[0])
    assert dossier.sitting.enrolment.name.encode() not in stored


@pytest.mark.django_db
def test_it_stays_what_it_was_whatever_happens_afterwards(dossier: Dossier) -> None:
    interventions.note(dossier.sitting, by=staff(), reason="后来的备注", now=timezone.now())
    assert dossiers.check(Dossier.objects.get()).is_good


@pytest.mark.django_db
def test_a_changed_word_is_found(dossier: Dossier) -> None:
    content = dossiers.content_of(dossier) | {"incidents": []}
    Dossier.objects.update(content=canonical(content))
    assert not dossiers.check(Dossier.objects.get()).is_intact


@pytest.mark.django_db
def test_an_exchanged_picture_is_found_and_a_deleted_one_is_no_change(dossier: Dossier) -> None:
    picture = Snapshot.objects.get()
    picture.data = scenes.frame("obama")
    picture.save()
    assert dossiers.check(dossier).changed == [f"snapshot {picture.pk}"]
    Snapshot.objects.all().delete()
    check = dossiers.check(dossier)
    assert (check.is_good, len(check.missing)) == (True, 1)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_compares_with_what_was_printed(dossier: Dossier, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_dossier", str(dossier.pk), digest=in_groups(dossier.digest).upper())
    assert "is what it was" in capsys.readouterr().out
    with pytest.raises(CommandError, match="not that of dossier"):
        call_command("verify_dossier", str(dossier.pk), digest="00" * 32)
    with pytest.raises(CommandError, match="no dossier 999"):
        call_command("verify_dossier", "999")


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_staff_draw_one_up_and_read_it(sitting: Sitting) -> None:
    answer = people.invigilator().post(f"/admin/exams/sitting/{sitting.pk}/dossier/", follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert sitting.enrolment.account_number in page
    assert in_groups(Dossier.objects.get().digest) in page
    assert "与制作时完全一致" in page
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_dossier_is_found_below_its_own_sitting_only(dossier: Dossier) -> None:
    other = passed_sitting()
    client = people.invigilator()
    assert client.get(f"/admin/exams/sitting/{other.pk}/dossier/{dossier.pk}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("permission", ["exams.view_sitting", "proctoring.view_incident"])
def test_nobody_without_the_right_reads_or_makes_one(client: Client, dossier: Dossier, permission: str) -> None:
    client.force_login(staff(permission))
    below = f"/admin/exams/sitting/{dossier.sitting_id}/dossier/"
    assert client.get(f"{below}{dossier.pk}/").status_code == 403
    assert client.post(below).status_code == 403
    client.logout()
    assert client.get(f"{below}{dossier.pk}/").status_code == 302


@pytest.mark.django_db
def test_who_looked_at_pictures_is_said(sitting: Sitting) -> None:
    by = staff()
    evidence.note_viewing(Snapshot.objects.get(), by, NOW)
    evidence.note_viewing(Snapshot.objects.get(), by, NOW + timedelta(minutes=1))
    assert PictureViewing.objects.count() == 2
    assert dossier_content.of(sitting, NOW)["viewings"] == [{"by": by.username, "times": 2}]
