# Where the work on a recording stands.

stages-title = Avancement
stages-all = Étapes
stages-failed = { $what } : échec.
stages-failed-unknown = la raison n’a pas été notée
stages-again = Réessayer
stages-another = Un autre fichier à sa place
stages-another-send = L’envoyer à la place
stages-by-itself = { $times ->
    [one] Un nouvel essai aura lieu de lui-même, le lendemain matin ({ $tried } jusqu’ici).
   *[other] De nouveaux essais ont lieu d’eux-mêmes, un par jour et { $times } au plus ({ $tried } jusqu’ici).
}
stages-by-itself-over = { $tried ->
    [one] Un nouvel essai a eu lieu de lui-même, et il n’y en aura plus.
   *[other] { $tried } nouveaux essais ont eu lieu d’eux-mêmes, et il n’y en aura plus.
}
stages-continue = Poursuivre l’envoi
stages-finish = Terminer ou reprendre
stages-ready = La transcription est prête.
stages-incomplete = L’envoi n’est pas complet : { $parts } parties sur { $total } ({ $size }) sont arrivées et sont conservées. Choisissez à nouveau le même fichier pour continuer.
stages-nothing = Rien n’a encore été envoyé.
stages-recording = L’enregistrement est en cours. S’il a été interrompu, vous pouvez le reprendre ou le terminer ; sinon, il sera terminé tel quel au bout de six heures.
# What is being done.
stages-doing-ingest = Préparation du son
stages-doing-transcribe = Transcription des paroles
stages-doing-diarize = Distinction des intervenants
stages-doing-assemble = Attribution des paroles aux intervenants
stages-doing-topics = Recherche des sujets
stages-doing-title = Recherche d’un titre
stages-doing-summarize = Rédaction du résumé
stages-doing-deliver = Finalisation
# What it makes.
stages-ingest = Son
stages-transcribe = Paroles
stages-diarize = Intervenants
stages-assemble = Texte
stages-topics = Sujets
stages-name = Titre
stages-summarize = Résumé
stages-deliver = Terminé
stages-waiting = en attente
stages-next = à suivre
stages-running = en cours
stages-done = terminé
stages-broken = échec
stages-retry = nouvel essai prévu : { $error }
stages-in-line = prochaine étape
stages-percent = { $percent } %
stages-percent-left = { $percent } % · { $left }
stages-no-worker = En attente d’un processus libre
