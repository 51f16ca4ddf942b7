use anyhow::{Context, bail, ensure};

use super::{Folder, LONGEST_DAYS, Name, NewServer, first, issue};
use crate::tls::Certificate;

/// What a look at the server's certificate came to.
#[derive(Debug)]
pub enum Renewal {
    /// It lasts long enough.
    Kept(Certificate),
    /// There is a new one, for the same names and as many days.
    Renewed { before: Certificate, now: Certificate },
}

/// Issues the server's certificate anew if fewer than `within` days are left of it.
///
/// # Errors
/// It is due and can't be renewed: another authority issued it, or the authority itself does not last longer.
pub fn renew(folder: &Folder, within: u32) -> anyhow::Result<Renewal> {
    let path = folder.server();
    ensure!(path.exists(), "{} is not there; `reflector certs issue DOMAIN` makes it", path.display());
    let before = first(&path)?;
    let left = before.days_left();
    if left >= i64::from(within) {
        return Ok(Renewal::Kept(before));
    }
    let due = format!("{} has {left} days left and can't be renewed here", path.display());
    let authority = first(&folder.authority()).with_context(|| due.clone())?;
    ensure!(
        before.issued_by(&authority) && folder.authority_key().exists(),
        "{due}: {} issued it. Get a new one there and take it in with `reflector certs import`",
        before.issuer
    );
    let names: Result<Vec<Name>, String> = before.names.iter().map(|name| name.parse()).collect();
    let mut names = names.map_err(anyhow::Error::msg)?;
    ensure!(
        !names.is_empty(),
        "{due}: it carries no names; `reflector certs issue DOMAIN` makes one that does"
    );
    // The subject's name stays what it was.
    if let Some(at) = before.common_name.as_deref().and_then(|host| Name::host(host).ok()) {
        names.sort_by_key(|name| *name != at);
    }
    if authority.not_after <= before.not_after {
        bail!(
            "{due}: the authority itself ends on {}. Make a new one in another folder with `reflector certs init`, and have it trusted",
            authority.not_after.format("%Y-%m-%d")
        );
    }
    let lived = (before.not_after - before.not_before).num_days();
    let days = u32::try_from(lived).unwrap_or(1).clamp(1, LONGEST_DAYS);
    let now = issue(folder, &NewServer { names, days }).with_context(|| due)?;
    Ok(Renewal::Renewed { before, now })
}
