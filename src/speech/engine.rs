//! The one thread that owns the models. Handles are cheap to clone; callers block until their request is answered.
//!
//! Requests wait in a bounded queue: one more than it holds is refused as overloaded. One request is worked on at a time, because each
//! keeps all cores busy. A request whose caller is gone, or that was cancelled, is dropped before it is begun; a panic of the
//! thread's work is answered as an error, and the thread goes on. After a time without requests the models are given back
//! ([`keeper`](super::keeper)).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tch::Device;

use super::device::{self, DeviceWish, Precision};
use super::keeper::{Keeper, Presence};
use super::memory;
use super::{
    Cancel, Diarization, DiarizeOptions, Health, Segment, SpeechError, TranscribeOptions, TranscribeUpdate,
    Transcription,
};
use crate::audio::PcmFile;
use crate::weights::ModelStore;

/// How often a waiting caller looks at its cancellation.
const LOOK: Duration = Duration::from_millis(50);

/// What the engine needs to know.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    pub models: ModelStore,
    /// The Whisper that is loaded at start and used where a request names none.
    pub model: String,
    pub device: DeviceWish,
    /// What Whisper computes with; `None` for what the device is fastest in: float16 on CUDA; on a CPU what a short measurement says.
    pub precision: Option<Precision>,
    /// Hypotheses kept where a request does not say.
    pub beam: usize,
    /// Requests that may wait.
    pub queue: usize,
    /// Time without requests after which the models are unloaded until the next one; `None`: they stay.
    pub unload_after: Option<Duration>,
}

enum Request {
    Transcribe(PcmFile, TranscribeOptions, Sender<News<Vec<Segment>, Transcription>>),
    Diarize(PcmFile, DiarizeOptions, Sender<News<f32, Diarization>>),
}

/// From the thread to a caller.
enum News<U, T> {
    Update { value: U, done: f64 },
    End(Result<T, SpeechError>),
}

#[derive(Default)]
struct Shared {
    /// The thread runs.
    alive: AtomicBool,
    presence: Presence,
    queued: AtomicUsize,
    running: AtomicUsize,
    /// Rises with each step of the work.
    steps: Arc<AtomicU64>,
}

struct Handle {
    /// Taken when the last handle goes, so that the thread ends.
    requests: Option<SyncSender<(Request, Cancel)>>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Raised when the last handle goes: what still runs stops.
    stop: Cancel,
    device: Device,
    precision: Precision,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.cancel();
        self.requests = None;
        let thread = self.thread.get_mut().ok().and_then(Option::take);
        if let Some(thread) = thread {
            // The panic, if there was one, has been logged and answered.
            let _ = thread.join();
        }
    }
}

/// A handle to the speech models. The thread ends with the last one.
#[derive(Clone)]
pub struct Engine(Arc<Handle>);

impl Engine {
    /// Starts the thread, loads the models and warms them up; returns when they are ready.
    ///
    /// # Errors
    /// Models that are missing (the message says how to get them), damaged, or don't fit the device.
    pub fn start(settings: EngineSettings) -> Result<Self, SpeechError> {
        let (device, precision) = device::choose(settings.device, settings.precision)?;
        memory::keep_large_pieces();
        let (requests, inbox) = sync_channel(settings.queue.max(1));
        let (loaded, when_loaded) = channel();
        let shared = Arc::new(Shared::default());
        let (theirs, stop) = (shared.clone(), Cancel::default());
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("speech".into()).spawn(move || {
            let _no_gradients = tch::no_grad_guard();
            let mut keeper = Keeper::new(settings, device, precision, &theirs.presence);
            match keeper.models() {
                Ok(_) => {
                    theirs.alive.store(true, Ordering::Release);
                    let _ = loaded.send(Ok(()));
                    serve(keeper, &inbox, &theirs, &stopped);
                    theirs.alive.store(false, Ordering::Release);
                }
                Err(error) => drop(loaded.send(Err(error))),
            }
        })?;
        let handle = Handle {
            requests: Some(requests),
            shared,
            thread: Mutex::new(Some(thread)),
            stop,
            device,
            precision,
        };
        when_loaded
            .recv()
            .unwrap_or_else(|_| Err(SpeechError::Internal("its thread ended at start".into())))?;
        Ok(Self(Arc::new(handle)))
    }

    /// Writes down what is said in `pcm`. Blocks; `on_update` runs on the calling thread.
    pub fn transcribe(
        &self,
        pcm: PcmFile,
        options: TranscribeOptions,
        cancel: &Cancel,
        mut on_update: impl FnMut(TranscribeUpdate) + Send,
    ) -> Result<Transcription, SpeechError> {
        let total = pcm.duration();
        let (news, inbox) = channel();
        let cancel = self.send(Request::Transcribe(pcm, options, news), cancel)?;
        wait(&inbox, &cancel, |segments: Vec<Segment>, done| {
            on_update(TranscribeUpdate { segments: &segments, done, total });
        })
    }

    /// Finds out who spoke when. Blocks; `on_progress` hears the share done, 0 to 1, on the calling thread.
    pub fn diarize(
        &self,
        pcm: PcmFile,
        options: DiarizeOptions,
        cancel: &Cancel,
        mut on_progress: impl FnMut(f32) + Send,
    ) -> Result<Diarization, SpeechError> {
        let (news, inbox) = channel();
        let cancel = self.send(Request::Diarize(pcm, options, news), cancel)?;
        wait(&inbox, &cancel, |share, _| on_progress(share))
    }

    /// A count that rises with each step of the request being worked on; `None` while there is none. One that stands still
    /// for minutes tells that the thread hangs in libtorch or the GPU's driver. Never blocks.
    pub fn steps(&self) -> Option<u64> {
        let shared = &self.0.shared;
        (shared.running.load(Ordering::Relaxed) > 0).then(|| shared.steps.load(Ordering::Relaxed))
    }

    /// How the engine is; never blocks.
    pub fn health(&self) -> Health {
        let shared = &self.0.shared;
        let device = match self.0.device {
            Device::Cuda(index) => format!("cuda:{index}"),
            _ => "cpu".into(),
        };
        let mut health = Health {
            ready: false,
            loaded: false,
            failure: None,
            queued: shared.queued.load(Ordering::Relaxed),
            running: shared.running.load(Ordering::Relaxed),
            device,
            dtype: self.0.precision.name().into(),
        };
        shared.presence.tell(shared.alive.load(Ordering::Acquire), &mut health);
        health
    }

    fn send(&self, request: Request, cancel: &Cancel) -> Result<Cancel, SpeechError> {
        let requests =
            self.0.requests.as_ref().ok_or_else(|| SpeechError::Internal("it has ended".into()))?;
        self.0.shared.queued.fetch_add(1, Ordering::Relaxed);
        requests.try_send((request, cancel.clone())).map_err(|error| {
            self.0.shared.queued.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => SpeechError::Overloaded,
                TrySendError::Disconnected(_) => SpeechError::Internal("its thread has ended".into()),
            }
        })?;
        Ok(cancel.clone())
    }
}

/// Hands on updates until the end comes, or the caller cancels: then it does not wait for the thread to notice.
fn wait<U, T>(
    inbox: &Receiver<News<U, T>>,
    cancel: &Cancel,
    mut on: impl FnMut(U, f64),
) -> Result<T, SpeechError> {
    loop {
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        match inbox.recv_timeout(LOOK) {
            Ok(News::Update { value, done }) => on(value, done),
            Ok(News::End(result)) => return result,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(SpeechError::Internal("it ended before it answered".into()));
            }
        }
    }
}

/// The thread's life: one request after another until no handle is left.
fn serve(mut keeper: Keeper, inbox: &Receiver<(Request, Cancel)>, shared: &Shared, stop: &Cancel) {
    loop {
        let next = match keeper.patience() {
            Some(patience) => inbox.recv_timeout(patience),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let (request, cancel) = match next {
            Ok(next) => next,
            Err(RecvTimeoutError::Timeout) => {
                keeper.unload();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        shared.queued.fetch_sub(1, Ordering::Relaxed);
        if cancel.is_cancelled() || stop.is_cancelled() {
            continue;
        }
        // Never the count of the request before: that one may have been still for long at its end.
        shared.steps.fetch_add(1, Ordering::Relaxed);
        shared.running.store(1, Ordering::Relaxed);
        let cancel = cancel.counted_by(shared.steps.clone());
        let begun = Instant::now();
        let (what, seconds) = answer(request, &mut keeper, &cancel, stop);
        memory::give_back();
        shared.running.store(0, Ordering::Relaxed);
        let took = begun.elapsed().as_secs_f64();
        tracing::info!(what, audio_seconds = seconds, took_seconds = took, "speech request done");
    }
}

/// Does what a request asks for, and tells its caller; its name, and the seconds of sound.
fn answer(request: Request, keeper: &mut Keeper, cancel: &Cancel, stop: &Cancel) -> (&'static str, f64) {
    let waited = !keeper.has_models();
    match request {
        Request::Transcribe(pcm, options, news) => {
            let mut tell = |update: TranscribeUpdate| {
                let value = update.segments.to_vec();
                // Nobody is there to hear the rest.
                if news.send(News::Update { value, done: update.done }).is_err() || stop.is_cancelled() {
                    cancel.cancel();
                }
            };
            let result = keeper.models().and_then(|models| {
                if waited {
                    // That the models are there, to whoever waits for them.
                    tell(TranscribeUpdate { segments: &[], done: 0.0, total: pcm.duration() });
                }
                catch(|| models.transcribe(&pcm, &options, cancel, &mut tell))
            });
            let _ = news.send(News::End(result));
            ("transcribe", pcm.duration())
        }
        Request::Diarize(pcm, options, news) => {
            let mut tell = |share: f32| {
                if news.send(News::Update { value: share, done: 0.0 }).is_err() || stop.is_cancelled() {
                    cancel.cancel();
                }
            };
            let result = keeper.models().and_then(|models| {
                if waited {
                    tell(0.0);
                }
                catch(|| models.diarize(&pcm, &options, cancel, &mut tell))
            });
            let _ = news.send(News::End(result));
            ("diarize", pcm.duration())
        }
    }
}

/// Runs `work` and makes an error of a panic: tch panics where libtorch refuses an operation.
pub(super) fn catch<T>(work: impl FnOnce() -> Result<T, SpeechError>) -> Result<T, SpeechError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        let said = said.unwrap_or_else(|| "for an unknown reason".into());
        tracing::error!(reason = %said, "speech engine panicked");
        Err(SpeechError::Internal(said.lines().next().unwrap_or_default().into()))
    })
}
