"""Commands about material lots: registered from the box, released by QA; used only while released and in date (R32)."""

from datetime import date

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_date
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.records.words import LotState, Meaning
from inkt_mfg.refusal import refuse
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import said
from inkt_mfg.workflow.verifying import no_correction_of_it_is_pending


@command("lot.register", Phrase("register a material lot"), permission=Permission.MANAGE_LOTS)
def register_lot(act: Act, *, material: str, lot_number: str, expires_on: str) -> Done:
    """A lot in quarantine until QA releases it."""
    code = said(lot_number, "lot_number")
    if act.work.session.exec(
        select(MaterialLot).where(MaterialLot.site == act.work.site, MaterialLot.code == code)
    ).first():
        raise refuse(
            "lot.exists",
            Phrase("lot {code} is registered already", code=code),
            expected=Phrase("a lot not registered yet"),
            field="lot_number",
            typed=lot_number,
        )
    lot = act.work.add(
        MaterialLot(
            site=act.work.site,
            code=code,
            material=said(material, "material"),
            expires_on=read_date(expires_on, field="expires_on"),
        )
    )
    return Done(lot, Phrase("lot {code} of {material} is in quarantine", code=code, material=material))


@command(
    "lot.release",
    Phrase("release a material lot"),
    permission=Permission.DECIDE_LOTS,
    on=MaterialLot,
    moves=(LotState.QUARANTINE, LotState.RELEASED),
    guards=[no_correction_of_it_is_pending],
    signs=Meaning.APPROVAL,
)
def release_lot(act: Act, *, on: MaterialLot) -> Done:
    """QA lets it be used."""
    assert act.target is on
    return Done(on, Phrase("lot {code} may be used until {day}", code=on.code, day=on.expires_on))


@command(
    "lot.reject",
    Phrase("reject a material lot"),
    permission=Permission.DECIDE_LOTS,
    on=MaterialLot,
    moves=((LotState.QUARANTINE, LotState.RELEASED), LotState.REJECTED),
    signs=Meaning.REJECTION,
    asks_reason=True,
)
def reject_lot(act: Act, *, on: MaterialLot) -> Done:
    """It may not be used any more; what it was used in can be asked by lot."""
    assert act.target is on
    return Done(on, Phrase("lot {code} is rejected", code=on.code))


def usable_lot(act: Act, code: str, material: str, on_day: date) -> MaterialLot:
    """The lot, if it is of this material, released and in date on that day. Raises Refusal R32."""
    lot = act.work.find(MaterialLot, code)
    waiting = act.case_of(lot).pending_corrections_of(lot)
    if waiting:
        raise refuse(
            "R02",
            Phrase("correction {correction} of lot {code} waits", correction=waiting[0].code, code=code),
            expected=Phrase("the correction approved or refused by a second person"),
            resolve_by=who_may(Permission.APPROVE_CORRECTION),
            field=f"lot:{material}",
            typed=code,
        )
    wrong: Phrase | None = None
    if lot.material != material:
        wrong = Phrase(
            "lot {code} is {what}, not {material}", code=code, what=lot.material, material=material
        )
    elif lot.state is not LotState.RELEASED:
        wrong = Phrase("lot {code} is {state}", code=code, state=Phrase(lot.state.value))
    elif lot.expires_on < on_day:
        wrong = Phrase("lot {code} expired on {day}", code=code, day=lot.expires_on)
    if wrong:
        raise refuse(
            "R32",
            wrong,
            expected=Phrase("a released lot of {material} in date on {day}", material=material, day=on_day),
            resolve_by=who_may(Permission.DECIDE_LOTS),
            field=f"lot:{material}",
            typed=code,
        )
    return lot
