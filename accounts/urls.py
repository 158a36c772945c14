"""Signing in and leaving."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("leave/", views.leave, name="leave"),
]
