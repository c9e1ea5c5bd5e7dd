"""How commands answer: a refusal is one clear line on standard error and a non-zero exit."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError

from campaign.core.db import db
from campaign.core.errors import InvalidInput, RoomError
from campaign.jobs import bell


class Commands(AppGroup):
    """A group of commands whose refusals are for people."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what rooms raise into one line."""
        try:
            return super().invoke(ctx)
        except InvalidInput as fault:
            raise click.ClickException(
                f"{fault.field}: {fault.message}" if fault.field else fault.message
            ) from fault
        except RoomError as fault:
            raise click.ClickException(fault.message) from fault
        except OperationalError as fault:
            raise click.ClickException(
                "the database cannot be reached, or its tables are missing (db upgrade)"
            ) from fault
        except DBAPIError as fault:
            raise click.ClickException(f"the database refused: {type(fault.orig).__name__}") from fault


def finish() -> None:
    """The one commit of a command, and a ring for the workers."""
    db.session.commit()
    bell.ring()
