//! Killed workers, restarted databases, full disks, broken uploads.
