"""What the API is, for people."""

from flask import Blueprint, render_template

from campaign.api.description import DESCRIPTION
from campaign.outbox.writing import public_url

about = Blueprint("api_page", __name__)


@about.get("/api/")
def index() -> str:
    """Every address with what it takes and answers, from the description itself."""
    return render_template("api/index.html", description=DESCRIPTION, base=public_url("/api/v1"))
