# Pages d’erreur
error-log-in = Connectez-vous
error-forbidden = Vous n’y êtes pas autorisé
error-too-many = Trop de tentatives
error-off = Cette fonction est désactivée ici
error-nothing = Il n’y a rien ici
error-too-large = C’est trop volumineux
error-not-now = Impossible pour le moment
error-full = Le disque est plein
error-failed = Cela n’a pas fonctionné
error-not-understood = La requête n’a pas été comprise
error-not-found = { $what ->
    [Transcript] Cette transcription est introuvable.
    [Room] Cette salle est introuvable.
    [Quote] Cette citation est introuvable.
    [Recording] Cet enregistrement est introuvable.
    [Account] Ce compte est introuvable.
    [Version] Cette version est introuvable.
    [Audio] Ce son est introuvable.
    [Page] Cette page est introuvable.
    [File] Ce fichier est introuvable.
   *[other] L’élément demandé est introuvable.
} Cela a peut-être été supprimé, ou l’adresse est incomplète.
error-unauthorized = Vous n’êtes pas connecté, ou ne l’êtes plus.
error-too-many-logins = Trop de tentatives de connexion. Réessayez dans { $seconds ->
    [one] { $seconds } seconde.
   *[other] { $seconds } secondes.
}
error-switched-off = Cette fonction est désactivée ici ({ $setting }).
error-may-not = Vous n’êtes pas autorisé à faire cela.
error-disk = Il n’y a plus de place sur le disque. Libérez de l’espace, puis réessayez.
error-internal = Une erreur s’est produite de notre côté.
error-field = { $field } : { $why }
