"""What a refusal prints can be seen and is obeyed by no terminal."""

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker


def test_a_control_character_that_was_scanned_is_written_out() -> None:
    typed = "L-1\x1b[2J\u202e王小明"
    said = str(Blocker("R41", Phrase("not this label"), Phrase("another"), typed=typed))
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "L-1\\u001b[2J\\u202e王小明" in said
