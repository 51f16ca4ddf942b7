# Ce que l’API, les serveurs de messagerie et d’autres disent en anglais ailleurs, pour les pages en français.

# Envois et enregistrements.
reply-upload-broken-form = l’envoi s’est interrompu, ou n’est pas un formulaire
reply-upload-broken = l’envoi s’est interrompu
reply-upload-large = un enregistrement ne peut pas dépasser { $number } { $unit ->
    [B] o
    [kB] ko
    [MB] Mo
    [GB] Go
   *[other] { $unit }
}
reply-body-large = une requête qui n’est pas un envoi de fichier ne peut pas dépasser { $number } { $unit ->
    [B] o
    [kB] ko
    [MB] Mo
    [GB] Go
   *[other] { $unit }
}
reply-text-large = plus de { $number } { $unit ->
    [B] o
    [kB] ko
    [MB] Mo
    [GB] Go
   *[other] { $unit }
}
reply-upload-already = Cette transcription a déjà un enregistrement
reply-upload-other = un envoi en { $count } morceaux est déjà en cours pour cette transcription
reply-upload-recording = un enregistrement est en cours pour cette transcription
reply-upload-nothing = Rien n’a encore été enregistré pour cette transcription
reply-upload-missing = tout n’est pas arrivé : le morceau { $number } manque
reply-upload-counted = c’est un envoi en { $count } morceaux, complet avec le dernier d’entre eux
reply-upload-late = l’enregistrement a été terminé avant l’arrivée de ce morceau
reply-upload-there = le morceau { $number } est déjà là, et c’en est un autre
reply-upload-others = quelqu’un d’autre a commencé cet enregistrement, dans un autre navigateur ou programme (X-Upload-Token)
reply-upload-no-file = manque dans le formulaire

# Transcriptions.
reply-locked = La transcription est verrouillée
reply-not-in-trash = La transcription n’est pas dans la corbeille
reply-room-not-in-trash = La salle n’est pas dans la corbeille
reply-not-ready = L’enregistrement n’est pas prêt à être traité
reply-running = le traitement est déjà en cours
reply-not-failed = rien n’a échoué pour cette transcription ; elle est peut-être déjà relancée
reply-stage-needs = Ce dont cette étape a besoin n’est pas terminé : repartez d’une étape antérieure
reply-language = n’est ni un code de langue, ni « auto »
reply-vocabulary = les noms et termes particuliers dépassent { $count } caractères au total
reply-participants = une transcription en a { $count } au plus
reply-empty = est vide
reply-missing = manque
reply-least-zero = doit être au moins 0
reply-least-one = doit être au moins 1
reply-bounds = doit être compris entre { $least } et { $most }
reply-day = n’est pas une date comme 2026-11-21
reply-from-to = le début ne peut pas suivre la fin

# Corrections.
reply-edits-many = Une transcription peut avoir { $count } modifications, de { $words } mots au total
reply-edits-early = Le texte n’a pas encore d’intervenants : attendez qu’il soit assemblé
reply-edits-text = Quelqu’un d’autre a modifié le texte depuis
reply-edits-segment = Quelqu’un d’autre a modifié ce segment depuis
reply-edits-notes = Quelqu’un d’autre a modifié les notes depuis
reply-edits-name = Quelqu’un d’autre a modifié ce nom depuis
reply-edits-names = Les noms ont été modifiés depuis, et restent tels quels
reply-edits-redo = Il n’y a rien à rétablir
reply-edits-undo = Il n’y a rien à annuler
reply-edits-first = un segment ne peut pas recommencer à son premier mot : choisissez-en un autre
reply-edits-long = un segment dépasserait { $count } caractères
reply-edits-last = aucun segment ne suit celui-ci
reply-edits-channel = le segment suivant vient d’un autre canal
reply-edits-no-word = le segment n’a pas ce mot
reply-edits-places = il y a plus d’endroits que les { $count } qui peuvent être remplacés à la fois
reply-edits-no-segment = ce segment n’existe pas
reply-speaker-taken = Cet intervenant est déjà attribué
reply-speaker-both = Les deux intervenants sont déjà attribués à des participants
reply-speaker-many = Il y a trop d’intervenants
reply-speaker-none = n’est pas un intervenant de cette transcription
reply-speaker-changed = Le texte a été modifié depuis : annulez d’abord cela, sur la page de la transcription

# Citations.
reply-quotes-many = Une transcription peut avoir { $count } citations à la fois ; retirez-en une d’abord
reply-quotes-no-sound = Il n’y a pas encore de son à citer
reply-quotes-long = une citation peut durer { $count } secondes au plus
reply-quotes-end = doit suivre le début et ne pas dépasser la fin de l’enregistrement, { $seconds } s
reply-quotes-start = doit être au moins 0 et précéder la fin de l’enregistrement, { $seconds } s
reply-quotes-life = doit être compris entre { $least } et { $most } secondes
reply-quotes-time = doit être un instant comme 1:05, 1:02:05 ou 65.5

# Salles.
reply-rooms-many = il y a déjà { $count } salles ; supprimez-en une d’abord
reply-rooms-taken = une autre salle porte ce nom ; choisissez-en un autre
reply-rooms-length = doit avoir de 1 à { $count } caractères
reply-rooms-letters = ne peut contenir que des lettres, chiffres, traits d’union, tirets bas et points, sans espace
reply-rooms-own = est une adresse de ce programme lui-même
reply-rooms-none = n’est pas une salle où vous pouvez mettre des transcriptions
reply-rooms-no-webhook = La salle n’a pas de webhook
reply-webhook-no-address = n’est pas une adresse
reply-webhook-answered = le serveur a répondu { $status }
reply-webhook-redirects = le serveur a répondu { $status }, et les redirections ne sont pas suivies
reply-webhook-away = le serveur est injoignable
reply-webhook-slow = le serveur n’a pas répondu en { $count } secondes
reply-webhook-in-time = le serveur n’a pas répondu à temps

# Envois à d’autres.
reply-send-no-mail = L’envoi d’e-mails n’est pas réglé ici (mail.host)
reply-send-no-zulip = Zulip n’est pas réglé ici (zulip.realm)
reply-send-no-address = manque : une adresse, ou plusieurs séparées par des virgules
reply-send-no-text = il n’y a pas encore de texte à envoyer
reply-send-too-much = c’est plus que les { $count } envois permis en une heure ; réessayez dans { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
reply-mail-long = dépasse { $count } caractères
reply-mail-plain = n’est pas une adresse e-mail utilisable : avant le @, seuls les lettres sans accent, chiffres et signes simples sont admis
reply-mail-host = n’est pas une adresse e-mail : après le @ doit venir le nom d’un serveur
reply-mail-at = n’est pas une adresse e-mail : il y manque le @
reply-mail-none = n’est pas une adresse e-mail
reply-mail-nothing = n’est pas une adresse e-mail
reply-mail-answered = le serveur de messagerie a répondu { $code }
reply-mail-away = le serveur de messagerie est injoignable
reply-mail-wrong = le serveur de messagerie est inutilisable
reply-mail-slow = le serveur de messagerie n’a pas répondu à temps
reply-mail-silent = le serveur de messagerie ne répond pas
reply-zulip-answered = Zulip a répondu { $status } : { $said }
reply-zulip-realm = Zulip a répondu { $status } ; zulip.realm doit être sa propre adresse
reply-zulip-away = Zulip est injoignable
reply-zulip-unread = la réponse de Zulip est illisible
reply-zulip-endless = la réponse de Zulip n’a pas de fin
reply-zulip-no-id = la réponse de Zulip ne donne pas l’identifiant du message
reply-zulip-none = cette réponse n’est pas de Zulip

# Comptes et clés.
reply-password-long = le mot de passe peut avoir { $count } octets au plus
reply-password-short = le mot de passe doit avoir { $count } caractères au moins
reply-logins = trop de personnes se connectent en ce moment ; réessayez dans un instant
reply-keys-many = il y a déjà { $count } clés ; révoquez-en une d’abord
reply-keys-days = doit être compris entre 1 et { $count }, ou null pour une clé sans fin
reply-choice = n’est aucun de ceux de la page
reply-database-away = la base de données est injoignable en ce moment ; réessayez dans un instant
reply-disk-full = il n’y a plus de place sur le disque ; libérez de l’espace, puis réessayez

# Listes.
reply-bulk-room = ne désigne aucune salle
reply-bulk-transcript = ne désigne aucune transcription
reply-bulk-many = désigne plus de { $count } transcriptions ; prenez-en moins à la fois
reply-bulk-nothing = manque : l’archive serait vide
reply-bulk-moment = n’est pas un instant
reply-list-sort = n’est pas un tri connu
reply-list-status = n’est pas un état connu
reply-list-asked = plus de { $count } caractères
reply-idempotent-wait = La même demande est encore en cours ; réessayez dans un instant
reply-idempotent-secret = C’est déjà fait, et la réponse contient un secret qui n’est affiché qu’une fois : retirez-le et créez-en un autre
reply-other-site = Refusé : le navigateur dit que cette demande vient d’un autre site

# La reconnaissance vocale.
reply-speech-model = un modèle manque ou est inutilisable
reply-speech-computing = le calcul a échoué
reply-speech-failed = le moteur de reconnaissance vocale a échoué
