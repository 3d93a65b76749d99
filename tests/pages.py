"""Pages of a browser, for tests of the console as people see it."""

import contextlib
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page

from tests.running import Watchglass


@contextlib.contextmanager
def signed_in(system: Watchglass, browser: Browser, **options: Any) -> Iterator[Page]:
    """A dark page of somebody who has signed in; `options` are those of Playwright's `new_context`."""
    context = browser.new_context(color_scheme="dark", **options)
    name, value = system.cookie()
    context.add_cookies([{"name": name, "value": value, "url": system.address}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()
