"""The pages of the candidate's way, and the endpoints that the exam page speaks to."""

from django.urls import path

from exams.views import companion, confirmation, consent, finished, landing, next_step, paper, responses, waiting

app_name = "exams"
urlpatterns = [
    # open to anybody
    path("", landing.landing, name="landing"),
    path("device-check/", landing.device_check, name="device_check"),
    path("manifest.webmanifest", landing.manifest, name="manifest"),
    path("service-worker.js", landing.service_worker, name="service_worker"),
    path("offline/", landing.offline, name="offline"),
    path("client/<slug:token>.seb", landing.seb_configuration, name="seb_configuration"),
    path("left/", landing.left, name="left"),
    path("ping/", landing.ping, name="ping"),
    path("s/<str:signed>/", companion.companion, name="companion"),
    # step by step
    path("next/", next_step.next_step, name="next_step"),
    path("choose/", next_step.choose, name="choose"),
    path("confirm/", confirmation.confirm, name="confirm"),
    path("confirm/correction/", confirmation.correction, name="correction"),
    path("consent/", consent.consent, name="consent"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("missed/", waiting.missed, name="missed"),
    path("finished/", finished.finished, name="finished"),
    # spoken to by the exam page
    path("exam/begin/", paper.begin, name="begin"),
    path("exam/come-back/", paper.come_back, name="come_back"),
    path("exam/status/", paper.status, name="status"),
    path("exam/responses/", responses.responses, name="responses"),
    path("exam/hand-in/", paper.hand_in, name="hand_in"),
    path("exam/companion/", companion.fresh_code, name="companion_code"),
    path("exam/font-size/", paper.font_size, name="font_size"),
]
