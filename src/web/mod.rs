//! Pages, API, WebSocket, health.
