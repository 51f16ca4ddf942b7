/// A reason as it is kept: in English, and as what it is in the catalogue, so that pages can say it in another language.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    pub text: String,
    /// The catalogue's text by name with its values; `None`: nobody knows it there.
    pub remark: Option<serde_json::Value>,
}

impl From<&str> for Why {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), remark: None }
    }
}
