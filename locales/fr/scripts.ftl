# Ce que disent les scripts : assets/say.js lit ces textes. Du texte, des variables et des choix par variable, rien d’autre.

# Nombres et durées
scripts-hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
}
scripts-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
scripts-seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
# Une position : le tout début.
scripts-start = début
scripts-size = { $number } { $unit ->
    [0] o
    [1] ko
    [2] Mo
   *[3] Go
}
scripts-percent = { $percent } %
scripts-percent-said = { $percent } pour cent
scripts-quoted = « { $text } »

# La connexion. Ces textes suivent un deux-points dans d’autres.
scripts-server-answered = le serveur a répondu { $status }
scripts-connection-lost = la connexion a été perdue
scripts-answer-unreadable = la réponse du serveur est illisible
scripts-socket-lost = Connexion perdue. Nouvelle tentative… Ce que vous avez saisi est conservé.
scripts-socket-back = La connexion est rétablie.
scripts-socket-logged-out = Vous n’êtes plus connecté. Ce que vous avez saisi est toujours là.
scripts-socket-log-in = Se connecter
scripts-socket-gone = Cette transcription a été supprimée ou n’est plus partagée avec vous.
scripts-socket-all = Toutes les transcriptions
scripts-socket-closed = Cette page n’existe plus ou ne vous est plus accessible.
scripts-socket-start = Vers la page d’accueil

# Le lecteur et le texte
scripts-play = Lire
scripts-pause = Pause
scripts-repeating = Répétition de { $from } à { $to }
scripts-position = { $at } sur { $length }
scripts-speed = Vitesse { $speed }
scripts-back-to-now = Revenir à la lecture
scripts-text-label = Transcription : les flèches choisissent un mot, Entrée lance la lecture à cet endroit
scripts-part = Partie { $number } sur { $total }
scripts-part-failed = Cette partie du texte n’a pas pu être chargée. Réessayer
scripts-speaker = Intervenant { $number }
scripts-another-speaker = Un autre intervenant
scripts-unknown-speaker = Inconnu

# Les mots sélectionnés
scripts-selected = { $from } : « { $text } »
scripts-selected-named = { $name }, { $from } : « { $text } »
scripts-copy = Copier
scripts-copy-with-time = Copier avec l’heure
scripts-copied = Copié
scripts-copied-said = Copié.
scripts-not-copied = Le navigateur n’autorise pas cette page à copier. Le texte est sélectionné : copiez-le avec Ctrl+C, ⌘C ou le menu du navigateur.
scripts-link-copied = Le lien est copié
scripts-quote-made = Le lien est créé.
scripts-quote-copied = Le lien est copié.
scripts-quote-taken-back = Le lien est retiré : il ne montre plus rien.
# La raison vient du serveur ou de la connexion.
scripts-quote-failed = Cela n’a pas fonctionné : { $error }

# Modifier
scripts-edit = Modifier
scripts-edit-text = Modifier le texte
scripts-edit-done = Terminer
scripts-edit-from = Modifier à partir de { $at }
scripts-edit-from-here = Modifier à partir d’ici
scripts-edit-choose = Choisissez les mots à modifier.
scripts-edit-heard = La machine a entendu : « { $text } »
scripts-edit-answered = Le serveur a répondu { $status }.
scripts-edit-lost = Le serveur est injoignable. Ce que vous avez écrit est toujours là : enregistrez à nouveau dans un instant.
scripts-edit-logged-out = Vous êtes déconnecté. Connectez-vous dans une autre fenêtre, puis enregistrez à nouveau.
scripts-edit-leave = Ce que vous avez écrit ici n’est pas enregistré. L’abandonner ?
scripts-edit-removed = Quelqu’un d’autre a retiré ce passage entre-temps.
scripts-edit-saved = Enregistré.
scripts-edit-taken-out = Retiré. Annuler le rétablit.
scripts-edit-restored = Les mots de la machine sont rétablis.
scripts-edit-joined = Joint.
scripts-edit-split = Coupé.
scripts-edit-save-then-split = Enregistrez d’abord ce que vous avez écrit, puis coupez.
scripts-edit-cursor = Placez le curseur là où la seconde partie doit commencer.
scripts-edit-save-then-choose = Enregistrez d’abord ce que vous avez écrit, puis choisissez qui parle.
scripts-edit-given = Attribué à un autre intervenant.
scripts-edit-given-to = Attribué à { $name }.
scripts-notes-go-on = Continuer à écrire
scripts-notes-kept = Pas encore enregistré. Ce que vous avez écrit est gardé sur cette page.
scripts-notes-saving = Enregistrement…
scripts-notes-saved-before = Enregistré, sauf ce que vous avez écrit depuis.
# The reason is the server’s.
scripts-notes-failed = Non enregistré : { $error }. Ce que vous avez écrit est toujours là.
scripts-undone = Annulé.
scripts-done-again = Rétabli.
scripts-taken-back = Annulé.
scripts-changed-try-again = Quelqu’un d’autre a modifié le texte entre-temps. Il est affiché tel qu’il est maintenant : réessayez.

# Rechercher et remplacer
scripts-find-nowhere = Introuvable
scripts-find-place = { $number } sur { $total }
scripts-find-replaced = { $count ->
    [one] Remplacé à { $count } endroit. Annuler permet de revenir en arrière.
   *[other] Remplacé à { $count } endroits. Annuler permet de revenir en arrière.
}
scripts-find-none = « { $text } » n’apparaît pas dans le texte.

# Les intervenants
scripts-person-change = Modifier
scripts-person-change-name = Modifier { $name }
scripts-person-nobody-else = Personne d’autre
scripts-person-named = Nommé { $name } partout.
scripts-person-unnamed = Le nom est retiré.
scripts-person-other = L’autre s’appelle maintenant « { $name } ». Enregistrez à nouveau si les deux ne font qu’un.
scripts-person-merge = « { $one } » et « { $other } » ne feront plus qu’un : « { $other } ». Continuer ?
scripts-person-merged = Ils ne font plus qu’un.
scripts-person-changed = Quelqu’un d’autre a modifié le texte entre-temps : annulez d’abord cette modification.

# Les mots douteux
scripts-review-fetching = Recherche des mots douteux…
scripts-review-left = { $count ->
    [one] encore { $count } endroit
   *[other] encore { $count } endroits
}
scripts-review-for-later = { $count ->
    [one] Encore { $count } endroit, pour plus tard.
   *[other] Encore { $count } endroits, pour plus tard.
}
scripts-review-none = Il ne reste plus rien de douteux.
scripts-review-sure = sûr à { $percent } %
scripts-review-fix = Corriger ici
scripts-review-take-out = Retirer
scripts-review-fix-all = { $count ->
    [2] Corriger les deux
   *[other] Corriger les { $count }
}
scripts-review-all-right = { $count ->
    [2] Les deux sont corrects
   *[other] Les { $count } sont corrects
}
scripts-review-changed = Le texte a été modifié entre-temps. Le voici tel qu’il est maintenant : décidez à nouveau.
scripts-review-not-undone = Quelqu’un d’autre a modifié le texte entre-temps : impossible d’annuler ici.

# L’historique
scripts-history-fetching = Chargement des modifications…
scripts-history-kind = { $kind ->
    [assign] Attribution à un intervenant
    [merge] Fusion de deux intervenants
    [text] Texte
    [split] Coupure
    [join] Jonction
    [restore] Mots de la machine
    [restore_all] Tout le texte de la machine
    [confirm] Mots douteux confirmés
    [name] Noms des intervenants
    [undo] Annulation
    [redo] Rétablissement
   *[other] { $kind }
}
scripts-history-places = { $count ->
    [one] { $count } endroit
   *[other] { $count } endroits
}
scripts-history-state = { $state ->
    [undone] annulé
    [partly] retrouvé en partie seulement
    [not_applicable] ses mots n’existent plus
   *[other] { "" }
}
scripts-history-more = { $count ->
    [one] et { $count } autre
   *[other] et { $count } autres
}
scripts-history-first = { $count ->
    [one] Seule la première est affichée.
   *[other] Les { $count } premières sont affichées.
}
scripts-history-undo-from = Annuler à partir d’ici
scripts-history-compare-before = Comparer avec l’état précédent
scripts-history-since-before = Depuis avant cette modification
scripts-history-since-machine = Depuis la transcription par la machine
scripts-history-version = Version { $number } : { $method }
scripts-history-shown = affichée
scripts-history-show = Afficher celle-ci
scripts-history-compare = Comparer
scripts-history-version-and-now = La version { $number } et le texte actuel
scripts-history-differs = { $title } : { $count ->
    [0] aucune différence
    [one] { $count } différence
   *[other] { $count } différences
}
scripts-history-nobody = personne
scripts-history-changed = Quelqu’un d’autre a modifié le texte entre-temps.
scripts-history-undone = { $count ->
    [one] Modification annulée.
   *[other] { $count } modifications ont été annulées.
}
scripts-history-restored = Les mots de la machine sont rétablis. Annuler permet de revenir en arrière.
scripts-history-version-shown = La version { $number } est affichée.
scripts-history-version-again = La version { $number } est à nouveau affichée.

# La liste des transcriptions
scripts-ticked = { $count ->
    [0] Aucune cochée
    [one] { $count } cochée sur { $total }
   *[other] { $count } cochées sur { $total }
}

# La page d’accueil
scripts-start-folders = { $names } { $count ->
    [one] est un dossier : ouvrez-le et déposez les fichiers qu’il contient.
   *[other] sont des dossiers : ouvrez-les et déposez les fichiers qu’ils contiennent.
}
scripts-start-files-taken = { $count ->
    [one] Le fichier à côté
   *[other] Les { $count } fichiers à côté
} { $folders ->
    [one] du dossier
   *[other] des dossiers
} { $count ->
    [one] est pris en compte.
   *[other] sont pris en compte.
}
scripts-start-unfinished = { $count ->
    [one] Un envoi n’est pas terminé : choisissez à nouveau le fichier pour continuer.
   *[other] { $count } envois ne sont pas terminés : choisissez à nouveau les fichiers pour continuer.
}
scripts-start-choose = { $count ->
    [one] Choisir le fichier
   *[other] Choisir les fichiers
}
scripts-start-arrived = { $had } sur { $size } sont arrivés
scripts-start-throw-away = Jeter ce qui est arrivé de « { $name } »
scripts-start-thrown-away = Ce qui était arrivé de « { $name } » a été jeté

# Les envois
scripts-upload-empty = Ce fichier est vide : il n’y a rien à transcrire.
scripts-upload-too-large = Ce fichier dépasse { $limit }, la taille maximale.
scripts-upload-odd = Cela ne ressemble ni à du son ni à de la vidéo.
scripts-upload-twice = « { $name } » est déjà dans la liste
scripts-upload-act = { $act ->
    [pause] Pause : « { $name } »
    [go] Reprendre « { $name } »
    [anyway] Envoyer quand même : « { $name } »
    [take] Retirer de la liste : « { $name } »
   *[cancel] Annuler « { $name } »
}
scripts-upload-progress = Avancement de « { $name } »
scripts-upload-waiting = { $size } · attend son tour
scripts-upload-waits = Attend son tour.
scripts-upload-beginning = Démarrage…
scripts-upload-sent = { $sent } sur { $size }
scripts-upload-speed = { $speed }/s
scripts-upload-left = encore { $left }
scripts-upload-again = Connexion perdue. Nouvelle tentative dans { $seconds } s…
scripts-upload-done = { $size } envoyés. Transcription en cours.
scripts-upload-done-said = « { $name } » est envoyé
scripts-upload-refused = Envoi interrompu : { $error }.
scripts-upload-stopped = Envoi interrompu : { $error }. Ce qui est arrivé est conservé. Le reste suivra de lui-même dès que le serveur répondra.
scripts-upload-stopped-said = « { $name } » : envoi interrompu
scripts-upload-about = « { $name } » : { $said }
scripts-upload-paused = Suspendu.
scripts-upload-paused-at = Suspendu à { $sent } sur { $size }. Ce qui est arrivé est conservé.
scripts-upload-paused-said = « { $name } » est suspendu
scripts-upload-taken = « { $name } » est retiré de la liste
scripts-upload-take = Retirer de la liste
scripts-upload-cancel = Annuler
scripts-upload-none = Non envoyé
scripts-upload-all = { $count ->
    [one] Envoyé
   *[other] Les { $count } sont envoyés
}
scripts-upload-some = Envoi en cours : { $done } sur { $total }

# Les enregistrements interrompus
scripts-offer-interrupted = Un enregistrement de { $length } min a été interrompu
scripts-offer-without-end = Un enregistrement de { $length } min a été terminé sans sa fin
scripts-offer-only-here = La fin n’a jamais quitté ce navigateur : enregistrez-la dans un fichier, puis envoyez-le.
scripts-offer-all-here = Il se trouve entièrement dans ce seul navigateur tant qu’il n’est pas terminé ou repris.
scripts-offer-part-here = Une partie se trouve dans ce seul navigateur tant qu’il n’est pas terminé ou repris.
scripts-offer-sending = Envoi du reste…
scripts-offer-pieces = { $count ->
    [one] Envoi du reste : encore { $count } fragment.
   *[other] Envoi du reste : encore { $count } fragments.
}
scripts-offer-not-sent = Pas encore envoyé : { $trouble }. Nouvelle tentative en cours.
scripts-offer-not-finished = Impossible de terminer : { $error }. Enregistrez-le dans un fichier, puis envoyez-le.
scripts-offer-throw-away = Jeter « { $title } » ({ $length } min) ? Il n’en existe aucune autre copie.
scripts-offer-thrown = Jeté
scripts-offer-not-thrown = Impossible de le jeter : { $error }.

# L’envoi de ce qui est enregistré. Ces textes suivent un deux-points dans d’autres.
scripts-send-logged-out = vous êtes déconnecté : reconnectez-vous dans un autre onglet
scripts-send-thrown-away = il a été jeté

# L’enregistrement
scripts-record-not-here = Ce navigateur n’enregistre pas ici.
scripts-record-newer = Une version plus récente de Firefox, Chrome, Edge ou Safari en est capable.
scripts-record-secure = Les navigateurs ne le permettent qu’en https ou sur la machine elle-même.
scripts-record-not-allowed = Le navigateur n’autorise pas cette page à utiliser le microphone.
scripts-record-not-allowed-more = Autorisez-le dans la barre d’adresse ou dans les réglages du système, puis réessayez.
scripts-record-none-found = Aucun microphone n’a été trouvé.
scripts-record-none-found-more = Branchez-en un, ou enregistrez seulement le son d’un onglet.
scripts-record-taken = Le microphone est utilisé par un autre programme.
scripts-record-taken-more = Fermez ce programme, puis réessayez.
scripts-record-not-opened = Le microphone n’a pas pu être ouvert.
scripts-record-not-kept = Cet enregistrement n’est plus dans ce navigateur.
scripts-record-not-kept-more = Revenez à la page d’accueil.
scripts-record-other-tab = Cet enregistrement est en cours dans un autre onglet.
scripts-record-other-tab-more = Continuez là-bas, ou fermez d’abord cet onglet.
scripts-record-finished = Cet enregistrement est déjà terminé.
scripts-record-finished-more = Sa transcription est sur la page d’accueil.
scripts-record-refused = Cet enregistrement ne peut pas être repris.
scripts-record-go-on = Reprendre l’enregistrement
scripts-record-go-on-title = Reprendre l’enregistrement « { $title } »
scripts-record-kept-before = { $length } min sont conservées dans ce navigateur. Ce que vous enregistrez maintenant vient à la suite.
scripts-record-microphone = Microphone { $number }
scripts-record-no-microphone = Aucun : seulement l’onglet ou l’ordinateur
scripts-record-nothing-chosen = Aucun onglet, aucune fenêtre ni aucun écran n’a été choisi.
scripts-record-nothing-chosen-more = Choisissez-en un, ou enregistrez seulement le microphone.
scripts-record-no-sound = Votre choix est arrivé sans le son.
scripts-record-no-sound-more = Choisissez un onglet et activez le partage du son de l’onglet. Firefox et Safari ne partagent aucun son.
scripts-record-no-tab = Le son d’un onglet n’a pas pu être obtenu.
scripts-record-no-source = Il n’y a rien à enregistrer.
scripts-record-no-source-more = Choisissez un microphone ou le son d’un onglet.
# Le nom d’un enregistrement que personne n’a nommé.
scripts-record-title = Enregistrement du { $date }
scripts-record-failed = L’enregistreur du navigateur a échoué ({ $error }) ; il recommence.
scripts-record-failed-somehow = L’enregistreur du navigateur a échoué ; il recommence.
scripts-record-no-room = Ce navigateur n’a plus de place pour conserver l’enregistrement : il est seulement envoyé. Ne fermez pas la page tant que la connexion est coupée.
scripts-record-recording = Enregistrement
scripts-record-paused = En pause
scripts-record-paused-at = En pause à { $at }
scripts-record-resume = Reprendre
scripts-record-again = L’enregistrement reprend
scripts-level-silent = silencieux
scripts-level-quiet = faible
scripts-level-good = bon
scripts-level-loud = trop fort
scripts-record-nothing-heard = On n’entend rien. Le microphone est-il coupé, ou faut-il en choisir un autre ?
scripts-record-tab-ended = Le son de l’onglet s’est arrêté. Ajoutez-le à nouveau s’il doit être enregistré.
scripts-record-microphone-gone = Le microphone a disparu.
scripts-record-server-refuses = Le serveur n’en accepte pas davantage : { $error }. L’enregistrement continue et est conservé dans ce navigateur.
scripts-record-not-sent = Non envoyé : { $trouble }. Les dernières { $length } min sont conservées dans ce navigateur et seront envoyées dès que possible.
scripts-record-being-sent = Conservé dans ce navigateur et en cours d’envoi : encore { $length } min.
scripts-record-all-kept = Tout est conservé dans ce navigateur et sur le serveur.
scripts-record-retried = Pas encore envoyé : { $trouble }. Nouvelle tentative en cours ; cette page peut être fermée, la page d’accueil prendra le relais.
scripts-record-arrived = { $count ->
    [one] { $count } fragment sur { $total } est arrivé.
   *[other] { $count } fragments sur { $total } sont arrivés.
}
scripts-record-recorded = Enregistré. Le reste est en cours d’envoi.
scripts-record-empty = Rien n’a été enregistré.
scripts-record-empty-more = Le navigateur n’a fourni aucun son. Réessayez avec un autre microphone.
scripts-record-not-finished = L’enregistrement n’a pas pu être terminé.
scripts-record-not-finished-more = { $error }. Il est conservé dans ce navigateur : enregistrez-le dans un fichier, ou reprenez depuis la page d’accueil.
scripts-record-discard = Jeter ce qui est enregistré ({ $length } min) ? Ce qui a atteint le serveur reste quelque temps dans la corbeille.
