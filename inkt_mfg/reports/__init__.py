"""Printouts and tables: drawn from views, never from live screens. Nothing here changes a record."""
