"""Key bindings whose sentences can be translated: each has an id (so that a site may remap it) and a tooltip.

``key`` declares one in a class's ``BINDINGS``; ``in_this_language`` gives a screen's bindings in the reader's language.
"""

from dataclasses import replace

from textual.binding import Binding, BindingsMap

from inkt_mfg.language import Phrase

_SAID: dict[str, tuple[Phrase, Phrase]] = {}


def key(
    keys: str,
    action: str,
    says: Phrase,
    tip: Phrase,
    *,
    id: str,  # noqa: A002 — Textual's own word
    show: bool = True,
    priority: bool = False,
) -> Binding:
    """A binding with its description and tooltip as sentences of the house."""
    _SAID[id] = (says, tip)
    return Binding(keys, action, says.english, id=id, tooltip=tip.english, show=show, priority=priority)


def in_this_language(bindings: BindingsMap) -> BindingsMap:
    """The same bindings with the sentences in the language chosen now."""
    for keys, bound in bindings.key_to_bindings.items():
        bindings.key_to_bindings[keys] = [_said(one) for one in bound]
    return bindings


def our_keys() -> frozenset[str]:
    """The ids of every key declared here; the others are Textual's own."""
    return frozenset(_SAID)


def _said(binding: Binding) -> Binding:
    if binding.id not in _SAID:
        return binding
    says, tip = _SAID[binding.id]
    return replace(binding, description=str(says), tooltip=str(tip))
