"""Commands that keep everything safe, and that bring it back without sending anything."""

from pathlib import Path

import click
import flask_migrate

from campaign.audit import restoring as audit
from campaign.audit.operations import record
from campaign.audit.rules import OPERATOR
from campaign.cli.group import Commands, finish
from campaign.core import backups
from campaign.core.backup_format import Backup, opened
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import Conflict
from campaign.core.secrets import strange_keys
from campaign.dispatch import restoring as dispatches
from campaign.outbox import restoring as mails
from campaign.outbox.rules import MailState
from campaign.signing import restoring as reminders

KEYS = """Not in it, and contacts cannot be read without them: CONTACT_KEYS, INDEX_KEY, TOKEN_KEY, SECRET_KEY.
Keep them somewhere else."""
NEXT = """Nothing of this leaves by itself. Look at it and compare, then start web and workers:
  outbox held                       what is held, one mail a line
  outbox resume                     send on all but letters to addressees
  outbox decide ID arrived|resend   one letter to an addressee"""

backup = Commands("backup", help="Keeping everything safe, and bringing it back.")
File = click.argument("file", type=click.Path(path_type=Path))


@backup.command("create")
@File
def create(file: Path) -> None:
    """Write all tables to FILE, as they are at one moment; the site goes on meanwhile."""
    with transactions(Mode.READ), db.engine.connect() as connection:
        made = backups.create(connection, file)
    record(OPERATOR, "backup.created", "backup", 0, None, tables=len(made.tables), rows=made.rows)
    finish()
    click.echo(f"tables\t{len(made.tables)}\nrows\t{made.rows}")
    click.echo(KEYS, err=True)


@backup.command("restore")
@File
@click.option("--other-keys", is_flag=True, help="Go on although the keys are not those of the backup.")
def restore(file: Path, other_keys: bool) -> None:
    """Bring FILE back into an empty database; everything that was about to leave is held."""
    with opened(file) as kept:
        strange = strange_keys(kept.manifest.keys)
        if strange and not other_keys:
            raise Conflict(f"not the keys of the backup: {', '.join(strange)}; set them, or say --other-keys")
        backups.make_ready(db.engine, kept.manifest.revision)
        counts = _bring_back(kept)
    flask_migrate.upgrade()
    for what, count in counts.items():
        click.echo(f"{what}\t{count}")
    click.echo(NEXT, err=True)


def _bring_back(kept: Backup) -> dict[str, int]:
    """All rows, what is held of them and the note of it, in one transaction: a kill leaves nothing behind."""
    with db.engine.begin() as connection:
        backups.fill(connection, kept)
        held = mails.hold(connection)
        counts = {
            "tables": len(kept.manifest.tables),
            "rows": kept.manifest.rows,
            "mails_held": held[MailState.HELD],
            "mails_unknown": held[MailState.UNKNOWN],
            "dispatches_held": dispatches.hold(connection),
            "reminders_dropped": reminders.hold(connection),
        }
        audit.note(connection, "backup.restored", **counts)
    return counts
