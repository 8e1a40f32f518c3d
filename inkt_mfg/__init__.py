"""Batch records for autologous iNKT-cell manufacture: commands change records, the ledger remembers, views answer."""

__version__ = "0.1.0"
