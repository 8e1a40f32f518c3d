"""Printing: a registered label as the bytes its printer takes, sent by file, CUPS queue or TCP, and recorded label by label.

``labels.printers.run`` is the way in; ``archive`` keeps the bytes of a label before it is registered. Nothing else in the
house opens a connection to a printer or starts ``lp``.
"""
