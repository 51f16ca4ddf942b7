//! How often somebody may try to log in: ten times in five minutes, counted by account and by address.

use chrono::{DateTime, Duration, Utc};

/// Attempts that may fail within [`WINDOW_SECONDS`].
pub const ATTEMPTS: usize = 10;
/// The time they are counted over.
pub const WINDOW_SECONDS: i64 = 5 * 60;

/// Since when attempts count at `now`.
pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::seconds(WINDOW_SECONDS)
}

/// Whether one more attempt may be made at `now`, given when earlier ones failed (in any order).
///
/// # Errors
/// Seconds until one may, at least 1.
pub fn admit(failed: &[DateTime<Utc>], now: DateTime<Utc>) -> Result<(), u64> {
    let mut counted: Vec<_> = failed.iter().filter(|at| **at > since(now)).collect();
    counted.sort_unstable();
    match counted.len().checked_sub(ATTEMPTS) {
        None => Ok(()),
        // One may when so many have left the window that fewer than ten are in it.
        Some(over) => {
            let free = *counted[over] + Duration::seconds(WINDOW_SECONDS) - now;
            Err(u64::try_from(free.num_milliseconds()).unwrap_or(0).div_ceil(1000).max(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_waits_until_the_first_is_five_minutes_old() {
        let now = crate::clock::now();
        let ago = |seconds: i64| now - Duration::seconds(seconds);
        let nine: Vec<_> = (1..=9).map(ago).collect();
        assert_eq!(admit(&nine, now), Ok(()));
        assert_eq!(admit(&[nine.clone(), vec![ago(300)]].concat(), now), Ok(()), "too old to count");
        assert_eq!(admit(&[nine.clone(), vec![ago(299)]].concat(), now), Err(1));
        assert_eq!(admit(&[nine.clone(), vec![ago(100)]].concat(), now), Err(200));
        let many = [nine, vec![ago(100), ago(200)]].concat();
        assert_eq!(admit(&many, now), Err(200), "eleven: two must leave");
    }
}
