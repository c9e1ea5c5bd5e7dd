"""A real browser, and a site for it to look at: the app behind a real socket, over SQLite."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.servers import HOST, chromium, missing


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium without a window; skipped, or failed where nothing may be skipped, when there is none."""
    path = chromium() or missing("Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def site(app_sqlite: Flask) -> Iterator[str]:
    """Where the app answers: its address, without a slash at the end."""
    server = make_server(HOST, 0, app_sqlite, threaded=True)
    worker = threading.Thread(target=server.serve_forever)
    worker.start()
    try:
        yield f"http://localhost:{server.server_port}"  # the name the tests' apps are served under
    finally:
        server.shutdown()
        worker.join()
        server.server_close()
