# Who may read a transcript.

share-title = Partager
share-saved = Enregistré. C’est valable dès maintenant, y compris pour ceux qui ont déjà le lien.
share-now-private = Elle est à nouveau privée : plus personne d’autre ne peut la lire.
share-undo = Annuler
share-link = Lien
share-link-label = Lien vers cette transcription
share-copy = Copier
share-link-hint = Il s’ouvre pour les personnes autorisées à lire la transcription. Pour mener à un moment précis, ajoutez-y <code>?t=</code> et le nombre de secondes.
share-access = Qui peut la lire actuellement
share-make-private = Rendre privée
share-visibility = Visibilité
share-who = Qui peut la lire
share-save = Enregistrer
share-private = Privée
share-private-means = Vous seul. Les administrateurs ne peuvent pas la lire non plus et, dans une salle, elle reste à vous seul.
share-semi-private = Semi-privée
share-semi-private-means = Toutes les personnes connectées ici qui ont le lien. Dans une salle, ceux qui voient la salle l’y trouvent.
share-public = Publique
share-public-means = Toutes les personnes qui ont accès à ce site et au lien, sans connexion. Elle figure aussi dans la liste des visiteurs.
share-public-closed = Toutes les personnes qui ont le lien. Comme ce site exige une connexion, cela ne va pour l’instant pas plus loin que le choix précédent.
share-room = Salle
share-room-none = Aucune
share-move = Déplacer
share-can-anybody = Toute personne ayant accès à ce site : ici, personne ne se connecte.
share-can-nobodys-public = Toute personne ayant accès à ce site : elle n’appartient à personne.
share-can-nobodys = Toutes les personnes connectées : elle n’appartient à personne.
share-can-administrators = Les administrateurs peuvent la modifier et la supprimer.
share-can-owner = { $owner }, à qui elle appartient, et les scripts disposant d’une de ses clés.
share-can-unknown-owner = Son propriétaire
share-can-visitors = Toute personne ayant accès à ce site, sans connexion.
share-can-link = Toutes les personnes connectées ici qui ont le lien.
share-can-room-private = Dans la salle « { $room } », seul son propriétaire la trouve.
share-can-room = Ceux qui voient la salle « { $room } » l’y trouvent, et le webhook de la salle en est informé.
share-deeds = Qui en a fait quoi
share-deeds-none = Rien n’a encore été noté. Quiconque la regarde, la modifie ou la télécharge apparaît ici.
