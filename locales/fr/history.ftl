# What was changed, and what the machine heard each time.

history-title = Historique
history-close = Fermer
history-changes = Modifications
history-none = Personne n’a encore modifié ce texte.
history-all = Toutes les différences avec le texte de la machine
history-restore-all = Revenir partout aux mots de la machine
history-more = Les 100 dernières sont affichées.
history-versions = Versions de la machine
history-back = Retour
