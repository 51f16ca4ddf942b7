# File d’attente, modèles, stockage : l’état de l’installation
status-queue = File d’attente
status-queue-yours = Votre file d’attente
status-queue-empty = Rien en attente
status-queue-empty-text = Les enregistrements figurent ici de leur envoi jusqu’à la fin de leur transcription.
status-queue-retry = nouvelle tentative le <time datetime="{ $iso }">{ $date }</time>
status-queue-progress = Avancement de « { $title } »
status-queue-more = et { $count } de plus
status-queue-hint = Les durées restantes se fondent sur les enregistrements précédents de cette machine. La parole est traitée un enregistrement à la fois ; ce qui précède est compté.
status-queue-working = En cours
status-queue-place = { $place ->
    [1] Prochain de la file
   *[other] { $place }e de la file
}
status-queue-of = Un enregistrement de { $owner }
status-queue-of-other = Un enregistrement de quelqu’un d’autre
status-queue-stages = { $done } étapes sur { $all } terminées
status-queue-others = { $count ->
    [one] Un enregistrement de quelqu’un d’autre est aussi dans la file.
   *[other] { $count } enregistrements d’autres personnes sont aussi dans la file.
}

# Modèles
status-models = Modèles
status-models-hears = Qui écoute
status-models-none = Aucun processus de reconnaissance vocale n’est actif
status-models-none-text = Les enregistrements attendent qu’il y en ait un.
status-models-seen = vu le <time datetime="{ $iso }">{ $date }</time>
status-models-known = Modèles connus
status-models-pull = Sur la machine, <code>reflector models pull NOM</code> en récupère un, et <code>reflector models verify</code> compare ce qui est là avec ses sommes de contrôle.
status-models-load-failed = Échec du chargement
status-models-in-memory = En mémoire
status-models-when-needed = Chargé au besoin
status-models-in-use = Utilisé
status-models-missing = Manquant
status-models-installed = Installé
status-models-memory = { $size } de mémoire
status-models-words-at = La parole est transcrite par le serveur vocal { $host }.
status-models-speakers-at = Les intervenants sont distingués par le serveur vocal { $host }.
status-models-elsewhere = ailleurs
status-models-extractive = Aucun modèle de langue n’est réglé : sujets, titre et résumé sont extraits du texte.
status-models-llm = Sujets, titre et résumé sont rédigés par { $model }.
status-models-for-text = transcription de la parole
status-models-for-voices = distinction des voix
status-models-for-speech = détection de la parole
status-models-for-turns = qui parle quand, sur dix secondes
status-models-for-speakers = intervenants
status-models-language-any = toutes les langues
status-models-language-english = anglais
status-models-languages = { $count } langues
status-models-by-hand = inconnue : déposé à la main

# Stockage
status-storage = Stockage
status-storage-all = Utilisé par tous
status-storage-you = Utilisé par vous
status-storage-trash = La corbeille compte tant qu’elle n’est pas <a href="/transcripts?trash=1">vidée</a>.
status-storage-room = Place sur cette machine
status-storage-bucket = Les enregistrements sont dans le compartiment <code>{ $bucket }</code> d’un stockage d’objets.
status-storage-full = Presque plein
status-storage-disk = Part utilisée du disque pour : { $name }
status-storage-people = Par personne
status-storage-nobody = Personne ne conserve encore quoi que ce soit.
status-storage-share = Part de { $who }
status-storage-in-trash = dont { $size } dans la corbeille
status-storage-no-address = une personne sans adresse
status-storage-ownerless = sans propriétaire
status-storage-unknown = La place disponible ne peut pas être lue sur cette machine.
status-storage-free = { $free } libres sur { $all }
status-storage-transcripts = { $count ->
    [one] { $count } transcription
   *[other] { $count } transcriptions
}
status-storage-none = aucune
status-storage-about = environ { $size }
status-storage-count = Transcriptions
status-storage-length = Durée de tous les enregistrements
status-storage-uploaded = Enregistrements tels qu’envoyés
status-storage-made = Son qui en est tiré
status-storage-trashed = Dont dans la corbeille
status-storage-recordings = Enregistrements
status-storage-scratch = Travail en cours
