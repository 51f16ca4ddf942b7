//! Times as text.

/// Whole milliseconds of `seconds`; what is no time is 0.
pub(super) fn millis(seconds: f64) -> u64 {
    // `as` saturates, and makes 0 of NaN and of what is negative.
    (seconds * 1000.0).round() as u64
}

/// `HH:MM:SS` + `separator` + `mmm`; hours grow beyond two digits.
pub(super) fn full(seconds: f64, separator: char) -> String {
    let millis = millis(seconds);
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{separator}{:03}", millis / 1000 % 60, millis % 1000)
}

/// `MM:SS`, cut, not rounded; minutes grow beyond 59.
pub(super) fn minutes(seconds: f64) -> String {
    let seconds = seconds.floor() as u64;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// `M:SS`, or `H:MM:SS` from an hour on, for people to read.
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.floor() as u64;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_over_and_never_show_sixty_seconds() {
        assert_eq!(full(59.9996, ','), "00:01:00,000");
        assert_eq!(full(3_725.5, '.'), "01:02:05.500");
        assert_eq!(full(360_000.0, '.'), "100:00:00.000");
        assert_eq!(minutes(3_599.99), "59:59");
        assert_eq!(minutes(7_265.0), "121:05");
        assert_eq!([clock(5.0), clock(65.9), clock(3_600.0)], ["0:05", "1:05", "1:00:00"]);
    }

    #[test]
    fn what_is_no_time_is_zero() {
        assert_eq!(full(-1.0, '.'), "00:00:00.000");
        assert_eq!(full(f64::NAN, '.'), "00:00:00.000");
        assert_eq!(minutes(-0.5), "00:00");
    }
}
