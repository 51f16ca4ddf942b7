//! Days and moments in words.

use chrono::{Datelike, Timelike};

use super::{Value, say_with};
use crate::config::Language;

/// `22 November 2026`, `22 novembre 2026`.
pub fn day(language: Language, at: &impl Datelike) -> String {
    let values = [
        ("day", Value::from(at.day())),
        ("month", Value::from(at.month())),
        // A year is no quantity: nothing separates its digits.
        ("year", Value::from(at.year().to_string())),
    ];
    say_with(language, "date-day", &values)
}

/// `22 November 2026, 14:05`, `22 novembre 2026 à 14:05`.
pub fn moment(language: Language, at: &(impl Datelike + Timelike)) -> String {
    let time = format!("{:02}:{:02}", at.hour(), at.minute());
    say_with(language, "date-moment", &[("day", Value::from(day(language, at))), ("time", Value::from(time))])
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn days_and_moments_are_written_as_people_of_a_language_do() {
        let at = |day| NaiveDate::from_ymd_opt(2026, 8, day).unwrap().and_hms_opt(4, 5, 6).unwrap();
        assert_eq!(moment(Language::En, &at(1)), "1 August 2026, 04:05");
        assert_eq!(moment(Language::Fr, &at(1)), "1er août 2026 à 04:05");
        assert_eq!(day(Language::Fr, &at(22)), "22 août 2026");
        assert_eq!(day(Language::En, &at(22)), "22 August 2026");
    }
}
