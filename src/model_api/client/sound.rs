use futures::TryStreamExt;
use reqwest::Body;
use reqwest::multipart::Part;

use crate::audio::PcmFile;

/// Bytes read from the disk at once.
const PIECE: usize = 1 << 20;

/// A recording for a server: to be sent, or to be fetched by it.
#[derive(Clone, Debug)]
pub struct Sound {
    pub pcm: PcmFile,
    /// Where it can be had, for servers that take nothing else.
    pub url: Option<String>,
}

impl Sound {
    /// The whole as a WAV file: nothing is lost, and times stay what they are. Read as it is sent.
    pub(super) fn part(&self) -> Part {
        let (pcm, length) = (self.pcm.clone(), self.pcm.wav_len());
        let pieces = futures::stream::try_unfold(0, move |start| {
            let pcm = pcm.clone();
            async move {
                let read = tokio::task::spawn_blocking(move || pcm.wav(start, PIECE)).await;
                let bytes = read.map_err(std::io::Error::other)??;
                let next = start + bytes.len() as u64;
                Ok::<_, std::io::Error>((!bytes.is_empty()).then_some((bytes, next)))
            }
        });
        let body = Body::wrap_stream(pieces.map_ok(bytes::Bytes::from));
        Part::stream_with_length(body, length)
            .file_name("recording.wav")
            .mime_str("audio/wav")
            .unwrap_or_else(|error| unreachable!("audio/wav is a type: {error}"))
    }
}
