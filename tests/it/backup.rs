//! Backup and restore, with the program itself, PostgreSQL, Garage and restic.

mod damage;
mod meanwhile;
mod places;
mod round;
