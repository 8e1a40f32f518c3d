"""Labels: frozen content → elements → layout → symbols → PDF → proof. Called by the workflow's callers (TUI, CLI).

``labels.produce.produce(content)`` is the one door. Nothing here knows a database; nothing here is imported before the
first label is asked for, because reportlab, numpy and the two symbol libraries are slow to load.
"""
