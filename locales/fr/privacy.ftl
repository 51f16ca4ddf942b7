# Ce qui est conservé ici, qui peut le lire, et ce qui quitte la machine
privacy-title = Confidentialité
privacy-lead = Ce que deviennent ici enregistrements et transcriptions, selon les réglages actuels de cette installation.
privacy-who = Qui peut lire
privacy-own = Un enregistrement appartient à la personne qui l’ajoute. Il est d’abord privé : personne d’autre ne le voit, ne l’entend ni ne le trouve, administrateurs compris. Son propriétaire peut l’ouvrir à toutes les personnes qui ont un compte ici.
privacy-own-public = Un enregistrement appartient à la personne qui l’ajoute. Il est d’abord privé : personne d’autre ne le voit, ne l’entend ni ne le trouve, administrateurs compris. Son propriétaire peut l’ouvrir à toutes les personnes qui ont un compte ici, ou à tout le monde sur le web.
privacy-public = Ce qui est ajouté sans compte n’appartient à personne, et tout le monde peut le lire.
privacy-open = Personne ne se connecte ici : quiconque atteint ce site peut tout lire, écouter, modifier et supprimer.
privacy-guests = Personne ne se connecte ici. Ce qui est ajouté n’appartient à personne : tout le monde peut le lire et l’écouter, et personne ne peut le modifier ni le supprimer ici. L’exploitant du site le peut.
privacy-kept = Ce qui est conservé, et combien de temps
privacy-kept-all = Son, texte, noms, résumés
privacy-until = Jusqu’à leur suppression.
privacy-ownerless = Ce qui n’appartient à personne est supprimé automatiquement au bout { $days ->
    [one] d’un jour
   *[other] de { $days } jours
}.
privacy-kept-trash = Ce qui est dans la corbeille
privacy-days = { $days ->
    [one] Un jour
   *[other] { $days } jours
}.
privacy-trash-stays = Jusqu’à ce que quelqu’un le supprime définitivement.
privacy-kept-audit = Qui a consulté, écouté, modifié, envoyé ou supprimé quoi
privacy-for-ever = Sans limite.
privacy-cookies = Cookies
privacy-cookies-login = Un seul, qui indique qui est connecté ; aucun pour suivre qui que ce soit.
privacy-cookies-none = Aucun.
privacy-leaves = Ce qui quitte cette machine
privacy-leaves-nothing = Rien, sauf demande. La parole est transcrite, attribuée et résumée sur cette machine.
privacy-sent-words = Le son lui est envoyé, pour transcrire ce qui est dit.
privacy-sent-speakers = Le son lui est envoyé, pour savoir qui parle.
privacy-sent-text = Le texte lui est envoyé, pour les sujets, les titres et les résumés.
privacy-sent-sound = Le son lui est envoyé, pour y être conservé.
privacy-send-both = Une personne qui peut lire une transcription peut l’envoyer par e-mail ou vers Zulip, et une salle peut le faire d’elle-même. La page de la transcription indique ce qui a été envoyé, et à qui.
privacy-send-email = Une personne qui peut lire une transcription peut l’envoyer par e-mail, et une salle peut le faire d’elle-même. La page de la transcription indique ce qui a été envoyé, et à qui.
privacy-send-zulip = Une personne qui peut lire une transcription peut l’envoyer vers Zulip, et une salle peut le faire d’elle-même. La page de la transcription indique ce qui a été envoyé, et à qui.
privacy-no-others = Les pages ne chargent rien depuis d’autres sites.
