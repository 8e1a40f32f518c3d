"""The tables of the lab, one module per thing in it. Only ``ledger``, ``store``, ``views`` and ``workflow`` import them."""
