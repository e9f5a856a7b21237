"""The raw CSV files: read, validated, cleaned, merged; what cannot be used is set aside with its reason."""

from indexing.raw_data.ledger import population_of
from indexing.raw_data.load import LoadReport, RawData, data_rev, read_raw

__all__ = ["LoadReport", "RawData", "data_rev", "population_of", "read_raw"]
