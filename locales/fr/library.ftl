# La liste des transcriptions, la recherche, la corbeille
library-trash = Corbeille
library-title = Transcriptions
library-which = Quelles transcriptions
library-all = Toutes
library-search = Rechercher dans tout ce qui a été dit et écrit
library-search-example = Mots, noms, « une expression »
library-search-go = Rechercher
library-narrow = Filtrer et trier
library-from = Du
library-to = Au
library-who = Qui le dit
library-language = Langue
library-any = Peu importe
library-status = État
library-source = Origine
library-source-file = Fichier envoyé
library-source-live = Enregistrement en direct
library-source-room = Salle
library-room = Dans la salle
library-order = Ordre
library-newest = Les plus récentes d’abord
library-best = Les plus pertinentes d’abord
library-oldest = Les plus anciennes d’abord
library-longest = Les plus longues d’abord
library-shortest = Les plus courtes d’abord
library-by-title = Par titre
library-ended = Terminées
library-working = En cours de traitement
library-error = En échec
library-idle = Non envoyées
library-undo = Annuler
library-trash-days = Ce qui est ici depuis { $days ->
    [one] un jour
   *[other] { $days } jours
} est supprimé définitivement.
library-trash-stays = Ce qui est ici y reste jusqu’à ce que vous le supprimiez définitivement.
library-show-all = Tout afficher
library-found = { $count ->
    [one] { $count } transcription trouvée
   *[other] { $count } transcriptions trouvées
}

# Listes vides
library-empty-wrong = La recherche n’a pas été faite
library-empty-wrong-text = Corrigez ce qui est signalé ci-dessus, puis relancez la recherche.
library-empty-found = Aucun résultat
library-empty-found-text = Tous les mots doivent figurer dans le texte. Mettez une expression entre guillemets, terminez le début d’un mot par un astérisque (budg*), ou cherchez moins de mots.
library-empty-trash = La corbeille est vide
library-empty-trash-text = Ce que vous supprimez peut être récupéré ici.
library-empty = Aucune transcription pour l’instant
library-empty-text = Envoyez un enregistrement depuis la page d’accueil : il apparaîtra ici.

# Une ligne de la liste
library-row-select = Sélectionner « { $title } »
library-row-trashed = dans la corbeille depuis le <time datetime="{ $iso }">{ $date }</time>
library-row-delete = Supprimer
library-row-delete-title = Supprimer « { $title } »
library-row-progress = Avancement de « { $title } »
library-row-incomplete = Envoi incomplet
library-row-waiting = En attente
library-row-working = En cours
library-row-failed = Échec
library-row-idle = Non envoyée
library-row-recording = Enregistrement
library-row-more = { $count ->
    [one] { $count } autre passage
   *[other] { $count } autres passages
}
library-place-topic = Sujet
library-place-summary = Résumé
library-place-action = Décidé ou à faire
library-place-speaker = Première prise de parole
library-place-notes = Notes
library-place-title = Titre

# Ce qui se fait avec plusieurs à la fois
library-bulk-all = Toutes celles de cette page
library-bulk-sound = avec le son
library-bulk = Transcriptions cochées
library-bulk-with = Avec celles qui sont cochées :
library-bulk-restore = Restaurer
library-bulk-destroy = Supprimer définitivement
library-bulk-empty = Vider la corbeille
library-bulk-delete = Mettre à la corbeille
library-bulk-room = Salle
library-bulk-no-room = Aucune salle
library-bulk-move = Y déplacer
library-bulk-readers = Qui peut lire
library-bulk-private = Leur propriétaire seulement
library-bulk-semi = Toute personne connectée
library-bulk-public = Tout le monde
library-bulk-set = Appliquer
library-bulk-download = Télécharger
library-bulk-formats = Contenu du téléchargement
library-bulk-pdf = PDF (quelques secondes chacune)

# Ce qui a été fait avec plusieurs
library-done-moved = { $count ->
    [one] { $count } transcription mise à la corbeille.
   *[other] { $count } transcriptions mises à la corbeille.
}
library-done-restored = { $count ->
    [one] { $count } transcription sortie de la corbeille.
   *[other] { $count } transcriptions sorties de la corbeille.
}
library-done-destroyed = { $count ->
    [one] { $count } transcription supprimée définitivement.
   *[other] { $count } transcriptions supprimées définitivement.
}
library-done-room = { $count ->
    [one] { $count } transcription déplacée dans la salle.
   *[other] { $count } transcriptions déplacées dans la salle.
}
library-done-out = { $count ->
    [one] { $count } transcription sortie de sa salle.
   *[other] { $count } transcriptions sorties de leur salle.
}
library-done-shared = { $count ->
    [one] Droits de lecture modifiés pour { $count } transcription.
   *[other] Droits de lecture modifiés pour { $count } transcriptions.
}
library-done-nothing = Cochez d’abord les transcriptions, puis dites ce qu’il faut en faire.
library-done-left = { $count ->
    [one] { $count } est restée inchangée : vous ne pouvez pas la modifier.
   *[other] { $count } sont restées inchangées : vous ne pouvez pas les modifier.
}

# Ce qui est sans retour
library-confirm-cancel = Annuler
library-confirm = { $count ->
    [one] Supprimer définitivement { $count } transcription ?
   *[other] Supprimer définitivement { $count } transcriptions ?
}
library-confirm-text = Les mots, le son et tout ce qui en a été tiré sont supprimés aussitôt. C’est sans retour : seule une sauvegarde pourrait encore les contenir.
library-confirm-more = et { $count } de plus
library-confirm-button = Supprimer définitivement
