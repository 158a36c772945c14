"""The pages of the room and what they ask for."""

from django.urls import path

from proctoring.room import candidate, many, queue, schedule, wall

urlpatterns = [
    path("", wall.exams, name="room_exams"),
    path("<int:exam_id>/", wall.wall, name="room"),
    path("<int:exam_id>/tiles/", wall.tiles, name="room_tiles"),
    path("<int:exam_id>/many/", many.act_on_many, name="room_many"),
    path("<int:exam_id>/announce/", many.announce, name="room_announce"),
    path("<int:exam_id>/announcements/", many.announced, name="room_announcements"),
    path("<int:exam_id>/schedule/", schedule.schedule, name="room_schedule"),
    path("<int:exam_id>/schedule/pauses/", schedule.plan, name="room_plan_pause"),
    path("<int:exam_id>/schedule/pauses/<int:pk>/cancel/", schedule.cancel, name="room_cancel_pause"),
    path("<int:exam_id>/schedule/outages/<int:pk>/", schedule.compensate, name="room_compensate"),
    path("<int:exam_id>/queue/", queue.queue, name="room_queue"),
    path("<int:exam_id>/queue/<int:pk>/", queue.decide, name="room_decide"),
    path("<int:exam_id>/<int:pk>/", candidate.candidate, name="room_candidate"),
    path("<int:exam_id>/<int:pk>/news/", candidate.news, name="room_news"),
    path("<int:exam_id>/<int:pk>/acts/", candidate.aside, name="room_acts"),
    path("<int:exam_id>/<int:pk>/act/", candidate.act, name="room_act"),
    path("<int:exam_id>/<int:pk>/claim/", candidate.claim, name="room_claim"),
    path("<int:exam_id>/<int:pk>/picture/", candidate.picture, name="room_picture"),
]
