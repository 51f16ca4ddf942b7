# Les transcriptions en documents : Markdown, DOCX, PDF
export-date = Date :
export-length = Durée :
export-participants = Participants :
export-summary = Résumé
export-decisions = Décisions
export-next-steps = Prochaines étapes
export-notes = Notes
export-topics = Sujets
export-transcript = Transcription
