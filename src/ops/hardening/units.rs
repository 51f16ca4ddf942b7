//! What systemd says of our units.

use std::collections::BTreeMap;

use super::facts::ask;

pub(super) const WEB: &str = "reflector-web.service";
pub(super) const WORK: &str = "reflector-work.service";
pub(super) const SELF_TEST: &str = "reflector-self-test.service";

const PROPERTIES: &str = "Id,LoadState,ActiveState,UnitFileState,Restart,NoNewPrivileges,Type,NotifyAccess,User,\
    DevicePolicy,PrivateDevices,ProtectSystem,ProtectHome,PrivateTmp,ProtectKernelTunables,ProtectKernelModules,\
    ProtectKernelLogs,ProtectControlGroups,ProtectClock,ProtectHostname,RestrictNamespaces,RestrictSUIDSGID,\
    LockPersonality,RestrictRealtime,CapabilityBoundingSet,SystemCallFilter,MemoryDenyWriteExecute,UMask,MemoryMax,\
    TasksMax,IPAddressDeny,WatchdogUSec,Environment,\
    Result,ExecMainExitTimestampMonotonic";

/// Properties by unit.
#[derive(Debug)]
pub(super) struct Units(BTreeMap<String, BTreeMap<String, String>>);

impl Units {
    /// # Errors
    /// There is no systemd here, or it has none of our units.
    pub(super) async fn ask() -> Result<Self, String> {
        if !std::path::Path::new("/run/systemd/system").is_dir() {
            return Err("systemd does not run here".into());
        }
        let shown = ask(
            "systemctl",
            &["show", "--property", PROPERTIES, WEB, WORK, SELF_TEST, "reflector-*", "caddy.service"],
        );
        let units = Self::read(&shown.await?);
        if [WEB, WORK].iter().all(|unit| units.property(unit, "LoadState") != "loaded") {
            return Err(format!("systemd knows no {WEB}"));
        }
        Ok(units)
    }

    pub(super) fn read(shown: &str) -> Self {
        let units = shown.split("\n\n").map(|unit| {
            let pairs = unit.lines().filter_map(|line| line.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>()
        });
        Self(units.filter_map(|unit| Some((unit.get("Id")?.clone(), unit))).collect())
    }

    pub(super) fn property(&self, unit: &str, name: &str) -> &str {
        self.0.get(unit).and_then(|unit| unit.get(name)).map_or("", String::as_str)
    }

    /// Names of all units that were found.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Those of pages and jobs in which `wrong` is found, with what it says.
    pub(super) fn faults(&self, wrong: impl Fn(&Self, &str) -> Option<String>) -> Vec<String> {
        let of = |unit: &str| wrong(self, unit).map(|what| format!("{unit}: {what}"));
        [WEB, WORK].into_iter().filter_map(of).collect()
    }

    /// Those of pages and jobs whose property is not one of `wanted`.
    pub(super) fn others(&self, name: &str, wanted: &[&str]) -> Vec<String> {
        self.faults(|units, unit| {
            let value = units.property(unit, name);
            (!wanted.contains(&value)).then(|| format!("{name}={value}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_by_unit() {
        let units = Units::read(
            "Id=reflector-web.service\nUser=reflector-web\nEnvironment=A=1 B=2\n\nId=reflector-work.service\nUser=root\n",
        );
        assert_eq!(units.property(WEB, "User"), "reflector-web");
        assert_eq!(units.property(WEB, "Environment"), "A=1 B=2");
        assert_eq!(units.property("nothing", "User"), "");
        assert_eq!(units.others("User", &["reflector-web"]), ["reflector-work.service: User=root"]);
    }
}
