# Ce que l’on écrit soi-même au sujet d’une transcription.

notes-title = Notes
notes-none = Aucune note pour l’instant.
notes-write = Écrire des notes
notes-edit = Modifier les notes
notes-who = Toute personne ayant un compte et le droit de lire cette transcription les lit, et la retrouve par elles. Elles figurent dans les téléchargements, mais dans aucun courriel.
notes-who-here = Quiconque peut lire cette transcription les lit, et la retrouve par elles. Elles figurent dans les téléchargements, mais dans aucun courriel.
notes-save = Enregistrer les notes
notes-cancel = Les laisser comme avant
notes-keys = <kbd>Ctrl</kbd> <kbd>Entrée</kbd> enregistre, <kbd>Échap</kbd> revient à la lecture et garde ce que vous avez écrit.
notes-conflict = Quelqu’un d’autre a modifié les notes entre-temps.
notes-conflict-more = Voici ce qu’elles disent maintenant :
notes-conflict-page = Rien n’est perdu : voici ce que l’autre personne a écrit, et ce que vous avez écrit.
notes-theirs = Ce qu’elle a écrit
notes-yours = Ce que vous avez écrit
notes-take = Garder les siennes
notes-mine = Les remplacer par les miennes
