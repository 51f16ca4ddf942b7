# La page d’accueil, et ce que l’on saisit avant d’envoyer un enregistrement
start-title = Transformez un enregistrement en transcription
start-lead = Des mots horodatés, des intervenants nommés, des sujets, et un résumé qui renvoie au son. Tout reste sur cette machine.
start-interrupted = Enregistrements interrompus
start-choose-files = Choisir les fichiers
start-throw-away = Supprimer
start-clear = Vider la liste
start-pause = Pause
start-go-on = Reprendre
start-anyway = Envoyer quand même
start-open = Ouvrir la transcription
start-cancel = Annuler
start-drop = Déposez ici vos fichiers audio ou vidéo
start-choose = Choisir des enregistrements
start-record = Enregistrer maintenant
start-record-how = Microphone, onglet ou ordinateur…
start-record-hint = « Enregistrer maintenant » commence aussitôt, avec votre microphone et les choix ci-dessus. Prévenez toutes les personnes que l’on entend.
start-files = Un ou plusieurs enregistrements
start-upload = Envoyer et transcrire
start-kinds = mp3, m4a, wav, flac, opus, mp4, mov, webm et la plupart des autres formats, jusqu’à { $limit } par fichier ; plusieurs fichiers donnent chacun leur transcription
start-kept = Sans connexion, tout le monde peut la lire, et elle est supprimée au bout { $days ->
    [one] d’un jour
   *[other] de { $days } jours
}. <a href="/login">Connectez-vous</a> pour la garder pour vous.
start-guests-days = Tout le monde peut la lire, personne ne peut la modifier ni la supprimer ici, et elle est supprimée automatiquement au bout { $days ->
    [one] d’un jour
   *[other] de { $days } jours
}.
start-guests = Tout le monde peut la lire, et personne ne peut la modifier ni la supprimer ici.
start-recent = Récentes
start-privacy = Confidentialité
start-certificate = Certificat de ce site
start-certificate-why = pour les appareils dont le navigateur affiche un avertissement
start-empty = Aucune transcription pour l’instant
start-empty-text = Déposez un enregistrement ci-dessus, ou enregistrez-vous. Le texte apparaît pendant que le traitement se poursuit.

# Ce que l’on saisit avant d’envoyer un enregistrement
start-more = Titre, langue et autres précisions
start-field-title = Titre (facultatif)
start-field-language = Langue
start-field-detect = Automatique
start-field-room = Salle (facultatif)
start-field-no-room = Aucune
start-field-words = Noms et termes particuliers (facultatif)
start-field-words-example = Maëlys Le Goff, Kowalczyk, RTT
start-field-words-hint = Écrivez-les comme ils doivent figurer dans la transcription. { $limit } caractères au maximum.

# Enregistrements interrompus
start-offer = Un enregistrement a été interrompu
start-offer-of = Un enregistrement de { $time } min a été interrompu
start-offer-title = « { $title } »
start-offer-since = La dernière partie est arrivée le <time datetime="{ $iso }">{ $date }</time>.
start-offer-finish = Terminer
start-offer-save = Sauvegarder sur cet appareil

# Ce qui vient d’être supprimé
start-deleted = « { $title } » a été supprimée.
start-undo = Annuler

# Ce qui échoue pendant l’envoi d’un formulaire
start-choose-first = Choisissez d’abord un enregistrement
start-file-failed = { $file } : { $why }
start-file-failed-after = { $file } : { $why }. Ce qui a été envoyé avant est bien arrivé ({ $count })
