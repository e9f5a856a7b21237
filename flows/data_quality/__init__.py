"""What a collection of raw files is worth: counts, gaps, places, freshness, doubles, and what changed since the last.

No login, name or word of anybody is in a report: only counts, languages and countries.
"""

from flows.data_quality.delivery import deliver, report_on, write_report
from flows.data_quality.facts import Facts, facts_of
from flows.data_quality.report import QualityReport, report

__all__ = ["Facts", "QualityReport", "deliver", "facts_of", "report", "report_on", "write_report"]
