# Pourquoi une étape a échoué, ou n’a fait qu’une partie de son travail. Suit ce qu’un autre programme en a dit.

why-empty = le fichier est vide
why-not-media = ce n’est pas un fichier audio ou vidéo dans un format lisible
why-no-audio = le fichier n’a pas de piste sonore
why-damaged = le fichier est endommagé ou incomplet
why-too-long = l’enregistrement dépasse la limite de { $hours ->
    [one] { $hours } heure
   *[other] { $hours } heures
}
why-decoding-full = il n’y a plus de place sur le disque pour le décodage ; libérez de l’espace, puis réessayez
why-decoding-slow = le décodage a été arrêté au bout de { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } secondes
}, la limite pour un fichier de cette taille
why-program = le programme { $name } manque ; installez ffmpeg
why-scratch-full = le disque des fichiers en cours de décodage est plein ; libérez de l’espace, puis réessayez
why-scratch = un fichier de travail n’a pas pu être lu ou écrit
why-database = la base de données n’a pas pu faire sa part
why-database-away = PostgreSQL est injoignable
why-storage-full = il n’y a plus de place là où les enregistrements sont conservés (storage)
why-storage-lost = l’objet { $name } n’existe pas ; envoyez à nouveau l’enregistrement
why-storage-away = le stockage d’objets est injoignable, ou refuse ; le journal en dit plus
why-storage = ce qui est conservé de l’enregistrement n’a pas pu être lu ou écrit
why-speech-busy = trop d’enregistrements attendent déjà le moteur de reconnaissance vocale ; réessayez plus tard
why-speech-request = le moteur de reconnaissance vocale ne peut pas faire ce qui lui est demandé
why-speech-model = un modèle de reconnaissance vocale manque ou est inutilisable
why-speech-failed = le moteur de reconnaissance vocale a échoué
why-server-settings = les réglages du serveur vocal sont inutilisables
why-server-away = le serveur vocal { $place } est injoignable
why-server-busy = le serveur vocal { $place } n’a pas eu de place libre depuis trop longtemps
why-server-refused = le serveur vocal { $place } refuse ({ $status })
why-server-address = le serveur vocal { $place } ne récupère les enregistrements que par leur adresse, et les objets du disque local n’en ont pas ; utilisez storage.s3, ou `reflector speech-server` là-bas
why-server-unclear = la réponse du serveur vocal { $place } est incompréhensible
why-llm-settings = les réglages du modèle de langue sont inutilisables
why-llm-away = le serveur du modèle de langue est injoignable ou ne répond pas
why-llm-busy = le serveur du modèle de langue est surchargé (état { $status }) ; il a été sollicité { $attempts } fois
why-llm-refused = le serveur du modèle de langue a refusé la demande (état { $status })
why-llm-context = le contexte du modèle est trop petit pour cette demande
why-llm-answer = le modèle de langue n’a donné aucune réponse utilisable en { $attempts ->
    [one] { $attempts } essai
   *[other] { $attempts } essais
}
why-nothing = rien n’a été enregistré ni envoyé
why-ours = une erreur s’est produite de notre côté ; le journal en dit plus
why-gave-up = le processus s’est arrêté { $count } fois pendant cette étape ; elle ne sera plus relancée d’elle-même
why-tried = { $why } ({ $count ->
    [one] { $count } essai
   *[other] { $count } essais
})
why-interrupted = interrompu ; la suite se fera dès qu’un processus sera libre
why-letter = l’e-mail n’a pas pu être rédigé

# Ce qu’une étape n’a fait qu’en partie.
why-piece = un morceau de l’enregistrement n’a pas pu être lu, et manque
why-pieces = { $count } morceaux de l’enregistrement n’ont pas pu être lus, et manquent
why-cut = l’enregistrement est peut-être incomplet : il devrait durer { $whole }, mais seuls { $read } ont pu être lus

# Ce qu’une étape attend.
why-loading = chargement du modèle
