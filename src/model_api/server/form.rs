//! A multipart form: files to the disk as they arrive, the rest as text.

use std::path::PathBuf;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use tokio::io::AsyncWriteExt;

use super::error::ApiError;
use super::task::Task;

/// Bytes of all fields that are no files.
const MOST_TEXT: usize = 1 << 20;
const MOST_FILES: usize = 100;
const FILES: [&str; 3] = ["file", "files", "files[]"];

/// What a form brought.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub files: Vec<Upload>,
    fields: Vec<(String, String)>,
}

/// A file of a form.
#[derive(Debug)]
pub(super) struct Upload {
    pub path: PathBuf,
    /// As the client calls it, without folders.
    pub name: String,
}

impl Form {
    /// Reads a form to its end; its files may have `most` bytes together.
    ///
    /// # Errors
    /// 400 if it is no form, breaks off or holds no file; 413.
    pub async fn read(
        form: Result<Multipart, MultipartRejection>,
        task: &mut Task,
        most: u64,
    ) -> Result<Self, ApiError> {
        let mut form = form.map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.body_text()))?;
        let mut read = Self::default();
        let (mut left, mut text) = (most, 0);
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if FILES.contains(&name.as_str()) {
                if read.files.len() == MOST_FILES {
                    return Err(ApiError::field("files", format!("are more than {MOST_FILES}")));
                }
                let upload = receive(field, task.next_file(), &mut left, most).await?;
                read.files.push(upload);
                continue;
            }
            let value = read_text(field, MOST_TEXT.saturating_sub(text)).await?;
            text += value.len();
            read.fields.push((name, value));
        }
        match read.files.is_empty() {
            true => Err(ApiError::field("file", "is missing from the form")),
            false => Ok(read),
        }
    }

    /// The last value of a field that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// Every value of a field, also if it was written `name[]`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.fields.iter().filter(move |(key, _)| key.strip_suffix("[]").unwrap_or(key) == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field that is true or false.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0" | "no" | "off") => Ok(false),
            Some("true" | "1" | "yes" | "on") => Ok(true),
            Some(other) => Err(ApiError::field(name, format!("must be true or false, not {other:?}"))),
        }
    }
}

fn broken(error: MultipartError) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, format!("the form broke off, or is none: {}", error.body_text()))
}

async fn receive(mut field: Field<'_>, path: PathBuf, left: &mut u64, most: u64) -> Result<Upload, ApiError> {
    let name = field.file_name().unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.chars().filter(|c| !c.is_control()).take(255).collect();
    let mut file = tokio::fs::File::create_new(&path).await?;
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        *left = left.checked_sub(piece.len() as u64).ok_or_else(|| ApiError::too_large(most))?;
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    Ok(Upload { path, name })
}

async fn read_text(mut field: Field<'_>, most: usize) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        if bytes.len() + piece.len() > most {
            let message = format!("the form's fields have more than {MOST_TEXT} bytes together");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "a field is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_and_without_brackets_and_empty_ones_are_not_there() {
        let fields = [("a[]", "x"), ("a", "y"), ("b", " "), ("stream", "True"), ("batch", "maybe")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let form = Form { files: Vec::new(), fields };
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!((form.get("a"), form.get("b")), (Some("y"), None));
        assert_eq!((form.flag("stream"), form.flag("none")), (Ok(true), Ok(false)));
        assert_eq!(form.flag("batch").unwrap_err().param, Some("batch"));
    }
}
