/// What a document says by itself, in the language of whoever is to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Before a value, with whatever stands between the two.
    pub date: String,
    pub length: String,
    pub participants: String,
    /// Over a part.
    pub summary: String,
    pub decisions: String,
    pub next_steps: String,
    pub notes: String,
    pub topics: String,
    pub transcript: String,
    /// A transcript that nobody has named.
    pub untitled: String,
    /// When it was made, as that is written; `None`: as in English.
    pub made: Option<String>,
}

impl Default for Words {
    /// In English.
    fn default() -> Self {
        Self {
            date: "Date: ".into(),
            length: "Length: ".into(),
            participants: "Participants: ".into(),
            summary: "Summary".into(),
            decisions: "Decisions".into(),
            next_steps: "Next steps".into(),
            notes: "Notes".into(),
            topics: "Topics".into(),
            transcript: "Transcript".into(),
            untitled: "Untitled".into(),
            made: None,
        }
    }
}
