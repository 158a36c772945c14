"""Dossiers: everything that is known, in one form, with a digest that gives away every change."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from exams.models import Sitting
from exams.services import sittings
from proctoring import timeline
from proctoring.admin import dossier_content
from proctoring.domain.dossier import canonical, digest_of, in_groups
from proctoring.models import Camera, Dossier, Incident, PictureViewing, Snapshot, Thumbnail
from proctoring.services import claims, dossiers, evidence, incidents, interventions, thumbnails
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
    verified = PictureViewing.objects.filter(kind=PictureViewing.Kind.VERIFIED, picture=dossier.pk, by=None)
    assert verified.count() == 2


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


# --- the trail, and who looked ---------------------------------------------------------------------------------------


def keep_trail(sitting: Sitting, count: int = 3) -> list[Thumbnail]:
    for minute in range(count):
        taken_at = NOW + timedelta(minutes=minute)
        thumbnails.keep(sitting.pk, Camera.FACE, scenes.frame("obama"), taken_at=taken_at, in_trail=True)
    return list(Thumbnail.objects.of_trail())


@pytest.mark.django_db
def test_the_trail_is_part_of_a_dossier_and_may_expire(sitting: Sitting) -> None:
    kept = keep_trail(sitting)
    dossier = dossiers.draw_up(sitting, dossier_content.of(sitting, NOW), by=staff(), now=NOW)
    assert [one["sha256"] for one in dossiers.content_of(dossier)["trail"]] == [digest_of(one.data) for one in kept]
    client, url = people.invigilator(), f"/admin/exams/sitting/{sitting.pk}/dossier/{dossier.pk}/"
    assert client.get(url).content.decode().count("/staff/pictures/thumbnail/") == 3
    kept[0].data = scenes.frame("biden")
    kept[0].save()
    assert dossiers.check(dossier).changed == [f"thumbnail {kept[0].pk}"]
    Thumbnail.objects.filter(pk__in=[one.pk for one in kept[:2]]).delete()
    page = client.get(url).content.decode()
    assert page.count("/staff/pictures/thumbnail/") == 1
    assert "2张缩略图已到期删除，其校验值仍在。" in page


@pytest.mark.django_db
def test_a_dossier_from_before_the_trail_can_be_read_and_checked(dossier: Dossier) -> None:
    content = dossiers.content_of(dossier)
    del content["trail"]
    for picture in content["pictures"]:
        del picture["camera"]
    older = dossiers.draw_up(dossier.sitting, content, by=staff(), now=NOW)
    url = f"/admin/exams/sitting/{dossier.sitting_id}/dossier/{older.pk}/"
    assert "与制作时完全一致" in people.invigilator().get(url).content.decode()


@pytest.mark.django_db
def test_the_pictures_of_an_incident_say_when_and_why(sitting: Sitting, dossier: Dossier) -> None:
    picture = Snapshot.objects.get()
    page = people.invigilator().get(f"/admin/exams/sitting/{sitting.pk}/dossier/{dossier.pk}/").content.decode()
    shown = page[page.index('id="dossier-incidents"') : page.index('id="dossier-story"')]
    taken = timezone.localtime(picture.taken_at).strftime("%H:%M:%S")
    assert f"<figcaption><time>{taken}</time> · 非登记考生<br>" in shown


@pytest.mark.django_db
def test_who_opens_and_who_prints_a_dossier_is_on_record(dossier: Dossier) -> None:
    client, url = people.invigilator(), f"/admin/exams/sitting/{dossier.sitting_id}/dossier/{dossier.pk}/"
    client.get(url)
    assert client.post(f"{url}printed/").json() == {"noted": dossier.pk}
    who = int(client.session["_auth_user_id"])
    looks = PictureViewing.objects.order_by("pk").values_list("kind", "picture", "enrolment", "by")
    enrolment = dossier.sitting.enrolment_id
    assert list(looks) == [(kind, dossier.pk, enrolment, who) for kind in ("dossier", "printed")]
    stranger = people.staff_without_group()
    assert stranger.post(f"{url}printed/").status_code == 403
    assert dossier_content.of(dossier.sitting, NOW)["viewings"] == []


@pytest.mark.django_db
def test_the_trail_is_shown_to_who_may_see_pictures_and_a_look_at_it_is_one_viewing(sitting: Sitting) -> None:
    cache.clear()
    kept, client = keep_trail(sitting), people.invigilator()
    page = client.get(f"/admin/exams/sitting/{sitting.pk}/change/").content.decode()
    addresses = [f"/staff/pictures/thumbnail/{one.pk}/" for one in kept]
    assert all(f'src="{address}"' in page for address in addresses)
    assert {client.get(address).status_code for address in addresses} == {200}
    assert client.get(addresses[0])["Cache-Control"] == "no-store, private"
    assert [(one.kind, one.picture) for one in PictureViewing.objects.all()] == [("trail", sitting.pk)]
    newest = Thumbnail.objects.get(is_newest=True)
    assert client.get(f"/staff/pictures/thumbnail/{newest.pk}/").status_code == 404  # the wall's, and on record there
    other = Client()
    other.force_login(staff("exams.view_sitting"))
    assert other.get(addresses[0]).status_code == 403
    assert 'id="trail"' not in other.get(f"/admin/exams/sitting/{sitting.pk}/change/").content.decode()


@pytest.mark.django_db
def test_a_trail_that_has_expired_is_said_to_have(sitting: Sitting) -> None:
    keep_trail(sitting)
    url = f"/admin/exams/sitting/{sitting.pk}/change/"
    Thumbnail.objects.update(expires_at=NOW - timedelta(days=1))
    Sitting.objects.update(started_at=NOW - timedelta(days=settings.THUMBNAIL_DAYS, minutes=1))
    page = people.invigilator().get(url).content.decode()
    assert "缩略图已到期删除。" in page
    assert "/staff/pictures/thumbnail/" not in page


@pytest.mark.django_db
def test_pictures_are_read_a_few_at_a_time_in_their_order(sitting: Sitting, django_assert_num_queries: Any) -> None:
    for second in range(2 * evidence.AT_ONCE):
        evidence.keep(sitting.pk, b"\xff\xd8", reason="r", taken_at=NOW - timedelta(seconds=second))
    pictures = sitting.snapshots.order_by("taken_at", "pk")
    with django_assert_num_queries(1 + 3):
        taken = [picture.taken_at for picture in evidence.few_at_a_time(pictures)]
    assert len(taken) == 2 * evidence.AT_ONCE + 1
    assert taken == sorted(taken)


@pytest.mark.django_db
def test_what_follows_from_something_in_the_same_moment_stands_after_it(sitting: Sitting) -> None:
    interventions.reject_identity(sitting, by=staff(), reason="证件不符", now=NOW)
    incidents.connection_lost(sitting, at=sitting.started_at or NOW, cause="never_connected")
    story = timeline.from_the_beginning(sitting)
    told = [entry.kind for entry in story if entry.at == NOW]
    assert told.index("incident") < told.index("person") < told.index("state")
    begun = next(number for number, entry in enumerate(story) if entry.title == "状态：候考 → 答题中")
    assert story[begun + 1].lines[-1] == "开始作答后，摄像头连接一直没有建立"  # noticed in the same moment


@pytest.mark.django_db
def test_who_took_a_candidate_on_is_part_of_the_story(sitting: Sitting) -> None:
    by = staff()
    claims.claim(sitting, by=by, now=NOW)
    claims.release(sitting, by=by, now=NOW + timedelta(minutes=2))
    (entry,) = [entry for entry in timeline.of(sitting) if entry.title == "开始处理该考生"]
    until = timezone.localtime(NOW + timedelta(minutes=2)).strftime("%H:%M:%S")
    assert (entry.by, entry.lines) == (by.username, (f"至 {until}",))
