"""The gazetteer's tables: three built from GeoNames, CLDR and ISO 3166, and the small ones kept by hand."""
