"""The commands: who may do what, when, under which guards. One module per job on the bench.

``workflow.bench`` is the way in (log in, run a command); ``workflow.catalogue`` lists every command. Screens and the
command line never touch a record: they run commands and ask views.
"""
