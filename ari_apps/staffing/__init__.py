"""Staffing as people ask for it: words in, tables and JSON out."""
