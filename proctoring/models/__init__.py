"""What proctoring keeps: pictures, faces and decisions on them, incidents, what people did."""

from proctoring.models.faces import CheckInTemplate, FaceCalibration, FaceTemplate, IdentityCheck
from proctoring.models.incidents import Incident
from proctoring.models.people import Announcement, Claim, Dossier, Intervention, Message
from proctoring.models.pictures import Camera, PictureViewing, RoomViewing, SecondCamera, Snapshot, Thumbnail

__all__ = [
    "Announcement",
    "Camera",
    "CheckInTemplate",
    "Claim",
    "Dossier",
    "FaceCalibration",
    "FaceTemplate",
    "IdentityCheck",
    "Incident",
    "Intervention",
    "Message",
    "PictureViewing",
    "RoomViewing",
    "SecondCamera",
    "Snapshot",
    "Thumbnail",
]
