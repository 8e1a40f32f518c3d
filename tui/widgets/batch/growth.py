"""The growth of a culture, drawn and said: counts over days on a logarithmic scale, fold, doublings, projection."""

import math
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from inkt_mfg.language import Phrase
from inkt_mfg.units import Measured, of, show
from inkt_mfg.views.culture_growth import CultureGrowth
from tui.widgets.frame.plain import Plain

if TYPE_CHECKING:
    from textual_plotext import PlotextPlot


class GrowthPlot(Vertical):
    """The plot library is imported when the first batch page is drawn: most screens need none of it."""

    def compose(self) -> ComposeResult:
        from textual_plotext import PlotextPlot  # with plotext it is the slowest import of the terminal

        yield Plain("", id="growth-says")
        yield PlotextPlot(id="growth-plot")

    def show_growth(self, growth: CultureGrowth) -> None:
        """The counts of one batch; nothing is drawn before there is growth to speak of."""
        from textual_plotext import PlotextPlot

        self.query_one("#growth-says", Plain).update(_said(growth))
        plot = self.query_one(PlotextPlot)
        plot.display = bool(growth.points) and growth.so_far is not None
        if plot.display:
            _draw(plot, growth)


def _draw(plot: "PlotextPlot", growth: CultureGrowth) -> None:
    days, cells = _points(growth)
    plt = plot.plt
    plt.clear_figure()
    # plotext's own log axis prints no powers of ten: the logarithm is drawn and the axis labelled by hand.
    heights = [math.log10(c) for c in cells]
    plt.plot(days, heights, marker="braille")
    plt.scatter(days, heights, marker="●")
    low, high = math.floor(min(heights)), math.ceil(max(heights))
    plt.ylim(low, max(high, low + 1))
    plt.yticks(
        list(range(low, max(high, low + 1) + 1)), [f"10^{n}" for n in range(low, max(high, low + 1) + 1)]
    )
    plt.xticks(list(range(0, math.ceil(max(days)) + 1, 2)))
    plt.xlabel(str(Phrase("days since seeding")))
    plt.title(str(Phrase("viable cells")))
    plot.refresh()


def _points(growth: CultureGrowth) -> tuple[list[float], list[float]]:
    """Days and viable cells; the culture begins with what was seeded. Floats are for drawing alone."""
    seeded = growth.so_far.segments[0].start_cells.value if growth.so_far else None
    days = [float(p.hours) / 24 for p in growth.points]
    cells = [float(p.viable_cells.value) for p in growth.points]
    if seeded is not None and days[0] > 0:
        days, cells = [0.0, *days], [float(seeded), *cells]
    above = [(d, c) for d, c in zip(days, cells, strict=True) if c > 0]
    return [d for d, _c in above], [c for _d, c in above]


def _said(growth: CultureGrowth) -> str:
    if growth.so_far is None:
        return str(Phrase("Not enough counts to say anything about growth."))
    found = growth.so_far
    parts = [str(Phrase("fold {fold}", fold=show(of(found.fold, "1"), 3)))]
    if found.population_doublings is not None:
        parts.append(str(Phrase("{n} doublings", n=show(of(found.population_doublings, "1"), 3))))
    if found.doubling_time is not None:
        parts.append(str(Phrase("doubling time {time}", time=show(found.doubling_time, 3))))
    else:
        parts.append(f"! {Phrase('NO GROWTH')}")
    projection = _projected(growth)
    return " · ".join(parts) + (f"\n{projection}" if projection else "")


def _projected(growth: CultureGrowth) -> str:
    ahead = growth.to_harvest
    low, mid, high = (getattr(ahead, name, None) for name in ("low", "mid", "high"))
    if isinstance(low, Measured) and isinstance(mid, Measured) and isinstance(high, Measured):
        return str(
            Phrase(
                "At harvest: {mid} (between {low} and {high})",
                mid=show(mid, 3),
                low=show(low, 3),
                high=show(high, 3),
            )
        )
    if ahead is not None:
        return str(
            Phrase(
                "No projection: {have} of {needed} counts.",
                have=getattr(ahead, "counts", 0),
                needed=getattr(ahead, "needed", 3),
            )
        )
    return ""
