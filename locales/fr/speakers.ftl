# Who speaks in a transcript: samples of voices, names, two voices that are one.

speakers-title = Intervenants
speakers-undo = Annuler
speakers-none = Pas encore de voix
speakers-none-why = Les voix sont distinguées pendant le traitement de l’enregistrement. Revenez quand il sera terminé.
speakers-lead = Écoutez, puis dites qui c’est. Les noms sont repris dans le texte, le résumé et tous les téléchargements.
speakers-lead-silent = L’enregistrement ne peut pas être écouté ici : dites qui c’est d’après ce qui est dit. Les noms sont repris dans le texte, le résumé et tous les téléchargements.
speakers-share = { $spoken }, { $share } du temps de parole
speakers-said = « { $text } »
speakers-in-transcript = Dans la transcription à
speakers-sample = { $name } à { $clock }
speakers-name = Nom
speakers-same = La même personne que
speakers-merge = Fusionner
speakers-merge-voice = Fusionner { $name } avec la voix choisie
speakers-save = Enregistrer les noms
speakers-back = Retour à la transcription
speakers-named = Les noms sont enregistrés.
speakers-merged = Les deux voix n’en font plus qu’une.
speakers-undone = Ce sont à nouveau deux voix.
speakers-both-named = Les deux ont un nom. Effacez l’un des deux, enregistrez, puis réessayez.
speakers-named-back = Les noms sont à nouveau ceux d’avant.
speakers-changed = Quelqu’un d’autre a modifié l’une de ces voix entre-temps. Les voici telles qu’elles sont maintenant : écoutez, et fusionnez-les si elles n’en font toujours qu’une.
speakers-conflict = Quelqu’un d’autre a modifié un nom entre-temps.
speakers-conflict-page = Rien n’est perdu : voici ce que l’autre personne a écrit, et ce que vous avez écrit.
speakers-theirs = S’appelle maintenant <q dir="auto">{ $name }</q>
speakers-theirs-none = Le nom a été retiré.
speakers-yours = Ce que vous avez écrit
speakers-mine = Enregistrer les miens à la place
speakers-take = Garder les siens
