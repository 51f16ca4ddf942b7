//! Which bytes a request wants of something that is played.

/// What a `Range` header asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Ask {
    Part(std::ops::Range<u64>),
    /// Several parts, or nothing that we understand: everything is a right answer.
    Whole,
    Outside,
}

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n` (RFC 9110, 14.1.2).
pub(super) fn parse(header: &str, size: u64) -> Ask {
    let Some((first, last)) =
        header.trim().strip_prefix("bytes=").and_then(|spec| spec.trim().split_once('-'))
    else {
        return Ask::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let range = if first.is_empty() {
        let Ok(count) = last.parse::<u64>() else { return Ask::Whole };
        size.saturating_sub(count)..size
    } else {
        let Ok(start) = first.parse::<u64>() else { return Ask::Whole };
        let end = if last.is_empty() { Ok(u64::MAX) } else { last.parse::<u64>() };
        let Ok(end) = end else { return Ask::Whole };
        if end < start {
            return Ask::Whole;
        }
        start..end.saturating_add(1).min(size)
    };
    if range.start >= range.end { Ask::Outside } else { Ask::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, wanted) in [
            ("bytes=0-99", Ask::Part(0..100)),
            ("bytes=990-", Ask::Part(990..1000)),
            ("bytes=990-5000", Ask::Part(990..1000)),
            ("bytes=-10", Ask::Part(990..1000)),
            ("bytes=-5000", Ask::Part(0..1000)),
            ("bytes=1000-", Ask::Outside),
            ("bytes=-0", Ask::Outside),
            ("bytes=5-3", Ask::Whole),
            ("bytes=0-1,5-6", Ask::Whole),
            ("bytes=99999999999999999999-", Ask::Whole),
            ("items=0-1", Ask::Whole),
        ] {
            assert_eq!(parse(header, 1000), wanted, "{header}");
        }
        assert_eq!(parse("bytes=0-", 0), Ask::Outside);
    }
}
