"""Makes of a killed server's append-only directory what a power cut would have left of it, from the
records of faults/disk_faults.c: what was not synced may be there, in part, as zeros, or not at
all."""

import os


def _synced(records, path):
    record = records / f"synced.{path.stat().st_ino}"
    return int(record.read_text()) if record.exists() else 0


def _undo_renames(chance, records, directory):
    """A name whose directory was not synced may stand for the old file, or for none."""
    for record in records.glob("renamed.*"):
        name = record.name.removeprefix("renamed.")
        before = records / f"replaced.{name}"
        if chance.random() < 0.5:
            if before.exists():
                os.replace(before, directory / name)
            else:
                (directory / name).unlink(missing_ok=True)
        record.unlink()
        before.unlink(missing_ok=True)


def _lose_bytes(chance, records, path):
    synced, size = _synced(records, path), path.stat().st_size
    if size <= synced:
        return 0
    kept = chance.choice([synced, size, chance.randint(synced, size)])
    os.truncate(path, kept)
    if chance.random() < 0.5:
        os.truncate(path, chance.randint(kept, size))
    return size - kept


def _begin_anew(records, directory):
    """What survived is on disk; numbers of files that are gone will be used again."""
    for record in records.glob("synced.*"):
        record.unlink()
    for path in directory.iterdir():
        (records / f"synced.{path.stat().st_ino}").write_text(f"{path.stat().st_size:020d}")


def cut_power(chance, faults, directory):
    """Returns how many bytes went."""
    records = faults / "power"
    _undo_renames(chance, records, directory)
    lost = sum(_lose_bytes(chance, records, path) for path in sorted(directory.iterdir()))
    _begin_anew(records, directory)
    return lost
