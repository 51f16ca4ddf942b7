//! What must not lose a recording: workers that are killed, a database that restarts, disks that fill up, bad files.

mod crashes;
mod media;
mod outages;
