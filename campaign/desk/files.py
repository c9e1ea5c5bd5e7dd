"""Scans and replies as files: taken in from a form, and given out again to coordinators."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from campaign.accounts.rules import Action
from campaign.desk.frame import desk
from campaign.dispatch.models import KeptFile
from campaign.dispatch.queries import kept_file
from campaign.dispatch.responses import LARGEST_FILE, Upload
from campaign.letters.queries import letter_by_slug
from campaign.web.guards import allowed

SHOWN_INSIDE = "application/pdf"  # the browser's own reader keeps scripts in it away from our pages


def upload(field: str) -> Upload | None:
    """The file sent in that field, or None; of one that is too large no more than shows that it is."""
    sent = request.files.get(field)
    content = sent.read(LARGEST_FILE + 1) if sent else b""
    return Upload(sent.filename or "", content) if sent and content else None


def refusal_status(taken: Upload | None) -> int:
    """The HTTP status of a form that was refused: 413 when its file is too large, else 422."""
    return 413 if taken is not None and len(taken.content) > LARGEST_FILE else 422


@desk.get("/letters/<slug>/kept/<int:file_id>")
@allowed(Action.MODERATE)
def kept(slug: str, file_id: int) -> ResponseReturnValue:
    """A scan or a reply's file. A picture is always a download; nothing is taken for what it is not."""
    return _served(kept_file(letter_by_slug(slug).id, file_id))


def _served(file: KeptFile) -> Response:
    response = Response(file.content, mimetype=file.media_type)
    way = "inline" if file.media_type == SHOWN_INSIDE else "attachment"
    response.headers["Content-Disposition"] = f'{way}; filename="{file.filename}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
