"""Writes a report in both of its forms."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from custody.adapters.reports.corrections import render_corrections
from custody.adapters.reports.page import render_page
from custody.domain.report import Report


@dataclass(frozen=True, slots=True)
class SelfContainedReports:
    """A page and a workbook, each one file; times in the policy's zone."""

    zone: ZoneInfo

    def page(self, report: Report) -> bytes:
        """Return one self-contained page in both languages."""
        return render_page(report, zone=self.zone)

    def corrections(self, report: Report) -> bytes:
        """Return the correction list as a workbook."""
        return render_corrections(report)
