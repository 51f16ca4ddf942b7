//! A site where people log in, and browsers that are logged in there.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::auth::password;
use reflector::clock;
use reflector::config::{AuthMode, Config};
use reflector::db::schema::transcript;
use reflector::ids::{TranscriptId, UserId};
use reflector::model::{ShareMode, User, user};

use super::site::Site;

pub const PASSWORD: &str = "correct horse battery";
pub const ADA: &str = "ada@example.org";
pub const BOB: &str = "bob@example.org";
pub const ROOT: &str = "root@example.org";

/// Where people log in with a password.
pub fn by_password(config: &mut Config) {
    config.auth.mode = AuthMode::Password;
    config.auth.secret_key = Some("0123456789abcdef0123456789abcdef".into());
}

/// A site with that.
pub async fn guarded() -> Site {
    Site::set(by_password).await
}

/// Somebody with an account and the password of these tests.
pub async fn person(site: &Site, email: &str, admin: bool) -> User {
    let hash = password::hash(PASSWORD).expect("a hash");
    let mut conn = site.workshop.conn().await;
    user::create_with_password(&mut conn, email, &hash, admin, clock::now()).await.expect("an account")
}

/// Has somebody own a transcript, for those who may read it.
pub async fn give(site: &Site, id: TranscriptId, owner: Option<UserId>, mode: ShareMode) {
    diesel::update(transcript::table.find(id))
        .set((transcript::share_mode.eq(mode), transcript::user_id.eq(owner)))
        .execute(&mut site.workshop.conn().await)
        .await
        .expect("it is theirs");
}

/// A browser, by its cookie; an empty one is nobody's.
pub struct Visitor<'s> {
    site: &'s Site,
    cookie: String,
}

impl<'s> Visitor<'s> {
    /// One that is not logged in.
    pub fn nobody(site: &'s Site) -> Self {
        Self { site, cookie: String::new() }
    }

    /// One that has just logged in.
    pub async fn log_in(site: &'s Site, email: &str) -> Self {
        let nobody = Self::nobody(site);
        let (status, _, cookie) = nobody.send("/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(status, 303, "{email} logs in");
        Self { site, cookie }
    }

    /// Status and text of a page.
    pub async fn page(&self, path: &str) -> (u16, String) {
        let request = self.site.client.get(self.site.url(path)).header("cookie", &self.cookie);
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("its text"))
    }

    /// Sends a form: the status, and where it leads or, where it leads nowhere, the page's text.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let (status, said, _) = self.send(path, fields).await;
        (status, said)
    }

    /// A form whose answer is a file.
    pub async fn file(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Vec<u8>) {
        let response = self.ask(path, fields).await;
        (response.status().as_u16(), response.bytes().await.expect("its bytes").to_vec())
    }

    async fn ask(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.site.client.post(self.site.url(path)).header("cookie", &self.cookie).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send().await.expect("an answer")
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let response = self.ask(path, fields).await;
        let status = response.status().as_u16();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let to = header("location");
        let set = header("set-cookie").unwrap_or_default();
        let cookie = set.split(';').next().unwrap_or_default().to_owned();
        let said = match to {
            Some(to) => to,
            None => response.text().await.expect("its text"),
        };
        (status, said, cookie)
    }
}
