//! The vocabulary: which ids are text, which are special, and the bytes that text ids stand for.

use std::collections::HashMap;
use std::path::Path;

use tokenizers::Tokenizer;

use crate::speech::SpeechError;

/// Seconds that one timestamp token stands for.
pub const TIME_STEP: f64 = 0.02;

/// Ids of a Whisper vocabulary. Text ids lie below `eot`, timestamps from `time_begin` on.
pub struct Tokens {
    tokenizer: Tokenizer,
    bytes: Vec<Vec<u8>>,
    /// "What was said before" follows.
    pub previous: i64,
    pub eot: i64,
    pub sot: i64,
    pub transcribe: i64,
    pub translate: i64,
    pub no_speech: i64,
    pub no_timestamps: i64,
    pub time_begin: i64,
    /// Code and id; empty for English-only models.
    pub languages: Vec<(String, i64)>,
    /// Text that is never written: symbols of what is no speech.
    pub suppressed: Vec<i64>,
}

impl Tokens {
    /// `vocabulary`: rows of the embedding matrix; `suppressed`: the list of the checkpoint's own configuration, if it has one.
    pub fn load(path: &Path, vocabulary: i64, suppressed: Option<Vec<i64>>) -> Result<Self, SpeechError> {
        let unusable = |why: String| SpeechError::Model(format!("{}: {why}", path.display()));
        let tokenizer = Tokenizer::from_file(path).map_err(|error| unusable(error.to_string()))?;
        let id = |name: &str| {
            tokenizer.token_to_id(name).map(i64::from).ok_or_else(|| unusable(format!("{name} is missing")))
        };
        let (eot, sot) = (id("<|endoftext|>")?, id("<|startoftranscript|>")?);
        let (transcribe, translate) = (id("<|transcribe|>")?, id("<|translate|>")?);
        let no_timestamps = id("<|notimestamps|>")?;
        let no_speech = id("<|nospeech|>").or_else(|_| id("<|nocaptions|>"))?;
        let time_begin = no_timestamps + 1;
        if time_begin + 1501 > vocabulary || eot >= time_begin {
            return Err(unusable(format!("does not belong to a vocabulary of {vocabulary}")));
        }
        // English-only models know the languages' tokens too, but were never trained on them.
        let multilingual = vocabulary >= 51_865;
        let language = |id: i64| {
            let name = tokenizer.id_to_token(id as u32)?;
            let code = name.strip_prefix("<|")?.strip_suffix("|>")?;
            (2..=3).contains(&code.len()).then(|| (code.to_owned(), id))
        };
        let languages = if multilingual {
            (sot + 1..transcribe.min(translate)).filter_map(language).collect()
        } else {
            vec![]
        };
        let alphabet = byte_alphabet();
        let bytes = (0..eot)
            .map(|id| {
                let token = tokenizer.id_to_token(id as u32).unwrap_or_default();
                token.chars().filter_map(|c| alphabet.get(&c).copied()).collect()
            })
            .collect();
        let mut suppressed: Vec<i64> = match suppressed {
            Some(list) => list.into_iter().filter(|id| (0..vocabulary).contains(id)).collect(),
            None => non_speech(&tokenizer),
        };
        suppressed.retain(|id| *id < eot);
        Ok(Self {
            previous: id("<|startofprev|>")?,
            tokenizer,
            bytes,
            eot,
            sot,
            transcribe,
            translate,
            no_speech,
            no_timestamps,
            time_begin,
            languages,
            suppressed,
        })
    }

    pub fn is_multilingual(&self) -> bool {
        !self.languages.is_empty()
    }

    pub fn is_time(&self, id: i64) -> bool {
        id >= self.time_begin
    }

    /// Seconds from the start of the window.
    pub fn seconds(&self, id: i64) -> f64 {
        (id - self.time_begin) as f64 * TIME_STEP
    }

    pub fn bytes(&self, id: i64) -> &[u8] {
        usize::try_from(id).ok().and_then(|id| self.bytes.get(id)).map_or(&[], Vec::as_slice)
    }

    /// Text as ids, without special tokens.
    pub fn encode(&self, text: &str) -> Result<Vec<i64>, SpeechError> {
        let encoded = self.tokenizer.encode(text, false);
        let encoded = encoded.map_err(|error| SpeechError::Request(format!("this text: {error}")))?;
        Ok(encoded.get_ids().iter().map(|id| i64::from(*id)).collect())
    }

    /// The text of `ids`; special tokens and timestamps have none, and bytes that are no UTF-8 become U+FFFD.
    pub fn text(&self, ids: &[i64]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes(*id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Groups of whole tokens that make a word: at spaces, or at every character for languages that write none.
    pub fn words(&self, ids: &[i64], language: &str) -> Vec<(String, Vec<i64>)> {
        let characters = self.characters(ids);
        if matches!(language, "zh" | "ja" | "th" | "lo" | "my" | "yue") {
            return characters;
        }
        let mut words: Vec<(String, Vec<i64>)> = Vec::new();
        for (text, ids) in characters {
            let punctuation =
                text.trim().chars().all(|c| c.is_ascii_punctuation()) && !text.trim().is_empty();
            match words.last_mut() {
                Some(word) if !text.starts_with(' ') && !punctuation => {
                    word.0 += &text;
                    word.1.extend(ids);
                }
                _ => words.push((text, ids)),
            }
        }
        words
    }

    /// Smallest groups of tokens whose bytes are whole characters.
    fn characters(&self, ids: &[i64]) -> Vec<(String, Vec<i64>)> {
        let (mut out, mut bytes, mut group) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids {
            bytes.extend_from_slice(self.bytes(*id));
            group.push(*id);
            let cut_short =
                std::str::from_utf8(&bytes).err().is_some_and(|error| error.error_len().is_none());
            if !cut_short {
                out.push((String::from_utf8_lossy(&bytes).into_owned(), std::mem::take(&mut group)));
                bytes.clear();
            }
        }
        if !group.is_empty() {
            out.push((String::from_utf8_lossy(&bytes).into_owned(), group));
        }
        out
    }
}

/// GPT-2's way to write bytes as visible characters, turned round.
fn byte_alphabet() -> HashMap<char, u8> {
    let visible = |b: u8| matches!(b, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let mut other = 256u32;
    (0..=255u8)
        .map(|byte| {
            let code = if visible(byte) {
                u32::from(byte)
            } else {
                other += 1;
                other - 1
            };
            (char::from_u32(code).unwrap_or('\0'), byte)
        })
        .collect()
}

/// Symbols that mark what is no speech, as openai-whisper suppresses them by default.
fn non_speech(tokenizer: &Tokenizer) -> Vec<i64> {
    let encode = |text: &str| -> Vec<u32> {
        tokenizer.encode(text, false).map(|encoding| encoding.get_ids().to_vec()).unwrap_or_default()
    };
    let many = "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪";
    let notes = ["♩", "♪", "♫", "♬", "♭", "♮", "♯"];
    let mut ids: Vec<i64> =
        [" -", " '"].iter().filter_map(|text| encode(text).first().copied()).map(i64::from).collect();
    for symbol in many.split(' ').chain(notes) {
        for text in [symbol.to_owned(), format!(" {symbol}")] {
            let tokens = encode(&text);
            if tokens.len() == 1 || notes.contains(&symbol) {
                ids.extend(tokens.first().map(|id| i64::from(*id)));
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}
