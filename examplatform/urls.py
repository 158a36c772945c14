"""Where every page lives; the paths themselves are in the apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("language/", include("django.conf.urls.i18n")),
    path("", include("accounts.urls")),
    path("", include("exams.urls")),
    path("", include("proctoring.urls")),
]
