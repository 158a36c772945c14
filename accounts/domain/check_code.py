"""Check codes: what is typed and what was given are brought to one form, so that both compare equal."""

from accounts.domain import id_card


def normalise(typed: str) -> str:
    """Return the code as it is compared; forgives exactly what an ID number forgives, upper and lower case included.

    Codes are mostly the last four of a document or of a phone, or passwords read off a printed notice: case and spacing
    mean nothing there, but do get lost between paper, input method and keyboard.
    """
    return id_card.normalise(typed)
