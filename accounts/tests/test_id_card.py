import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from accounts.domain import check_code, id_card
from accounts.domain.id_card import Fault
from accounts.tests.factories import id_card_number

NUMBER = "11010519491231002X"


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X\n",
        "110105\u00a019491231\u00a0002X",
        "\u200b11010519491231002X\ufeff",
        "\u202a11010519491231002X\u202c",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "110105-19491231-002X",
        "110105–19491231—002X",
        "11010519491231002×",
        "\t110105\u300019491231002X",
    ],
)
def test_what_people_type_and_paste_becomes_the_number(typed: str) -> None:
    assert id_card.normalise(typed) == NUMBER


@given(st.text("0189xXzZ０９ｘＸ×－-– \t\u00a0\u200b\u3000\ufeff（）()"))
def test_normalising_twice_changes_nothing_more(typed: str) -> None:
    assert id_card.normalise(id_card.normalise(typed)) == id_card.normalise(typed)


def test_a_check_code_is_forgiven_the_same_slips() -> None:
    assert check_code.normalise(" ００２ｘ ") == "002X"


@pytest.mark.parametrize("number", [NUMBER, "440524188001010014", id_card_number(7)])
def test_a_valid_number_passes(number: str) -> None:
    assert id_card.is_valid(number)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("1101051949123100", Fault.LENGTH),
        ("110105491231002", Fault.LENGTH),  # the 15 digits of before 1999
        ("", Fault.LENGTH),
        ("1101051949123100AX", Fault.CHARACTERS),
        ("X1010519491231002X", Fault.CHARACTERS),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", Fault.CHARACTERS),  # digits, but not of this alphabet
        ("110105194913310021", Fault.BIRTH_DATE),
        ("110105199902290011", Fault.BIRTH_DATE),
        ("110105194912310021", Fault.CHECKSUM),
        ("440524188001009984", Fault.BIRTH_DATE),  # what a spreadsheet makes of 440524188001010014
    ],
)
def test_a_wrong_number_says_what_is_wrong(number: str, fault: Fault) -> None:
    assert id_card.fault(number) is fault


@given(st.integers(0, 9_999), st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(n: int, place: int, off_by: int) -> None:
    number = id_card_number(n)
    mistyped = number[:place] + str((int(number[place]) + off_by) % 10) + number[place + 1 :]
    assert not id_card.is_valid(mistyped)


def test_a_region_that_no_list_knows_is_not_held_against_its_holder() -> None:
    """Born in 1950, first card issued by a district founded in 2020 under a new code."""
    stem = "33011919500101001"
    assert id_card.is_valid(stem + mod_11_2.calc_check_digit(stem))


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        (NUMBER, "110*************2X"),
        ("E12345678", "E******78"),
        ("H1234567801", "H12******01"),
        ("12345", "****5"),
        ("", ""),
    ],
)
def test_a_mask_hides_the_middle(number: str, masked: str) -> None:
    assert id_card.mask(number) == masked


@given(st.text("0123456789X", min_size=2, max_size=20))
def test_a_mask_never_shows_a_check_code_nor_half_of_a_long_number(number: str) -> None:
    masked = id_card.mask(number)
    assert len(masked) == len(number)
    assert masked[-4:] != number[-4:]
    assert masked.count("*") >= len(number) / 2
