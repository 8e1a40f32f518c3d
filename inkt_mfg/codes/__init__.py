"""Codes as text: what is written into a symbol and what a scanner sends, written and read strictly.

Our own payloads (``label_code``), ISBT 128 (``isbt128``), GS1 element strings (``gs1``), and what a scanner puts around
any of them (``sent``). Pure: no database, no clock, no drawing. Every floor may use it; whatever is not exactly of a form
is refused with the character, its place and why.
"""
