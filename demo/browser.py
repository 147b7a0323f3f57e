"""Look at Home Assistant as a person does: with a browser, on a phone or a desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import tempfile
import time
from typing import Literal

from playwright.async_api import Page, async_playwright

from .home_assistant_client import HomeAssistantClient

CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserError(Exception):
    """There is no browser to look with."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page is shown on."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    phone: bool = False


PHONE = Screen("phone", 412, 915, phone=True)
PHONE_DARK = Screen("phone-dark", 412, 915, "dark", phone=True)
DESKTOP = Screen("desktop", 1440, 960)
DESKTOP_DARK = Screen("desktop-dark", 1440, 960, "dark")
SCREENS = (PHONE, PHONE_DARK, DESKTOP, DESKTOP_DARK)


def chromium() -> str:
    """Return the path of Chromium or Chrome; raise BrowserError if there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise BrowserError("Chromium is missing: install it with `apt install chromium`")


@asynccontextmanager
async def open_page(
    client: HomeAssistantClient, screen: Screen = DESKTOP
) -> AsyncIterator[Page]:
    """Open a page that is logged in to Home Assistant as the client's user."""
    tokens = {
        **client.token,
        "hassUrl": client.url,
        "clientId": f"{client.url}/",
        "expires": int((time.time() + client.token["expires_in"]) * 1000),
    }
    with tempfile.TemporaryDirectory(prefix="hearthward-browser-") as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=chromium(),
                args=list(CHROMIUM_ARGUMENTS),
                viewport={"width": screen.width, "height": screen.height},
                color_scheme=screen.scheme,
                device_scale_factor=2 if screen.phone else 1,
                is_mobile=screen.phone,
                has_touch=screen.phone,
                locale="en-GB",
            )
            stored = {
                "hassTokens": json.dumps(tokens),
                # No sidebar on the picture's edge, no hint to close.
                "dockedSidebar": json.dumps("docked"),
            }
            await context.add_init_script(
                f"for (const [key, value] of Object.entries({json.dumps(stored)}))"
                " localStorage.setItem(key, value);"
            )
            page = await context.new_page()
            try:
                yield page
            finally:
                await context.close()


async def screenshot(page: Page, path: Path, *, whole: bool = False) -> None:
    """Keep a picture of the page once nothing moves on it any more."""
    await page.evaluate("document.fonts.ready")
    await page.wait_for_function(
        "document.getAnimations().every(one => one.playState !== 'running'"
        " || one.effect.getTiming().iterations === Infinity)"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path, full_page=whole)
