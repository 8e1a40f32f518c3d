"""``python -m bench.inkt``: the command line in a process of its own, for figures of what somebody types."""

from inkt_mfg.cli.start import run

if __name__ == "__main__":
    run()
