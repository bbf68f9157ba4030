"""The statement as a file that prints: A4, with its letters embedded, page by page."""

from collections.abc import Iterator
from datetime import date
from importlib.resources import files

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from ledger.models import SettlementRun
from ledger.money import ZERO
from ledger.statements import SECTIONS, Line, Statement

_FONT = "Source Sans Pro"
_FILES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Semibold.ttf"}
_WIDTHS = (17, 52, 46, 22, 22, 23)
_HEADS = ("Date", "What and with whom", "Cause", "In", "Out", "Balance")
_ALIGN = ("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT")
_SOFT, _INK = 96, 20


class _Paper(FPDF):
    """Each page says at its foot whose statement it is, and how many pages there are."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
        for style, name in _FILES.items():
            self.add_font(_FONT, style, str(files("font_source_sans_pro") / "files" / name))
        self.set_margins(14, 16)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-12)
        self.write_line(self.foot, size=8, tone=_SOFT, stays=True)
        self.cell(0, 5, f"{self.page_no()} of {{nb}}", align="R")

    def write_line(
        self, words: str, *, size: float, bold: bool = False, tone: int = _INK, stays: bool = False
    ) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(tone)
        if stays:
            self.cell(0, 5, words, new_x=XPos.LMARGIN, new_y=YPos.TOP)
        else:
            self.multi_cell(0, size * 0.5, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def pdf_of(
    found: Statement, *, organization: str, currency: str, run: SettlementRun | None, on: date
) -> bytes:
    """The statement as it stands on that day; amounts are in the organisation's currency."""
    title = f"Statement, {found.month:%B %Y}"
    paper = _Paper(f"{organization} · {found.micro_enterprise} · {title}")
    paper.set_title(f"{title}, {found.micro_enterprise}")
    paper.set_creator("Rendan")
    paper.set_lang("en")
    paper.write_line(title, size=18, bold=True)
    paper.write_line(f"{found.micro_enterprise}, {found.fund} fund, {found.basis} money", size=11)
    paper.write_line(_standing(run, on), size=9, tone=_SOFT)
    paper.ln(4)
    _write_sums(paper, found, currency)
    paper.ln(4)
    _write_lines(paper, found)
    return bytes(paper.output())


def _standing(run: SettlementRun | None, on: date) -> str:
    if run is not None and run.locked_at is not None:
        return f"Locked on {run.locked_at:%-d %B %Y}: nothing of this month changes any more."
    return f"As it stands on {on:%-d %B %Y}; the month is not locked yet."


def _write_sums(paper: _Paper, found: Statement, currency: str) -> None:
    sums = {
        "Opening": found.opening, "In": found.money_in, "Out": found.money_out,
        "Closing": found.closing, "Reserved": found.taken_up, "Available": found.available,
    }  # fmt: skip
    heads = FontFace(emphasis=None, size_pt=8.5, color=_SOFT)
    paper.set_font(_FONT, "", 11)
    paper.set_text_color(_INK)
    with paper.table(
        text_align="RIGHT", headings_style=heads, line_height=6, borders_layout="HORIZONTAL_LINES"
    ) as table:
        table.row([f"{name}, {currency}" for name in sums])
        table.row([_amount(each) for each in sums.values()])


def _write_lines(paper: _Paper, found: Statement) -> None:
    if not found.lines:
        paper.write_line("Nothing moved in this month.", size=10)
        return
    paper.set_font(_FONT, "", 8.5)
    paper.set_text_color(_INK)
    heads = FontFace(emphasis="BOLD", size_pt=8.5, color=_INK)
    with paper.table(
        col_widths=_WIDTHS, text_align=_ALIGN, headings_style=heads, line_height=4.6,
        borders_layout="SINGLE_TOP_LINE", padding=(0.6, 1), v_align="TOP",
    ) as table:  # fmt: skip
        table.row(list(_HEADS))
        bold = FontFace(emphasis="BOLD")
        for title, lines in _sections(found.lines):
            table.row().cell(title, colspan=len(_HEADS), style=bold, padding=(2, 1, 0.6, 1))
            for line in lines:
                table.row(_cells(line))
        total = table.row(style=bold)
        total.cell("Sum of the movements", colspan=3)
        for amount in (found.money_in, found.paid_out, found.closing):
            total.cell(_amount(amount))


def _sections(lines: list[Line]) -> Iterator[tuple[str, list[Line]]]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    for group, found in groups.items():
        yield SECTIONS[group], found


def _cells(line: Line) -> list[str]:
    what = f"{line.name}, {line.party}" if line.party else line.name
    cause = f"{line.cause} ({line.note})" if line.note else line.cause
    money_in, money_out = line.money_in, line.money_out
    return [
        f"{line.on:%-d %b}", what, cause,
        _amount(money_in) if money_in else "", _amount(money_out) if money_out else "",
        _amount(line.balance),
    ]  # fmt: skip


def _amount(amount: object) -> str:
    """A true minus sign, so that columns of figures read as on the page."""
    return f"{amount:,.2f}".replace("-", "−") if amount != ZERO else "0.00"
