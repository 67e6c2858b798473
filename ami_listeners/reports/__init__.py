"""Reports: what people ask of days that are over, answered from the database."""
