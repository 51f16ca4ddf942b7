# Lines of the audit log: somebody, what they did, what with.

deeds-view = a consulté
deeds-play = a écouté
deeds-export = a exporté
deeds-edit = a modifié
deeds-process = a relancé
deeds-share = a partagé
deeds-delete = a mis à la corbeille
deeds-restore = a restauré
deeds-destroy = a supprimé définitivement
deeds-expire = a laissé expirer
deeds-it = cette transcription
deeds-transcript = une transcription
deeds-room = une salle
deeds-titled = « { $title } »
deeds-by-key = avec une clé d’API
