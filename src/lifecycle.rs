//! Start and stop: a first signal asks, a second insists.
