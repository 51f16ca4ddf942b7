//! When a certificate is valid, from its DER (RFC 5280, 4.1): a certificate is a sequence whose first part is a sequence of
//! version, serial number, signature, issuer, validity and more.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Tag, content, and what follows.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, first, rest) = (*der.first()?, *der.get(1)?, der.get(2..)?);
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        _ => {
            let count = usize::from(first & 0x7F);
            let length = rest.get(..count).filter(|_| count <= 4)?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest.get(count..)?)
        }
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

/// From when until when.
pub(super) fn validity(der: &[u8]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (_, certificate, _) = value(der)?;
    let (_, mut rest, _) = value(certificate)?;
    // The version may be left out; serial number, signature and issuer are always there.
    if value(rest)?.0 == 0xA0 {
        rest = value(rest)?.2;
    }
    for _ in 0..3 {
        rest = value(rest)?.2;
    }
    let (_, times, _) = value(rest)?;
    let (from_tag, from, rest) = value(times)?;
    let (until_tag, until, _) = value(rest)?;
    Some((time(from_tag, from)?, time(until_tag, until)?))
}

/// UTCTime has two digits for the year, 50 and more of the last century; GeneralizedTime has four.
fn time(tag: u8, text: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        0x17 if text.get(..2)? >= "50" => format!("19{text}"),
        0x17 => format!("20{text}"),
        _ => text.to_owned(),
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms_and_rubbish_is_none() {
        let shown = |tag, text: &str| time(tag, text.as_bytes()).map(|time| time.to_rfc3339());
        assert_eq!(shown(0x17, "261121105101Z").as_deref(), Some("2026-11-21T10:51:01+00:00"));
        assert_eq!(shown(0x17, "990101000000Z").as_deref(), Some("1999-01-01T00:00:00+00:00"));
        assert_eq!(shown(0x18, "20520101000000Z").as_deref(), Some("2052-01-01T00:00:00+00:00"));
        assert_eq!(shown(0x17, "yesterday"), None);
        for rubbish in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x02"] {
            assert_eq!(validity(rubbish), None);
        }
    }
}
