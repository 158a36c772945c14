"""The check-in page, the endpoints of proctoring, and its websocket."""

from django.urls import include, path

from proctoring import companion, thumbnails, views
from proctoring.consumers.camera import CameraConsumer
from proctoring.consumers.room import RoomConsumer
from proctoring.consumers.second_camera import SecondCameraConsumer

app_name = "proctoring"
urlpatterns = [
    path("check-in/", views.check_in, name="check_in"),
    path("check-in/state/", views.check_in_state, name="check_in_state"),
    path("check-in/human/", views.human_check, name="human_check"),
    path("check-in/consent/", views.consent_after_all, name="consent_after_all"),
    path("exam/events/", views.events, name="events"),
    path("exam/help/", views.call_for_help, name="help"),
    path("exam/messages/<int:pk>/seen/", views.message_seen, name="message_seen"),
    path("exam/second-camera/", companion.state, name="second_camera_state"),
    path("exam/second-camera/release/", companion.release, name="second_camera_release"),
    path("second-camera/", companion.page, name="second_camera"),
    path("second-camera/pair/", companion.pair, name="second_camera_pair"),
    path("room/<int:exam>/thumbnails/", thumbnails.room_thumbnails, name="room_thumbnails"),
    path("staff/pictures/<str:kind>/<int:pk>/", views.picture, name="picture"),
    path("room/", include("proctoring.room.urls")),
]
websocket_urlpatterns = [
    path("ws/sitting/", CameraConsumer.as_asgi()),
    path("ws/second-camera/", SecondCameraConsumer.as_asgi()),
    path("ws/room/<int:exam_id>/", RoomConsumer.as_asgi()),
]
