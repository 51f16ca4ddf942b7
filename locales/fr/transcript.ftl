# The page of a transcript: its head, its text, its topics.

transcript-title = Titre
transcript-save = Enregistrer
transcript-cancel = Annuler
transcript-edit-title = Modifier le titre
transcript-untitled = Sans titre
transcript-download = Télécharger
transcript-audio = Audio
transcript-as-pdf = PDF
transcript-as-docx = Word
transcript-as-text = Texte
transcript-as-markdown = Markdown
transcript-as-srt = Sous-titres (SRT)
transcript-as-vtt = Sous-titres (WebVTT)
transcript-as-json = Mots et horodatages
transcript-as-csv = Tableau
transcript-as-rttm = Tours de parole
transcript-as-zip = Tout
transcript-share = Partager
transcript-more = Plus
transcript-more-actions = Plus d’actions
transcript-send = Envoyer par e-mail ou sur Zulip
transcript-vocabulary = Noms propres et termes particuliers
transcript-again = Transcrire à nouveau
transcript-room = Salle
transcript-room-none = Aucune
transcript-room-share = Permettre aux autres de la lire dans la salle
transcript-room-move = Déplacer dans cette salle
transcript-delete = Supprimer
transcript-speakers = { $count ->
    [one] { $count } intervenant
   *[other] { $count } intervenants
}
transcript-channels = { $count ->
    [one] { $count } canal séparé
   *[other] { $count } canaux séparés
}
transcript-in-room = dans { $room }
transcript-text = Transcription
transcript-first-words = Les premiers mots apparaîtront ici dans un instant
transcript-writing = La suite est en cours de transcription
transcript-no-text = Il n’y a pas encore de texte.
transcript-silent = Personne ne parle dans cet enregistrement.
transcript-part = Partie { $number } sur { $total }, à partir de { $clock }
transcript-play-from = Écouter à partir de
transcript-topics = Sujets
