# Messages par e-mail et dans Zulip
mail-subject = Reflector : { $title }
mail-open = Ouvrir la transcription
mail-transcript = Transcription
mail-decisions = Décisions
mail-next-steps = Prochaines étapes
mail-why-room = Envoyé par Reflector à { $site }, car { $room } envoie ses transcriptions à cette adresse.
mail-why-a-room = une salle
mail-why-who = { $who } vous a fait envoyer ceci par Reflector à { $site }.
mail-why-somebody = Quelqu’un vous a fait envoyer ceci par Reflector à { $site }.
mail-time = { $moment } UTC

# Ce que l’exploitant apprend d’un échec
mail-failed-subject = Reflector : une transcription a échoué ({ $stage })
mail-failed =
    Une transcription a échoué, et ne sera pas retentée automatiquement.

    Étape :   { $stage }
    Raison :  { $why }
    Où :      { $url }

    « Réessayer », sur sa page, reprend de là, une fois la cause corrigée. Ceci n’est signalé qu’une fois.
mail-failed-zulip = Une [transcription]({ $url }) a échoué : étape { $stage }

# Une transcription dans Zulip
mail-zulip-date = Date
mail-zulip-link = Lien
mail-zulip-duration = Durée
mail-zulip-summary = Résumé
mail-zulip-topics = Sujets
mail-zulip-more = et { $count } de plus
