"""Sealing the ledger: statements of how far it reached, signed with a key the database never holds.

The commands stand outside the catalogue: each needs the key unlocked at the bench, or a key file written beside it, so
they are run by the functions below and never by a form. It refuses to seal with a key the ledger does not name as the
present one, and over new entries that do not hold together.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.minisign import PublicKey, SecretKey
from inkt_mfg.ledger.seal_statement import SealStatement
from inkt_mfg.ledger.sealing import PEAKS, BrokenChain, Standing, standing
from inkt_mfg.records.seal import Seal, SealKey
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.store import seal_key
from inkt_mfg.store.unit_of_work import Store, Work
from inkt_mfg.workflow.admission import no_permission
from inkt_mfg.workflow.bench import Bench, Receipt
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.permissions import Permission, who_may


def _declared(name: str, title: Phrase, run: Callable[..., Done], *, asks_reason: bool = False) -> Command:
    return Command(
        name, title, Permission.SEAL_LEDGER, run, None, None, None, (), None, None, asks_reason=asks_reason
    )


# --- what the commands do


def _seal(act: Act, *, occasion: SealOccasion, reached: Standing | None = None) -> Done:
    """Seal every entry there is; ``reached``: how far that was worked out before the lock was taken."""
    key = _unlocked(act)
    row = _present_key(act.work)
    _refuse_another(row, key.public)
    return _sealed(act, row, key, occasion, None, reached)


def _rotate(act: Act, *, successor: PublicKey, reached: Standing | None = None) -> Done:
    """A new key takes over, named in a seal by the old one."""
    key = _unlocked(act)
    row = _present_key(act.work)
    _refuse_another(row, key.public)
    done = _sealed(act, row, key, SealOccasion.KEY_CHANGE, successor, reached)
    act.work.add(_key_row(act.work, successor, act.actor.user_name, row.key))
    return Done(
        done.record, Phrase("key {new} takes over from {old}", new=successor.name, old=key.public.name)
    )


def _adopt(act: Act, *, first: PublicKey) -> Done:
    """The first key of a site that was made without one."""
    if _keys(act.work):
        raise _has_key()
    row = act.work.add(_key_row(act.work, first, act.actor.user_name, None))
    return Done(row, Phrase("key {key} seals this ledger from now on", key=first.name))


SEAL = _declared("ledger.seal", Phrase("seal the ledger"), _seal)
ROTATE = _declared("ledger.rotate_key", Phrase("give the seal a new key"), _rotate, asks_reason=True)
ADOPT = _declared("ledger.adopt_key", Phrase("give the ledger its first seal key"), _adopt)
COMMANDS = (SEAL, ROTATE, ADOPT)


def _sealed(
    act: Act,
    row: SealKey,
    key: SecretKey,
    occasion: SealOccasion,
    successor: PublicKey | None,
    reached: Standing | None,
) -> Done:
    now = _standing(act.work.session.connection(), act.work.site, key.public, reached)
    code = act.work.next_code(Seal, "SEAL")
    said = SealStatement(
        act.work.site,
        now.size,
        now.head,
        now.frontier.root.hex(),
        moment_text(act.now),
        key.public.name,
        occasion.value,
        successor.text if successor else None,
    )
    signature = key.sign(
        said.text.encode(), trusted=said.trusted_comment, untrusted=f"signature of inkt seal {code}"
    )
    act.work.note(PEAKS, now.peaks_note)
    made = act.work.add(
        Seal(
            site=act.work.site,
            code=code,
            seal_key=row.key,
            occasion=occasion,
            size=now.size,
            head=now.head,
            merkle_root=said.merkle_root,
            sealed_at=act.now,
            statement=said.text,
            signature=signature.file,
        )
    )
    says = Phrase("entries 1 to {size} are sealed, head {head}", size=now.size, head=said.fingerprint)
    return Done(made, says)


def _standing(connection: Connection, site: str, key: PublicKey, reached: Standing | None = None) -> Standing:
    try:
        return standing(connection, site, key, reached)
    except BrokenChain as broken:
        raise refuse(
            "R04",
            Phrase("entry {n} of the ledger does not hold, and nobody signs that", n=broken.sequence),
            expected=Phrase("a ledger that `inkt ledger verify` finds nothing wrong with"),
            resolve_by=who_may(Permission.SEAL_LEDGER),
            field="ledger",
        ) from broken


def _unlocked(act: Act) -> SecretKey:
    if act.sealing is None or act.sealing.key is None:
        raise refuse(
            "R04",
            Phrase("the seal key is locked"),
            expected=Phrase("its passphrase, given to this program by a key holder"),
            resolve_by=who_may(Permission.SEAL_LEDGER),
            field="key",
        )
    return act.sealing.key


def _keys(work: Work) -> list[SealKey]:
    return list(work.rows(select(SealKey).where(col(SealKey.site) == work.site)))


def _present(keys: list[SealKey]) -> SealKey | None:
    """The key nobody succeeded."""
    succeeded = {k.succeeds for k in keys}
    return next((k for k in keys if k.key not in succeeded), None)


def _present_key(work: Work) -> SealKey:
    row = _present(_keys(work))
    if row is None:
        raise _no_key_yet()
    return row


def _refuse_another(row: SealKey, key: PublicKey) -> None:
    if row.public_key != key.text:
        raise refuse(
            "R04",
            Phrase("key {held} is unlocked here, and the ledger's present key is {present}", held=key.name,
                   present=row.key_id),
            expected=Phrase("the present key: log in again and unlock it"),
            resolve_by=Phrase("a key holder"),
            field="key",
        )  # fmt: skip


def _key_row(work: Work, key: PublicKey, made_by: str, succeeds: str | None) -> SealKey:
    return SealKey(
        site=work.site,
        key_id=key.name,
        public_key=key.text,
        made_at=work.intent.at,
        made_by=made_by,
        succeeds=succeeds,
    )


def _has_key() -> Refusal:
    return refuse(
        "R04",
        Phrase("this site has a seal key"),
        expected=Phrase("`inkt ledger key rotate`, which gives it a successor"),
        field="key",
    )


def _no_key_yet() -> Refusal:
    return refuse(
        "R04",
        Phrase("this site has no seal key yet"),
        expected=Phrase("`inkt ledger key make`"),
        resolve_by=who_may(Permission.SEAL_LEDGER),
        field="key",
    )


# --- what the command line and the terminal call


def present_key(store: Store) -> SealKey | None:
    """The public key seals are made with now."""
    with store.reading() as session:
        return _present(list(session.exec(select(SealKey).where(col(SealKey.site) == store.site)).all()))


def unlock(bench: Bench, passphrase: str) -> None:
    """Hold the key at this bench until its person logs out: releases and the day's end are sealed from here on.

    Raises Refusal for a person who may not seal, a locked account, a site without a key, a wrong passphrase, which is counted
    against the person as a wrong password is (R25); Unable for the file.
    """
    bench.refuse_locked_out()
    if not bench.may(Permission.SEAL_LEDGER):
        raise Refusal(no_permission(Permission.SEAL_LEDGER))
    present = present_key(bench.store)
    if present is None:
        raise _no_key_yet()
    folder = seal_key.the_folder(bench.store.folder)
    try:
        key = seal_key.unlock(folder, passphrase, lambda public: public.text == present.public_key)
    except seal_key.TriedPassphrase:
        bench.count_failure("unlock seal key")
        raise
    _hold(bench, key)


def _hold(bench: Bench, key: SecretKey) -> None:
    # Also while away: the day's end is sealed at midnight, when the person is away and the screen is locked.
    holder = bench.going_on()
    bench.sealing.open(key, lambda occasion: seal(holder, occasion))


def seal(bench: Bench, occasion: SealOccasion = SealOccasion.ON_DEMAND) -> Receipt:
    """Seal the ledger now, with the key unlocked at this bench. Raises Refusal."""
    return bench.run(SEAL, occasion=occasion, reached=_reached(bench))


def _reached(bench: Bench) -> Standing | None:
    """How far the chain reaches, worked out while nobody waits for it; the command itself adds what came since."""
    if bench.sealing.key is None:
        return None
    with bench.store.reading() as session:
        return _standing(session.connection(), bench.site.code, bench.sealing.key.public)


def end_of_day(bench: Bench) -> Receipt | None:
    """Seal the day that has just ended at this bench, if its person has the key unlocked; what goes wrong is told later."""
    return bench.sealing.follow(SealOccasion.DAY_END)


def rotate(bench: Bench, passphrase: str, *, reason: str) -> Receipt:
    """Make a new key under ``passphrase``; the old one, unlocked at this bench, names it and is gone. Raises Refusal."""
    folder = seal_key.the_folder(bench.store.folder)
    _refuse_no_longer_present(bench)  # or what lies there may be the key that took over meanwhile
    new = SecretKey.make()
    path = seal_key.write_next(folder, new, passphrase, training=bench.site.training)
    return _taken_over(
        bench,
        new,
        path,
        lambda: bench.run(ROTATE, reason=reason, successor=new.public, reached=_reached(bench)),
    )


def _taken_over(bench: Bench, new: SecretKey, path: Path, record: Callable[[], Receipt]) -> Receipt:
    try:
        receipt = record()
    except Refusal:
        path.unlink(missing_ok=True)
        raise  # any other end may have come after the entry was written: then this file holds the key the ledger names
    seal_key.take_over(path)
    _hold(bench, new)
    seal_key.write_public(path.parent, new.public)
    return receipt


def _refuse_no_longer_present(bench: Bench) -> None:
    present = present_key(bench.store)
    if present is None:
        raise _no_key_yet()
    if bench.sealing.key is not None:
        _refuse_another(present, bench.sealing.key.public)


def adopt(bench: Bench, passphrase: str) -> Receipt:
    """Make the first key of a site that has none. Raises Refusal.

    A ``seal.key`` that lies there is none the ledger ever named, and is replaced.
    """
    if present_key(bench.store) is not None:
        raise _has_key()
    folder = seal_key.the_folder(bench.store.folder)
    new = SecretKey.make()
    path = seal_key.write_next(folder, new, passphrase, training=bench.site.training)
    return _taken_over(bench, new, path, lambda: bench.run(ADOPT, first=new.public))
