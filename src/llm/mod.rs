//! Understanding a meeting: topics, title, summary, action items; from a language model or by extraction.
