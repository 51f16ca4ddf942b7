use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::OidcError;

/// Between two times that the provider is asked for the same: whoever sends tokens with invented keys must not make us ask more.
const PATIENCE: Duration = Duration::from_secs(10);
/// For as long something is used that can't be renewed, because the provider does not answer.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that the provider publishes, as it was when it was last asked.
pub(super) struct Cache<T> {
    age: Duration,
    held: RwLock<Option<(Arc<T>, Instant)>>,
    /// When it was last asked for, and what came of it if nothing did. Held while it is being asked.
    tried: Mutex<Option<(Instant, String)>>,
}

impl<T> Cache<T> {
    pub fn new(age: Duration) -> Self {
        Self { age, held: RwLock::new(None), tried: Mutex::new(None) }
    }

    fn held(&self, within: Duration) -> Option<Arc<T>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(_, at)| at.elapsed() < within).map(|(value, _)| value.clone())
    }

    /// What is held, if it is young enough and `enough`; else what `ask` brings, unless it was asked for just now.
    ///
    /// # Errors
    /// Those of `ask`, where nothing is held that could be used instead.
    pub async fn get(
        &self,
        enough: impl Fn(&T) -> bool,
        ask: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        let usable = || self.held(self.age).filter(|value| enough(value));
        if let Some(value) = usable() {
            return Ok(value);
        }
        let mut tried = self.tried.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(value) = usable() {
            return Ok(value);
        }
        if let Some((at, why)) = &*tried
            && at.elapsed() < PATIENCE
        {
            let old = if why.is_empty() { self.held(self.age) } else { self.held(STALE) };
            return old.ok_or_else(|| OidcError::Provider(why.clone()));
        }
        match ask.await {
            Ok(value) => {
                let value = Arc::new(value);
                *self.held.write().unwrap_or_else(PoisonError::into_inner) =
                    Some((value.clone(), Instant::now()));
                *tried = Some((Instant::now(), String::new()));
                Ok(value)
            }
            Err(error) => {
                tracing::warn!(%error, "the identity provider can't be asked");
                *tried = Some((Instant::now(), error.to_string()));
                self.held(STALE).ok_or(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn it_is_asked_once_and_again_at_most_every_ten_seconds() {
        let (cache, asked) = (Cache::new(Duration::from_secs(300)), AtomicU32::new(0));
        let ask = async || Ok(asked.fetch_add(1, Ordering::Relaxed));
        assert_eq!(*cache.get(|_| true, ask()).await.unwrap(), 0);
        assert_eq!(*cache.get(|_| true, ask()).await.unwrap(), 0);
        for _ in 0..100 {
            let found = cache.get(|value| *value == 7, ask()).await.unwrap();
            assert_eq!(*found, 0, "what is held, though it is not what was looked for");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn who_does_not_answer_is_left_alone_and_what_is_known_goes_on_to_hold() {
        let cache = Cache::new(Duration::ZERO);
        let fails = async || Err(OidcError::Provider("down".into()));
        assert!(
            matches!(cache.get(|_: &u8| true, fails()).await, Err(OidcError::Provider(why)) if why == "down")
        );
        let up = async || Ok(1);
        assert!(cache.get(|_| true, up()).await.is_err(), "it was asked just now");
        let cache = Cache::new(Duration::ZERO);
        assert_eq!(*cache.get(|_| true, up()).await.unwrap(), 1);
        *cache.tried.lock().await = None;
        assert_eq!(*cache.get(|_| true, fails()).await.unwrap(), 1, "too old, and better than nothing");
    }
}
