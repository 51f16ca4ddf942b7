//! Garage: a bucket lets several keys in. Spoken to through its administration API, version 2.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::tls::Trust;

const PATIENCE: Duration = Duration::from_secs(15);

/// The administration of a Garage, and the bucket that is ours.
pub(super) struct Garage {
    address: String,
    token: String,
    bucket: String,
    client: Client,
}

impl Garage {
    pub(super) fn new(address: &str, token: String, bucket: &str, trust: &Trust) -> anyhow::Result<Self> {
        let client = trust.http().timeout(PATIENCE).build()?;
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
            token,
            bucket: bucket.to_owned(),
            client,
        })
    }

    /// Lets a new key into the bucket, with the rights of the old one. Once or again.
    ///
    /// # Errors
    /// Garage does not answer, or the old key has no rights in the bucket.
    pub(super) async fn allow(&self, old: &str, access: &str, secret: &str) -> anyhow::Result<()> {
        let bucket = self.bucket().await?;
        let rights = self
            .rights(&bucket, old)
            .with_context(|| format!("the key {old} has no rights in the bucket {}", self.bucket))?;
        if self.ask(Method::GET, &format!("GetKeyInfo?id={access}"), None).await?.is_none() {
            let key = json!({ "accessKeyId": access, "secretAccessKey": secret, "name": "reflector" });
            self.ask(Method::POST, "ImportKey", Some(key)).await?.context("Garage takes no new key")?;
        }
        let allowed = json!({ "bucketId": bucket["id"], "accessKeyId": access, "permissions": rights });
        self.ask(Method::POST, "AllowBucketKey", Some(allowed))
            .await?
            .context("Garage knows no such bucket")?;
        Ok(())
    }

    /// Deletes the old key, if the new one is let in.
    ///
    /// # Errors
    /// Garage does not answer, or the new key has no rights.
    pub(super) async fn only(&self, old: &str, access: &str) -> anyhow::Result<()> {
        let bucket = self.bucket().await?;
        ensure!(
            self.rights(&bucket, access).is_some(),
            "the new key {access} has no rights in the bucket {}; the old one stays",
            self.bucket
        );
        // Gone already is gone.
        self.ask(Method::POST, &format!("DeleteKey?id={old}"), None).await?;
        Ok(())
    }

    async fn bucket(&self) -> anyhow::Result<Value> {
        let name = &self.bucket;
        let found = self.ask(Method::GET, &format!("GetBucketInfo?globalAlias={name}"), None).await?;
        found.with_context(|| format!("Garage has no bucket {name}: name the right one with --bucket"))
    }

    /// What a key may do in a bucket, where that is anything.
    fn rights(&self, bucket: &Value, key: &str) -> Option<Value> {
        let keys = bucket["keys"].as_array()?;
        let found = keys.iter().find(|one| one["accessKeyId"] == key)?;
        Some(found["permissions"].clone())
    }

    /// One call; `None` for what is not there.
    async fn ask(&self, method: Method, call: &str, body: Option<Value>) -> anyhow::Result<Option<Value>> {
        let mut request =
            self.client.request(method, format!("{}/v2/{call}", self.address)).bearer_auth(&self.token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.context("the administration of Garage can't be reached")?;
        let status = answer.status();
        let text = answer.text().await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let call = call.split('?').next().unwrap_or(call);
        ensure!(
            status.is_success(),
            "Garage answers {call} with {status}: {}",
            text.chars().take(200).collect::<String>()
        );
        Ok(Some(serde_json::from_str(&text).unwrap_or(Value::Null)))
    }
}
