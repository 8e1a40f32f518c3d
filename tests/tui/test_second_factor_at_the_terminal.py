"""A second factor enrolled at the terminal: its secret shown once, as a QR code a reader reads, until a code shows that it works."""

import numpy as np
import pyotp
import pytest
import zxingcpp

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.workflow import enrolling
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from tui.screens.second_factor import qr

ADDRESS = "otpauth://totp/inkt:li.tech%40YA01?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=inkt"


def dots(text: str) -> np.ndarray:
    """What the half blocks paint, two rows to a line."""
    rows = []
    for line in text.splitlines():
        rows += [[c in "▀█" for c in line], [c in "▄█" for c in line]]
    return np.where(np.array(rows), 0, 255).astype(np.uint8)


def test_the_code_on_the_screen_is_read_by_a_telephone():
    picture = np.pad(dots(qr(ADDRESS).plain).repeat(4, axis=0).repeat(4, axis=1), 16, constant_values=255)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [ADDRESS]


@pytest.mark.slow
@pytest.mark.requirement("R20")
async def test_a_person_enrols_and_the_secret_is_on_no_screen_after(keys, site):
    from test_palette_and_people import find

    async with keys("li.tech", size=(100, 50)) as person:
        await person.shows("for you")
        await find(person, "Enrol a second factor")
        await person.screen("EnrolScreen")
        await person.field("password", "not-my-password")
        await person.press("ctrl+s")
        await person.shows("R2")
        await person.field("password", PASSWORD)
        await person.press("ctrl+s")
        await person.screen("SecretScreen")
        await person.shows("otpauth://totp/", "Scan it with your authenticator now")
        secret = pyotp.parse_uri(next(w for w in person.says.split() if w.startswith("otpauth://"))).secret
        await person.press("enter")
        await person.screen("ActScreen")
        assert secret not in person.says
        await person.field("code", pyotp.TOTP(secret).now())
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
        assert secret not in person.says
    administrator = log_in(site.store, Credentials("zhang.admin", PASSWORD), "office")
    says = administrator.run(
        enrolling.reset_second_factor, user_name="li.tech", identity_checked="badge", reason="phone lost"
    ).says
    assert "Li Na" in str(says)
