"""How commands answer: a refusal is one clear line on standard error and a non-zero exit."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError

from campaign.core.db import db
from campaign.core.errors import InvalidInput, RoomError
from campaign.jobs import bell


class Misused(click.ClickException):
    """An argument that is missing or makes no sense; the exit code is the one click uses for that."""

    exit_code = 2


class Commands(AppGroup):
    """A group of commands whose refusals are for people."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what rooms raise into one line."""
        try:
            return super().invoke(ctx)
        except click.UsageError as fault:
            raise Misused(" ".join(fault.format_message().split())) from fault
        except InvalidInput as fault:
            raise click.ClickException(
                f"{fault.field}: {fault.message}" if fault.field else fault.message
            ) from fault
        except RoomError as fault:
            raise click.ClickException(fault.message) from fault
        except OSError as fault:
            if fault.filename is None:  # such as a closed pipe, which click knows
                raise
            raise click.ClickException(f"{fault.filename}: {fault.strerror}") from fault
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
