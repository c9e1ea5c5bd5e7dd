"""Documents that go with a letter: a page of their own, so that no other form can lose a chosen file."""

import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.validators import Optional, ValidationError

from campaign.accounts.rules import Action
from campaign.core.errors import NotFound
from campaign.core.text import ascii_name, clean
from campaign.desk.fields import line
from campaign.desk.frame import desk, done, show
from campaign.desk.letter_draft import draft_of
from campaign.desk.letter_form import Language
from campaign.letters.drafting import write_down
from campaign.letters.drafts import DocumentDraft
from campaign.letters.files import LARGEST_DOCUMENT
from campaign.letters.models import Document, Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import DocumentUse
from campaign.web.guards import actor, allowed


class DocumentForm(FlaskForm):
    """A file with what it is called and what happens to it."""

    file = FileField(_l("File"), [FileRequired(_l("Please choose a file."))])
    title = line(_l("Title"), 200)
    language = line(_l("Language"), 20, Optional(), Language())
    use = SelectField(_l("What happens to it"), default=DocumentUse.ATTACH.value)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.use.choices = list(uses().items())

    def validate_file(self, field: Any) -> None:
        """Reads the file, and refuses one that is empty or too large."""
        self.content = field.data.read(LARGEST_DOCUMENT + 1) if field.data else b""
        if not self.content:
            raise ValidationError(_("This file is empty."))
        if len(self.content) > LARGEST_DOCUMENT:
            raise ValidationError(_("This file is larger than 5 MB."))

    def to_draft(self) -> DocumentDraft:
        """The document to keep."""
        path = PurePosixPath(clean(self.file.data.filename.replace("\\", "/")))
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return DocumentDraft(
            filename=path.name[-120:],
            title=self.title.data or path.stem[:200],
            content=self.content,
            media_type=kind,
            language=self.language.data or None,
            use=DocumentUse(self.use.data),
        )


def uses() -> dict[str, str]:
    """What each use is called."""
    return {
        DocumentUse.ATTACH.value: _("attach it to the mail"),
        DocumentUse.ANNEX.value: _("annex to the letter"),
        DocumentUse.LIST.value: _("name it in the letter only"),
    }


@desk.get("/letters/<slug>/documents")
@allowed(Action.WRITE_LETTERS)
def documents(slug: str) -> ResponseReturnValue:
    """What goes with the letter, and a form for one more."""
    return _documents(letter_by_slug(slug), DocumentForm())


def _documents(letter: Letter, form: DocumentForm) -> ResponseReturnValue:
    return show(letter, "documents", 422 if form.errors else 200, form=form, uses=uses())


@desk.post("/letters/<slug>/documents")
@allowed(Action.WRITE_LETTERS)
def add_document(slug: str) -> ResponseReturnValue:
    """One more document."""
    letter, form = letter_by_slug(slug), DocumentForm()
    if not form.validate():
        return _documents(letter, form)
    draft = form.to_draft()
    _settle(letter, (*draft_of(letter).documents, draft))
    return done(url_for("desk.documents", slug=slug), _("%(title)s goes with the letter.", title=draft.title))


@desk.post("/letters/<slug>/documents/<int:document_id>/remove")
@allowed(Action.WRITE_LETTERS)
def remove_document(slug: str, document_id: int) -> ResponseReturnValue:
    """Take a document out. Editions frozen before still name it."""
    letter = letter_by_slug(slug)
    place = letter.documents.index(_document(letter, document_id))
    kept = draft_of(letter).documents
    _settle(letter, (*kept[:place], *kept[place + 1 :]))
    return done(url_for("desk.documents", slug=slug), _("The document is taken out."))


def _settle(letter: Letter, wanted: Sequence[DocumentDraft]) -> None:
    write_down(replace(draft_of(letter), documents=tuple(wanted)), None, actor(), letter.circulation)


@desk.get("/letters/<slug>/documents/<int:document_id>")
@allowed(Action.WRITE_LETTERS)
def document(slug: str, document_id: int) -> ResponseReturnValue:
    """The file itself, always as a download: what was uploaded is never shown as a page of ours."""
    found = _document(letter_by_slug(slug), document_id)
    ending = ascii_name(found.filename.rpartition(".")[2], 8)
    name = f"{ascii_name(found.filename.rpartition('.')[0] or found.title)}.{ending}"
    response = Response(found.content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _document(letter: Letter, document_id: int) -> Document:
    found = next((d for d in letter.documents if d.id == document_id), None)
    if found is None:
        raise NotFound("there is no such document on this letter")
    return found
