//! A ClientHello by hand (RFC 5246, 7.4.1.2): our own TLS library can't offer what a server should refuse.

/// Which version and suites are offered.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    version: u16,
    suites: &'static [u16],
}

/// With AES in CBC mode, the only kind that TLS 1.1 has: ECDHE with ECDSA and RSA, and RSA alone.
const CBC: &[u16] = &[0xC009, 0xC00A, 0xC013, 0xC014, 0xC023, 0xC027, 0x002F, 0x0035];

pub(super) const OLD: Kind = Kind { version: 0x0302, suites: CBC };
pub(super) const WEAK: Kind = Kind { version: 0x0303, suites: CBC };

/// The record to send.
pub(super) fn client(host: &str, kind: Kind) -> Vec<u8> {
    let mut extensions = Vec::new();
    let mut extension = |number: u16, content: Vec<u8>| {
        extensions.extend(number.to_be_bytes());
        extensions.extend(long(content));
    };
    if host.parse::<std::net::IpAddr>().is_err() {
        extension(0, long([&[0][..], &long(host.as_bytes().to_vec())].concat()));
    }
    // Curves, point formats and signatures that every server knows.
    extension(10, long(words(&[0x001D, 0x0017, 0x0018])));
    extension(11, vec![1, 0]);
    extension(13, long(words(&[0x0403, 0x0401, 0x0804, 0x0501, 0x0203, 0x0201])));

    let mut body = kind.version.to_be_bytes().to_vec();
    // Nothing is agreed on here, so the random bytes need not be.
    body.extend([0x5A; 32]);
    body.push(0);
    body.extend(long(words(kind.suites)));
    body.extend([1, 0]);
    body.extend(long(extensions));

    let length = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
    let handshake = [&[1], &length[1..], &body].concat();
    [&[0x16, 3, 1][..], &long(handshake)].concat()
}

/// Whether what came back begins with a ServerHello, not with an alert.
pub(super) fn accepted(head: &[u8; 6]) -> bool {
    head[0] == 0x16 && head[5] == 2
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// With its length in two bytes before it.
fn long(content: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or_default().to_be_bytes();
    [&length[..], &content].concat()
}
