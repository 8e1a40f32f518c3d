"""A training site simulated through the real commands: nothing here writes a record, every act is a person at a bench.

Used by ``inkt demo`` and by tests that need a populated site. It refuses nothing of its own; a refusal it meets and did
not provoke on purpose is a bug and ends it.
"""
