# Changing the text of a transcript.

edit-text = Modifier le texte
edit-undo = Annuler
edit-redo = Rétablir
edit-check = Vérifier les mots douteux
edit-history = Historique
edit-who = Qui parle
edit-play = Écouter
edit-what = Ce qui est dit
edit-restore = Revenir aux mots de la machine
edit-conflict = <strong>Quelqu’un d’autre a modifié ce passage entre-temps.</strong> On y lit maintenant : <q dir="auto"></q>
edit-theirs = Garder sa version
edit-mine = La remplacer par la mienne
edit-save = Enregistrer
edit-cancel = Abandonner
edit-split = Couper ici
edit-split-title = Un nouveau paragraphe commence au curseur
edit-join = Joindre au suivant
edit-before = Précédent
edit-after = Suivant
edit-keys = <kbd>Ctrl</kbd> <kbd>Entrée</kbd> enregistre, <kbd>Échap</kbd> quitte, <kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd> passent au passage voisin.
