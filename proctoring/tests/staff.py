"""Clients of people who work in the back office, each with the permissions of their group."""

from django.contrib.auth.models import Group, User
from django.test import Client

from proctoring.services import roles


def client_of(group: str = "") -> Client:
    """Return a client signed in as a member of a group, or as staff without any."""
    user = User.objects.create_user(f"{group or 'nobody'}-{User.objects.count()}", is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def organizer() -> Client:
    return client_of(roles.ORGANIZER)


def invigilator() -> Client:
    return client_of(roles.INVIGILATOR)


def staff_without_group() -> Client:
    return client_of()
