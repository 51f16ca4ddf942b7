# Transcripts as documents: Markdown, DOCX, PDF
export-date = Date:
export-length = Length:
export-participants = Participants:
export-summary = Summary
export-decisions = Decisions
export-next-steps = Next steps
export-notes = Notes
export-topics = Topics
export-transcript = Transcript
