//! Pages in headless Chromium.
