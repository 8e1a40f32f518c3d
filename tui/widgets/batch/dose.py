"""The dose as assessed, with its derivation: every line's formula, the values put in, and the result."""

from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.science.dosing import BASES
from inkt_mfg.units import show
from inkt_mfg.views.batch_page import DoseCard
from tui import words
from tui.widgets.frame.plain import Plain


class DosePane(Plain):
    """Says first what may be given, then how it follows."""

    def show_dose(self, dose: DoseCard | None, assessed: str, *, waits: bool = False) -> None:
        """Draw the card, or say that there is none, or that it does not compute while a correction waits."""
        if dose is None and waits:
            self.update(
                str(Phrase("CORRECTION PENDING: the dose does not compute until it is approved or refused."))
            )
            return
        if dose is None:
            self.update(str(Phrase("The dose has not been checked yet.")))
            return
        window = (dose.low, dose.high)
        head = Content.styled(
            f"{words.verdict(dose.verdict).plain}   {show(dose.dose, beside=window)}", "bold"
        )
        lines = [
            head,
            Content(
                str(Phrase("window {low} to {high}, both included", low=show(dose.low), high=show(dose.high)))
            ),
            Content(
                str(
                    Phrase(
                        "to give: {volume} = {dose}",
                        volume=show(dose.volume_to_give),
                        dose=show(dose.dose_to_give, beside=window),
                    )
                )
                + f"   {words.verdict(dose.verdict_to_give).plain}"
            ),
            Content(_basis(dose)),
            Content.styled(str(Phrase("assessed {at}", at=assessed)), "dim"),
            Content(""),
        ]
        for line in dose.derivation:
            lines += [
                Content.styled(f"  {line.formula}", "bold"),
                Content.styled(f"    {line.values}", "dim"),
                Content(f"    = {line.result}"),
            ]
        self.update(Content("\n").join(lines))


def _basis(dose: DoseCard) -> str:
    other = next(b for b in BASES if b != dose.basis)
    return str(
        Phrase(
            "counted: {basis}; {other} would be {dose}. Body surface {bsa} ({formula}).",
            basis=BASES[dose.basis],
            other=BASES[other],
            dose=show(dose.other_dose),
            bsa=show(dose.bsa),
            formula=dose.bsa_formula,
        )
    )
