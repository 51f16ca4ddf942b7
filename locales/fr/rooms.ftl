# Salles : la liste, et l’une d’elles
rooms-field-shared = Partagée avec toutes les personnes connectées
rooms-title = Salles
rooms-deleted = « { $name } » a été supprimée. Ses transcriptions sont toujours là.
rooms-undo = Annuler
rooms-lead = Une salle regroupe des transcriptions. Une salle partagée est ouverte à toutes les personnes connectées, et son webhook prévient un autre programme quand une transcription est terminée.
rooms-empty = Aucune salle pour l’instant
rooms-empty-make = Donnez un nom à la première ci-dessous.
rooms-empty-login = Connectez-vous pour en créer une.
rooms-theirs = d’une autre personne
rooms-webhook = prévient un webhook
rooms-shared = Partagée
rooms-edit = Modifier
rooms-edit-one = Modifier { $name }
rooms-newer = Plus récentes
rooms-older = Plus anciennes
rooms-new = Nouvelle salle
rooms-name = Nom
rooms-name-hint = Lettres, chiffres, - _ et . sans espaces
rooms-make = Créer la salle

# Une salle
rooms-transcripts = Transcriptions de cette salle
rooms-all = Toutes les salles
rooms-field-webhook = Webhook
rooms-field-webhook-hint = L’adresse d’un autre programme. Il reçoit chaque transcription terminée de cette salle, signée avec le secret.
rooms-field-secret = Secret
rooms-field-secret-hint = Le destinataire en a besoin pour vérifier qui envoie. Laissez ce champ vide pour en créer un nouveau.
rooms-save = Enregistrer
rooms-events = Ce que le webhook a reçu
rooms-test = Envoyer un test
rooms-events-none = Rien pour l’instant. Envoyez un test, ou attendez qu’une transcription de cette salle soit terminée.
rooms-event-answer = Réponse : <code>{ $answer }</code>
rooms-event-again = Réessayer
rooms-event-again-one = Réessayer : « { $title } »
rooms-delete = Supprimer
rooms-delete-text = Ses transcriptions restent. Elle peut être récupérée pendant 30 jours.
rooms-delete-go = Supprimer cette salle
rooms-event-delivered = Reçu
rooms-event-waiting = En attente
rooms-event-failed = Échec
rooms-event-test = Test
rooms-event-transcript = Une transcription
rooms-event-attempts = { $count ->
    [one] { $count } tentative
   *[other] { $count } tentatives
}
rooms-event-status = réponse { $status }
rooms-event-took = { $millis } ms
rooms-done-made = La salle est créée.
rooms-done-restored = La salle est de retour.
rooms-done-saved = Enregistré.
rooms-done-tested = Un test a été envoyé ; la première ligne ci-dessous en donne le résultat.
rooms-done-again = Un nouvel envoi est en cours.

# Ce qui ne va pas dans un formulaire ; la raison est celle que donne l’API
rooms-wrong-email = Par e-mail à : { $why }.
rooms-wrong-stream = Le canal : { $why }.
rooms-wrong-name = Le nom : { $why }.
rooms-wrong-webhook = L’adresse du webhook : { $why }.

# Ce qu’une salle envoie d’elle-même
rooms-sending = Envoi automatique
rooms-sending-when = Quand une transcription de cette salle est terminée.
rooms-sending-email = Par e-mail à
rooms-sending-email-hint = Une adresse, ou plusieurs séparées par des virgules. Vide : personne ne reçoit de message.
rooms-sending-zulip = La publier dans Zulip
rooms-sending-stream = Canal
rooms-sending-topic = Sujet
