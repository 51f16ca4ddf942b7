# The speakers of a transcript, and the window in which one is named.

people-title = Intervenants
people-listen = Écouter et dire qui est qui
people-name-them = Nommer les intervenants
people-name = Nom
people-save = Enregistrer les noms
people-person = Intervenant
people-same = Est la même personne que
people-person-save = Enregistrer
people-cancel = Annuler
people-conflict = <strong>Quelqu’un d’autre a modifié ce nom entre-temps.</strong> C’est maintenant : <q dir="auto"></q>
people-theirs = Garder le sien
people-mine = Enregistrer le mien à la place
# An unnamed voice; people count from one.
people-speaker = Intervenant { $number }
# How much of the talking is theirs.
people-share = { $percent } %
